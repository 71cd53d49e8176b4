"""Per unit: how much it keeps, how fresh it is, and how much it is used."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hotline.clock import to_local
from hotline.deadlines.models import Clock
from hotline.directory.models import Unit
from hotline.knowledge.clocks import CORRECTION
from hotline.knowledge.force import in_force
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.records import CorrectionReport, SearchLog
from hotline.ticket.models import Citation

SOON = timedelta(days=30)


@dataclass(frozen=True)
class UnitStatistics:
    """One unit's row; of the `corrections` that fell due, `corrections_in_time` had been answered by then."""

    unit: Unit
    entries: int
    updates: int
    expiring: int
    hits: int
    citations: int
    corrections: int
    corrections_in_time: int

    @property
    def in_time_rate(self) -> float | None:
        """The share of corrections answered in time, 0 to 1; None = none fell due."""
        return self.corrections_in_time / self.corrections if self.corrections else None


def per_unit(session: Session, start: datetime, end: datetime) -> list[UnitStatistics]:
    """Every unit that keeps entries, the most entries first. Events count from `start` until before `end`.

    entries, expiring: as on the day of `end`; expiring = last day within 30 days. updates: versions published.
    hits: searches in which an entry of the unit was chosen; citations: in tickets.
    """
    day = to_local(end).date()
    counts = {
        "entries": _tally(session, _standing(day)),
        "expiring": _tally(session, _standing(day).where(KbEntryVersion.expires_at <= day + SOON)),
        "updates": _events(session, KbEntryVersion.entry_id, KbEntryVersion.published_at, start, end),
        "hits": _events(session, SearchLog.chosen_entry_id, SearchLog.at, start, end),
        "citations": _events(session, Citation.entry_id, Citation.at, start, end),
    }
    due = _fallen_due(session, start, end)
    counts["corrections"] = Counter(unit_id for unit_id, _ in due)
    counts["corrections_in_time"] = Counter(unit_id for unit_id, in_time in due if in_time)
    units = session.scalars(select(Unit).where(Unit.id.in_({unit_id for one in counts.values() for unit_id in one})))
    rows = [UnitStatistics(unit, **{name: count[unit.id] for name, count in counts.items()}) for unit in units]
    return sorted(rows, key=lambda row: (-row.entries, row.unit.code))


def _standing(day: date) -> Select[Any]:
    return in_force(day, public_only=False).with_only_columns(KbEntry.unit_id, maintain_column_froms=True)


def _events(session: Session, entry_id: Any, at: Any, start: datetime, end: datetime) -> Counter[int]:
    """Rows of a table that name an entry at some time, counted by the entry's unit."""
    query = select(KbEntry.unit_id).join(entry_id.class_, entry_id == KbEntry.id)
    return _tally(session, query.where(at >= start, at < end))


def _tally(session: Session, rows: Select[Any]) -> Counter[int]:
    return Counter(session.scalars(rows))


def _fallen_due(session: Session, start: datetime, end: datetime) -> list[tuple[int, bool]]:
    """(unit id, answered in time) of each correction whose time ran out in the window."""
    clock = (Clock.subject_kind == CORRECTION) & (Clock.subject_id == CorrectionReport.id)
    query = select(KbEntry.unit_id, CorrectionReport.answered_at <= Clock.due_at)
    query = query.join(CorrectionReport, CorrectionReport.entry_id == KbEntry.id).join(Clock, clock)
    rows = session.execute(query.where(Clock.due_at >= start, Clock.due_at < end))
    return [(unit_id, bool(in_time)) for unit_id, in_time in rows]
