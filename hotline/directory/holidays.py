"""Working days as the State Council announced them; later years are imported when their notice is out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hotline.directory.models import CalendarDay, CalendarYear, DayKind
from hotline.directory.time import forget_calendar, working_calendar
from hotline.errors import Invalid
from routing.calendar import WorkingCalendar


@dataclass(frozen=True)
class YearNotice:
    """One year's 放假安排: days off, and weekend days worked instead (调休)."""

    year: int
    notice: str
    holidays: tuple[date, ...]
    makeups: tuple[date, ...]


def _span(year: int, text: str) -> list[date]:
    """ "02-15..02-23" as days."""
    first, _, last = text.partition("..")
    start, end = date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last or first}")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _notice(year: int, notice: str, holidays: str, makeups: str) -> YearNotice:
    off = tuple(day for span in holidays.split() for day in _span(year, span))
    return YearNotice(year, notice, off, tuple(date.fromisoformat(f"{year}-{day}") for day in makeups.split()))


KNOWN = (
    _notice(
        2025,
        "国务院办公厅关于2025年部分节假日安排的通知（2024-11-12）",
        "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    _notice(
        2026,
        "国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）",
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
)
"""The years that come with the system."""


def read_notice(year: int, notice: str, holidays: str, makeups: str) -> YearNotice:
    """A notice as an administrator types it: "01-01..01-03 02-15" and "01-04 02-14". Raises Invalid in words."""
    try:
        read = _notice(year, notice.strip(), holidays, makeups)
    except ValueError:
        raise Invalid(
            "日期请写成 01-01 或 01-01..01-03，多个用空格隔开", code="calendar_dates", field="holidays"
        ) from None
    _check(read)
    return read


def _check(notice: YearNotice) -> None:
    both = set(notice.holidays) & set(notice.makeups)
    if both:
        raise Invalid(f"{min(both)} 既是放假又是上班", code="calendar_conflict", field="makeups")
    weekday = next((day for day in notice.makeups if day.weekday() < 5), None)
    if weekday:
        raise Invalid(f"{weekday} 不是周末，不需调休上班", code="calendar_makeup", field="makeups")
    if not notice.holidays or not notice.notice:
        raise Invalid("请填写通知名称和放假日期", code="calendar_incomplete", field="notice")


def import_year(session: Session, notice: YearNotice, now: datetime) -> None:
    """Store a year's notice in place of what was known of it. Open due times: `supervision.recompute`."""
    first, last = date(notice.year, 1, 1), date(notice.year, 12, 31)
    session.execute(delete(CalendarDay).where(CalendarDay.day.between(first, last)))
    session.merge(CalendarYear(year=notice.year, notice=notice.notice, imported_at=now))
    for kind, days in ((DayKind.HOLIDAY, notice.holidays), (DayKind.MAKEUP, notice.makeups)):
        session.add_all(CalendarDay(day=day, kind=kind) for day in days)
    session.flush()
    forget_calendar(session)


def calendar_after(session: Session, notice: YearNotice) -> WorkingCalendar:
    """The calendar as `import_year` would make it. Nothing is stored."""
    known = working_calendar(session)
    return replace(
        known,
        holidays=_with_year(known.holidays, notice.year, notice.holidays),
        makeup_days=_with_year(known.makeup_days, notice.year, notice.makeups),
        covered_years=(known.covered_years or frozenset()) | {notice.year},
    )


def _with_year(known: frozenset[date], year: int, days: tuple[date, ...]) -> frozenset[date]:
    return frozenset(day for day in known if day.year != year) | frozenset(days)


def stored_year(session: Session, year: int) -> YearNotice | None:
    """A year's notice as it was imported; None for a year not covered."""
    known = session.get(CalendarYear, year)
    if known is None:
        return None
    calendar = working_calendar(session)
    off, made_up = (
        tuple(sorted(day for day in days if day.year == year)) for days in (calendar.holidays, calendar.makeup_days)
    )
    return YearNotice(year, known.notice, off, made_up)


def spans(days: tuple[date, ...]) -> str:
    """Days as a notice is typed: "01-01..01-03 02-15"."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(f"{run[0]:%m-%d}..{run[-1]:%m-%d}" if len(run) > 1 else f"{run[0]:%m-%d}" for run in runs)
