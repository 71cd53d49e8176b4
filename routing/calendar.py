"""Working time: which days and hours count, and how to walk them forwards and backwards.

Instants are aware datetimes and come back in UTC; a day is a local `date`. A window is half-open. Local times that a
clock change repeats mean the first of the two; skipped ones are read with the offset before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

Window = tuple[int, int]  # seconds from local midnight; 86400 = end of the day
Pause = tuple[datetime, datetime]
Boundary = Literal["close", "next_open"]
Inclusive = Literal["both", "end_only", "start_only", "neither"]
_Span = tuple[int, int]  # microseconds since the epoch

DAY_SECONDS = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# No real calendar stays shut for ten years; one that does is an error, not a reason to search until the year 9999.
MAX_CLOSED_DAYS = 3_660
_CACHED_DAYS = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000


@dataclass(frozen=True)
class WorkingCalendar:
    """Weekly hours, corrected day by day: make-up day > holiday > shift > weekly hours; breaks are cut out of them all.

    weekly: 0 = Monday. makeup_windows: hours of a make-up day whose weekday has none (empty: those of the first working
    weekday). covered_years: years whose public holidays are known; None = every year. Days of other years are counted
    by the same tables, and `is_provisional` tells. ValueError for an unknown time zone.
    """

    tz: str
    weekly: Mapping[int, tuple[Window, ...]]
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    shifts: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    breaks: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    makeup_windows: tuple[Window, ...] = ()
    covered_years: frozenset[int] | None = None
    zone: ZoneInfo = field(init=False, repr=False, compare=False)
    _days: dict[int, tuple[_Span, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "zone", ZoneInfo(self.tz))
        except (KeyError, OSError) as error:
            raise ValueError(f"unknown time zone {self.tz!r}") from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From plain JSON: tz, weekly {"mon": [["08:30", "12:00"], …]}; optional: holidays, extra_workdays, shifts,
        breaks, makeup_windows, covered_years. ValueError names what cannot be read."""
        years = data.get("covered_years")
        return cls(
            tz=data["tz"],
            weekly={_weekday(name): _windows(pairs) for name, pairs in data["weekly"].items()},
            holidays=_dates(data.get("holidays", ())),
            makeup_days=_dates(data.get("extra_workdays", ())),
            shifts=_dated(data.get("shifts", {})),
            breaks=_dated(data.get("breaks", {})),
            makeup_windows=_windows(data.get("makeup_windows", ())),
            covered_years=None if years is None else frozenset(years),
        )

    # --- days ---

    def windows(self, day: date) -> tuple[Window, ...]:
        """The hours that count on this day, in order and apart from each other; empty = closed."""
        return _without(_merged(self._hours(day)), self.breaks.get(day, ()))

    def _hours(self, day: date) -> tuple[Window, ...]:
        makeup = day in self.makeup_days
        if day in self.holidays and not makeup:
            return ()
        hours = self.shifts.get(day, self.weekly.get(day.weekday(), ()))
        if hours or not makeup:
            return hours
        return self.makeup_windows or next((self.weekly[n] for n in range(7) if self.weekly.get(n)), ())

    def is_workday(self, day: date) -> bool:
        return bool(self._spans(day.toordinal()))

    def add_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n < 0); `day` itself is not counted, n = 0 returns it."""
        step = 1 if n > 0 else -1
        ordinal, left, closed = day.toordinal(), abs(n), 0
        while left:
            ordinal += step
            closed = 0 if self._spans(ordinal) else closed + 1
            left -= not closed
            if closed > MAX_CLOSED_DAYS:
                raise _never_opens(day)
        return date.fromordinal(ordinal)

    def count_workdays(self, start: date, end: date, inclusive: Inclusive = "end_only") -> int:
        """Working days from `start` to `end`; `inclusive` says which ends count. 0 when `end` lies before `start`."""
        first = start.toordinal() + (inclusive in ("end_only", "neither"))
        last = end.toordinal() - (inclusive in ("start_only", "neither"))
        return sum(1 for ordinal in range(first, last + 1) if self._spans(ordinal))

    def open_of(self, day: date) -> datetime:
        """The first opening of a working day; ValueError on a closed day."""
        return _instant(self._open_day(day)[0][0])

    def close_of(self, day: date) -> datetime:
        """The last closing of a working day; ValueError on a closed day."""
        return _instant(self._open_day(day)[-1][1])

    def _open_day(self, day: date) -> tuple[_Span, ...]:
        if spans := self._spans(day.toordinal()):
            return spans
        raise ValueError(f"{day} is not a working day")

    def local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def at(self, day: date, seconds: int) -> datetime:
        """The instant `seconds` of wall time after local midnight of `day` (86400 = the next midnight)."""
        day, seconds = day + timedelta(days=seconds // DAY_SECONDS), seconds % DAY_SECONDS
        wall = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    # --- instants ---

    def is_open(self, at: datetime) -> bool:
        now = _micros(at)
        return any(opens <= now < closes for opens, closes in self._spans(self._ordinal(at)))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open, else the next opening."""
        return self.add(at, 0)

    def add(
        self, start: datetime, seconds: int, *, boundary: Boundary = "close", pauses: Iterable[Pause] = ()
    ) -> datetime:
        """`seconds` of working time after `start`, not counting `pauses`. Time that runs out exactly at close is due at
        close (boundary="next_open": at the next opening). ValueError: negative span, or a calendar that never opens."""
        if seconds < 0:
            raise ValueError("add() takes no negative span; use subtract()")
        left = seconds * _SECOND
        for begin, end in sorted(pauses):
            worked = self._worked(start, begin)
            if worked >= left:
                break
            left, start = left - worked, max(start, end)
        return self._add(start, left, boundary)

    def _add(self, start: datetime, left: int, boundary: Boundary) -> datetime:
        for opens, closes in self._ahead(start):
            due = opens + left
            if due < closes or (due == closes and boundary == "close"):
                return _instant(due)
            left = due - closes
        raise _never_opens(start)

    def subtract(self, start: datetime, seconds: int) -> datetime:
        """`seconds` of working time before `start`; off hours it counts from the last close. ValueError as in `add`."""
        if seconds < 0:
            raise ValueError("subtract() takes no negative span; use add()")
        left = seconds * _SECOND
        for opens, closes in self._behind(start):
            if closes - left >= opens:
                return _instant(closes - left)
            left -= closes - opens
        raise _never_opens(start)

    def elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> int:
        """Whole seconds of working time from start to end, without the pauses (they may overlap); 0 if end <= start."""
        total = 0
        for begin, resumed in sorted(pauses):
            total += self._worked(start, min(begin, end))
            start = max(start, resumed)
        return (total + self._worked(start, end)) // _SECOND

    def covers(self, year: int) -> bool:
        return self.covered_years is None or year in self.covered_years

    def is_provisional(self, start: datetime, end: datetime) -> bool:
        """Whether a year between the two has no published holidays yet, so that the answer may still move."""
        return not all(map(self.covers, range(self.local_date(start).year, self.local_date(end).year + 1)))

    # --- spans of open time, in microseconds since the epoch ---

    def _ordinal(self, at: datetime) -> int:
        return at.astimezone(self.zone).toordinal()

    def _spans(self, ordinal: int) -> tuple[_Span, ...]:
        spans = self._days.get(ordinal)
        if spans is None:
            if len(self._days) >= _CACHED_DAYS:  # a query over millennia must not fill the memory
                self._days.clear()
            spans = self._days[ordinal] = self._compute(date.fromordinal(ordinal))
        return spans

    def _compute(self, day: date) -> tuple[_Span, ...]:
        spans: list[_Span] = []
        for opens, closes in self.windows(day):
            begin, end = _micros(self.at(day, opens)), _micros(self.at(day, closes))
            if spans:  # a clock change may push a close past the next opening
                begin = max(begin, spans[-1][1])
            if begin < end:
                spans.append((begin, end))
        return tuple(spans)

    def _ahead(self, at: datetime) -> Iterator[_Span]:
        """Open spans after `at`, the first cut to begin there; ends after MAX_CLOSED_DAYS closed days."""
        now, ordinal, closed = _micros(at), self._ordinal(at), 0
        while closed < MAX_CLOSED_DAYS:
            spans = self._spans(ordinal)
            for opens, closes in spans:
                if closes > now:
                    yield (opens if opens > now else now), closes
            closed = 0 if spans else closed + 1
            ordinal += 1

    def _behind(self, at: datetime) -> Iterator[_Span]:
        """Open spans before `at`, latest first, the first cut to end there; ends after MAX_CLOSED_DAYS closed days."""
        now, ordinal, closed = _micros(at), self._ordinal(at), 0
        while closed < MAX_CLOSED_DAYS:
            spans = self._spans(ordinal)
            for opens, closes in reversed(spans):
                if opens < now:
                    yield opens, (closes if closes < now else now)
            closed = 0 if spans else closed + 1
            ordinal -= 1

    def _worked(self, start: datetime, end: datetime) -> int:
        begin, finish = _micros(start), _micros(end)
        total = 0
        if begin >= finish:
            return total
        for ordinal in range(self._ordinal(start), self._ordinal(end) + 1):
            for opens, closes in self._spans(ordinal):
                if opens < finish and closes > begin:
                    total += (closes if closes < finish else finish) - (opens if opens > begin else begin)
        return total


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _never_opens(near: date) -> ValueError:
    return ValueError(f"the calendar has no working time within {MAX_CLOSED_DAYS} days of {near}")


