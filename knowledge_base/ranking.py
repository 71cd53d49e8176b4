"""How well each document answers a question: BM25 over words plus 0.6 × BM25 over character bigrams.

Term at a time over decoded postings. The bigrams find what the dictionary cuts differently in question and text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from knowledge_base.segment import Segmenter, bigrams
from knowledge_base.snapshot import Snapshot

BIGRAM_WEIGHT = 0.6
MAX_TERMS = 64
"""Terms of a question that count in each field, the rarest first: a pasted page costs no more than a question."""

Scores = dict[int, float]


def score(snapshot: Snapshot, segmenter: Segmenter, question: str) -> Scores:
    """Each document that shares a term with the question, and its score (> 0)."""
    scores: Scores = defaultdict(float)
    _add(scores, snapshot, "words", segmenter.tokens(question), 1.0)
    _add(scores, snapshot, "bigrams", bigrams(question), BIGRAM_WEIGHT)
    return scores


def _add(scores: Scores, snapshot: Snapshot, field: str, terms: Iterable[str], weight: float) -> None:
    counted = [(snapshot.postings(field, term), count) for term, count in Counter(terms).items()]
    counted.sort(key=lambda pair: -pair[0].idf)
    for postings, count in counted[:MAX_TERMS]:
        factor = weight * count
        for doc, gain in zip(postings.docs, postings.scores, strict=True):
            scores[doc] += factor * gain
