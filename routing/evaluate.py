"""Measure the engine against files of questions with known answers."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict

from routing.calendar import Pause, WorkingCalendar

Vector = Mapping[str, Any]


class Score(TypedDict):
    total: int
    passed: int
    failed: list[str]


def evaluate_calendar(path: str | Path) -> Score:
    """Run every vector of a JSON file {"vectors": [{id, kind, calendar, …, expected}]} through the working calendar."""
    vectors: list[Vector] = json.loads(Path(path).read_text(encoding="utf-8"))["vectors"]
    failed = [str(vector["id"]) for vector in vectors if not passes(vector)]
    return {"total": len(vectors), "passed": len(vectors) - len(failed), "failed": failed}


def passes(vector: Vector) -> bool:
    """Whether the calendar answers this vector as expected; an unknown kind fails."""
    answer = ANSWERS.get(vector["kind"])
    calendar = WorkingCalendar.from_dict(vector["calendar"])
    return answer is not None and answer(calendar, vector) == _expected(calendar, vector["expected"])


def _expected(calendar: WorkingCalendar, value: object) -> object:
    if not isinstance(value, str):
        return value
    return _instant(calendar, value) if "T" in value else date.fromisoformat(value)


def _instant(calendar: WorkingCalendar, text: str) -> datetime:
    """ISO time: with an offset as it stands, without one local to the calendar."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=calendar.zone)).astimezone(UTC)


def _pauses(calendar: WorkingCalendar, vector: Vector) -> list[Pause]:
    return [(_instant(calendar, p["from"]), _instant(calendar, p["to"])) for p in vector.get("pauses", ())]


def _start(calendar: WorkingCalendar, vector: Vector) -> datetime:
    return _instant(calendar, vector["start"])


def _deadline(calendar: WorkingCalendar, vector: Vector) -> datetime:
    return calendar.add(
        _start(calendar, vector),
        vector["span_seconds"],
        boundary=vector.get("boundary", "close"),
        pauses=_pauses(calendar, vector),
    )


def _backward(calendar: WorkingCalendar, vector: Vector) -> datetime:
    return calendar.subtract(_start(calendar, vector), vector["span_seconds"])


def _elapsed(calendar: WorkingCalendar, vector: Vector) -> int:
    return calendar.elapsed(_start(calendar, vector), _instant(calendar, vector["end"]), _pauses(calendar, vector))


def _days_datetime(calendar: WorkingCalendar, vector: Vector) -> datetime:
    start = _start(calendar, vector)
    if vector.get("normalize_start") == "next_open_start_if_closed":
        start = calendar.next_open(start)
    moved = _same_clock_time(calendar, start, vector["days"])
    if vector.get("clamp") == "prev_open" and not calendar.is_open(moved):
        return calendar.subtract(moved, 0)
    return calendar.next_open(moved) if vector.get("clamp") == "next_open" else moved


def _same_clock_time(calendar: WorkingCalendar, start: datetime, days: int) -> datetime:
    local = start.astimezone(calendar.zone)
    since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return calendar.at(calendar.add_days(local.date(), days), int(since_midnight.total_seconds()))


def _escalation_level(calendar: WorkingCalendar, vector: Vector) -> datetime:
    start = _start(calendar, vector)
    if "offset_days" in vector:
        return _same_clock_time(calendar, start, vector["offset_days"])
    offset = vector["offset_seconds"]
    return calendar.add(start, offset) if offset >= 0 else calendar.subtract(start, -offset)


def _days_date(calendar: WorkingCalendar, vector: Vector) -> date:
    return calendar.add_days(date.fromisoformat(vector["start"]), vector["days"])


def _is_workday(calendar: WorkingCalendar, vector: Vector) -> bool:
    return calendar.is_workday(date.fromisoformat(vector["date"]))


def _is_open(calendar: WorkingCalendar, vector: Vector) -> bool:
    return calendar.is_open(_instant(calendar, vector["at"]))


def _workdays_count(calendar: WorkingCalendar, vector: Vector) -> int:
    start, end = date.fromisoformat(vector["start"]), date.fromisoformat(vector["end"])
    return calendar.count_workdays(start, end, vector["inclusive"])


ANSWERS: dict[str, Callable[[WorkingCalendar, Vector], object]] = {
    "deadline": _deadline,
    "backward": _backward,
    "elapsed_seconds": _elapsed,
    "days_datetime": _days_datetime,
    "days_date": _days_date,
    "escalation_level": _escalation_level,
    "is_workday": _is_workday,
    "is_open": _is_open,
    "workdays_count": _workdays_count,
}
