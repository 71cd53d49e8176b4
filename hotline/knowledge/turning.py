"""What the calendar does to an entry: versions begin, fall due for review, expire, give way; and when that is next.

Whether a version is the answer on a day never waits for this (`force.in_force` compares dates); here the record, the
notices and the clocks follow.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.clock import to_local
from hotline.knowledge import clocks
from hotline.knowledge.applying import apply
from hotline.knowledge.clocks import ENTRY, KbClock
from hotline.knowledge.force import is_replaced
from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.records import KbHistory

WARNING = timedelta(days=30)
"""How long before its last day the maintainer is warned."""
REVIEWED_EVERY = timedelta(days=365)
"""When a version is due for review unless its author says another day."""
DAY = timedelta(days=1)


def stand(session: Session, entry: KbEntry, version: KbEntryVersion, revision: int, now: datetime) -> None:
    """A version has just been published: it is the newest, and will be looked at again some day."""
    version.review_due = version.review_due or to_local(now).date() + REVIEWED_EVERY
    entry.current_version = version.version
    entry.replaced_by_id, entry.changed_in = None, revision
    session.flush()


def turn(session: Session, entry: KbEntry, now: datetime) -> None:
    """Do what the calendar asks by now, and wait for the next day on which it asks for something."""
    today = to_local(now).date()
    for version in entry.versions:
        if action := _asked(version, today):
            apply(session, entry, version, action, SYSTEM, now, {"text": _why(version, action)})
        if _is_to_be_warned(session, version, today):
            apply(session, entry, version, "warn_expiry", SYSTEM, now, {"text": f"有效期至 {version.expires_at}"})
    _wait(session, entry, today, now)


def _asked(version: KbEntryVersion, today: date) -> str | None:
    if not version.status.is_live:
        return None
    if is_replaced(version, today) or (version.ended_on is not None and version.ended_on <= today):
        return "replace"
    if version.expires_at is not None and version.expires_at < today:
        return "expire"
    is_due = version.review_due is not None and version.review_due <= today
    return "mark_due" if is_due and version.status is VersionStatus.PUBLISHED else None


def _why(version: KbEntryVersion, action: str) -> str:
    if action == "replace":
        successor = version.entry.replaced_by
        return f"由 {successor.code} 替代" if successor and version.ended_on else "新版本已生效"
    return f"有效期至 {version.expires_at}" if action == "expire" else f"应于 {version.review_due} 复核更新"


def _is_to_be_warned(session: Session, version: KbEntryVersion, today: date) -> bool:
    last = version.expires_at
    if not version.status.is_live or last is None or not last - WARNING <= today <= last:
        return False
    told = select(KbHistory.id).filter_by(entry_id=version.entry_id, version=version.version, action="warn_expiry")
    return session.scalar(told.limit(1)) is None


def _wait(session: Session, entry: KbEntry, today: date, now: datetime) -> None:
    clocks.stop(session, ENTRY, entry.id, (KbClock.TURN,), now)
    days = [day for version in entry.versions if version.status.is_live for day in _days(version) if day > today]
    if days:
        clocks.start_until(session, ENTRY, entry.id, KbClock.TURN, clocks.starts_on(min(days)), now)


def _days(version: KbEntryVersion) -> Iterator[date]:
    """The days on which something happens to a published version by itself."""
    yield version.effective_from
    if version.review_due is not None:
        yield version.review_due
    if version.expires_at is not None:
        yield from (version.expires_at - WARNING, version.expires_at + DAY)
    if version.ended_on is not None:
        yield version.ended_on
