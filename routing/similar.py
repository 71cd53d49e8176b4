"""Which tickets may be about the same matter? By the same caller's keys, or by text, among those of the last days.

A ticket is kept as its 32 most telling words: rare ones and those in the opening, hashed into columns. A question adds
up the postings of its own 32. Adding is appending; memory is bounded, and the oldest ticket goes first.
"""

import math
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from routing.features import FADE, OPENING_GAIN, plain

ROOM = 100_000
"""Tickets kept, about 105 MB."""
WORDS = 32
COLUMNS = 1 << 18
ALIKE = 0.32
"""Cosine from which two texts count as one matter. Chosen on pairs labelled by hand: routing/README.md."""
SAME_CALLER = 1.0
"""What it counts beside the likeness of the texts, so that the same caller's tickets stand first."""
BEGINNING = 1000
"""Tickets without any of the words that are thought to have been there before, so that two alone can be alike."""


@dataclass(frozen=True)
class Similar:
    """A ticket's id, how alike its text is (0 to 1), and whether the caller is the same."""

    id: int
    alike: float
    is_same_caller: bool


@dataclass(frozen=True)
class Star:
    """Tickets on one matter: the one that all others are alike to, and all of them by rising id."""

    center: int
    members: tuple[int, ...]


class Posting:
    """The tickets that hold a word: their serial numbers, rising, and the word's weight in each."""

    def __init__(self) -> None:
        self._serials, self._weights = array("q"), array("f")

    def append(self, serial: int, weight: float, gone: int) -> None:
        """One more ticket. Those up to serial `gone` have given way; once they are half the list, they are dropped."""
        if len(self._serials) > 1 and self._serials[len(self._serials) // 2] <= gone:
            kept = bisect_right(self._serials, gone)
            del self._serials[:kept], self._weights[:kept]
        self._serials.append(serial)
        self._weights.append(weight)

    def since(self, first: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Serials from `first` on, and the weights. Views: gone before the next `append`."""
        start = bisect_left(self._serials, first)
        serials, weights = np.frombuffer(self._serials, np.int64), np.frombuffer(self._weights, np.float32)
        return serials[start:], weights[start:]


class SimilarIndex:
    """Tickets to compare with. Safe to share between threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._postings: dict[int, Posting] = {}
        self._ids = np.zeros(room, dtype=np.int64)
        self._times = np.zeros(room, dtype=np.float64)
        self._seen_in = np.zeros(COLUMNS, dtype=np.int32)
        self._keys: list[frozenset[str]] = [frozenset()] * room
        self._rows_of: dict[str, set[int]] = defaultdict(set)
        self._row_of: dict[int, int] = {}
        self._columns = np.zeros((room, WORDS), dtype=np.uint32)
        self._weights = np.zeros((room, WORDS), dtype=np.float32)
        self._added = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return min(self._added, self._room)

    def add(self, id: int, at: datetime, tokens: Iterable[str], keys: Collection[str] = ()) -> None:
        """A ticket that came in at `at`. `keys` stand for its caller: whatever string is equal for equal callers."""
        amounts = _amounts(tokens)
        with self._lock:
            self._drop(id)
            serial, row = self._added, self._added % self._room
            self._forget(row)
            self._seen_in[list(amounts)] += 1
            self._added += 1
            columns, weights = self._signature(amounts)
            for column, weight in zip(columns, weights, strict=True):
                self._postings.setdefault(int(column), Posting()).append(serial, float(weight), serial - self._room)
            self._columns[row], self._weights[row] = 0, 0
            self._columns[row, : len(columns)], self._weights[row, : len(columns)] = columns, weights
            self._ids[row], self._times[row], self._keys[row] = id, at.timestamp(), frozenset(keys)
            self._row_of[id] = row
            for key in self._keys[row]:
                self._rows_of[key].add(row)

    def discard(self, id: int) -> None:
        """A ticket that nobody should be pointed to any more; one that is not there is no matter."""
        with self._lock:
            self._drop(id)

    def _drop(self, id: int) -> None:
        """Its row stays, and never lies within any days."""
        row = self._row_of.get(id)
        if row is not None:
            self._forget(row)
            self._times[row], self._keys[row] = -math.inf, frozenset()

    def find(
        self, tokens: Iterable[str], at: datetime, days: int, keys: Collection[str] = (), top: int = 5
    ) -> list[Similar]:
        """The tickets of the `days` before `at` (and after it) by the same caller or of like text, the likest first."""
        amounts, since = _amounts(tokens), (at - timedelta(days=days)).timestamp()
        with self._lock:
            alike = self._alike(amounts)
            same = {row for key in keys for row in self._rows_of.get(key, ())}
            rows = [row for row in {*np.flatnonzero(alike >= ALIKE).tolist(), *same} if self._times[row] >= since]
            found = [Similar(int(self._ids[row]), round(float(alike[row]), 3), row in same) for row in rows]
        return sorted(found, key=lambda one: (-one.alike - SAME_CALLER * one.is_same_caller, -one.id))[:top]

    def alike(self, tokens: Sequence[str], others: Sequence[str]) -> float:
        """How alike two texts are, measured with the words of this index."""
        mine, theirs = (dict(zip(*self._signature(_amounts(text)), strict=True)) for text in (tokens, others))
        return float(sum(weight * theirs.get(column, 0.0) for column, weight in mine.items()))

    @property
    def revision(self) -> int:
        """Rises with every ticket that is taken in or reworded."""
        return self._added

    def stars(self, ids: Iterable[int], least: int) -> list[Star]:
        """Those of these tickets that are on one matter, at least `least` together: see `stars`."""
        with self._lock:
            known = sorted(id for id in set(ids) if id in self._row_of)
            rows = [self._row_of[id] for id in known]
            columns, weights = self._columns[rows], self._weights[rows]
        return stars(known, columns, weights, least)

    def joining(self, tokens: Iterable[str], texts: Collection[str], most: int = 6) -> list[str]:
        """The most telling words of one text that stand in more than half of `texts`: why they are taken for one."""
        words = {crc32(word.encode()) % COLUMNS: word for word in reversed(list(plain(tokens)))}
        with self._lock:
            columns, _ = self._signature(_amounts(words.values()))
        telling = [word for word in (words[int(column)] for column in columns) if len(word) > 1]
        return [word for word in telling if 2 * sum(word in text for text in texts) > len(texts)][:most]

    def _alike(self, amounts: dict[int, float]) -> NDArray[np.float32]:
        found = np.zeros(len(self), dtype=np.float32)
        for column, weight in zip(*self._signature(amounts), strict=True):
            if posting := self._postings.get(int(column)):
                serials, weights = posting.since(self._added - self._room)
                found[serials % self._room] += weight * weights
        return found

    def _signature(self, amounts: dict[int, float]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The columns of the WORDS most telling words and their weights, at length 1."""
        columns = np.array(list(amounts), dtype=np.uint32)
        rarity = np.log((self._added + BEGINNING) / (self._seen_in[columns] + 0.5))
        weights = (1 + np.log(list(amounts.values()))) * rarity
        best = np.argsort(-weights, kind="stable")[:WORDS]
        length = math.sqrt(float(weights[best] @ weights[best])) or 1.0
        return columns[best], (weights[best] / length).astype(np.float32)

    def _forget(self, row: int) -> None:
        if self._row_of.get(id := int(self._ids[row])) == row:
            del self._row_of[id]
        for key in self._keys[row]:
            self._rows_of[key].discard(row)
            if not self._rows_of[key]:
                del self._rows_of[key]


def _amounts(tokens: Iterable[str]) -> dict[int, float]:
    """Column → how much of its words is in the text; those in the opening count more, as in `routing.features`."""
    found: dict[int, float] = defaultdict(float)
    for place, token in enumerate(plain(tokens)):
        found[crc32(token.encode()) % COLUMNS] += 1 + OPENING_GAIN * math.exp(-place / FADE)
    return found


def stars(ids: Sequence[int], columns: NDArray[np.uint32], weights: NDArray[np.float32], least: int) -> list[Star]:
    """Groups in which every ticket is alike to one, the centre, so that likeness does not creep from one to the next.

    The most central first; of equals the oldest (lowest id). Nobody is in two. `ids` rise; row i of `columns` and
    `weights` (tickets × words, 0 where there are fewer) is ids[i]'s. Afterwards no ticket is left that `least` - 1
    others left are alike to.
    """
    near = _near(columns, weights)
    degree = near.sum(axis=1)
    found: list[Star] = []
    while len(ids) and degree.max() >= least:
        center = int(degree.argmax())
        members = np.flatnonzero(near[center])
        found.append(Star(ids[center], tuple(ids[int(one)] for one in members)))
        degree -= near[:, members].sum(axis=1)
        near[members], near[:, members], degree[members] = False, False, 0
    return found


def _near(columns: NDArray[np.uint32], weights: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of them are alike (tickets × tickets); everyone is to itself."""
    count, (rows, places) = len(columns), np.nonzero(weights)
    order = np.argsort(columns[rows, places], kind="stable")
    words, flat, rows = columns[rows, places][order], weights[rows, places][order], rows[order]
    starts, ends = np.searchsorted(words, columns), np.searchsorted(words, columns, side="right")
    near = np.eye(count, dtype=bool)
    for one in range(count):
        alike = np.zeros(count, dtype=np.float32)
        for place in np.flatnonzero(weights[one]):
            some = slice(starts[one, place], ends[one, place])
            alike[rows[some]] += weights[one, place] * flat[some]
        near[one] |= alike >= ALIKE
    return near | near.T
