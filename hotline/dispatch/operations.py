"""② 转办: to the right unit; objections ruled; merged, handed on, or sent back for more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.directory.models import Unit
from hotline.dispatch.auto_audit import overturn
from hotline.errors import Invalid
from hotline.ticket.clocks import rules_for, start_inner, window_end
from hotline.ticket.models import Assignment, AssignmentKind, Objection, Ticket, TicketStatus
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import assign, end_parts, open_parts, receiving_unit, record_answer, release_children, rule


def dispatch(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """派单: the unit's liaison answers for it until somebody is named."""
    unit, account = receiving_unit(ticket, data["unit_code"], now)
    apply(ticket, "dispatch", actor, now, data, **_sent(ticket, unit, account, now))
    assign(ticket, unit, AssignmentKind.LEAD, now, by_id=actor.account_id, handler=account)
    for code in data.get("support_unit_codes", ()):
        _support(ticket, code, actor, now, data.get("text", ""))


def redispatch(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """改派: the objection, if there is one, was right. The total clock goes on."""
    unit, account = receiving_unit(ticket, data["unit_code"], now)
    if unit.id == ticket.lead_unit_id:
        raise Invalid("改派的单位与原单位相同；不改派请用“驳回退单”", code="same_unit", field="unit_code")
    was_objected = ticket.status is TicketStatus.OBJECTED
    apply(ticket, "redispatch", actor, now, data, **_sent(ticket, unit, account, now))
    if was_objected:
        _rule(ticket, Ruling.GRANTED, data, actor, now)
    _hand_on(ticket, unit, now)
    assign(ticket, unit, AssignmentKind.LEAD, now, by_id=actor.account_id, handler=account)


def _hand_on(ticket: Ticket, unit: Unit, now: datetime) -> None:
    """The old lead is out of it, and whom it has sent below; who supported until now leads instead.

    The other supporting units stay, with those below them whom they have asked.
    """
    parts = {part.id: part for part in session_of(ticket).scalars(open_parts(ticket))}
    roots = {part.id: _root(part, parts) for part in parts.values()}
    stay = [one for one, root in roots.items() if root.kind is AssignmentKind.SUPPORT and root.unit_id != unit.id]
    end_parts(ticket, now, Assignment.id.not_in(stay))


def _root(part: Assignment, parts: Mapping[int, Assignment]) -> Assignment:
    """The part under which this one was sent down."""
    while part.parent_id is not None:
        part = parts[part.parent_id]
    return part


def overrule(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """驳回退单: the unit keeps the ticket."""
    until = window_end(session_of(ticket), ticket, rules_for(ticket).objection_window, now)
    apply(ticket, "overrule", actor, now, data, objection_until=until)
    _rule(ticket, Ruling.DENIED, data, actor, now)


def return_for_supplement(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """退回补充: the enterprise is asked for more."""
    apply(ticket, "return_for_supplement", actor, now, data)


def transfer_external(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """转外地或省12345: followed until they answer."""
    apply(ticket, "transfer_external", actor, now, data, transferred_to=data["transferred_to"])


def external_reply(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """登记外地答复: their answer becomes ours to call back about."""
    apply(ticket, "external_reply", actor, now, data)
    record_answer(ticket, data, actor, now)
    release_children(ticket, now)


def external_return(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """外地退回: to be dispatched here after all."""
    apply(ticket, "external_return", actor, now, data)


def add_support(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """加派协办: with an earlier inner due time; the lead stays answerable."""
    apply(ticket, "add_support", actor, now, data)
    _support(ticket, data["unit_code"], actor, now, data["text"])


def _sent(ticket: Ticket, unit: Unit, account: Account, now: datetime) -> dict[str, Any]:
    """The columns a dispatch sets. `dispatched_at` and `first_unit_id` (首接负责) stay with the first one."""
    window = rules_for(ticket).objection_window
    return {
        "lead_unit_id": unit.id,
        "handler_id": account.id,
        "signed_at": None,
        "first_unit_id": ticket.first_unit_id or unit.id,
        "dispatched_at": ticket.dispatched_at or now,
        "objection_until": window_end(session_of(ticket), ticket, window, now),
    }


def _support(ticket: Ticket, code: str, actor: Actor, now: datetime, task: str) -> None:
    unit, account = receiving_unit(ticket, code, now)
    if unit.id == ticket.lead_unit_id:
        raise Invalid(f"“{unit.short_name}”已是主办单位", code="lead_supports", field="unit_code")
    part = assign(ticket, unit, AssignmentKind.SUPPORT, now, by_id=actor.account_id, handler=account, task=task)
    start_inner(session_of(ticket), ticket, part, now)


def _rule(ticket: Ticket, ruling: Ruling, data: Data, actor: Actor, now: datetime) -> None:
    pending = select(Objection).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING)
    for objection in session_of(ticket).scalars(pending):
        rule(objection, ruling, data, actor, now)
        if ruling is Ruling.GRANTED:
            overturn(ticket, objection.unit_id, now)
