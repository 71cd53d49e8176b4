"""A stored clock as its badge: how much working time is left."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.subjects import unit_of
from hotline.directory.time import working_calendar
from hotline.ui.format import DueView, due_view
from routing.calendar import WorkingCalendar


def badge(session: Session, clock: Clock | None, now: datetime) -> DueView:
    """How a clock stands: working time by the city's calendar, plain time for limits in clock hours."""
    if clock is None:
        return due_view(None, now, None, None)
    plain = unit_of(clock).is_clock
    calendar = None if plain else working_calendar(session)
    at = _at(clock, now)
    return due_view(
        clock.due_at,
        at,
        _left(calendar, at, clock.due_at),
        _left(calendar, clock.ladder_from, clock.due_at),
        clock.state,
        clock.provisional,
        clock_hours=plain,
    )


def _at(clock: Clock, now: datetime) -> datetime:
    """A clock that stands still shows the instant it stood still."""
    if clock.state is ClockState.STOPPED:
        return clock.stopped_at or now
    return clock.paused_at or now


def _left(calendar: WorkingCalendar | None, start: datetime, end: datetime) -> float:
    """Seconds from start to end, negative when the end comes first."""
    if calendar is None:
        return (end - start).total_seconds()
    return calendar.elapsed(start, end) if start <= end else -calendar.elapsed(end, start)
