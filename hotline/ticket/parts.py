"""Assignments, answers, rulings, citations, questions, merged tickets: what several stages do to a ticket's parts."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Account
from hotline.accounts.queries import responsible_for
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.ticket.clocks import ASSIGNMENT
from hotline.ticket.models import (
    AppealType,
    Assignment,
    AssignmentKind,
    Citation,
    Consultation,
    Dispute,
    Extension,
    Objection,
    Pause,
    Reply,
    Ruling,
    Ticket,
    TicketStatus,
)
from hotline.ticket.operations import Data, apply, session_of


def receiving_unit(ticket: Ticket, code: str, now: datetime, field: str = "unit_code") -> tuple[Unit, Account]:
    """A unit that may receive this ticket, and who answers for it there. Raises Invalid (回避, unknown, unmanned).

    A complaint about the unit's own liaison goes to the next in line.
    """
    session, day = session_of(ticket), to_local(now).date()
    unit = by_code(session, Unit, code, day, field=field)
    check_impartial(ticket, unit, field)
    return unit, responsible_for(session, unit, day, lambda account: not is_concerned(ticket, account))


def check_impartial(ticket: Ticket, unit: Unit, field: str) -> None:
    """回避: neither the complained-of unit nor one below it receives the complaint."""
    about = ticket.respondent_unit
    if about is not None and ticket.appeal_type is not AppealType.PRAISE and about.is_above(unit):
        supervisor = about.supervising_unit_id and session_of(ticket).get_one(Unit, about.supervising_unit_id)
        hint = f"，请派往其监督单位“{supervisor.short_name}”" if supervisor else ""
        raise Invalid(f"“{unit.short_name}”是被反映单位或其下级，应当回避{hint}", code="respondent_unit", field=field)


def check_person(ticket: Ticket, account: Account, field: str) -> None:
    """回避: nor does the complained-of person, or anybody in the complained-of unit."""
    if is_concerned(ticket, account):
        raise Invalid(f"{account.name}与本诉求有利害关系，应当回避", code="respondent_person", field=field)


def is_concerned(ticket: Ticket, account: Account) -> bool:
    """Whether the appeal is about this person or this person's unit. Praise concerns nobody."""
    if ticket.appeal_type is AppealType.PRAISE:
        return False
    about = ticket.respondent_unit
    in_unit = about is not None and about.is_above(account.unit)
    return in_unit or account.id == ticket.respondent_account_id


def assign(
    ticket: Ticket,
    unit: Unit,
    kind: AssignmentKind,
    now: datetime,
    *,
    by_id: int | None,
    handler: Account,
    task: str = "",
    parent: Assignment | None = None,
) -> Assignment:
    """Give a unit its part in the ticket, perhaps under the part of the one that sends it further down.

    Raises Invalid when it has that part already.
    """
    session = session_of(ticket)
    same = select(Assignment.id).filter_by(ticket_id=ticket.id, unit_id=unit.id, kind=kind, ended_at=None)
    if session.scalar(same) is not None:
        raise Invalid(f"“{unit.short_name}”已在{kind.label}", code="already_assigned", field="unit_code")
    part = Assignment(
        ticket_id=ticket.id, unit_id=unit.id, kind=kind, handler_id=handler.id, task=task, by_id=by_id, at=now
    )
    part.parent_id = parent.id if parent else None
    session.add(part)
    session.flush()
    return part


def lead_of(ticket: Ticket) -> Assignment:
    """The lead unit's assignment."""
    lead = select(Assignment).filter_by(ticket_id=ticket.id, kind=AssignmentKind.LEAD, ended_at=None)
    return session_of(ticket).scalars(lead).one()


def open_parts(ticket: Ticket) -> Select[Assignment]:
    """What units have a part in the ticket now."""
    return select(Assignment).filter_by(ticket_id=ticket.id, ended_at=None).order_by(Assignment.id)


def end_parts(ticket: Ticket, now: datetime, which: ColumnElement[bool] | None = None) -> None:
    """Take the ticket away from its units (`which`: some of them), who then no longer see it nor owe anything."""
    session, parts = session_of(ticket), open_parts(ticket)
    for part in session.scalars(parts if which is None else parts.where(which)):
        part.ended_at = now
        deadlines.stop(session, Subject(ASSIGNMENT, part.id), None, now)
    session.flush()


def latest_reply(ticket: Ticket) -> Reply | None:
    """The newest reply of any round."""
    newest = select(Reply).filter_by(ticket_id=ticket.id).order_by(Reply.id.desc()).limit(1)
    return session_of(ticket).scalar(newest)


def record_answer(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> Reply:
    """An answer the hotline gives itself or takes over, so that nobody reviews it. `data`: public_text, legal_basis."""
    texts = {"public_text": data["public_text"], "legal_basis": data.get("legal_basis", "")}
    made = {"ticket_id": ticket.id, "round": ticket.round, "by_id": actor.account_id, "at": now}
    reply = Reply(**made, **texts, ruling=Ruling.GRANTED)
    session_of(ticket).add(reply)
    session_of(ticket).flush()
    return reply


def rule(
    asked: Objection | Extension | Pause | Dispute, ruling: Ruling, data: Data, actor: Actor, now: datetime
) -> None:
    """Note how a request was ruled, by whom, when and why (`data`: text)."""
    asked.ruling, asked.ruling_text = ruling, data.get("text", "")
    asked.ruled_by_id, asked.ruled_at = actor.account_id, now


def asked_of(expert_id: int | None) -> Select[Consultation]:
    """The questions, on whatever ticket, that this expert still has to answer."""
    return select(Consultation).filter_by(expert_id=expert_id, answered_at=None, is_declined=False, withdrawn_at=None)


def release_children(master: Ticket, now: datetime) -> None:
    """The master is answered: every ticket merged into it gets the same answer and its own callback."""
    session, answer = session_of(master), latest_reply(master)
    for child in children_of(session, master):
        follow_master(child, {}, SYSTEM, now)
        if answer is not None:
            copied = ("public_text", "internal_note", "legal_basis", "is_true", "ruling", "unit_id", "by_id")
            values = {name: getattr(answer, name) for name in copied}
            same = Reply(ticket_id=child.id, round=child.round, at=now, **values)
            session.add(same)
            session.flush()
            _cite_the_same(session, answer, same)


def _cite_the_same(session: Session, answer: Reply, same: Reply) -> None:
    """A copied reply stands on what the first one stands on."""
    copied = ("entry_id", "entry_version", "title", "doc_number", "is_internal", "by_id")
    for one in session.scalars(select(Citation).filter_by(reply_id=answer.id)):
        values = {name: getattr(one, name) for name in copied}
        session.add(Citation(ticket_id=same.ticket_id, reply_id=same.id, at=same.at, **values))


def follow_master(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """主单已答复: the merged ticket goes on to its own callback, or ends when none is wanted."""
    apply(ticket, "follow_master", actor, now, data)


def children_of(session: Session, master: Ticket) -> list[Ticket]:
    """The tickets that wait for this one's answer."""
    merged = select(Ticket).filter_by(merged_into_id=master.id, status=TicketStatus.MERGED)
    return list(session.scalars(merged.order_by(Ticket.id)))
