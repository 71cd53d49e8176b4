"""Working calendars for tests, and the place of the shared test data."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from routing.calendar import WEEKDAYS, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = [["08:30", "12:00"], ["14:30", "17:30"]]


def _days(*spans: tuple[str, str]) -> list[str]:
    ends = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans]
    return [(first + timedelta(days=n)).isoformat() for first, last in ends for n in range((last - first).days + 1)]


# The State Council's notice of 2025-11-04 for 2026.
CHINA_2026_DATA: dict[str, Any] = {
    "tz": "Asia/Shanghai",
    "weekly": dict.fromkeys(WEEKDAYS[:5], OFFICE_HOURS),
    "holidays": _days(
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ),
    "extra_workdays": ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
    "covered_years": [2026],
}
CHINA_2026 = WorkingCalendar.from_dict(CHINA_2026_DATA)


def local(text: str) -> datetime:
    """An instant in UTC from "2026-09-30 10:12" in Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def shared_data(name: str) -> Path:
    """A file of the data that lies beside the repository, or where HOTLINE_SHARED_DATA points; it may be absent."""
    beside = Path(__file__).parents[1].parent / "shared" / "data"
    return Path(os.environ.get("HOTLINE_SHARED_DATA", beside)) / name