def _merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    merged: list[Window] = []
    for opens, closes in sorted(windows):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _without(windows: tuple[Window, ...], breaks: Iterable[Window]) -> tuple[Window, ...]:
    for begin, end in breaks:
        before = [(opens, min(closes, begin)) for opens, closes in windows]
        after = [(max(opens, end), closes) for opens, closes in windows]
        windows = tuple(sorted((opens, closes) for opens, closes in before + after if opens < closes))
    return windows


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        raise ValueError(f"unknown weekday {name!r}; use one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(name)


def _clock(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise ValueError(f"cannot read the time {text!r}; write it as HH:MM")
    return int(hours) * 3600 + int(minutes) * 60


def _windows(pairs: Iterable[Iterable[str]]) -> tuple[Window, ...]:
    windows = tuple((_clock(opens), _clock(closes)) for opens, closes in pairs)
    if not all(opens < closes <= DAY_SECONDS for opens, closes in windows):
        raise ValueError(f"a window must open before it closes, within one day; got {pairs}")
    return windows


def _dates(texts: Iterable[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)


def _dated(days: Mapping[str, Iterable[Iterable[str]]]) -> dict[date, tuple[Window, ...]]:
    return {date.fromisoformat(day): _windows(pairs) for day, pairs in days.items()}
