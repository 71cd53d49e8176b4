"""The calendar against a model that walks minute by minute and reads the wall clock each time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.calendar import WEEKDAYS, WorkingCalendar

MINUTE = timedelta(minutes=1)
HORIZON = 14 * 24 * 60  # minutes the model is willing to walk
FIRST = datetime(2024, 3, 18, tzinfo=UTC)  # two weeks before Berlin's clocks change


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Opening times from 04:00 on: what an hour that a clock change skips or repeats means is a matter of definition.
windows = st.lists(st.integers(16, 96), min_size=2, max_size=4, unique=True).map(
    lambda quarters: [
        [_text(a * 15), _text(b * 15)] for a, b in zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False)
    ]
)
days = st.dates(date(2024, 3, 16), date(2024, 4, 10)).map(date.isoformat)
calendars = st.fixed_dictionaries(
    {
        "tz": st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Santiago"]),
        "weekly": st.dictionaries(st.sampled_from(WEEKDAYS), windows, max_size=5).map(
            lambda weekly: {"mon": [["08:30", "12:00"], ["14:30", "17:30"]], **weekly}
        ),
        "holidays": st.lists(days, max_size=4),
        "extra_workdays": st.lists(days, max_size=3),
        "shifts": st.dictionaries(days, windows, max_size=3),
        "breaks": st.dictionaries(days, windows, max_size=3),
    }
)
instants = st.integers(0, 10 * 24 * 60).map(lambda minutes: FIRST + minutes * MINUTE)
spans = st.integers(0, 20 * 60)


def _hours(data: dict[str, Any], day: date) -> list[list[str]]:
    """The hours of a day, read straight from the notice: make-up day, holiday, shift, week."""
    name, key = WEEKDAYS[day.weekday()], day.isoformat()
    makeup = key in data["extra_workdays"]
    if key in data["holidays"] and not makeup:
        return []
    regular = data["shifts"].get(key) or data["weekly"].get(name) or []
    return regular or (data["weekly"]["mon"] if makeup else [])


def _is_open(data: dict[str, Any], at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(data["tz"]))
    now, key = f"{wall:%H:%M}", wall.date().isoformat()
    working = any(opens <= now < closes for opens, closes in _hours(data, wall.date()))
    return working and not any(begin <= now < end for begin, end in data["breaks"].get(key, []))


def _open_minutes(data: dict[str, Any], start: datetime) -> Iterator[datetime]:
    walk = (start + n * MINUTE for n in range(HORIZON))
    return (at for at in walk if _is_open(data, at))


def _modelled_add(data: dict[str, Any], start: datetime, minutes: int) -> datetime | None:
    """The end of the n-th open minute, or the first open minute for n = 0; None beyond the horizon."""
    for number, at in enumerate(_open_minutes(data, start), start=1):
        if number >= minutes:
            return at if minutes == 0 else at + MINUTE
    return None


@settings(max_examples=30, deadline=None)
@given(calendars, instants, spans)
def test_adding_agrees_with_walking_minute_by_minute(data: dict[str, Any], start: datetime, minutes: int) -> None:
    expected = _modelled_add(data, start, minutes)
    if expected is not None:
        assert WorkingCalendar.from_dict(data).add(start, minutes * 60) == expected


@settings(max_examples=30, deadline=None)
@given(calendars, instants, instants)
def test_elapsed_agrees_with_counting_open_minutes(data: dict[str, Any], start: datetime, end: datetime) -> None:
    minutes = sum(1 for _ in takewhile(lambda at: at < end, _open_minutes(data, start)))
    assert WorkingCalendar.from_dict(data).elapsed(start, end) == minutes * 60


@given(calendars, instants, st.integers(0, 400_000))
def test_elapsed_undoes_add_and_subtract_undoes_it_too(data: dict[str, Any], start: datetime, seconds: int) -> None:
    calendar = WorkingCalendar.from_dict(data)
    due = calendar.add(start, seconds)
    assert calendar.elapsed(start, due) == seconds
    if seconds:
        assert calendar.add(calendar.subtract(due, seconds), seconds) == due


@given(calendars, instants, instants, st.integers(0, 200_000), st.integers(0, 200_000))
def test_a_later_start_or_a_longer_span_is_never_due_earlier(
    data: dict[str, Any], a: datetime, b: datetime, short: int, more: int
) -> None:
    calendar = WorkingCalendar.from_dict(data)
    assert calendar.add(min(a, b), short) <= calendar.add(max(a, b), short)
    assert calendar.add(a, short) <= calendar.add(a, short + more)


@given(calendars, instants, instants, instants, instants)
def test_worked_and_paused_time_add_up_to_the_whole(
    data: dict[str, Any], start: datetime, end: datetime, paused: datetime, resumed: datetime
) -> None:
    calendar = WorkingCalendar.from_dict(data)
    start, paused, resumed, end = sorted((start, end, paused, resumed))
    worked = calendar.elapsed(start, end, [(paused, resumed)])
    assert worked + calendar.elapsed(paused, resumed) == calendar.elapsed(start, end)
