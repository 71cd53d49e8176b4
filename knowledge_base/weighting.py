"""What one term tells about each document it stands in: BM25, and the same evidence as a language model sees it.

BM25 (Robertson, Zaragoza 2009) and query likelihood with Dirichlet smoothing (Zhai, Lafferty 2001) err on different
questions; their plain sum is better than either, on city questions as on law.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.9


COMMON = 4
"""A term in more than one of so many documents is kept as one array over all of them: adding that is faster."""


@dataclass(frozen=True)
class Postings:
    """What one term adds to each document's score: gains float32[p] for docs uint32[p], or, docs None, float32[d]."""

    docs: NDArray[np.uint32] | None
    gains: NDArray[np.float32]

    @property
    def known(self) -> bool:
        """Whether the term stands in any document."""
        return len(self.gains) > 0

    @property
    def size(self) -> int:
        """Numbers kept, of four bytes each."""
        return len(self.gains) + (0 if self.docs is None else len(self.docs))

    def add_to(self, scores: NDArray[np.float32], times: float = 1.0) -> None:
        """Add the gains, so many times, to scores float32[d]."""
        gains = self.gains if times == 1.0 else self.gains * np.float32(times)
        scores[slice(None) if self.docs is None else self.docs] += gains


NOWHERE = Postings(np.zeros(0, np.uint32), np.zeros(0, np.float32))
_TIMES = np.arange(256, dtype=np.float32)


class Field:
    """One field of all documents. `lengths` float32[d]: how many terms each has.

    `prior` float32[d]: what a document's length takes from its score for each term of the question.
    """

    def __init__(self, lengths: NDArray[np.float32]) -> None:
        self.prior: NDArray[np.float32]
        self._count = len(lengths)
        relative = lengths / max(float(lengths.mean()) if len(lengths) else 0.0, 1.0)
        self._saturation = np.float32(K1) * (np.float32(1 - B) + np.float32(B) * relative)
        self.prior = -np.log1p(relative)

    def idf(self, found: int) -> float:
        """How much a term says that stands in `found` documents; 0 when in none."""
        return math.log1p((self._count - found + 0.5) / (found + 0.5)) if found else 0.0

    def weigh(self, docs: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Postings:
        """The postings of a term that stands `counts` uint8[p] times in `docs` uint32[p].

        With the mean length as Dirichlet's mu, mu·p(term) is the term's occurrences shared out to all documents.
        """
        if not len(docs):
            return NOWHERE
        times = _TIMES[counts]
        gains = (times / (times + self._saturation[docs])).astype(np.float32, copy=False)
        gains *= np.float32(self.idf(len(docs)) * (K1 + 1))
        gains += np.log1p(_TIMES * np.float32(self._count / float(times.sum())))[counts]
        if len(docs) * COMMON <= self._count:
            return Postings(docs, gains)
        spread = np.zeros(self._count, dtype=np.float32)
        spread[docs] = gains
        return Postings(None, spread)
