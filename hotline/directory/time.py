"""The city's time: its working calendar and its time rules, as the engine's plain values."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.directory.models import CalendarDay, CalendarYear, DayKind, SlaProfile, WorkingHours
from hotline.errors import Unavailable
from routing.calendar import WorkingCalendar
from routing.profiles import SlaRules

WEEKLY = {day: [["08:30", "12:00"], ["14:30", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
"""Office hours until an administrator sets others: common in Guangdong, no rule found."""


def working_calendar(session: Session) -> WorkingCalendar:
    """The calendar as the database has it now; read once a transaction."""
    if "calendar" not in session.info:
        days = session.execute(select(CalendarDay.day, CalendarDay.kind).order_by(CalendarDay.day)).all()
        years = session.scalars(select(CalendarYear.year).order_by(CalendarYear.year)).all()
        weekly = session.scalar(select(WorkingHours.weekly).order_by(WorkingHours.id.desc()).limit(1))
        session.info["calendar"] = _calendar(tuple((d, k) for d, k in days), tuple(years), json.dumps(weekly or WEEKLY))
    calendar: WorkingCalendar = session.info["calendar"]
    return calendar


def calendar_with_hours(session: Session, weekly: Mapping[str, Any]) -> WorkingCalendar:
    """The calendar as it would be with other office hours. Nothing is stored."""
    hours = WorkingCalendar.from_dict({"tz": "Asia/Shanghai", "weekly": weekly}).weekly
    return replace(working_calendar(session), weekly=hours)


def forget_calendar(session: Session) -> None:
    """After the calendar's rows have changed in this transaction."""
    session.info.pop("calendar", None)


@lru_cache(maxsize=8)
def _calendar(days: tuple[tuple[Any, DayKind], ...], years: tuple[int, ...], weekly: str) -> WorkingCalendar:
    """Kept between transactions, because the engine remembers each day it has worked out."""
    return WorkingCalendar.from_dict(
        {
            "tz": "Asia/Shanghai",
            "weekly": json.loads(weekly),
            "holidays": [day.isoformat() for day, kind in days if kind is DayKind.HOLIDAY],
            "extra_workdays": [day.isoformat() for day, kind in days if kind is DayKind.MAKEUP],
            "covered_years": list(years),
        }
    )


def default_profile(session: Session) -> SlaProfile:
    """The newest version of the profile that new tickets get. Raises Unavailable when none is set up."""
    newest = select(SlaProfile).filter_by(is_default=True).order_by(SlaProfile.id.desc()).limit(1)
    profile = session.scalar(newest)
    if profile is None:
        raise Unavailable("尚未设置时限方案，请联系管理员", code="no_profile")
    return profile


def rules_of(profile: SlaProfile) -> SlaRules:
    """A stored profile as the engine's value. A version's rules never change, so they are parsed once."""
    if profile not in _PARSED:
        _PARSED[profile] = _rules(profile.id, json.dumps(profile.rules))
    return _PARSED[profile]


_PARSED: WeakKeyDictionary[SlaProfile, SlaRules] = WeakKeyDictionary()


@lru_cache(maxsize=64)
def _rules(_profile_id: int, text: str) -> SlaRules:
    rules: Mapping[str, Any] = json.loads(text)
    return SlaRules.from_dict(rules)
