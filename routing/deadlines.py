"""When something is due, why then, and how the due time moves when it is extended, paused or imposed from above."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Literal

from routing.calendar import DAY_SECONDS, Pause, WorkingCalendar
from routing.limits import Limit as Limit
from routing.limits import LimitUnit as LimitUnit

DayEnds = Literal["close", "midnight"]
DAY_ZERO = "收件当日不计"


@dataclass(frozen=True)
class Due:
    """at: the due instant in UTC. provisional: it rests on a year whose public holidays are not known yet (暂定)."""

    at: datetime
    provisional: bool


def due(calendar: WorkingCalendar, start: datetime, limit: Limit, *, day_ends: DayEnds = "close") -> Due:
    """When a limit that starts at `start` runs out.

    Days: the day of `start` is not counted (次日起); ends at close of the last working day, or at its midnight.
    Working hours: off hours they run from the next opening. Clock hours: plain, so never provisional.
    """
    if limit.unit.is_clock:
        return Due(start.astimezone(UTC) + timedelta(seconds=limit.seconds), provisional=False)
    at = _due_in_working_time(calendar, start, limit, day_ends)
    return Due(at, calendar.is_provisional(start, at))


def _due_in_working_time(calendar: WorkingCalendar, start: datetime, limit: Limit, day_ends: DayEnds) -> datetime:
    if limit.unit is not LimitUnit.WORKING_DAY:
        return calendar.add(start, limit.seconds)
    last = calendar.add_days(calendar.local_date(start), limit.amount)
    return calendar.close_of(last) if day_ends == "close" else calendar.at(last, DAY_SECONDS)


def later(calendar: WorkingCalendar, due_at: datetime, limit: Limit) -> datetime:
    """`due_at` moved later by a limit.

    By days, close stays close, midnight stays midnight, another time of day (one imposed from above) stays itself.
    """
    if limit.unit is LimitUnit.WORKING_DAY:
        return _later_by_days(calendar, due_at, limit.amount)
    if limit.unit.is_clock:
        return due_at.astimezone(UTC) + timedelta(seconds=limit.seconds)
    return calendar.add(due_at, limit.seconds)


def _later_by_days(calendar: WorkingCalendar, due_at: datetime, days: int) -> datetime:
    if days == 0:
        return due_at.astimezone(UTC)
    day, seconds = last_day(calendar, due_at)
    target = calendar.add_days(day, days)
    if calendar.is_workday(day) and due_at == calendar.close_of(day):  # closes differ from day to day
        return calendar.close_of(target)
    return calendar.at(target, seconds)


def last_day(calendar: WorkingCalendar, due_at: datetime) -> tuple[date, int]:
    """The local day a due instant belongs to, and the seconds into it; midnight is 24:00 of the day before."""
    local = due_at.astimezone(calendar.zone)
    if local.time() == time(0):
        return local.date() - timedelta(days=1), DAY_SECONDS
    return local.date(), local.hour * 3600 + local.minute * 60 + local.second


def part_way(calendar: WorkingCalendar, start: datetime, due_at: datetime, share: float, unit: LimitUnit) -> datetime:
    """The instant at which `share` (0 to 1) of the time from start to due is used up; never later than `due_at`.

    Working time, or plain time for a clock unit. Reminders and inner due times (协办, 下派) lie there.
    """
    if share == 1 or start >= due_at:
        return due_at.astimezone(UTC)
    if unit.is_clock:
        return start.astimezone(UTC) + (due_at - start) * share
    used = int(calendar.elapsed(start, due_at) * share)
    return min(calendar.add(start, used), due_at.astimezone(UTC))


def resume_due(
    calendar: WorkingCalendar, due_at: datetime, paused_at: datetime, resumed_at: datetime, unit: LimitUnit
) -> datetime:
    """The due time after a pause. Hours: moved by the (working) time the pause lasted.

    Days: the whole working days that were left when the pause began are left again when it ends. As with receipt, the
    day of resuming itself is not counted, so a pause within one day moves nothing. What was not overdue when it was
    paused is not overdue on resuming: it then ends at the next close at the earliest.
    """
    if unit.is_clock:
        return due_at.astimezone(UTC) + (resumed_at - paused_at)
    if unit is LimitUnit.WORKING_DAY:
        return _resume_days(calendar, due_at, paused_at, resumed_at)
    lasted = calendar.elapsed(paused_at, resumed_at)
    return calendar.add(due_at, lasted) if lasted else due_at.astimezone(UTC)


def _resume_days(calendar: WorkingCalendar, due_at: datetime, paused_at: datetime, resumed_at: datetime) -> datetime:
    lost = calendar.count_workdays(calendar.local_date(paused_at), calendar.local_date(resumed_at), "end_only")
    moved = _later_by_days(calendar, due_at, lost)
    if moved < resumed_at and paused_at <= due_at:
        return calendar.close_of(calendar.local_date(calendar.next_open(resumed_at)))
    return moved


@dataclass(frozen=True)
class Segment:
    """One local day of an explanation.

    opens, closes: first opening and last closing in UTC, None on a closed day. counted_seconds: working time of the day
    that the limit used (plain time for clock limits). note: Chinese.
    """

    day: date
    opens: datetime | None
    closes: datetime | None
    counted_seconds: int
    note: str


def explain(
    calendar: WorkingCalendar, start: datetime, limit: Limit, due_at: datetime, *, day_ends: DayEnds = "close"
) -> tuple[Segment, ...]:
    """Day by day from receipt to `due_at`, which may have been moved: what counted, what did not, and why."""
    first = calendar.local_date(start)
    planned, _ = last_day(calendar, due(calendar, start, limit, day_ends=day_ends).at)
    last = max(first, last_day(calendar, due_at)[0])
    segments, count = [], 0
    for day in _days(first, last):
        count += day > first and calendar.is_workday(day)
        note = _note(calendar, day, limit, _working_note(limit, day == first, count, day > planned))
        ending = "，到期" if day == last else ""
        segments.append(_segment(calendar, day, limit, (start, due_at), note + ending))
    return tuple(segments)


def _segment(calendar: WorkingCalendar, day: date, limit: Limit, span: Pause, note: str) -> Segment:
    begin, end = max(span[0], calendar.at(day, 0)), min(span[1], calendar.at(day, DAY_SECONDS))
    counted = calendar.elapsed(begin, end)
    if limit.unit.is_clock:
        counted = max(0, int((end - begin).total_seconds()))
    elif limit.unit is LimitUnit.WORKING_DAY and day == calendar.local_date(span[0]):
        counted = 0
    if not calendar.is_workday(day):
        return Segment(day, None, None, counted, note)
    return Segment(day, calendar.open_of(day), calendar.close_of(day), counted, note)


def _note(calendar: WorkingCalendar, day: date, limit: Limit, working: str) -> str:
    """`working` unless the day is closed; what is special about the day comes first, doubt about it last."""
    if limit.unit.is_clock or working == DAY_ZERO:
        return working
    makeup = "调休上班日，" if day in calendar.makeup_days else ""
    doubt = "" if calendar.covers(day.year) else "（暂定）"
    return (_closed_reason(calendar, day) or makeup + working) + doubt


def _working_note(limit: Limit, is_first: bool, count: int, is_moved: bool) -> str:
    if limit.unit.is_clock:
        return "连续计时"
    if limit.unit is not LimitUnit.WORKING_DAY:
        return "按工作时间计时"
    if is_first:
        return DAY_ZERO
    return "顺延" if is_moved else f"第 {count} 个工作日"


def _closed_reason(calendar: WorkingCalendar, day: date) -> str:
    """Why a day does not count; empty on a working day."""
    if calendar.is_workday(day):
        return ""
    if day in calendar.holidays:
        return "法定节假日"
    return "周末" if day.weekday() >= 5 else "非工作日"


def sentence(
    calendar: WorkingCalendar, start: datetime, limit: Limit, due_at: datetime, *, day_ends: DayEnds = "close"
) -> str:
    """The explanation in one Chinese line."""
    planned = due(calendar, start, limit, day_ends=day_ends).at
    first, last = calendar.local_date(start), last_day(calendar, due_at)[0]
    days = _days(first, last)[limit.unit is LimitUnit.WORKING_DAY :]  # day zero never counts, whatever it is
    parts = (
        f"自 {start.astimezone(calendar.zone):%Y-%m-%d %H:%M} 起 {limit.label}",
        _beginning(calendar, start, limit),
        "" if limit.unit.is_clock else _skipped(calendar, days),
        f"至 {_stamp(calendar, due_at, first.year)} 到期",
    )
    moved = "" if planned == due_at else f"（原定 {_stamp(calendar, planned, first.year)}）"
    is_doubtful = not limit.unit.is_clock and calendar.is_provisional(start, due_at)
    doubt = "（放假安排尚未公布，暂定）" if is_doubtful else ""
    return "，".join(part for part in parts if part) + moved + doubt


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _beginning(calendar: WorkingCalendar, start: datetime, limit: Limit) -> str:
    if limit.unit is LimitUnit.WORKING_DAY:
        return DAY_ZERO
    if limit.unit.is_clock:
        return "节假日照常计时"
    opening = calendar.next_open(start)
    return "" if opening == start else f"从 {_stamp(calendar, opening, calendar.local_date(start).year)} 起算"


def _skipped(calendar: WorkingCalendar, days: list[date]) -> str:
    """ "跳过 10-01 至 10-07 法定节假日、10-11 周末，10-10 调休计入"."""
    runs = [(why, list(run)) for why, run in groupby(days, lambda day: _closed_reason(calendar, day)) if why]
    skipped = "、".join(f"{_range(run)} {why}" for why, run in runs)
    makeup = "、".join(f"{day:%m-%d}" for day in days if day in calendar.makeup_days)
    return "，".join(text for text in (skipped and f"跳过 {skipped}", makeup and f"{makeup} 调休计入") if text)


def _range(run: list[date]) -> str:
    return f"{run[0]:%m-%d} 至 {run[-1]:%m-%d}" if len(run) > 1 else f"{run[0]:%m-%d}"


def _stamp(calendar: WorkingCalendar, at: datetime, year: int) -> str:
    day, seconds = last_day(calendar, at)
    form = "%m-%d" if day.year == year else "%Y-%m-%d"
    return f"{day:{form}} {seconds // 3600:02}:{seconds // 60 % 60:02}"
