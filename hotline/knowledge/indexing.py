"""Keep this host's search index up with the database. The database is the truth; the index can be built again."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.knowledge.models import GUIDE_FIELDS, KbEntry, KbEntryVersion, KbRevision, VersionStatus
from knowledge_base.index import (
    Doc,
    IndexBusy,
    IndexDamaged,
    Pointer,
    build,
    mark_damaged,
    read_pointer,
    refuse_damaged,
    update,
)
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import Snapshot, open_index
from knowledge_base.synonyms import Synonyms, builtin

log = logging.getLogger(__name__)

MAX_UPDATED = 500
"""Changed entries that are worth updating one by one; more, and a new index is built beside the old one."""
MOMENT = 0.4
"""Seconds for which also an update is left to them: writing needs the pinyin of every word, 60 MB of a process."""
LONGEST_REST = 60.0
"""Seconds between two tries while the disk is full; the first retry comes at once, then the rest doubles."""

SILENT = frozenset({VersionStatus.WITHDRAWN, VersionStatus.ARCHIVED})
"""Published once, and no answer on any day."""

Sessions = Callable[[], AbstractContextManager[Session]]


def current_revision(session: Session) -> int:
    """How many changes the knowledge base has seen; 0 = empty."""
    return session.scalar(select(func.max(KbRevision.number))) or 0


class IndexHolder:
    """One per process: the open index, and the way to bring it up to date. Safe to share between threads.

    `sessions` opens a reading transaction: `lambda: database.transaction(write=False)`. `patience`: seconds for which
    a whole new index is left to other processes (building one takes minutes and hundreds of megabytes), and an update
    for a moment of them.
    """

    def __init__(
        self, folder: Path, sessions: Sessions, segmenter: Segmenter | None = None, patience: float = 0.0
    ) -> None:
        self.folder = folder
        self.segmenter = segmenter or Segmenter()
        self.patience = patience
        self._sessions = sessions
        self._snapshot: Snapshot | None = None
        self._opening, self._working = threading.Lock(), threading.Lock()
        self._lacking_since: float | None = None
        self._failures, self._next_try = 0, 0.0

    @cached_property
    def synonyms(self) -> Synonyms:
        """How people say it → how policies write it; cut into words when first asked for."""
        return Synonyms(builtin(), self.segmenter)

    @property
    def is_failing(self) -> bool:
        """Whether the last try to write the index failed, as on a full disk: what is newer is not in it."""
        return self._failures > 0

    def snapshot(self) -> Snapshot:
        """The newest generation on this host, whichever process wrote it. Raises IndexDamaged."""
        held, pointer = self._snapshot, read_pointer(self.folder)
        if held is not None and held.pointer.generation == pointer.generation:
            return held
        refuse_damaged(self.folder, pointer)
        return self._reopened(held)

    def _reopened(self, held: Snapshot | None) -> Snapshot:
        """The newest generation. One thread opens it; for the others the one before answers meanwhile."""
        if not self._opening.acquire(blocking=held is None) and held is not None:
            return held
        try:
            if self._snapshot is held:
                self._snapshot = open_index(self.folder, held)
            assert self._snapshot is not None
            return self._snapshot
        finally:
            self._opening.release()

    def follow(self) -> Pointer:
        """Bring the index up to the database's revision, building it when it is absent, damaged or too far behind.

        Raises IndexBusy while another process does so, OSError when the disk is full.
        """
        with self._sessions() as session:
            revision = current_revision(session)
            pointer = self._usable(revision)
            if pointer is None:
                pointer = self._build_if_nobody_does(session, revision)
            elif pointer.revision != revision:
                self._leave_to_others(MOMENT)
                pointer = self._catch_up(session, pointer, revision)
        self._lacking_since = None
        return pointer

    def is_behind(self) -> bool:
        """Whether the database has changed since this host's index was written, or the index is damaged."""
        with self._sessions() as session:
            revision = current_revision(session)
        pointer = self._usable(revision)
        return pointer is None or pointer.revision != revision

    def rebuild(self) -> Pointer:
        """Build the whole index again, whatever is there. Raises IndexBusy, OSError."""
        with self._sessions() as session:
            return self._build(session, current_revision(session))

    def follow_soon(self) -> None:
        """Follow in the background; at most one thread a process, and a caller never waits."""
        if time.monotonic() >= self._next_try and self._working.acquire(blocking=False):
            threading.Thread(target=self._follow_quietly, name="kb-index", daemon=True).start()

    def wait(self) -> None:
        """Wait for background work to end: at shutdown the index is left whole."""
        with self._working:
            pass

    def repair_soon(self) -> None:
        """Like `follow_soon`, for an index that cannot be read; other processes are told by a mark in its folder."""
        with suppress(IndexDamaged, OSError):  # no pointer at all: `follow` builds in any case
            mark_damaged(self.folder, read_pointer(self.folder))
        self.follow_soon()

    def keep_up(self) -> None:
        """One look at the database: follow it, and open what was written before a question has to. Never raises."""
        try:
            if self.is_behind():
                self.follow_soon()
            else:
                self._lacking_since = None
            self.snapshot()
        except IndexDamaged:
            self.repair_soon()
        except Exception:  # above all a database that is away
            log.exception("the search index cannot be compared with the database")

    def _follow_quietly(self) -> None:
        try:
            self.follow()
            self._failures = 0
        except IndexBusy:
            log.info("another process is writing the search index")
        except Exception:
            self._rest()
            log.exception("the search index could not be brought up to date")
        finally:
            self._working.release()

    def _rest(self) -> None:
        self._failures += 1
        if self._failures > 1:
            self._next_try = time.monotonic() + min(2.0**self._failures, LONGEST_REST)

    def _usable(self, revision: int) -> Pointer | None:
        """The pointer of an index that can be updated; None when a new one must be built."""
        try:
            pointer = read_pointer(self.folder)
            refuse_damaged(self.folder, pointer)
        except IndexDamaged:
            return None
        # An index ahead of its database belongs to another one: a backup was restored.
        is_ours = pointer.revision <= revision and pointer.fingerprint == self.segmenter.fingerprint
        return pointer if is_ours else None

    def _catch_up(self, session: Session, pointer: Pointer, revision: int) -> Pointer:
        changed = session.scalars(select(KbEntry).where(KbEntry.changed_in > pointer.revision).limit(MAX_UPDATED + 1))
        entries = changed.all()
        if len(entries) > MAX_UPDATED:
            return self._build_if_nobody_does(session, revision)
        try:
            removed = [entry.id for entry in entries]
            return update(self.folder, _docs(entries), self.segmenter, revision=revision, removed=removed)
        except IndexDamaged:
            log.warning("the search index was damaged and is built again")
            return self._build_if_nobody_does(session, revision)

    def _build_if_nobody_does(self, session: Session, revision: int) -> Pointer:
        self._leave_to_others(self.patience)
        return self._build(session, revision)

    def _leave_to_others(self, seconds: float) -> None:
        now = time.monotonic()
        self._lacking_since = self._lacking_since or now
        if now < self._lacking_since + min(seconds, self.patience):
            raise IndexBusy("the index is left to the worker for a while")

    def _build(self, session: Session, revision: int) -> Pointer:
        published = select(KbEntry).where(KbEntry.current_version > 0).order_by(KbEntry.id)
        entries = session.scalars(published.execution_options(yield_per=MAX_UPDATED))
        return build(self.folder, _docs(entries), self.segmenter, revision=revision)


