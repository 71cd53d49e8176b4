"""How a clock's due time moves, without a database: a clock is a plain object until it is saved."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from hotline.deadlines import operations
from hotline.deadlines.models import Clock, ClockState
from routing.calendar import WorkingCalendar
from routing.deadlines import Limit
from tests.calendars import CHINA_2026, CHINA_2026_DATA, local
from tests.sweep_world import LADDER, START, hours, start

MOVING: dict[str, Any] = {"calendar": CHINA_2026, "ladder": LADDER, "reason": "为什么", "now": hours(1)}
COUNTING: dict[str, Any] = {**MOVING, "day_ends": "close"}
FOUR_DAYS = Limit.parse("4wd")


@pytest.fixture
def clock() -> Clock:
    return start(Session(), 1)


def test_a_new_clock_aims_at_its_first_rung(clock: Clock) -> None:
    assert (clock.next_rung, clock.next_fire_at) == (0, hours(2))
    assert clock.due_at == clock.first_due_at == hours(4)
    assert clock.moves == []


def test_an_extension_moves_the_due_time_and_the_next_rung_and_says_why(clock: Clock) -> None:
    operations.extend(clock, Limit.parse("4h"), **MOVING)
    assert (clock.due_at, clock.first_due_at, clock.next_fire_at) == (hours(8), hours(4), hours(4))
    (move,) = clock.moves
    assert (move["kind"], move["from"], move["to"], move["reason"]) == (
        "extension",
        hours(4).isoformat(),
        hours(8).isoformat(),
        "为什么",
    )


def test_fired_rungs_stay_fired_after_an_extension(clock: Clock) -> None:
    clock.next_rung = 3
    operations.extend(clock, Limit.parse("4h"), **MOVING)
    assert clock.next_rung == 3
    assert clock.next_fire_at is not None
    assert clock.next_fire_at > clock.due_at


def test_an_imposed_due_time_counts_only_when_it_is_earlier(clock: Clock) -> None:
    operations.impose(clock, hours(9), **MOVING)
    assert (clock.due_at, clock.moves) == (hours(4), [])
    operations.impose(clock, hours(3), **MOVING)
    assert (clock.due_at, clock.moves[0]["kind"]) == (hours(3), "imposed")


def test_a_clock_can_be_born_with_an_imposed_due_time() -> None:
    clock = start(Session(), 1, imposed_due=hours(2))
    assert (clock.due_at, clock.first_due_at, clock.next_fire_at) == (hours(2), hours(4), hours(1))


def test_the_start_never_changes(clock: Clock) -> None:
    with pytest.raises(ValueError, match="start never changes"):
        clock.started_at = hours(1)


def test_a_changed_calendar_moves_the_due_time_and_is_written_down() -> None:
    clock = start(Session(), 1, limit=FOUR_DAYS)
    assert clock.due_at == local("2026-06-05 17:30")
    data = {**CHINA_2026_DATA, "holidays": [*CHINA_2026_DATA["holidays"], "2026-06-03"]}
    assert operations.recompute(clock, **{**COUNTING, "calendar": WorkingCalendar.from_dict(data)})
    assert clock.due_at == local("2026-06-08 17:30")
    assert (clock.moves[0]["kind"], clock.started_at) == ("recompute", START)


def test_recompute_applies_extensions_and_pauses_again_and_moves_nothing_when_nothing_changed() -> None:
    clock = start(Session(), 1, limit=FOUR_DAYS)
    operations.extend(clock, Limit.parse("2wd"), **MOVING)
    before = (clock.due_at, clock.ladder_from, clock.next_fire_at, clock.moves)
    assert not operations.recompute(clock, **COUNTING)
    assert (clock.due_at, clock.ladder_from, clock.next_fire_at, clock.moves) == before
    assert clock.due_at == local("2026-06-09 17:30")


def test_recompute_by_another_limit_keeps_the_imposed_due_time() -> None:
    imposed = local("2026-06-04 12:00")
    clock = start(Session(), 1, limit=FOUR_DAYS, imposed_due=imposed)
    assert not operations.recompute(clock, **COUNTING, limit=Limit.parse("10wd"))
    assert (clock.due_at, clock.limit) == (imposed, "10wd")


def test_a_stopped_clock_never_moves(clock: Clock) -> None:
    clock.state = ClockState.STOPPED
    assert not operations.recompute(clock, **COUNTING, limit=FOUR_DAYS)
    assert clock.limit == "4h"


def test_an_unpublished_year_makes_the_due_time_provisional_until_it_is_recomputed() -> None:
    late = local("2026-12-30 09:00")
    clock = start(Session(), 1, started_at=late, limit=FOUR_DAYS)
    assert clock.provisional
    published = WorkingCalendar.from_dict({**CHINA_2026_DATA, "covered_years": [2026, 2027]})
    operations.recompute(clock, **{**COUNTING, "calendar": published})
    assert not clock.provisional


def test_an_extension_into_an_unpublished_year_is_provisional() -> None:
    clock = start(Session(), 1, started_at=local("2026-12-20 09:00"), limit=FOUR_DAYS)
    assert not clock.provisional
    operations.extend(clock, Limit.parse("10wd"), **MOVING)
    assert clock.provisional
