"""What becomes of a consultation whose expert steps back (替班, 撤班, 休假, 交接): said beforehand, then done."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor, actor_of
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.errors import Conflict, Invalid
from hotline.experts import calls, clocks, people
from hotline.experts.applying import apply, conclude
from hotline.experts.guards import facts_of
from hotline.experts.lifecycle import TABLE
from hotline.experts.models import Expert
from hotline.experts.pool import is_valid
from hotline.experts.records import AHEAD, Advice, AdviceStatus, Appointment, Invitation, Response
from hotline.labelled import Labelled
from hotline.workflow import available

IN_HAND = (AdviceStatus.IN_CALL, AdviceStatus.RETURNED)
"""What waits for the expert, or for the officer who took it instead, and has no hour of its own."""


class Outcome(Labelled):
    MOVED = "MOVED", "转交"
    REBOOK = "REBOOK", "请企业改约"
    PASSED_ON = "PASSED_ON", "转请下一位"
    STAYS = "STAYS", "仍由本人办理"


@dataclass(frozen=True)
class Move:
    """One consultation: whose it is, what becomes of it, whose it will be (only where it is MOVED), and why not."""

    advice: Advice
    outcome: Outcome
    before: Account
    after: Account | None = None
    why: str = ""

    def plain(self) -> dict[str, Any]:
        """As the audit and the API have it."""
        meeting, ticket = self.advice.appointment, self.advice.ticket
        return {
            "id": self.advice.id,
            "kind": self.advice.kind.value,
            "status": self.advice.status.value,
            "ticket_no": ticket.no if ticket else None,
            "starts_at": meeting.starts_at.isoformat() if meeting else None,
            "outcome": self.outcome.value,
            "before": self.before.login,
            "after": self.after.login if self.after else None,
            "why": self.why,
        }


def meeting_moves(
    session: Session, advice: Advice, taking: Expert | None, now: datetime, taken: set[tuple[int, datetime]]
) -> Move:
    """A meeting ahead goes to `taking`, or has to be booked anew. `taken`: slots that this plan fills."""
    before, meeting = people.account_of(advice), advice.appointment
    assert before is not None and meeting is not None  # a meeting ahead has both
    if taking is None:
        return Move(advice, Outcome.REBOOK, before, why="没有替班专家")
    why = "" if (taking.id, meeting.starts_at) not in taken else "该时段已有预约"
    why = why or _unfit(session, advice, taking, now)
    if why:
        return Move(advice, Outcome.REBOOK, before, why=f"{taking.account.name}{why}")
    taken.add((taking.id, meeting.starts_at))
    return Move(advice, Outcome.MOVED, before, taking.account)


def _unfit(session: Session, advice: Advice, taking: Expert, now: datetime) -> str:
    """Why this expert cannot take it, "" when nothing forbids it."""
    meeting = advice.appointment if advice.status in AHEAD else None
    if not people.is_impartial(session, advice, taking.account, now):
        return "应当回避"
    if not is_valid(taking, meeting.starts_at if meeting else now):
        return "届时不在有效期内"
    if meeting is None:
        return ""
    busy = select(Appointment.id).where(
        Appointment.is_held,
        Appointment.expert_id == taking.id,
        Appointment.starts_at < meeting.ends_at,
        Appointment.ends_at > meeting.starts_at,
    )
    return "该时段已有预约" if session.scalar(busy.limit(1)) is not None else ""


def in_hand(session: Session, account: Account) -> list[Advice]:
    """What waits for this very account and has no hour of its own: an invitation, a call, an answer sent back."""
    mine = select(Expert.id).filter_by(account_id=account.id).scalar_subquery()
    offered = exists().where(
        Invitation.advice_id == Advice.id, Invitation.expert_id == mine, Invitation.response == Response.PENDING
    )
    officer = and_(Advice.officer_id == account.id, Advice.expert_id.is_(None))
    held = and_(Advice.status.in_(IN_HAND), or_(Advice.expert_id == mine, officer))
    called = and_(Advice.status == AdviceStatus.ON_DUTY_OFFICER, officer)
    return list(session.scalars(select(Advice).where(or_(offered, held, called)).order_by(Advice.id)))


def meetings(session: Session, expert: Expert, now: datetime) -> list[Advice]:
    """The expert's meetings that have not begun, earliest first."""
    mine = select(Advice).join(Appointment, Appointment.advice_id == Advice.id)
    mine = mine.where(Advice.status.in_(AHEAD), Appointment.expert_id == expert.id, Appointment.starts_at > now)
    return list(session.scalars(mine.order_by(Appointment.starts_at, Advice.id)))


