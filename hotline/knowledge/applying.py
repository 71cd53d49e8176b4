"""`apply`: the only writer of a version's status, with its history row, its clocks and the notices together."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.errors import Conflict
from hotline.knowledge import clocks, people
from hotline.knowledge.clocks import KbClock
from hotline.knowledge.guards import facts_of
from hotline.knowledge.history import About, record
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import KbEntry, KbEntryVersion, KbRevision, VersionStatus
from hotline.workflow import Transition, choose

Data = Mapping[str, Any]
Told = Callable[[Session, KbEntry, KbEntryVersion, date], Iterable[Account]]


def _keeper(session: Session, entry: KbEntry, _version: KbEntryVersion, day: date) -> Iterable[Account]:
    return people.keeper_of(session, entry, day)


def _author(session: Session, entry: KbEntry, version: KbEntryVersion, day: date) -> Iterable[Account]:
    """The author; when he has left, whoever keeps the entry."""
    author = version.author
    return (author,) if author is not None and author.is_active else people.keeper_of(session, entry, day)


def _leaders(session: Session, entry: KbEntry, version: KbEntryVersion, _day: date) -> Iterable[Account]:
    return people.leaders_of(session, entry.unit, version.author_id)


def _editors(session: Session, _entry: KbEntry, version: KbEntryVersion, _day: date) -> Iterable[Account]:
    return people.editors(session, version)


TOLD: Mapping[str, Told] = {
    "submit": _leaders,
    "pass_review": _editors,
    "publish": _author,
    "return_draft": _author,
    "warn_expiry": _keeper,
    "mark_due": _keeper,
    "expire": _keeper,
    "replace": _keeper,
    "name_successor": _keeper,
    "withdraw": _keeper,
    "set_keepers": _keeper,
}
"""Who hears of an action; nobody else."""
OWING: Mapping[str, Told] = {KbClock.DRAFT: _author, KbClock.FIRST_REVIEW: _leaders, KbClock.SECOND_REVIEW: _editors}
"""Who owes what a clock of an entry waits for; the keeper otherwise."""


def apply(
    session: Session,
    entry: KbEntry,
    version: KbEntryVersion,
    action: str,
    actor: Actor,
    now: datetime,
    data: Data,
    **changes: Any,
) -> Transition:
    """Take one row of the table. `changes` are columns of the version.

    Raises IllegalAction or Conflict (409) and Forbidden (403), and then has changed nothing.
    """
    row = choose(TABLE, action, facts_of(entry, version), actor)
    _check_token(entry, data.get("version"))
    before = version.status
    for name, value in changes.items():
        setattr(version, name, value)
    if isinstance(row.target, VersionStatus):
        version.status = row.target
    entry.row_version += 1
    session.flush()
    _write(session, entry, version, row, actor, now, data, before)
    run_clocks(session, entry, row, now)
    return row


def run_clocks(session: Session, entry: KbEntry, row: Transition, now: datetime) -> None:
    """Stop, then start, the clocks that a row names."""
    if row.stops:
        clocks.stop(session, clocks.ENTRY, entry.id, row.stops, now)
    for name in row.starts:
        clocks.start(session, clocks.ENTRY, entry.id, KbClock(name), now)


def about(entry: KbEntry, version: KbEntryVersion) -> About:
    """An entry's version as history and notices name it."""
    return About(
        clocks.ENTRY, entry.id, f"{entry.code} {version.title}", f"/knowledge/{entry.id}", entry.id, version.version
    )


def owing(session: Session, entry: KbEntry, clock: str, day: date) -> tuple[Account, ...]:
    """Who owes what a clock of this entry waits for."""
    version = entry.open_version or entry.versions[-1]
    return tuple(OWING.get(clock, _keeper)(session, entry, version, day))


def next_revision(session: Session) -> KbRevision:
    """The counter, raised by one and locked until the door's transaction ends."""
    revision = session.get(KbRevision, 1, with_for_update=True)
    if revision is None:
        revision = KbRevision(id=1, number=0, last_code=0)
        session.add(revision)
    revision.number += 1
    session.flush()
    return revision


def touch(session: Session, entry: KbEntry) -> None:
    """What the search index must know of this entry has changed."""
    entry.changed_in = next_revision(session).number
    session.flush()


def _check_token(entry: KbEntry, seen: int | None) -> None:
    if seen is not None and seen != entry.row_version:
        raise Conflict(
            "这条知识刚被他人修改，请刷新后再操作；您填写的内容仍在页面上",
            code="stale_version",
            version=entry.row_version,
        )


def _write(
    session: Session,
    entry: KbEntry,
    version: KbEntryVersion,
    row: Transition,
    actor: Actor,
    now: datetime,
    data: Data,
    before: VersionStatus,
) -> None:
    whom = TOLD.get(row.action)
    told = whom(session, entry, version, to_local(now).date()) if whom else ()
    record(
        session,
        about(entry, version),
        actor,
        now,
        action=row.action,
        label=row.label,
        before=before.value,
        after=version.status.value,
        text=data.get("text", ""),
        data=data.get("recorded"),
        told=told,
    )