def _docs(entries: Iterable[KbEntry]) -> Iterator[Doc]:
    for entry in entries:
        yield from _entry_docs(entry)


def _entry_docs(entry: KbEntry) -> Iterator[Doc]:
    """Each version that is the answer on some day, newest first, cut off where a later one begins or it was ended."""
    ends: date | None = None
    for version in reversed(entry.versions):
        if version.published_at is None:
            continue
        last = _earliest(version.expires_at, _before(version.ended_on), _before(ends))
        if version.status not in SILENT and (last is None or last >= version.effective_from):
            yield _doc(entry, version, last)
        if version.ended_on is None or version.ended_on >= version.effective_from:  # else it never began
            ends = _earliest(ends, version.effective_from)


def _before(day: date | None) -> date | None:
    return day and day - timedelta(days=1)


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _doc(entry: KbEntry, version: KbEntryVersion, last: date | None) -> Doc:
    guide = (getattr(version, name) for name in GUIDE_FIELDS)
    parts = (version.phone_answer, version.full_text, *version.question_variants, *guide)
    return Doc(
        entry_id=entry.id,
        version=version.version,
        title=version.title,
        text="\n".join(part for part in parts if part),
        effective_from=version.effective_from,
        expires_at=last,
        is_public=entry.is_public,
        doc_number=version.doc_number or None,
        region_code=entry.region_code,
        unit_id=entry.unit_id,
        audience=tuple(entry.audience),
        entry_type=entry.type.value,
        category=str(entry.category_id or ""),
    )
