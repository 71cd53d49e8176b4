"""How well each document answers a question: the evidence of its words, its character pairs and its characters.

Term at a time over weighed postings, into one array with a place for each document. The pairs find what the
dictionary cuts differently in question and text, the single characters what is worded alike but not the same.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from knowledge_base.segment import Segmenter, bigrams, characters
from knowledge_base.snapshot import Snapshot

MAX_TERMS = 64
"""Terms of a question that count in each field, the rarest first: a pasted page costs no more than a question."""
UNRELATED = np.float32(-np.inf)

Scores = NDArray[np.float32]


def score(
    snapshot: Snapshot, segmenter: Segmenter, question: str, also: Mapping[str, float] = MappingProxyType({})
) -> Scores:
    """float32[d]: each document's score, UNRELATED for those that share neither word nor pair with the question.

    One character in common is no relation, unless nothing else is found ("税"). `also`: words searched besides the
    question's own, each with its weight from 0 to 1 (see `synonyms`).
    """
    scores = np.zeros(snapshot.size, dtype=np.float32)
    prior = np.zeros(snapshot.size, dtype=np.float32)
    _add(scores, prior, snapshot, "words", segmenter.once(question))
    for word, weight in also.items():
        snapshot.postings("words", word).add_to(scores, weight)
    _add(scores, prior, snapshot, "bigrams", bigrams(question))
    related = scores > 0
    _add(scores, prior, snapshot, "characters", characters(question))
    if not related.any():
        related = scores > 0
    scores += prior
    scores[~related] = UNRELATED
    return scores


def _add(scores: Scores, prior: Scores, snapshot: Snapshot, field: str, terms: Iterable[str]) -> None:
    """Add what the terms of one field tell; terms that stand nowhere tell nothing about a document's length either."""
    counted = 0
    for term, count in _rarest(snapshot, field, Counter(terms)):
        postings = snapshot.postings(field, term)
        postings.add_to(scores, count)
        counted += count if postings.known else 0
    prior += snapshot.prior(field) * np.float32(counted)


def _rarest(snapshot: Snapshot, field: str, counts: Counter[str]) -> Iterable[tuple[str, int]]:
    """All terms of a question; of a pasted page the MAX_TERMS rarest that are known."""
    if len(counts) <= MAX_TERMS:
        return counts.items()
    rarity = {term: snapshot.idf(field, term) for term in counts}
    known = [item for item in counts.items() if rarity[item[0]]]
    return heapq.nlargest(MAX_TERMS, known, key=lambda item: rarity[item[0]])
