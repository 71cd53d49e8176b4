"""③ 办理: signed, contacted, worked on, answered. Extensions and pauses: `rulings.py`."""

from datetime import datetime

from sqlalchemy import or_, select

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.accounts.queries import by_login
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.knowledge.citing import stand_on
from hotline.ticket.clocks import ASSIGNMENT, start_inner, subject_of
from hotline.ticket.models import (
    Assignment,
    AssignmentKind,
    Contact,
    ContactResult,
    Objection,
    Reply,
    Ticket,
    UnitSignOff,
)
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, announce, apply, session_of
from hotline.ticket.parts import assign, check_person, latest_reply, lead_of, receiving_unit
from routing.profiles import ClockName


def sign(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """签收. Who signs is not yet who handles: that is `assign_handler`."""
    apply(ticket, "sign", actor, now, data, signed_at=now)


def sign_by_default(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """Unsigned after its time counts as signed: at that time (`counts_from`), not when the sweep came by."""
    apply(ticket, "sign_by_default", actor, now, data, signed_at=data.get("counts_from", now))


def object(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """退单: counted; the total clock goes on while it is ruled."""
    session, suggested = session_of(ticket), data.get("suggested_unit_code")
    unit = by_code(session, Unit, suggested, to_local(now).date(), field="suggested_unit_code") if suggested else None
    objector = ticket.lead_unit_id
    apply(ticket, "object", actor, now, data, objection_count=ticket.objection_count + 1)
    reasons = {name: data[name] for name in ("reason", "legal_basis", "text")}
    made = {"ticket_id": ticket.id, "unit_id": objector, "by_id": actor.account_id, "at": now}
    session.add(Objection(**made, **reasons, suggested_unit_id=unit.id if unit else None))


def assign_handler(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """指派经办人 within one's own unit or below: of the unit's own part, where it supports or was sent one."""
    account = by_login(session_of(ticket), data["handler_login"], Role.HANDLER, "handler_login")
    part = _part_of(ticket, actor)
    if (part.unit_id if part else ticket.lead_unit_id) not in account.unit.chain_ids:
        raise Invalid(f"{account.name}不是本单位的经办人", code="handler_elsewhere", field="handler_login")
    check_person(ticket, account, "handler_login")
    apply(ticket, "assign_handler", actor, now, data, **({} if part else {"handler_id": account.id}))
    (part or lead_of(ticket)).handler_id = account.id


def delegate(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """下派: a unit below works on it, the one that sends it stays answerable; also further down, level by level."""
    unit, account = receiving_unit(ticket, data["unit_code"], now)
    above = _part_of(ticket, actor)
    sender = above.unit_id if above else ticket.lead_unit_id
    if unit.id == sender or sender not in unit.chain_ids:
        raise Invalid(f"“{unit.short_name}”不是本单位的下级", code="not_below", field="unit_code")
    apply(ticket, "delegate", actor, now, data)
    made = {"by_id": actor.account_id, "handler": account, "task": data["text"], "parent": above}
    start_inner(session_of(ticket), ticket, assign(ticket, unit, AssignmentKind.DELEGATE, now, **made), now)


def _part_of(ticket: Ticket, actor: Actor) -> Assignment | None:
    """The part this actor's unit owes an opinion on; None for the lead itself."""
    return next((part for part in _owed_parts(ticket, actor) if part.unit_id == actor.unit_id), None)


def _owed_parts(ticket: Ticket, actor: Actor) -> list[Assignment]:
    owed = select(Assignment).filter_by(ticket_id=ticket.id, answered_at=None, ended_at=None)
    mine = or_(Assignment.unit_id == actor.unit_id, Assignment.handler_id == actor.account_id)
    return [part for part in session_of(ticket).scalars(owed.where(mine)) if part.is_awaited]


def contribute(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """协办意见: the unit's part is done, its inner clock stops."""
    session = session_of(ticket)
    apply(ticket, "contribute", actor, now, data)
    for part in _owed_parts(ticket, actor):
        part.opinion, part.answered_at = data["opinion"], now
        deadlines.stop(session, Subject(ASSIGNMENT, part.id), None, now)


def contact(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """先行联系: reaching the enterprise stops the contact clock, a vain try does not."""
    reached = data["result"] is ContactResult.REACHED
    apply(ticket, "contact", actor, now, data, **({"contacted_at": ticket.contacted_at or now} if reached else {}))
    session = session_of(ticket)
    row = Contact(ticket_id=ticket.id, by_id=actor.account_id, at=now, unit_id=actor.unit_id, text=data["text"])
    row.result, row.phone = data["result"], data.get("phone") or ticket.contact_phone
    session.add(row)
    if reached:
        deadlines.stop(session, subject_of(ticket), (ClockName.CONTACT,), now)


def interim(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """阶段反馈: never stops a clock; the enterprise is told unless the unit keeps it inside."""
    apply(ticket, "interim", actor, now, data)
    if data.get("is_public", True):
        announce(session_of(ticket), ticket, now)


def reply(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """提交答复: to the hotline's review, or first through the unit's own sign-off; each cited entry is kept with it."""
    levels = ticket.lead_unit.sign_off_levels if ticket.lead_unit else 0
    unit_id = ticket.lead_unit_id
    apply(ticket, "reply", actor, now, data, sign_offs_left=levels)
    texts = {name: data.get(name) or "" for name in ("public_text", "internal_note", "legal_basis")}
    made = {"ticket_id": ticket.id, "unit_id": unit_id, "by_id": actor.account_id, "at": now}
    answer = Reply(**made, **texts, round=ticket.round, is_true=data.get("is_true"))
    session_of(ticket).add(answer)
    session_of(ticket).flush()
    stand_on(ticket, answer, data, actor, now)


def sign_off(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """审签通过: one level less; after the last the reply goes to the hotline."""
    left = ticket.sign_offs_left
    apply(ticket, "sign_off", actor, now, data, sign_offs_left=max(left - 1, 0))
    _signed(ticket, left, True, data, actor, now)


def reject_sign_off(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """审签退回: to be written anew."""
    left = ticket.sign_offs_left
    apply(ticket, "reject_sign_off", actor, now, data, sign_offs_left=0)
    _signed(ticket, left, False, data, actor, now).ruling = Ruling.DENIED


def _signed(ticket: Ticket, level: int, is_granted: bool, data: Data, actor: Actor, now: datetime) -> Reply:
    answer = latest_reply(ticket)
    assert answer is not None  # the guard lets nobody sign where nothing was written
    row = UnitSignOff(ticket_id=ticket.id, reply_id=answer.id, level=level, by_id=actor.account_id, at=now)
    row.is_granted, row.text = is_granted, data.get("text", "")
    session_of(ticket).add(row)
    return answer