def in_review(session: Session, account: Account, now: datetime) -> list[Advice]:
    """Answers whose review waits for this account alone."""
    query = select(Advice).filter_by(status=AdviceStatus.UNDER_REVIEW).order_by(Advice.id)
    return [one for one in session.scalars(query) if [account] == people.reviewers(session, one, now)]


def goes_to(session: Session, advice: Advice, leaving: Account, taking: Account, now: datetime) -> Move:
    """What becomes of something `in_hand` or `in_review` when `taking` comes in for `leaving`."""
    if advice.status is AdviceStatus.INVITING:
        return Move(advice, Outcome.PASSED_ON, leaving)
    why = _refusal(session, advice, taking, now)
    if why:
        return Move(advice, Outcome.STAYS, leaving, why=f"{taking.name}{why}")
    return Move(advice, Outcome.MOVED, leaving, taking)


def _refusal(session: Session, advice: Advice, taking: Account, now: datetime) -> str:
    if advice.status is AdviceStatus.UNDER_REVIEW:
        rows = available(TABLE, facts_of(advice, now), actor_of(session, taking))
        return "" if any(row.action == "approve_advice" for row in rows) else "不能审核这份答复"
    if advice.expert is None:
        if not people.is_impartial(session, advice, taking, now):
            return "应当回避"
        return "" if taking.unit_id == advice.unit_id else "不是责任单位的人员"
    expert = session.scalar(select(Expert).filter_by(account_id=taking.id))
    if expert is None or expert.unit_id != advice.expert.unit_id:
        return "不是同一单位的专家"
    return _unfit(session, advice, expert, now)


def hold(session: Session, ids: Collection[int]) -> None:
    """Lock these consultations and their clocks, in the order in which one alone is locked."""
    wanted = select(Advice).where(Advice.id.in_(ids)).order_by(Advice.id).with_for_update(of=Advice)
    for advice in session.scalars(wanted.execution_options(populate_existing=True)).all():
        deadlines.hold(session, clocks.subject_of(advice))


def carry(session: Session, move: Move, actor: Actor, reason: str, now: datetime) -> None:
    """Do one move. The event bears the actor's name and the system's right: a roster is nobody's part in a matter."""
    clerk, advice = replace(SYSTEM, name=actor.name), move.advice
    if move.outcome is Outcome.PASSED_ON:
        calls.pass_on(session, advice, now, Response.WITHDRAWN, reason)
    elif move.outcome is Outcome.REBOOK:
        row = apply(session, advice, "call_off", clerk, now, {})
        assert advice.appointment is not None  # only meetings are booked anew
        advice.appointment.is_held = False
        conclude(session, advice, row, clerk, now, text=reason, told=_told(advice, move))
    elif move.outcome is Outcome.MOVED and move.after is not None:
        _hand_over(session, move, move.after, clerk, reason, now)


def _hand_over(session: Session, move: Move, taking: Account, clerk: Actor, reason: str, now: datetime) -> None:
    advice = move.advice
    changes: dict[str, Any] = {}
    expert = session.scalar(select(Expert).filter_by(account_id=taking.id))
    if advice.status is not AdviceStatus.UNDER_REVIEW:
        is_officers = advice.expert_id is None
        changes = {"officer_id": taking.id} if is_officers else {"expert_id": expert and expert.id}
    row = apply(session, advice, "hand_over", clerk, now, {}, **changes)
    if advice.status in AHEAD and advice.appointment is not None and expert is not None:
        advice.appointment.expert_id = expert.id
    text = f"{move.before.name} → {taking.name}，{reason}"
    conclude(session, advice, row, clerk, now, text=text.rstrip("，"), told=_told(advice, move))


def _told(advice: Advice, move: Move) -> list[Account | None]:
    desk = advice.by or (advice.ticket.follower if advice.ticket else None)
    return [move.before, move.after, desk]


def day_of(advice: Advice) -> Any:
    """The local day of its meeting."""
    assert advice.appointment is not None  # asked of meetings only
    return to_local(advice.appointment.starts_at).date()


def check_pair(expert: Expert, substitute: Expert) -> None:
    """A substitute speaks for the same unit: the answer is the unit's word. Raises Invalid."""
    if substitute.id == expert.id or substitute.unit_id != expert.unit_id:
        raise Invalid("B角须是同一单位的另一位专家", code="substitute_invalid", field="substitute_id")


def stale() -> Conflict:
    """What was previewed is no longer what would happen."""
    return Conflict("预览之后情况有变，请重新核对影响后再确认", code="preview_stale")
