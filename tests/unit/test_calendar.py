from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from routing.calendar import DAY_SECONDS, WorkingCalendar
from tests.calendars import CHINA_2026, CHINA_2026_DATA, local

HOUR = 3600


def weekly(tz: str = "UTC", **days: list[list[str]]) -> WorkingCalendar:
    return WorkingCalendar.from_dict({"tz": tz, "weekly": days})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_lunch_break_is_not_working_time() -> None:
    assert CHINA_2026.add(local("2026-03-02 11:30"), HOUR) == local("2026-03-02 15:00")


def test_time_that_runs_out_at_close_is_due_at_close() -> None:
    start = local("2026-03-02 16:30")
    assert CHINA_2026.add(start, HOUR) == local("2026-03-02 17:30")
    assert CHINA_2026.add(start, HOUR, boundary="next_open") == local("2026-03-03 08:30")


def test_the_close_itself_is_off_hours() -> None:
    assert CHINA_2026.is_open(local("2026-03-02 08:30"))
    assert not CHINA_2026.is_open(local("2026-03-02 17:30"))
    assert CHINA_2026.next_open(local("2026-03-02 17:30")) == local("2026-03-03 08:30")


def test_a_makeup_sunday_has_monday_hours_and_a_holiday_has_none() -> None:
    monday = CHINA_2026.windows(date(2026, 3, 2))
    assert CHINA_2026.windows(date(2026, 9, 20)) == monday == ((30600, 43200), (52200, 63000))
    assert CHINA_2026.windows(date(2026, 10, 1)) == ()


def test_a_makeup_day_may_have_hours_of_its_own() -> None:
    calendar = WorkingCalendar.from_dict(CHINA_2026_DATA | {"makeup_windows": [["09:00", "12:00"]]})
    assert calendar.close_of(date(2026, 9, 20)) == local("2026-09-20 12:00")


def test_a_makeup_day_beats_a_holiday_and_a_holiday_beats_a_shift() -> None:
    data = {"holidays": ["2024-01-01", "2024-01-02"], "extra_workdays": ["2024-01-01"]}
    shifts = {"2024-01-02": [["10:00", "11:00"]]}
    calendar = WorkingCalendar.from_dict(
        {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}, "shifts": shifts, **data}
    )
    assert calendar.is_workday(date(2024, 1, 1))
    assert not calendar.is_workday(date(2024, 1, 2))


def test_a_break_splits_a_window_and_overlapping_windows_count_once() -> None:
    data = {"weekly": {"mon": [["09:00", "13:00"], ["12:00", "17:00"]]}, "breaks": {"2024-01-01": [["10:00", "11:00"]]}}
    calendar = WorkingCalendar.from_dict({"tz": "UTC", **data})
    assert calendar.windows(date(2024, 1, 1)) == ((9 * HOUR, 10 * HOUR), (11 * HOUR, 17 * HOUR))


def test_a_day_whose_hours_are_all_cut_is_no_working_day() -> None:
    data = {"weekly": {"mon": [["09:00", "17:00"]]}, "breaks": {"2024-01-01": [["00:00", "24:00"]]}}
    calendar = WorkingCalendar.from_dict({"tz": "UTC", **data})
    assert calendar.add_days(date(2023, 12, 31), 1) == date(2024, 1, 8)
    with pytest.raises(ValueError, match="2024-01-01 is not a working day"):
        calendar.close_of(date(2024, 1, 1))


def test_overlapping_pauses_are_taken_off_once() -> None:
    start, end = local("2026-03-02 09:00"), local("2026-03-02 12:00")
    pauses = [
        (local("2026-03-02 09:30"), local("2026-03-02 10:30")),
        (local("2026-03-02 10:00"), local("2026-03-02 11:00")),
        (local("2026-03-02 10:15"), local("2026-03-02 10:20")),
        (local("2026-03-02 11:30"), local("2026-03-02 18:00")),
    ]
    assert CHINA_2026.elapsed(start, end, pauses) == HOUR


def test_elapsed_is_zero_when_the_end_lies_before_the_start() -> None:
    assert CHINA_2026.elapsed(local("2026-03-03 09:00"), local("2026-03-02 09:00")) == 0


