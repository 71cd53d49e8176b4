from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deadlines import Limit, LimitUnit, due
from routing.escalation import Ladder, Rung, RungName, rung_at
from routing.profiles import BUILT_IN, ClockName
from tests.calendars import CHINA_2026, local

TOTAL = BUILT_IN["124"].ladder("TOTAL")


def times_of(ladder: Ladder, started: datetime, end: datetime, unit: LimitUnit) -> list[datetime]:
    return [rung_at(CHINA_2026, rung, started, end, unit) for rung in ladder]


def rungs(started: str, limit: str) -> list[datetime]:
    parsed = Limit.parse(limit)
    end = due(CHINA_2026, local(started), parsed).at
    ladder = BUILT_IN["124"].ladder("TOTAL", parsed.unit)
    return times_of(ladder, local(started), end, parsed.unit)


def test_the_total_ladder_climbs_from_a_reminder_to_a_higher_level() -> None:
    assert [rung.name.label for rung in TOTAL] == ["提醒", "催办", "黄牌", "红牌", "督办", "提级"]
    assert [rung.effect for rung in TOTAL] == [None, None, None, "notice_of_urging", "supervise", None]


def test_rungs_before_due_are_shares_of_working_time_and_later_ones_working_days() -> None:
    # 2 working days from Monday 08:30: Monday's own hours count as time to work in, so the span is 3 days of 6.5 hours.
    assert rungs("2026-03-02 08:30", "2wd") == [
        local("2026-03-03 11:45"),
        local("2026-03-04 11:06"),
        local("2026-03-04 17:30"),
        local("2026-03-05 17:30"),
        local("2026-03-09 17:30"),
        local("2026-03-11 17:30"),
    ]


def test_a_clock_hour_limit_climbs_by_the_clock_at_night_too() -> None:
    started = local("2026-10-01 22:00")
    after = [at - started for at in rungs("2026-10-01 22:00", "24h")]
    assert after == [timedelta(hours=hours) for hours in (12, 19.2, 24, 25, 26, 28)]


def test_a_working_hour_limit_has_hour_rungs() -> None:
    assert rungs("2026-03-02 08:30", "1wh")[2:] == [
        local("2026-03-02 09:30"),
        local("2026-03-02 10:30"),
        local("2026-03-02 11:30"),
        local("2026-03-02 16:00"),  # the midday break does not count
    ]


def test_a_rung_at_due_is_exactly_at_due_even_at_close_or_off_hours() -> None:
    rung = Rung(RungName.YELLOW, ("liaison",), fraction=1.0)
    for end in (local("2026-03-02 17:30"), local("2026-03-07 12:00")):
        assert rung_at(CHINA_2026, rung, local("2026-03-02 08:30"), end, LimitUnit.WORKING_DAY) == end


def test_a_due_time_imposed_before_the_start_fires_every_share_at_once() -> None:
    started, imposed = local("2026-03-03 10:00"), local("2026-03-02 10:00")
    times = times_of(TOTAL, started, imposed, LimitUnit.WORKING_DAY)
    assert times[:3] == [imposed] * 3


@given(
    st.sampled_from([name.value for name in ClockName]),
    st.sampled_from(["15m", "24h", "30wm", "1wh", "4wh", "1wd", "2wd", "15wd"]),
    st.integers(0, 90 * 24 * 60),
)
def test_no_rung_fires_before_the_one_below_it_or_before_the_start(clock: str, text: str, minutes: int) -> None:
    limit = Limit.parse(text)
    started = local("2026-08-15 00:00") + timedelta(minutes=minutes)
    end = due(CHINA_2026, started, limit).at
    ladder = BUILT_IN["guangdong"].ladder(clock, limit.unit)
    times = times_of(ladder, started, end, limit.unit)
    assert times == sorted(times)
    assert times[0] >= started


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fraction": None}, "either fraction or after"),
        ({"after": "1wd"}, "either fraction or after"),
        ({"fraction": 0}, "fraction must lie"),
        ({"fraction": 1.2}, "fraction must lie"),
        ({"whom": []}, "whom must be some of"),
        ({"whom": ["mayor"]}, "whom must be some of"),
        ({"channels": ["pigeon"]}, "channels must be some of"),
        ({"effect": "dance"}, "unknown effect"),
        ({"name": "purple"}, "purple"),
    ],
)
def test_a_rung_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    good = Rung(RungName.REMINDER, ("handler",), fraction=0.5).to_dict()
    with pytest.raises(ValueError, match=words):
        Rung.from_dict(good | change)
