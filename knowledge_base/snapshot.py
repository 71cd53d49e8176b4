"""One generation of the index, open for reading: postings, dates and stored text. Immutable; open a new one to follow.

Whoosh stores the postings; ranking does not go through its searcher, which is far slower on long questions.
"""

from __future__ import annotations  # array is generic for the type checker only

import math
import threading
from array import array
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from whoosh.index import open_dir

from knowledge_base.index import IndexDamaged, Pointer, build_path, damage_named, read_pointer

K1, B = 1.2, 0.75
MAX_CACHED = 4_000_000
"""Decoded postings kept in memory per generation (about 16 bytes each in two arrays)."""
MAX_MASKS = 16
TRIES = 3


@dataclass(frozen=True)
class Postings:
    """Where one term stands: document numbers and what the term adds to each one's BM25 score."""

    docs: array[int]
    scores: array[float]
    idf: float


NOWHERE = Postings(array("l"), array("d"), 0.0)


@dataclass(frozen=True)
class Stored:
    """What the index keeps of an entry to show a hit."""

    entry_id: int
    version: int
    title: str
    text: str
    doc_number: str | None


class Snapshot:
    """Read access to one generation; safe to share between threads. Every method may raise IndexDamaged."""

    def __init__(self, folder: Path, pointer: Pointer, reader: Any) -> None:
        self.pointer = pointer
        self._folder = folder
        self._reader = reader
        self._leaves = reader.leaf_readers()
        self._lock = threading.Lock()  # Whoosh's readers share a file position
        self._cache: dict[tuple[str, str], Postings] = {}
        self._cached = 0
        self._masks: dict[tuple[date, bool], bytearray] = {}
        self.doc_count: int = reader.doc_count()
        self._lengths = {field: self._field_lengths(field) for field in ("words", "bigrams")}
        self._mean = {field: sum(lengths) / max(len(lengths), 1) for field, lengths in self._lengths.items()}
        self._starts, self._ends, self._public = (self._column(name) for name in ("starts", "ends", "is_public"))

    def postings(self, field: str, term: str) -> Postings:
        """The scored postings of a term in "words" or "bigrams"; empty when the term is unknown."""
        found = self._cache.get((field, term))
        if found is None:
            found = self._score(field, *self._decode(field, term))
            self._remember((field, term), found)
        return found

    def with_number(self, key: str) -> array[int]:
        """The documents that carry a document number with this key (see `DocNumber.key`)."""
        return self._decode("doc_number", key)[0]

    def allowed(self, on: date, public_only: bool) -> bytearray:
        """For each document 1 when it is in force on that day (first and last day included) and may be shown."""
        mask = self._masks.get((on, public_only))
        if mask is None:
            if len(self._masks) >= MAX_MASKS:
                self._masks.clear()
            mask = self._masks[(on, public_only)] = self._mask(on.toordinal(), public_only)
        return mask

    def stored(self, doc: int) -> Stored:
        """The kept text of a document."""
        with self._lock, damage_named(self._folder):
            return Stored(*self._reader.stored_fields(doc)["shown"])

    def _mask(self, day: int, public_only: bool) -> bytearray:
        dates = zip(self._starts, self._ends, self._public, strict=True)
        mask = bytearray(start <= day <= end and (public or not public_only) for start, end, public in dates)
        if self._reader.has_deletions():
            for doc in range(len(mask)):
                mask[doc] &= not self._reader.is_deleted(doc)
        return mask

    def _decode(self, field: str, term: str) -> tuple[array[int], array[float]]:
        docs, weights = array("l"), array("d")
        with self._lock, damage_named(self._folder):
            for leaf, offset in self._leaves:
                if (field, term) not in leaf:
                    continue
                matcher = leaf.postings(field, term)
                while matcher.is_active():
                    docs.append(matcher.id() + offset)
                    weights.append(matcher.weight())
                    matcher.next()
        return docs, weights

    def _score(self, field: str, docs: array[int], frequencies: array[float]) -> Postings:
        if not docs:
            return NOWHERE
        idf = math.log1p((self.doc_count - len(docs) + 0.5) / (len(docs) + 0.5))
        lengths = self._lengths[field]
        scale = K1 * B / self._mean[field]
        floor = K1 * (1 - B)
        scores = (
            idf * (K1 + 1) * tf / (tf + floor + scale * lengths[doc]) for doc, tf in zip(docs, frequencies, strict=True)
        )
        return Postings(docs, array("d", scores), idf)

    def _remember(self, key: tuple[str, str], postings: Postings) -> None:
        if self._cached > MAX_CACHED:
            self._cache, self._cached = {}, 0
        self._cache[key] = postings
        self._cached += len(postings.docs)

    def _field_lengths(self, field: str) -> array[int]:
        return array(
            "l",
            (leaf.doc_field_length(doc, field) or 0 for leaf, _ in self._leaves for doc in range(leaf.doc_count_all())),
        )

    def _column(self, name: str) -> array[int]:
        return array("l", (value for leaf, _ in self._leaves for value in leaf.column_reader(name)))


def open_index(folder: Path) -> Snapshot:
    """The present generation of the index in `folder`. Raises IndexDamaged."""
    for _ in range(TRIES - 1):
        try:
            return _open(folder)
        except IndexDamaged as error:
            # A writer takes files away that its commit made obsolete; between reading their names and opening them
            # they may go. The next try reads the new names.
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return _open(folder)


def _open(folder: Path) -> Snapshot:
    pointer = read_pointer(folder)
    with damage_named(folder):
        reader = open_dir(str(build_path(folder, pointer.build))).reader()  # type: ignore[no-untyped-call]
        return Snapshot(folder, pointer, reader)
