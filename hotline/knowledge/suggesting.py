"""Titles while somebody types, and words meant instead: out of the index, with the database's last word on both."""

from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.knowledge import queries
from hotline.knowledge.content import whole_text
from hotline.knowledge.force import in_force
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.queries import ANYTHING, Hit, Wanted, reads_internal
from knowledge_base.did_you_mean import MAX_QUESTION, did_you_mean
from knowledge_base.filters import Filters
from knowledge_base.index import IndexDamaged
from knowledge_base.normalise import normalise
from knowledge_base.snapshot import Snapshot
from knowledge_base.suggest import MAX_TYPED

MAX_ASKED = 20
"""Entries with a word that are looked at to see whether it still stands in one."""
MORE = 3
"""Times as many titles as are wanted: some may have gone since the index was written."""


def titles(
    session: Session,
    holder: IndexHolder,
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
    try:
        found = holder.snapshot().suggest(typed, on=on, filters=_of(actor), top=top * MORE)
    except IndexDamaged:
        return []
    return queries.titled(session, found, actor=actor, on=on, wanted=wanted)[:top]


def meant(session: Session, holder: IndexHolder, question: str, *, actor: Actor | None, on: date) -> str | None:
    """您是不是要找: the question with words that this reader's entries know, or None."""
    if len(question) > MAX_QUESTION:
        return None
    try:
        snapshot = holder.snapshot()
        stands = partial(_stands, session, snapshot, actor, on)
        return did_you_mean(question, holder.segmenter, snapshot.vocabulary(on, _of(actor)), stands)
    except IndexDamaged:
        return None


def _of(actor: Actor | None) -> Filters:
    """Nothing of an internal entry comes before somebody without a post."""
    return Filters(public_only=not reads_internal(actor))


def _stands(session: Session, snapshot: Snapshot, actor: Actor | None, on: date, word: str) -> bool:
    """Whether an entry still says this word to this reader: what the index knows may have ended since."""
    allowed = snapshot.allowed(on, _of(actor)).mask
    docs = [int(doc) for doc in snapshot.having("words", word) if allowed[doc]][:MAX_ASKED]
    ids = {snapshot.stored(doc).entry_id for doc in docs}
    rows = session.scalars(in_force(on, public_only=not reads_internal(actor)).where(KbEntryVersion.entry_id.in_(ids)))
    return any(word in normalise(whole_text(row)) for row in rows)
