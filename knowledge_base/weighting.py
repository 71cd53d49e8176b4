"""What one term tells about each document it stands in: BM25, and the same evidence as a language model sees it.

BM25 (Robertson, Zaragoza 2009) and query likelihood with Dirichlet smoothing (Zhai, Lafferty 2001) err on different
questions; their plain sum is better than either, on city questions as on law.

A posting is one number, its code: how often the term stands in the document and how long that is, both in levels
(as Lucene keeps lengths). What BM25 gives is then a table, read at each posting's code.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.9
TIMES = np.array([*range(1, 17), 18, 20, 23, 26, 30, 34, 39, 45, 51, 59, 67, 77, 88, 101, 116, 133], np.float32)
"""The 32 levels of how often: exact to 16, then in steps of a seventh."""
LENGTHS: NDArray[np.float32] = np.geomspace(1, 65536, 256).astype(np.float32)
"""The 256 levels of how long, in steps of 4 %."""


def encode(counts: NDArray[np.uint8], docs: NDArray[np.uint32], lengths: NDArray[np.float32]) -> NDArray[np.uint16]:
    """uint16[p] codes of the postings that stand `counts` uint8[p] times in `docs` uint32[p].

    lengths float32[d]: how many terms each document has.
    """
    often = np.searchsorted(_between(TIMES), np.arange(256)).astype(np.uint16)
    long = np.searchsorted(_between(LENGTHS), lengths).astype(np.uint16)
    return often[counts] * np.uint16(len(LENGTHS)) + long[docs]


def _between(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    return (levels[1:] + levels[:-1]) * np.float32(0.5)


@dataclass(frozen=True)
class Occurrences:
    """The postings of a term in one segment, whose first document is number `base` of all.

    docs uint32[p], ascending, counted from the segment's first; codes uint16[p].
    """

    base: int
    docs: NDArray[np.uint32]
    codes: NDArray[np.uint16]


@dataclass(frozen=True)
class Postings:
    """Where a term stands, and what that adds: `weight` times what BM25 gives a code, float32[8192], and what the
    language model gives how often it stands there, float32[32].
    """

    parts: Sequence[Occurrences]
    saturated: NDArray[np.float32]
    weight: np.float32
    likely: NDArray[np.float32]

    @property
    def known(self) -> bool:
        """Whether the term stands in any document."""
        return bool(self.parts)

    def add_to(self, scores: NDArray[np.float32], times: float = 1.0) -> None:
        """Add the gains, so many times, to scores float32[d]."""
        for part in self.parts:
            gains = self.saturated.take(part.codes, mode="clip")
            gains *= self.weight
            gains += self.likely.take(part.codes // len(LENGTHS), mode="clip")
            if times != 1.0:
                gains *= np.float32(times)
            # three times as fast as scores[docs] += gains, which reads and writes by way of copies
            np.add.at(scores[part.base :], part.docs, gains)


@dataclass(frozen=True)
class Spread:
    """A term that stands in many documents: what it adds to each of all, float32[d]; adding that is faster."""

    gains: NDArray[np.float32]
    known = True

    def add_to(self, scores: NDArray[np.float32], times: float = 1.0) -> None:
        """Add the gains, so many times, to scores float32[d]."""
        scores += self.gains if times == 1.0 else self.gains * np.float32(times)


class Field:
    """One field of all documents. `lengths` float32[d]: how many terms each has.

    `prior` float32[d]: what a document's length takes from its score for each term of the question.
    """

    def __init__(self, lengths: NDArray[np.float32]) -> None:
        self._count = len(lengths)
        mean = max(float(lengths.mean()) if len(lengths) else 0.0, 1.0)
        self.prior: NDArray[np.float32] = -np.log1p(lengths / np.float32(mean))
        saturation = np.float32(K1) * (np.float32(1 - B) + LENGTHS * np.float32(B / mean))
        saturated: NDArray[np.float32] = np.divide(TIMES[:, None], TIMES[:, None] + saturation)
        self._saturated = np.float32(K1 + 1) * saturated.reshape(-1)

    def idf(self, found: int) -> float:
        """How much a term says that stands in `found` documents; 0 when in none."""
        return math.log1p((self._count - found + 0.5) / (found + 0.5)) if found else 0.0

    def weigh(self, parts: Sequence[Occurrences], total: int) -> Postings:
        """The postings of a term that stands `total` times in all its documents together.

        With the mean length as Dirichlet's mu, mu·p(term) is the term's occurrences shared out to all documents.
        """
        weight = np.float32(self.idf(sum(len(part.docs) for part in parts)))
        likely = np.log1p(TIMES * np.float32(self._count / max(total, 1)))
        return Postings(parts, self._saturated, weight, likely)
