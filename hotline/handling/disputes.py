"""异议: the enterprise objects to an extension or a pause, and a supervisor answers within a clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.deadlines import operations as deadlines
from hotline.directory.time import working_calendar
from hotline.handling.rulings import end_pause
from hotline.ticket.clocks import TOTALS, ladder_of, rules_for, subject_of
from hotline.ticket.facts import disputable
from hotline.ticket.ledger import LedgerEntry, plain
from hotline.ticket.models import Dispute, Extension, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import rule
from routing.deadlines import Limit, LimitUnit, due

GRACE = Limit(1, LimitUnit.WORKING_DAY)
"""What a unit has at least when its extension is taken back: the rest of today and the next working day."""


def dispute(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """提出异议: against the pause that lasts, else the newest extension; each can be objected to once."""
    session = session_of(ticket)
    about = disputable(session, ticket)
    apply(ticket, "dispute", actor, now, data, disputed_since=now)
    assert about is not None  # the guard lets nobody object to nothing
    kind = "extension_id" if isinstance(about, Extension) else "pause_id"
    made: dict[str, Any] = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now, kind: about.id}
    session.add(Dispute(**made, text=data["text"]))


def uphold_dispute(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """异议成立: the pause ends, or the extension is taken back; never to a time that has passed already."""
    asked, paused = pending_dispute(ticket), ticket.paused_since
    if asked.pause_id is not None and paused is not None:
        apply(ticket, "uphold_dispute", actor, now, data, disputed_since=None, paused_since=None)
        end_pause(ticket, data["text"], now)
    else:
        taken_back = _imposed_again(ticket, now) if asked.extension_id is not None else {}
        apply(ticket, "uphold_dispute", actor, now, data, disputed_since=None, **taken_back)
        if asked.extension_id is not None:
            _take_back(ticket, data["text"], now)
    rule(asked, Ruling.GRANTED, data, actor, now)


def _imposed_again(ticket: Ticket, now: datetime) -> dict[str, datetime]:
    """The column that the extension moved too, as it was before: what is set from above goes back with the clock."""
    granted = select(LedgerEntry.changes).filter_by(ticket_id=ticket.id, action="grant_extension")
    newest = session_of(ticket).scalars(granted.order_by(LedgerEntry.seq.desc()).limit(1)).one()
    before, after = newest.get("imposed_due_at", (None, None))
    if ticket.imposed_due_at is None or plain(ticket.imposed_due_at) != after:
        return {}
    return {"imposed_due_at": max(datetime.fromisoformat(before), _earliest(ticket, now))}


def _earliest(ticket: Ticket, now: datetime) -> datetime:
    return due(working_calendar(session_of(ticket)), now, GRACE, day_ends=rules_for(ticket).day_ends).at


def _take_back(ticket: Ticket, reason: str, now: datetime) -> None:
    session, earliest = session_of(ticket), _earliest(ticket, now)
    calendar = working_calendar(session)
    for clock in deadlines.hold(session, subject_of(ticket), TOTALS):
        extended = [move for move in clock.moves if move["kind"] == "extension"]
        if extended:
            back = max(datetime.fromisoformat(extended[-1]["from"]), earliest)
            ladder = ladder_of(session, clock)
            deadlines.impose(clock, back, calendar=calendar, ladder=ladder, reason=f"异议成立：{reason}", now=now)


def reject_dispute(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """异议不成立: with the reason that the enterprise reads."""
    asked = pending_dispute(ticket)
    apply(ticket, "reject_dispute", actor, now, data, disputed_since=None)
    rule(asked, Ruling.DENIED, data, actor, now)


def pending_dispute(ticket: Ticket) -> Dispute:
    """The objection that the table's guard says there is."""
    waiting = select(Dispute).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING).order_by(Dispute.id.desc())
    return session_of(ticket).scalars(waiting.limit(1)).one()
