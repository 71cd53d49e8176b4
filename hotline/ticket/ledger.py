"""台账: one append-only row a change; (ticket, seq) has no gap, and replaying the rows rebuilds the ticket's facts."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline.accounts.actor import Actor
from hotline.database import Base, UtcDateTime, enum_column
from hotline.ticket.models import PERSONAL, Ticket, TicketStatus

Changes = dict[str, tuple[Any, Any]]


class LedgerEntry(Base):
    """Who did what when, and what that changed: `changes` is {column: [old, new]}, personal values never in it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"), Index("ix_ledger_entry_action_at", "action", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    seq: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(40))
    from_status: Mapped[TicketStatus | None] = mapped_column(enum_column(TicketStatus, "from_status"))
    to_status: Mapped[TicketStatus] = mapped_column(enum_column(TicketStatus, "to_status"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)


@event.listens_for(LedgerEntry, "before_update")
@event.listens_for(LedgerEntry, "before_delete")
def _append_only(*_: Any) -> None:
    raise RuntimeError("the ledger is append-only")


def append(
    session: Session,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    *,
    action: str,
    label: str,
    before: TicketStatus | None,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    changes: Changes | None = None,
) -> LedgerEntry:
    """One row for one change, in the caller's transaction."""
    ticket.last_seq += 1
    entry = LedgerEntry(
        ticket_id=ticket.id,
        seq=ticket.last_seq,
        action=action,
        label=label,
        from_status=before,
        to_status=ticket.status,
        actor_id=actor.account_id,
        actor_name=actor.name,
        unit_id=actor.unit_id,
        at=now,
        text=text,
        data={key: plain(value) for key, value in (data or {}).items()},
        changes={name: _recorded(name, pair) for name, pair in (changes or {}).items()},
    )
    session.add(entry)
    return entry


def _recorded(name: str, pair: tuple[Any, Any]) -> list[Any]:
    return ["***", "***"] if name in PERSONAL else [plain(value) for value in pair]


def plain(value: Any) -> Any:
    """A value as JSON has it; days and instants as ISO 8601, these in UTC."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def entries(session: Session, ticket: Ticket) -> list[LedgerEntry]:
    """A ticket's ledger, oldest first."""
    return list(session.scalars(select(LedgerEntry).filter_by(ticket_id=ticket.id).order_by(LedgerEntry.seq)))


def replay(history: Iterable[LedgerEntry]) -> dict[str, Any]:
    """The facts a ledger leads to: {column: plain value}. Raises ValueError at a gap or a step that does not fit."""
    state: dict[str, Any] = {"status": None}
    for expected, entry in enumerate(history, start=1):
        if entry.seq != expected:
            raise ValueError(f"ledger gap: {expected} missing")
        if plain(entry.from_status) != state["status"]:
            raise ValueError(f"ledger row {entry.seq} starts at {entry.from_status}, not {state['status']}")
        state |= {name: new for name, (_, new) in entry.changes.items()}
        state["status"] = plain(entry.to_status)
    return state
