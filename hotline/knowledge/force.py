"""Which version is the answer on a day. Only dates decide: nothing here waits for a clock to have fired."""

from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased, contains_eager

from hotline.clock import to_local
from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from hotline.labelled import Labelled

ANSWERED = (VersionStatus.PUBLISHED, VersionStatus.REVIEW_DUE, VersionStatus.EXPIRED, VersionStatus.REPLACED)
"""A version of these was the answer on its days; one that was withdrawn counts as never having been right."""


class State(Labelled):
    """Whether a version is the answer on a given day."""

    IN_FORCE = "IN_FORCE", "现行有效"
    UPCOMING = "UPCOMING", "即将生效"
    EXPIRED = "EXPIRED", "已失效"
    REPLACED = "REPLACED", "已被新版本替代"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    UNPUBLISHED = "UNPUBLISHED", "未发布"


def begun(version: KbEntryVersion, on: date) -> bool:
    """Whether a version was ever published and has begun by a day: the one before it is no answer any more.

    One that was withdrawn before its first day never began.
    """
    if version.published_at is None or version.effective_from > on:
        return False
    return version.ended_on is None or version.ended_on >= version.effective_from


def is_replaced(version: KbEntryVersion, on: date) -> bool:
    """Whether a later version of the same entry has begun by a day."""
    return any(later.version > version.version and begun(later, on) for later in version.entry.versions)


def state_of(version: KbEntryVersion, on: date) -> State:
    """Where a version stands on a day."""
    if version.published_at is None:
        return State.UNPUBLISHED
    is_ended = version.ended_on is not None and version.ended_on <= on
    if version.status is VersionStatus.WITHDRAWN or (is_ended and version.entry.replaced_by_id is None):
        return State.WITHDRAWN
    if version.effective_from > on:
        return State.UPCOMING
    if is_ended or is_replaced(version, on):
        return State.REPLACED
    return State.EXPIRED if version.expires_at is not None and version.expires_at < on else State.IN_FORCE


@lru_cache(maxsize=16)  # the same day is asked for all day, and building it takes longer than many an answer
def in_force(on: date, *, public_only: bool) -> Select[KbEntryVersion]:
    """The versions that are the answer on a day: of each entry the newest that has begun, if nothing has ended it."""
    later = aliased(KbEntryVersion)
    replaced = exists().where(
        later.entry_id == KbEntryVersion.entry_id,
        later.version > KbEntryVersion.version,
        later.published_at.is_not(None),
        later.effective_from <= on,
        or_(later.ended_on.is_(None), later.ended_on >= later.effective_from),  # `begun`
    )
    query = select(KbEntryVersion).join(KbEntryVersion.entry).options(contains_eager(KbEntryVersion.entry))
    query = query.where(
        KbEntryVersion.status.in_(ANSWERED),
        KbEntryVersion.effective_from <= on,
        or_(KbEntryVersion.expires_at.is_(None), KbEntryVersion.expires_at >= on),
        or_(KbEntryVersion.ended_on.is_(None), KbEntryVersion.ended_on > on),
        ~replaced,
    )
    return query.where(KbEntry.is_public) if public_only else query


def said_at(entry: KbEntry, at: datetime) -> KbEntryVersion | None:
    """What the entry answered at an instant, as it stood then: what was published later or withdrawn by then is not."""
    day = to_local(at).date()
    for version in reversed(entry.versions):
        if version.published_at is None or version.published_at > at or not begun(version, day):
            continue
        is_over = version.expires_at is not None and version.expires_at < day
        return None if is_over or (version.ended_on is not None and version.ended_on <= day) else version
    return None
