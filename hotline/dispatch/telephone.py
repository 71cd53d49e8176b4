"""电话同步告知: what "124" asks beside the dispatch itself: the unit is rung up, and it is kept who was told."""

from datetime import datetime

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.ticket.models import PhoneNotice, Ticket
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import open_parts


def tell_by_phone(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """登记电话告知: whom of which unit, when, by which number. Without a unit it is the lead."""
    told_at = data["told_at"] or now
    if not ticket.received_at <= told_at <= now:
        raise Invalid("告知时间须在受理之后、现在之前", code="bad_time", field="told_at")
    unit_id = _unit(ticket, data["unit_code"], now)
    apply(ticket, "tell_by_phone", actor, now, data)
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now, "unit_id": unit_id, "told_at": told_at}
    said = {name: data[name] for name in ("person", "phone", "text")}
    session_of(ticket).add(PhoneNotice(**made, **said))


def _unit(ticket: Ticket, code: str, now: datetime) -> int:
    session = session_of(ticket)
    unit = by_code(session, Unit, code, to_local(now).date()) if code else ticket.lead_unit
    if unit is None or unit.id not in {part.unit_id for part in session.scalars(open_parts(ticket))}:
        raise Invalid("只登记对本工单承办单位的告知", code="not_taking_part", field="unit_code")
    return unit.id
