"""What answers no more or not yet: looked up on request only, always marked, never in front of what is in force."""

from datetime import date
from functools import reduce
from operator import add

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, contains_eager

from hotline.knowledge.force import State, in_force, state_of
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.queries import Hit, hit_of, plain_terms
from knowledge_base.search import MAX_QUESTION
from knowledge_base.snippet import marks, snippet

SHOWN = frozenset({State.EXPIRED, State.REPLACED, State.UPCOMING})
"""What was withdrawn was never right: it is found through its citations only."""
MAX_ROWS = 50


def outdated(session: Session, holder: IndexHolder, text: str, *, on: date, top: int = 5) -> list[Hit]:
    """Entries without an answer on that day whose newest version has the most of the question's longest words.

    By plain comparison, for readers with a post: the index ranks only what is in force.
    """
    terms = plain_terms(holder, text[:MAX_QUESTION])
    if not terms:
        return []
    whole = KbEntryVersion.title + "\n" + KbEntryVersion.full_text + "\n" + KbEntryVersion.doc_number
    having = {term: whole.contains(term, autoescape=True) for term in terms}
    fits = reduce(add, (case((has, terms[term]), else_=0.0) for term, has in having.items()))
    answering = in_force(on, public_only=False).with_only_columns(KbEntryVersion.entry_id, maintain_column_froms=True)
    query = select(KbEntryVersion).join(KbEntryVersion.entry).options(contains_eager(KbEntryVersion.entry))
    query = query.where(KbEntryVersion.version == KbEntry.current_version, or_(*having.values()))
    query = query.where(KbEntryVersion.entry_id.not_in(answering)).order_by(fits.desc(), KbEntryVersion.id)
    rows = [(row, state_of(row, on)) for row in session.scalars(query.limit(MAX_ROWS))]
    return [
        hit_of(row, marks(row.title, terms), snippet(row.full_text, terms), 0.0, state)
        for row, state in rows
        if state in SHOWN
    ][:top]
