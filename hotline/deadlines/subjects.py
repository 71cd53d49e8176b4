"""What a clock hangs on, and when its next rung is."""

from dataclasses import dataclass
from datetime import datetime

from hotline.deadlines.models import Clock
from routing.calendar import WorkingCalendar
from routing.deadlines import Limit, LimitUnit
from routing.escalation import Ladder, rung_at


@dataclass(frozen=True)
class Subject:
    """Anything that can have clocks: its kind ("ticket", "consultation" …) and its id."""

    kind: str
    id: int


def unit_of(clock: Clock) -> LimitUnit:
    """The unit in which the clock's limit is written."""
    return Limit.parse(clock.limit).unit


def fire_at(calendar: WorkingCalendar, ladder: Ladder, clock: Clock, rung: int) -> datetime | None:
    """The instant of a rung by its index, None beyond the ladder's end."""
    if rung >= len(ladder):
        return None
    return rung_at(calendar, ladder[rung], clock.ladder_from, clock.due_at, unit_of(clock))
