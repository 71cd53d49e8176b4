"""Which entries answer this question, on this day, for this reader? User text is only ever cut into terms."""

import heapq
from dataclasses import dataclass
from datetime import date

from knowledge_base import ranking
from knowledge_base.doc_numbers import DocNumber, parse_all
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import Snapshot
from knowledge_base.snippet import Snippet, marks, snippet

MAX_QUESTION = 2000
"""Characters; the rest of a longer question is not read."""
NUMBER_BONUS = 1000.0
"""Puts a document asked for by its number before everything found by words."""


@dataclass(frozen=True)
class Filters:
    """What may be found at all, applied before the best are chosen."""

    public_only: bool = True


@dataclass(frozen=True)
class Hit:
    """One answer: which entry in which version, how well it fits, and what to show of it."""

    entry_id: int
    version: int
    score: float
    title: str
    title_marks: tuple[tuple[int, int], ...]
    snippet: Snippet
    doc_number: str | None


def search(
    snapshot: Snapshot,
    segmenter: Segmenter,
    question: str,
    *,
    on: date,
    top: int = 10,
    filters: Filters = Filters(),
) -> list[Hit]:
    """The best `top` entries in force on that day, best first. Raises IndexDamaged."""
    question = question[:MAX_QUESTION]
    best = rank(snapshot, segmenter, question, on=on, top=top, filters=filters)
    weights = _weights(snapshot, segmenter, question)
    return [_hit(snapshot, doc, points, weights) for doc, points in best]


def rank(
    snapshot: Snapshot, segmenter: Segmenter, question: str, *, on: date, top: int, filters: Filters
) -> list[tuple[int, float]]:
    """The best documents of the snapshot and their scores, without the texts; equal scores keep the index's order."""
    scores = ranking.score(snapshot, segmenter, question)
    for doc in _numbered(snapshot, question):
        scores[doc] = scores.get(doc, 0.0) + NUMBER_BONUS
    allowed = snapshot.allowed(on, filters.public_only)
    found = ((points, -doc) for doc, points in scores.items() if allowed[doc])
    return [(-minus, points) for points, minus in heapq.nlargest(top, found)]


def _numbered(snapshot: Snapshot, question: str) -> list[int]:
    """The documents whose number stands in the question."""
    return [
        doc
        for asked in parse_all(question)
        for doc in snapshot.with_number(asked.key)
        if _carries(snapshot.stored(doc).doc_number, asked)
    ]


def _carries(doc_number: str | None, asked: DocNumber) -> bool:
    return any(number.meets(asked) for number in parse_all(doc_number or ""))


def _weights(snapshot: Snapshot, segmenter: Segmenter, question: str) -> dict[str, float]:
    """What to look for in a text that is shown: the question's words; single characters would mark half the text."""
    words = {word for word in segmenter.tokens(question) if len(word) > 1}
    return {word: snapshot.postings("words", word).idf for word in words}


def _hit(snapshot: Snapshot, doc: int, points: float, weights: dict[str, float]) -> Hit:
    kept = snapshot.stored(doc)
    title_marks = marks(kept.title, weights)
    shown = snippet(kept.text, weights)
    return Hit(kept.entry_id, kept.version, points, kept.title, title_marks, shown, kept.doc_number)
