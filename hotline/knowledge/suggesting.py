"""Titles while somebody types, and words meant instead: what one process remembers of the knowledge base for both.

Two sets, for readers with a post and for the public: nothing of an internal entry is in the public one.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.knowledge import queries
from hotline.knowledge.force import in_force
from hotline.knowledge.indexing import IndexHolder, Sessions, current_revision
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.queries import ANYTHING, Hit, Wanted, reads_internal
from knowledge_base.did_you_mean import MAX_QUESTION, Vocabulary, did_you_mean
from knowledge_base.filters import Filters
from knowledge_base.index import IndexDamaged
from knowledge_base.suggest import MAX_TYPED, Titles

log = logging.getLogger(__name__)

FEW = 2000
"""Entries whose titles and words are made while somebody waits; of more they are made behind him."""
REST = 60.0
"""Seconds before a large set is made again: a day of publishing must not keep a processor busy with it."""
MORE = 3
"""Times as many titles as are wanted: some may have gone since they were read."""

State = tuple[int, date]
"""Of the knowledge base: its revision or its index's generation, and the day."""
T = TypeVar("T")


class Kept(Generic[T]):
    """One value, made for a state of the knowledge base; an old one serves while the next is made.

    `make` is given the state and the value before. What is not made quickly is made in the background, every `rest`
    seconds at most.
    """

    def __init__(self, make: Callable[[State, T | None], T], rest: float = REST) -> None:
        self._make = make
        self._rest = rest
        self._held: tuple[State, T] | None = None
        self._working = threading.Lock()

    @property
    def held(self) -> T | None:
        """The value as it stands."""
        return self._held[1] if self._held else None

    def value(self, state: State, *, is_quick: bool) -> T | None:
        """The value for this state, or the one before it; None while the very first one is being made."""
        held = self._held
        if (held is None or held[0] != state) and self._working.acquire(blocking=False):
            if is_quick:
                self._renew(state, 0)
            else:
                threading.Thread(target=self._renew, args=(state, self._rest), name="kb-words", daemon=True).start()
        return self.held

    def _renew(self, state: State, rest: float) -> None:
        try:
            self._held = (state, self._make(state, self.held))
        except IndexDamaged as damage:
            log.warning("words are not offered: %s", damage)
        finally:
            time.sleep(rest)
            self._working.release()


class Words:
    """One per process, beside the index it is made from. `sessions` opens a reading transaction."""

    def __init__(self, holder: IndexHolder, sessions: Sessions) -> None:
        self._holder = holder
        self._sessions = sessions
        self._titles = {is_public: Kept(partial(self._read_titles, is_public)) for is_public in (False, True)}
        self._words = {is_public: Kept(partial(self._read_words, is_public)) for is_public in (False, True)}

    def titles(
        self,
        session: Session,
        typed: str,
        *,
        actor: Actor | None,
        on: date,
        top: int = 8,
        wanted: Wanted = ANYTHING,
    ) -> list[Hit]:
        """Entries whose titles fit what was typed (part, abbreviation, pinyin), for this reader, that day."""
        if not typed.strip() or len(typed) > MAX_TYPED:
            return []
        kept = self._titles[not reads_internal(actor)]
        made = kept.value((current_revision(session), on), is_quick=_is_small(session))
        fits = made.suggest(typed, top=top * MORE) if made else []
        # The database has the last word on what may be shown.
        return queries.titled(session, [fit.id for fit in fits], actor=actor, on=on, wanted=wanted)[:top]

    def meant(self, session: Session, question: str, *, actor: Actor | None, on: date) -> str | None:
        """您是不是要找: the question with words that this reader's entries know, or None."""
        if len(question) > MAX_QUESTION:
            return None
        try:
            generation = self._holder.snapshot().pointer.generation
        except IndexDamaged:
            return None
        made = self._words[not reads_internal(actor)].value((generation, on), is_quick=_is_small(session))
        return did_you_mean(question, self._holder.segmenter, made) if made else None

    def _read_titles(self, is_public: bool, state: State, previous: Titles | None) -> Titles:
        """Both kinds of reader share the spellings, the largest part."""
        query = in_force(state[1], public_only=is_public)
        named = query.with_only_columns(KbEntryVersion.entry_id, KbEntryVersion.title, maintain_column_froms=True)
        with self._sessions() as session:
            rows = [(row.entry_id, row.title) for row in session.execute(named)]
        return Titles(rows, self._holder.segmenter, previous or self._titles[not is_public].held)

    def _read_words(self, is_public: bool, state: State, _previous: Vocabulary | None) -> Vocabulary:
        snapshot = self._holder.snapshot()
        return Vocabulary(snapshot.documents(snapshot.allowed(state[1], Filters(public_only=is_public)).mask))


def _is_small(session: Session) -> bool:
    """Asked of the newest id: counting a hundred thousand rows takes longer than answering."""
    return (session.scalar(select(func.max(KbEntry.id))) or 0) <= FEW
