"""A ticket as doors show it: masked, with what this reader may do and when it is due."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.accounts.privacy import mask_name, mask_phone
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import clocks_of
from hotline.directory.time import working_calendar
from hotline.ticket.clocks import TOTALS, subject_of
from hotline.ticket.ledger import LedgerEntry, entries
from hotline.ticket.models import AppealType, Citation, Ticket
from hotline.ticket.operations import actions
from routing.deadlines import Limit, sentence
from routing.profiles import ClockName

MAY_UNMASK = frozenset({Role.AGENT, Role.TEAM_LEADER, Role.CALLBACK, Role.SUPERVISOR})
"""Who speaks with enterprises. The unit's handler too, unless the complaint is confidential or a tip-off."""


LEDGER_NAMES = ("seq", "action", "label", "from_status", "to_status", "actor_name", "text")
IDENTIFYING = frozenset({"enterprise_name", "uscc", "enterprise_id", "previous_no", "previous_id"})
"""What in a ledger leads to the enterprise: its name, or a link to another ticket that shows it."""


def may_unmask(ticket: Ticket, actor: Actor) -> bool:
    """Whether this reader may ask for the full name and number."""
    if actor.roles & MAY_UNMASK:
        return True
    mine = actor.account_id == ticket.handler_id or Role.UNIT_LEADER in actor.roles
    return not is_shielded(ticket) and mine


def is_shielded(ticket: Ticket) -> bool:
    """Whether who raised it must stay within the hotline."""
    return ticket.is_confidential or ticket.is_anonymous or ticket.appeal_type is AppealType.TIP_OFF


def stays_inside(ticket: Ticket) -> bool:
    """Whether its words must not become knowledge that all may read: it is shielded, or names somebody."""
    about = (ticket.respondent_kind, ticket.respondent_unit_id, ticket.respondent_account_id, ticket.respondent_name)
    return is_shielded(ticket) or any(about)


def knows_enterprise(ticket: Ticket, actor: Actor) -> bool:
    """Whether this reader may know which enterprise it was: of a shielded ticket no unit and no expert may."""
    inside = actor.is_hotline or Role.AUDITOR in actor.roles or actor.ticket_id == ticket.id
    return inside or not is_shielded(ticket)


def enterprise_name(ticket: Ticket, actor: Actor) -> str | None:
    """The enterprise as this reader may know it."""
    if ticket.enterprise is None:
        return None
    return ticket.enterprise.name if knows_enterprise(ticket, actor) else "（身份保密）"


def ledger_rows(session: Session, ticket: Ticket, actor: Actor) -> list[dict[str, Any]]:
    """The ledger as JSON has it, oldest first, without what would tell this reader which enterprise it was."""
    hidden = frozenset() if knows_enterprise(ticket, actor) else IDENTIFYING
    return [_ledger_row(entry, hidden) for entry in entries(session, ticket)]


def _ledger_row(entry: LedgerEntry, hidden: frozenset[str]) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in LEDGER_NAMES}
    kept = {name: _without(getattr(entry, name), hidden) for name in ("data", "changes")}
    return {"at": entry.at.isoformat(), **told, **kept}


def _without(values: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in hidden}


def as_dict(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> dict[str, Any]:
    """The whole ticket as JSON has it; names and numbers masked."""
    return {
        **summary(ticket, actor),
        "body": ticket.body,
        "wish": ticket.wish,
        "place": ticket.place,
        "source": ticket.source.code,
        "external_no": ticket.external_no,
        "imposed_due_at": ticket.imposed_due_at.isoformat() if ticket.imposed_due_at else None,
        "contact_name": mask_name(ticket.contact_name),
        "contact_phone": mask_phone(ticket.contact_phone),
        "round": ticket.round,
        "is_resolved": ticket.is_resolved,
        "satisfaction": ticket.satisfaction,
        "follower": ticket.follower.name,
        "handler": ticket.handler.name if ticket.handler else None,
        "citations": citations(session, ticket, actor),
        "clocks": [clock_dict(session, clock) for clock in clocks_of(session, subject_of(ticket))],
        "actions": [{"action": row.action, "label": row.label} for row in actions(ticket, actor, now)],
    }


def citations(session: Session, ticket: Ticket, actor: Actor) -> list[dict[str, Any]]:
    """What its replies stand on, oldest first. An enterprise is not told of what was internal."""
    cited = select(Citation).filter_by(ticket_id=ticket.id).order_by(Citation.id)
    if actor.ticket_id is not None:
        cited = cited.where(Citation.is_internal.is_(False))
    names = ("entry_id", "entry_version", "title", "doc_number", "is_internal")
    return [
        {**{name: getattr(row, name) for name in names}, "at": row.at.isoformat()} for row in session.scalars(cited)
    ]


def summary(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """One row of a list."""
    return {
        "no": ticket.no,
        "version": ticket.version,
        "status": ticket.status,
        "status_label": ticket.status.label,
        "appeal_type": ticket.appeal_type,
        "title": ticket.title,
        "category": ticket.category.full_name,
        "region": ticket.region.name,
        "urgency": ticket.urgency,
        "lead_unit": ticket.lead_unit.name if ticket.lead_unit else None,
        "enterprise": enterprise_name(ticket, actor),
        "is_supervised": ticket.supervised_since is not None,
        "created_at": ticket.created_at.isoformat(),
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else None,
    }


def clock_dict(session: Session, clock: Clock) -> dict[str, Any]:
    """One clock, with its due time explained."""
    return {
        "name": clock.name,
        "label": ClockName(clock.name).label,
        "round": clock.round,
        "state": clock.state,
        "started_at": clock.started_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "provisional": clock.provisional,
        "limit": Limit.parse(clock.limit).label,
        "explanation": explanation(session, clock),
        "moves": clock.moves,
    }


def explanation(session: Session, clock: Clock) -> str:
    """Why the clock was first due when it was, in one Chinese sentence; later moves stand in `moves`."""
    return sentence(working_calendar(session), clock.started_at, Limit.parse(clock.limit), clock.first_due_at)


def nearest_clock(clocks: list[Clock]) -> Clock | None:
    """The running clock that falls due first."""
    running = [clock for clock in clocks if clock.state is ClockState.RUNNING]
    return min(running, key=lambda clock: clock.due_at, default=None)


def total_clock(clocks: list[Clock]) -> Clock | None:
    """The clock people mean by "the deadline": REWORK in a new round, else TOTAL."""
    totals = [clock for clock in clocks if clock.name in TOTALS]
    running = [clock for clock in totals if clock.state is not ClockState.STOPPED]
    return next(reversed(running or totals), None)
