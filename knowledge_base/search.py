"""Which entries answer this question, on this day, for this reader? User text is only ever cut into terms."""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np

from knowledge_base import ranking
from knowledge_base.doc_numbers import DocNumber, parse_all
from knowledge_base.filters import NEAR, Allowed, Filters
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import Snapshot
from knowledge_base.snippet import Snippet, marks, snippet

MAX_QUESTION = 2000
"""Characters; the rest of a longer question is not read."""
PUBLIC = Filters()
NOTHING: Mapping[str, float] = MappingProxyType({})
MAX_MARKED = 32
"""Words of a question that are looked for in what is shown, the rarest first."""
NUMBER_BONUS = 1000.0
"""Puts a document asked for by its number before everything found by words."""


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
    filters: Filters = PUBLIC,
    also: Mapping[str, float] = NOTHING,
) -> list[Hit]:
    """The best `top` entries in force on that day, best first; `also` as in `rank`. Raises IndexDamaged."""
    question = question[:MAX_QUESTION]
    best = rank(snapshot, segmenter, question, on=on, top=top, filters=filters, also=also)
    weights = _weights(snapshot, segmenter, question)
    return [_hit(snapshot, doc, points, weights) for doc, points in best]


def rank(
    snapshot: Snapshot,
    segmenter: Segmenter,
    question: str,
    *,
    on: date,
    top: int,
    filters: Filters,
    also: Mapping[str, float] = NOTHING,
) -> list[tuple[int, float]]:
    """The best documents of the snapshot and their scores, without the texts; equal scores keep the index's order.

    `also`: words searched besides the question's own, with their weights (see `synonyms`).
    """
    scores = ranking.score(snapshot, segmenter, question, also)
    for doc in _numbered(snapshot, question):
        scores[doc] = max(float(scores[doc]), 0.0) + NUMBER_BONUS
    return _best(scores, snapshot.allowed(on, filters), top)


def _best(scores: ranking.Scores, allowed: Allowed, top: int) -> list[tuple[int, float]]:
    """The highest `top` of the related and allowed documents; nearer regions first among those that fit alike."""
    docs = np.flatnonzero(allowed.mask & (scores != ranking.UNRELATED))
    if not len(docs):
        return []
    points = scores[docs]
    if allowed.nearness is not None:
        points = points + NEAR * abs(points.max()) * allowed.nearness[docs]
    if len(docs) > top:
        kept = points >= np.partition(points, len(docs) - top)[len(docs) - top]  # all that tie for the last place
        docs, points = docs[kept], points[kept]
    order = np.lexsort((docs, -points))[:top]
    return [(int(docs[place]), float(points[place])) for place in order]


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
    weights = {word: max(snapshot.idf(field, word) for field in ("words", "bigrams")) for word in words}
    return dict(heapq.nlargest(MAX_MARKED, weights.items(), key=lambda item: (item[1], item[0])))


def _hit(snapshot: Snapshot, doc: int, points: float, weights: dict[str, float]) -> Hit:
    kept = snapshot.stored(doc)
    title_marks = marks(kept.title, weights)
    shown = snippet(kept.text, weights)
    return Hit(kept.entry_id, kept.version, points, kept.title, title_marks, shown, kept.doc_number)
