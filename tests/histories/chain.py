"""Who may call in others on a ticket: a task force, an expert, a supervisor, another handler; who may object."""

from datetime import datetime

from tests.histories.state import AT_UNIT, ENDS, HANDLERS, JOBS, TO_DO, UNSENT, State, is_below


class Chain(State):
    """Rules that hold beside the way from registration to answer."""

    def _supervisor(self, login: str) -> bool:
        return self.job(login) == "supervisor"

    def _alone(self) -> bool:
        return self.status not in ENDS | {"MERGED"}

    # -- the task force: raised by a supervisor; what it decides binds -----------------------------------------------

    def may_raise_task_force(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self._alone() and not self.force

    def may_join_task_force(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self._alone() and self.force and target not in self.members

    def may_leave_task_force(self, login: str, target: str, now: datetime) -> bool:
        """Not the last one, and nobody with something left to do."""
        inside = target in self.members and len(self.members) > 1 and target not in self.decisions
        return self._supervisor(login) and self._alone() and self.force and inside

    def may_decide(self, login: str, target: str, now: datetime) -> bool:
        """A supervisor, or whoever follows the ticket for the task force."""
        mine = self._supervisor(login) or login == self.follower
        return self.status in TO_DO and self.force and mine

    def may_fulfil(self, login: str, target: str, now: datetime) -> bool:
        job, unit = JOBS[login]
        return self.status in TO_DO and job in ("handler", "leader") and unit == target and unit in self.decisions

    def may_drop_decision(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self._alone() and target in self.decisions

    def may_end_task_force(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self.force and not self.decisions

    # -- the enterprise's objection to an extension or a pause -------------------------------------------------------

    def objectionable(self) -> str:
        """What there is to object to: the pause that lasts, else the extension; each once."""
        if self.paused and not self.pause_heard:
            return "pause"
        return "extension" if self.extensions and not self.extension_heard else ""

    def may_dispute(self, login: str, target: str, now: datetime) -> bool:
        here = self.status == "HANDLING" and self._desk(login)
        return here and not self.disputed and bool(self.objectionable())

    def may_uphold_dispute(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self._alone() and bool(self.disputed)

    may_reject_dispute = may_uphold_dispute

    # -- experts, asked in writing -----------------------------------------------------------------------------------

    def may_ask_expert(self, login: str, target: str, now: datetime) -> bool:
        may = self._desk(login) or self._dispatcher(login) or self.job(login) in ("handler", "leader")
        return self.status in UNSENT | AT_UNIT and may and self.sees(login) and target not in self.questions

    def _answers(self, login: str) -> bool:
        return self.status in UNSENT | TO_DO | {"UNDER_REVIEW"} and login in self.questions

    def may_expert_answer(self, login: str, target: str, now: datetime) -> bool:
        return self._answers(login)

    def may_expert_decline(self, login: str, target: str, now: datetime) -> bool:
        return self._answers(login) and target not in self.questions

    # -- whose it is, and who looks on -------------------------------------------------------------------------------

    def may_assign_handler(self, login: str, target: str, now: datetime) -> bool:
        """Somebody of the lead unit or of one below."""
        if self.status not in AT_UNIT or not self.leads(login):
            return False
        unit = JOBS[target][1] if target in JOBS else "WD"
        return target in HANDLERS and (unit == self.lead or is_below(unit, self.lead))

    def may_change_follower(self, login: str, target: str, now: datetime) -> bool:
        may = self._dispatcher(login) or self.job(login) == "team"
        return self.status not in ENDS and may and not self.force

    def may_supervise(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self.status not in ENDS and not self.supervised

    def may_lift_supervision(self, login: str, target: str, now: datetime) -> bool:
        return self._supervisor(login) and self.status not in ENDS and self.supervised