@pytest.mark.parametrize(("inclusive", "expected"), [("both", 3), ("end_only", 2), ("start_only", 2), ("neither", 1)])
def test_counting_working_days_names_the_ends_that_count(inclusive: Any, expected: int) -> None:
    assert CHINA_2026.count_workdays(date(2026, 3, 2), date(2026, 3, 4), inclusive) == expected


def test_working_days_count_backwards_too() -> None:
    assert CHINA_2026.add_days(date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert CHINA_2026.add_days(date(2026, 10, 3), 0) == date(2026, 10, 3)


def test_hours_across_a_clock_change_are_real_hours() -> None:
    berlin = weekly("Europe/Berlin", sun=[["00:00", "24:00"]])
    spring, autumn = date(2024, 3, 31), date(2024, 10, 27)
    assert berlin.elapsed(berlin.at(spring, 0), berlin.at(spring, DAY_SECONDS)) == 23 * HOUR
    assert berlin.elapsed(berlin.at(autumn, 0), berlin.at(autumn, DAY_SECONDS)) == 25 * HOUR
    assert berlin.add(utc("2024-03-31 00:30"), HOUR) == utc("2024-03-31 01:30")


def test_windows_in_the_skipped_hour_never_overlap() -> None:
    berlin = weekly("Europe/Berlin", sun=[["01:00", "02:30"], ["03:00", "05:00"]])
    day = date(2024, 3, 31)  # 02:00 becomes 03:00 at 01:00 UTC
    total = berlin.elapsed(berlin.at(day, 0), berlin.at(day, DAY_SECONDS))
    assert total == 3 * HOUR  # 00:00 to 03:00 UTC, each hour once


def test_an_uncovered_year_is_provisional_and_a_covered_one_is_not() -> None:
    december = local("2026-12-24 10:00")
    assert not CHINA_2026.is_provisional(december, local("2026-12-31 23:59"))
    assert CHINA_2026.is_provisional(december, local("2027-01-01 00:00"))
    assert not weekly(mon=[["09:00", "17:00"]]).is_provisional(december, local("2090-01-01 00:00"))


def test_a_calendar_that_never_opens_is_refused_in_words() -> None:
    shut = weekly()
    for ask in (
        lambda: shut.add(utc("2024-01-01"), 1),
        lambda: shut.subtract(utc("2024-01-01"), 1),
        lambda: shut.next_open(utc("2024-01-01")),
        lambda: shut.add_days(date(2024, 1, 1), 1),
    ):
        with pytest.raises(ValueError, match="no working time within 3660 days"):
            ask()


def test_negative_spans_and_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="use subtract"):
        CHINA_2026.add(utc("2026-01-05"), -1)
    with pytest.raises(ValueError, match="use add"):
        CHINA_2026.subtract(utc("2026-01-05"), -1)
    with pytest.raises(TypeError):
        CHINA_2026.add(datetime(2026, 1, 5), 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tz": "Asia/Zhuhai"}, "unknown time zone"),
        ({"weekly": {"monday": []}}, "unknown weekday"),
        ({"weekly": {"mon": [["17:00", "09:00"]]}}, "must open before it closes"),
        ({"weekly": {"mon": [["09:00", "24:01"]]}}, "within one day"),
        ({"weekly": {"mon": [["9 am", "17:00"]]}}, "cannot read the time '9 am'"),
        ({"holidays": ["2026-13-01"]}, "month must be in 1..12"),
    ],
)
def test_a_calendar_that_cannot_be_read_says_what_is_wrong(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WorkingCalendar.from_dict(CHINA_2026_DATA | change)


def test_a_span_of_twenty_years_is_counted_whole() -> None:
    calendar = weekly(mon=[["09:00", "17:00"]])
    start = utc("2024-01-01 09:00")
    assert calendar.add(start, 8 * HOUR * 1000) == start + timedelta(weeks=999, hours=8)
    assert calendar.elapsed(start, start + timedelta(weeks=1000)) == 8 * HOUR * 1000
