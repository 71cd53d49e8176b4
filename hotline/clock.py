"""The only place that reads the wall clock. Everything below the doors gets `now` as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def to_local(at: datetime) -> datetime:
    """An aware instant as the hotline's people read it, in Asia/Shanghai."""
    return at.astimezone(SHANGHAI)
