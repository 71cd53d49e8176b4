"""Keep this host's search index up with the database. The database is the truth; the index can be built again."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.knowledge.models import EntryStatus, KbEntry, KbEntryVersion, KbRevision
from knowledge_base.index import Doc, IndexBusy, IndexDamaged, Pointer, build, read_pointer, update
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import Snapshot, open_index

log = logging.getLogger(__name__)

MAX_UPDATED = 500
"""Changed entries that are worth updating one by one; more, and a new index is built beside the old one."""

Sessions = Callable[[], AbstractContextManager[Session]]


def current_revision(session: Session) -> int:
    """How many changes the knowledge base has seen; 0 = empty."""
    return session.scalar(select(func.max(KbRevision.number))) or 0


class IndexHolder:
    """One per process: the open index, and the way to bring it up to date. Safe to share between threads.

    `sessions` opens a reading transaction: `lambda: database.transaction(write=False)`.
    """

    def __init__(self, folder: Path, sessions: Sessions, segmenter: Segmenter | None = None) -> None:
        self.folder = folder
        self.segmenter = segmenter or Segmenter()
        self._sessions = sessions
        self._snapshot: Snapshot | None = None
        self._damaged_generation: int | None = None
        self._working = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The newest generation on this host, whichever process wrote it. Raises IndexDamaged."""
        pointer = read_pointer(self.folder)
        if pointer.generation == self._damaged_generation:
            raise IndexDamaged("this generation was found damaged")
        held = self._snapshot
        if held is None or held.pointer.generation != pointer.generation:
            held = self._snapshot = open_index(self.folder)
        return held

    def follow(self) -> Pointer:
        """Bring the index up to the database's revision, building it when it is absent, damaged or too far behind.

        Raises IndexBusy while another process does so.
        """
        with self._sessions() as session:
            revision = current_revision(session)
            pointer = self._usable(revision)
            if pointer is None:
                return self._rebuild(session, revision)
            if pointer.revision == revision:
                return pointer
            return self._catch_up(session, pointer, revision)

    def is_behind(self) -> bool:
        """Whether the database has changed since this host's index was written."""
        with self._sessions() as session:
            revision = current_revision(session)
        pointer = self._usable(revision)
        return pointer is None or pointer.revision != revision

    def rebuild(self) -> Pointer:
        """Build the whole index again, whatever is there. Raises IndexBusy."""
        with self._sessions() as session:
            return self._rebuild(session, current_revision(session))

    def follow_soon(self) -> None:
        """Follow in the background; at most one thread a process, and a caller never waits."""
        if self._working.acquire(blocking=False):
            threading.Thread(target=self._follow_quietly, name="kb-index", daemon=True).start()

    def wait(self) -> None:
        """Wait for background work to end: at shutdown the index is left whole."""
        with self._working:
            pass

    def repair_soon(self) -> None:
        """Like `follow_soon`, for an index that cannot be read though its pointer is in order."""
        try:
            self._damaged_generation = read_pointer(self.folder).generation
        except IndexDamaged:
            self._damaged_generation = None  # no pointer at all: `follow` builds in any case
        self.follow_soon()

    def _follow_quietly(self) -> None:
        try:
            self.follow()
        except IndexBusy:
            log.info("another process is writing the search index")
        except Exception:
            log.exception("the search index could not be brought up to date")
        finally:
            self._working.release()

    def _usable(self, revision: int) -> Pointer | None:
        """The pointer of an index that can be updated; None when a new one must be built."""
        try:
            pointer = read_pointer(self.folder)
        except IndexDamaged:
            return None
        # An index ahead of its database belongs to another one: a backup was restored.
        is_ours = pointer.revision <= revision and pointer.fingerprint == self.segmenter.fingerprint
        return pointer if is_ours and pointer.generation != self._damaged_generation else None

    def _catch_up(self, session: Session, pointer: Pointer, revision: int) -> Pointer:
        changed = session.scalars(select(KbEntry).where(KbEntry.changed_in > pointer.revision).limit(MAX_UPDATED + 1))
        entries = changed.all()
        if len(entries) > MAX_UPDATED:
            return self._rebuild(session, revision)
        try:
            removed = [entry.id for entry in entries]
            return update(self.folder, _docs(entries), self.segmenter, revision=revision, removed=removed)
        except IndexDamaged:
            log.warning("the search index was damaged and is built again")
            return self._rebuild(session, revision)

    def _rebuild(self, session: Session, revision: int) -> Pointer:
        published = select(KbEntry).where(KbEntry.status == EntryStatus.PUBLISHED).order_by(KbEntry.id)
        entries = session.scalars(published.execution_options(yield_per=MAX_UPDATED))
        return build(self.folder, _docs(entries), self.segmenter, revision=revision)


def _docs(entries: Iterable[KbEntry]) -> Iterator[Doc]:
    for entry in entries:
        if entry.status == EntryStatus.PUBLISHED:
            yield from _entry_docs(entry)


def _entry_docs(entry: KbEntry) -> Iterator[Doc]:
    """Each version that is the answer on some day, newest first, cut off where a later one begins."""
    replaced_from = None
    for version in reversed(entry.versions):
        last = version.expires_at
        if replaced_from is not None:
            before = replaced_from - timedelta(days=1)
            last = before if last is None else min(last, before)
        if last is None or last >= version.effective_from:
            yield _doc(entry, version, last)
        begins = version.effective_from
        replaced_from = begins if replaced_from is None else min(replaced_from, begins)


def _doc(entry: KbEntry, version: KbEntryVersion, last: date | None) -> Doc:
    parts = (version.phone_answer, version.full_text, *version.question_variants)
    return Doc(
        entry_id=entry.id,
        version=version.version,
        title=version.title,
        text="\n".join(part for part in parts if part),
        effective_from=version.effective_from,
        expires_at=last,
        is_public=entry.is_public,
        doc_number=version.doc_number or None,
    )
