"""What a ticket's life should be, told a second time: plain Python from the rules as people tell them.

It imports nothing of the house, so that the table, the guards, the operations and the clocks are held against
something that cannot share their mistakes. Only the length of time limits is not told again: of a due time the model
knows that it stands still unless an extension, a pause or a new profile moves it.
"""

from collections.abc import Callable
from datetime import datetime

from tests.histories.chain import Chain
from tests.histories.state import AT_UNIT, ENDS, JOBS, LEVELS, LONELY, MOST_PAUSES, TO_DO, UNSENT, State, is_below

Rule = Callable[[str, str, datetime], bool | None]
"""(login, the unit or person that the form names, now) → whether this may be done; None: a window may be shut."""


class Model(Chain):
    """One ticket, and who may do what to it."""

    def rule(self, action: str) -> Rule:
        """Who may take this action."""
        rule: Rule = getattr(self, f"may_{action}")
        return rule

    def may_dispatch(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_DISPATCH" and self._dispatcher(login)

    def may_return_for_supplement(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_DISPATCH" and self._dispatcher(login)

    def may_supplement(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_SUPPLEMENT" and self._desk(login)

    def may_transfer_external(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_DISPATCH" and self._dispatcher(login)

    def may_external_return(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_EXTERNAL" and self._dispatcher(login)

    def may_external_reply(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_EXTERNAL" and self._dispatcher(login)

    def may_refuse(self, login: str, target: str, now: datetime) -> bool:
        return self.status in UNSENT and self._dispatcher(login) and not self.children

    def may_transfer_emergency(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_DISPATCH" and self._dispatcher(login) and not self.children

    def may_withdraw(self, login: str, target: str, now: datetime) -> bool:
        closed = self.status in ENDS | {"UNDER_REVIEW", "AWAITING_CALLBACK"}
        return not closed and self._desk(login) and not self.children

    def may_merge_under(self, master: State, login: str) -> bool:
        """Into another open ticket that is neither merged nor answered yet."""
        here = self.status in ("AWAITING_DISPATCH", "AWAITING_SIGN") and not self.children and not self.force
        there = master.status not in ENDS | {"MERGED", "UNDER_REVIEW", "AWAITING_CALLBACK"}
        return here and there and self._dispatcher(login)

    def may_split(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "MERGED" and self._dispatcher(login)

    def may_redispatch(self, login: str, target: str, now: datetime) -> bool:
        if target == self.lead or not self._dispatcher(login):
            return False
        return self.status == "AWAITING_SIGN" or (self.status == "OBJECTED" and self._rules_objection(login))

    def may_overrule(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "OBJECTED" and self._dispatcher(login) and self._rules_objection(login)

    def _rules_objection(self, login: str) -> bool:
        return self.objections == 1 or self.job(login) == "supervisor"

    def may_add_support(self, login: str, target: str, now: datetime) -> bool:
        new = target != self.lead and target not in self.supports
        return self.status in AT_UNIT and self._dispatcher(login) and not self.unsigned and new

    def may_sign(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_SIGN" and self.leads(login)

    def may_object(self, login: str, target: str, now: datetime) -> bool | None:
        if self.status not in AT_UNIT or not self.leads(login) or not self.is_free() or self.objections == 2:
            return False
        if self.disputed:
            return False
        return self._window(self.sent_at, now)

    def may_delegate(self, login: str, target: str, now: datetime) -> bool:
        if self.status != "HANDLING" or self.paused or self.unsigned or target in self.delegates:
            return False
        sender = self.sender(login)
        return bool(sender) and is_below(target, sender)

    def sender(self, login: str) -> str:
        """The unit for which this person sends a matter down: its own, if it owes an opinion, else the lead."""
        job, unit = JOBS[login]
        if job in ("handler", "leader") and unit in self.owed:
            return unit
        return self.lead if self.leads(login) else ""

    def may_contribute(self, login: str, target: str, now: datetime) -> bool:
        job, unit = JOBS[login]
        below = {one for one, above in self.delegates.items() if above == unit}
        here = self.status in TO_DO and job in ("handler", "leader")
        return here and unit in self.owed and not below & self.owed

    def may_request_extension(self, login: str, target: str, now: datetime) -> bool:
        here = self.status == "HANDLING" and self.leads(login) and not self.paused and not self.unsigned
        assert self.due is not None or not here
        return here and "extension" not in self.asked and self.extensions == 0 and not self.is_late(now)

    def is_late(self, now: datetime) -> bool:
        return self.total == "running" and self.due is not None and self.due < now

    def may_request_pause(self, login: str, target: str, now: datetime) -> bool:
        here = self.status == "HANDLING" and self.leads(login) and not self.paused and not self.unsigned
        return here and "pause" not in self.asked and self.pauses < MOST_PAUSES and not self.is_late(now)

    def _may_rule(self, login: str, what: str) -> bool:
        return self.status == "HANDLING" and self.job(login) == "supervisor" and what in self.asked

    def may_grant_extension(self, login: str, target: str, now: datetime) -> bool:
        return self._may_rule(login, "extension")

    may_deny_extension = may_grant_extension

    def may_grant_pause(self, login: str, target: str, now: datetime) -> bool:
        return self._may_rule(login, "pause")

    may_deny_pause = may_grant_pause

    def may_resume(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "HANDLING" and self.paused and (self.leads(login) or self.job(login) == "supervisor")

    def may_reply(self, login: str, target: str, now: datetime) -> bool:
        return (
            self.status == "HANDLING" and self.leads(login) and self.is_free() and not self.owed and not self.decisions
        )

    def may_sign_off(self, login: str, target: str, now: datetime) -> bool:
        return self.may_reject_sign_off(login, target, now) and not self.decisions

    def may_reject_sign_off(self, login: str, target: str, now: datetime) -> bool:
        """Of two levels the leader of the unit signs the first, its chief the last; whoever has signed, not again."""
        mine = self.leads(login) and self.job(login) == "leader" and login not in self.signers
        due = {f"{self.lead.lower()}.{'chief' if self.unsigned == 1 else 'leader'}"} - self.signers
        in_turn = LEVELS.get(self.lead, 1) == 1 or not due or login in due
        return self.status == "HANDLING" and self.unsigned > 0 and mine and in_turn

    def may_approve(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "UNDER_REVIEW" and self.job(login) == "reviewer"

    may_return_reply = may_approve

    def may_callback(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_CALLBACK" and self._caller(login)

    may_callback_badly = may_callback

    def may_close(self, login: str, target: str, now: datetime) -> bool:
        heard = bool(self.heard) or self.tries >= 3
        return self.status == "AWAITING_CALLBACK" and self._caller(login) and heard and not self.force

    def may_rework(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "AWAITING_CALLBACK" and self._caller(login) and self.heard == "bad"

    def may_request_review(self, login: str, target: str, now: datetime) -> bool | None:
        if self.status != "CLOSED" or not self._desk(login) or self.reviews:
            return False
        return self._window(self.closed_at, now)

    def may_grant_review(self, login: str, target: str, now: datetime) -> bool:
        return self.status == "CLOSED" and self.reviewing and self.job(login) == "supervisor"

    may_deny_review = may_grant_review

    def may_reopen(self, login: str, target: str, now: datetime) -> bool:
        done = self.status in ("CLOSED", "REFUSED")
        fits = not self.reviewing and (self.status == "CLOSED" or not self.lead)
        return done and fits and self.job(login) == "supervisor"

    def may_hand_over(self, login: str, target: str, now: datetime) -> bool:
        may = self.job(login) in ("dispatcher", "supervisor", "team")
        return self.status not in ENDS and may and target not in LONELY and self.held_by_target(target) is not None

    def held_by_target(self, target: str) -> str | None:
        """What of this person's is handed on: "follower" or "handler"."""
        return next((part for part in ("follower", "handler") if getattr(self, part) == target), None)
