"""`create` and `apply`: the only writers of a ticket's columns, its ledger and its clocks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session, object_session

from hotline import workflow
from hotline.accounts.actor import Actor
from hotline.directory.time import default_profile, rules_of, working_calendar
from hotline.errors import Conflict
from hotline.outbox import operations as outbox
from hotline.ticket import clocks, ledger, numbering
from hotline.ticket.facts import Facts, facts_of
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import PERSONAL, Ticket, TicketStatus
from hotline.workflow import Transition, available, choose
from routing.deadlines import due
from routing.profiles import ClockName, SlaRules

KEPT_ELSEWHERE = PERSONAL | {"version", "text", "body", "public_text", "internal_note", "phone"}
"""Form fields that do not stand in the ledger's `data`: personal, long, or with a place of their own."""
NOTHING_ASKED = {
    "extension_pending": False,
    "pause_pending": False,
    "paused_since": None,
    "disputed_since": None,
    "sign_offs_left": 0,
}
Data = Mapping[str, Any]


def create(session: Session, action: str, registered: Data, actor: Actor, now: datetime, data: Data) -> Ticket:
    """A new ticket by one of the table's rows without source. `registered`: the columns it starts with."""
    row = choose(TABLE, action, Facts(status=None, **_kept(registered)), actor)
    profile = default_profile(session)
    target = row.target
    assert isinstance(target, TicketStatus)  # a row without source makes a ticket of some status
    ticket = Ticket(
        no=(number := numbering.next_number(session, now)),
        query_code=numbering.query_code(number),
        status=target,
        version=1,
        last_seq=0,
        profile=profile,
        created_by_id=actor.account_id,
        created_at=now,
        **{"received_at": now, **_ending(session, target, rules_of(profile), now), **registered},
    )
    session.add(ticket)
    session.flush()
    _record(session, ticket, row, actor, now, data, before=None, changes=_initial(ticket))
    clocks.run_clocks(session, ticket, row, now)
    return ticket


def _kept(registered: Data) -> dict[str, Any]:
    return {name: value for name, value in registered.items() if name in Facts.__dataclass_fields__}


def _initial(ticket: Ticket) -> ledger.Changes:
    return {name: (None, getattr(ticket, name)) for name in REPLAYED if getattr(ticket, name) is not None}


REPLAYED = frozenset(Ticket.__mapper__.columns.keys()) - PERSONAL - {"id", "status", "last_seq"}
"""The columns that a replay of the ledger rebuilds (status stands in the rows themselves)."""


def facts(ticket: Ticket, now: datetime) -> Facts:
    """What the guards know of a stored ticket."""
    return facts_of(session_of(ticket), ticket, clocks.rules_for(ticket), now)


def actions(ticket: Ticket, actor: Actor, now: datetime) -> list[Transition]:
    """The rows this actor may take now: one for each action."""
    rows = available(TABLE, facts(ticket, now), actor)
    return list({row.action: row for row in reversed(rows)}.values())[::-1]


def check(ticket: Ticket, action: str, actor: Actor, now: datetime) -> None:
    """Raise as `apply` would: IllegalAction (409) or Forbidden (403); for asking before the form is looked at."""
    choose(TABLE, action, facts(ticket, now), actor)


def held_up(ticket: Ticket, action: str, actor: Actor, now: datetime) -> str | None:
    """Why this actor cannot take this step of the work yet, where it is his to take."""
    return workflow.held_up(TABLE, action, facts(ticket, now), actor)


def apply(ticket: Ticket, action: str, actor: Actor, now: datetime, data: Data, **changes: Any) -> Transition:
    """Take one row of the table: status, columns (`changes`), version, ledger, clocks and outbox together.

    Raises IllegalAction or Conflict (409) and Forbidden (403), and then has changed nothing.
    """
    session = session_of(ticket)
    row = choose(TABLE, action, facts(ticket, now), actor)
    if row.decides:
        _check_version(ticket, data.get("version"))
    before = ticket.status
    changed = _set(ticket, changes | ({"version": ticket.version + 1} if row.decides else {}))
    if isinstance(row.target, TicketStatus):
        ticket.status = row.target
    if ticket.status.is_end != before.is_end:
        changed |= _set(ticket, _ending(session, ticket.status, clocks.rules_for(ticket), now))
    if ClockName.CONSULTATION in row.stops and (asked := clocks.withdraw_questions(session, ticket, now)):
        data = {**data, "withdrawn": asked}  # the sender tells them
    _record(session, ticket, row, actor, now, data, before=before, changes=changed)
    clocks.run_clocks(session, ticket, row, now)
    return row


def session_of(ticket: Ticket) -> Session:
    """The session a ticket belongs to."""
    session = object_session(ticket)
    assert session is not None  # a ticket outside a transaction is nobody's
    return session


def _ending(session: Session, status: TicketStatus | None, rules: SlaRules, now: datetime) -> dict[str, Any]:
    """When it ended, until when the enterprise may ask for a review of an answer, and that no ruling is owed."""
    if status is None or not status.is_end:
        return {"closed_at": None, "review_until": None}
    window = due(working_calendar(session), now, rules.review_request_window, day_ends=rules.day_ends)
    review_until = window.at if status is TicketStatus.CLOSED else None
    return {"closed_at": now, "review_until": review_until, **NOTHING_ASKED}


def _check_version(ticket: Ticket, seen: int | None) -> None:
    if seen is not None and seen != ticket.version:
        raise Conflict(
            "这件工单刚被他人处理过，您的内容已保留，请核对最新情况后再提交",
            code="stale_version",
            version=ticket.version,
            seen=seen,
        )


def _set(ticket: Ticket, values: Mapping[str, Any]) -> ledger.Changes:
    changed = {name: (getattr(ticket, name), new) for name, new in values.items() if getattr(ticket, name) != new}
    for name, (_, new) in changed.items():
        setattr(ticket, name, new)
    return changed


def _record(
    session: Session,
    ticket: Ticket,
    row: Transition,
    actor: Actor,
    now: datetime,
    data: Data,
    *,
    before: TicketStatus | None,
    changes: ledger.Changes,
) -> None:
    kept = {name: value for name, value in data.items() if name not in KEPT_ELSEWHERE and value not in (None, "")}
    said: dict[str, Any] = {"text": str(data.get("text") or ""), "data": kept, "changes": changes}
    ledger.append(session, ticket, actor, now, action=row.action, label=row.label, before=before, **said)
    if row.decides:
        announce(session, ticket, now)


def announce(session: Session, ticket: Ticket, now: datetime) -> None:
    """Ask the outbox to tell those concerned of the ledger's newest row."""
    key = f"ticket:{ticket.id}:{ticket.last_seq}"
    outbox.put(session, "ticket_event", {"ticket_id": ticket.id, "seq": ticket.last_seq}, key, now)
