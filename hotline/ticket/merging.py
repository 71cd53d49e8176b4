"""并单: one handling, many feedbacks. What may be merged into what, and how far the feedback of each is."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.directory.models import Unit
from hotline.errors import Conflict, Invalid
from hotline.labelled import Labelled
from hotline.ticket.models import AppealType, Consultation, TaskForceMember, Ticket, TicketStatus
from hotline.ticket.models.codes import ANSWERED
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import end_parts, is_concerned, open_parts
from hotline.ticket.queries import get, hanging, impartial, scope

S = TicketStatus


def merge(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """并单: follows its master's clocks and gets its answer; whoever handles the master must be impartial to it."""
    master = get(session_of(ticket), actor, data["master_no"], lock=True)
    _check_master(ticket, master)
    gone = {"lead_unit_id": None, "handler_id": None} if ticket.lead_unit_id is not None else {}
    apply(ticket, "merge", actor, now, data, merged_into_id=master.id, **gone)
    if gone:
        end_parts(ticket, now)


def _check_master(ticket: Ticket, master: Ticket) -> None:
    """Raises Conflict for an answered one, Invalid for one that cannot be the master of this ticket."""
    if master.status in ANSWERED:
        raise Conflict("主单已经答复，请直接引用其答复办理", code="master_answered")
    if master.id == ticket.id or not master.status.takes_in:
        raise _unfit("只能并入另一件尚未办结、未被并单的工单", "bad_master")
    if master.appeal_type is AppealType.TIP_OFF and ticket.appeal_type is not AppealType.TIP_OFF:
        raise _unfit("举报件的答复不对他人公开，其他诉求不能并入举报件", "master_tip_off")
    if _complains_of_another(master, ticket):
        raise _unfit("主单反映的是另一单位或人员，其答复不能给本诉求；请互换主单", "master_respondent")
    _check_impartial(ticket, master)


def _complains_of_another(master: Ticket, ticket: Ticket) -> bool:
    """Whom the master complains of must not get its answer by way of a ticket that does not keep him out."""
    columns = ("respondent_unit_id", "respondent_account_id")
    return any(getattr(master, one) not in (None, getattr(ticket, one)) for one in columns)


def _check_impartial(ticket: Ticket, master: Ticket) -> None:
    """回避: nobody gets his own complaint to handle by way of its master."""
    about = ticket.respondent_unit
    for unit in _units(master):
        if about is not None and about.is_above(unit):
            raise _unfit(
                f"“{unit.short_name}”参与办理主单，又是本诉求的被反映单位或其下级，应当回避", "respondent_unit"
            )
    for account in _people(master):
        if is_concerned([ticket], account):
            raise _unfit(f"{account.name}参与办理主单，又与本诉求有利害关系，应当回避", "respondent_person")


def _unfit(message: str, code: str) -> Invalid:
    return Invalid(message, code=code, field="master_no")


def _units(master: Ticket) -> Iterator[Unit]:
    """Every unit with a part in it."""
    yield from (part.unit for part in session_of(master).scalars(open_parts(master)))
    yield from (member.unit for member in _members(master) if member.unit is not None)


def _people(master: Ticket) -> Iterator[Account]:
    """Everybody with a part in it by name."""
    yield master.follower
    if master.handler is not None:
        yield master.handler
    yield from (part.handler for part in session_of(master).scalars(open_parts(master)) if part.handler is not None)
    yield from (member.account for member in _members(master) if member.account is not None)
    yield from (asked.expert for asked in hanging(session_of(master), Consultation, master) if not asked.is_declined)


def _members(master: Ticket) -> list[TaskForceMember]:
    if master.task_force_since is None:
        return []
    return [one for one in hanging(session_of(master), TaskForceMember, master) if one.left_at is None]


def split(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """拆单: goes its own way again."""
    apply(ticket, "split", actor, now, data, merged_into_id=None)


class Feedback(Labelled):
    """How far the feedback of a ticket is that was merged into another."""

    AWAITED = "AWAITED", "待答复"
    TO_CALL = "TO_CALL", "待回访"
    REWORK = "REWORK", "不满意重办"
    SATISFIED = "SATISFIED", "满意"
    DISSATISFIED = "DISSATISFIED", "不满意"
    ENDED = "ENDED", "已终结（未评价）"


def feedback_of(ticket: Ticket) -> Feedback:
    """Of one ticket that was merged: it keeps its master when that is answered, and loses it by 拆单."""
    if ticket.status is S.MERGED:
        return Feedback.AWAITED
    if ticket.status is S.AWAITING_CALLBACK:
        return Feedback.TO_CALL
    if not ticket.status.is_end:
        return Feedback.REWORK
    if ticket.satisfaction is None:
        return Feedback.ENDED
    return Feedback.DISSATISFIED if ticket.satisfaction.is_bad else Feedback.SATISFIED


def feedbacks(session: Session, master: Ticket, actor: Actor) -> Counter[Feedback]:
    """How many tickets merged into this one stand where. Those about the actor or his side are not counted."""
    merged = select(Ticket).where(Ticket.merged_into_id == master.id, impartial(actor))
    return Counter(feedback_of(ticket) for ticket in session.scalars(merged))


def merged_counts(session: Session, ids: Iterable[int], actor: Actor) -> dict[int, int]:
    """Id of a master → how many tickets were merged into it, without those about the actor or his side."""
    merged = select(Ticket.merged_into_id, func.count()).where(Ticket.merged_into_id.in_(ids), impartial(actor))
    rows = session.execute(merged.group_by(Ticket.merged_into_id))
    return {master: count for master, count in rows if master is not None}


def master_numbers(session: Session, tickets: Iterable[Ticket], actor: Actor) -> dict[int, str]:
    """Id of a master that this actor may see → its number, for those merged into one."""
    ids = {ticket.merged_into_id for ticket in tickets} - {None}
    return dict(session.execute(select(Ticket.id, Ticket.no).where(scope(actor), Ticket.id.in_(ids))).all())
