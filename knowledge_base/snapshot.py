"""One generation of the index, open for reading: postings, dates and stored text. Immutable; open a new one to follow.

Whoosh stores it all; ranking reads the packed arrays beside its segments (see `packed`), not through its searcher,
which is far slower on long questions.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.index import open_dir

from knowledge_base.filters import Allowed, Filters, allow
from knowledge_base.index import IndexDamaged, Pointer, build_path, damage_named, read_pointer
from knowledge_base.packed import RANKED, Packed, key, leaves_of, load
from knowledge_base.weighting import Field, Postings

MAX_CACHED = 20_000_000
"""Numbers of weighed postings kept in memory per generation, four bytes each."""
MAX_ALLOWED = 64
TRIES = 3


@dataclass(frozen=True)
class Stored:
    """What the index keeps of an entry to show a hit."""

    entry_id: int
    version: int
    title: str
    text: str
    doc_number: str | None


class Snapshot:
    """Read access to one generation of `size` documents, deleted ones included; safe to share between threads.

    live bool[size]; starts, ends int32[size]: first and last day in force as ordinals. Every method may raise
    IndexDamaged.
    """

    def __init__(self, folder: Path, pointer: Pointer, reader: Any, segments: list[Packed]) -> None:
        self.pointer = pointer
        self.doc_count: int = reader.doc_count()
        self.size: int = reader.doc_count_all()
        self._folder = folder
        self._reader = reader
        self._reading, self._remembering = threading.Lock(), threading.Lock()  # Whoosh's readers share a file position
        self._segments = segments
        self._bases = [base for _, base in leaves_of(reader)]
        self._fields = {name: Field(self._joined("lengths", i)) for i, name in enumerate(RANKED)}
        self._cache: dict[tuple[str, str], Postings] = {}
        self._cached = 0
        self._allowed: dict[tuple[date, Filters], Allowed] = {}
        self.starts, self.ends = self._joined("starts"), self._joined("ends")
        self.live = _live(reader, self.size)

    def postings(self, field: str, term: str) -> Postings:
        """The weighed postings of a term in one of the ranked fields; empty when the term is unknown."""
        found = self._cache.get((field, term))
        if found is None:
            found = self._fields[field].weigh(*self._occurrences(field, term))
            self._remember((field, term), found)
        return found

    def idf(self, field: str, term: str) -> float:
        """How rare a term is, without weighing its postings; 0 when it is unknown."""
        wanted = _key(field, term)
        spans = (segment.find(wanted) for segment in self._segments)
        return self._fields[field].idf(sum(span.stop - span.start for span in spans))

    def prior(self, field: str) -> NDArray[np.float32]:
        """float32[size]: what each document's length takes from its score for each term of the question."""
        return self._fields[field].prior

    def having(self, field: str, term: str) -> NDArray[np.uint32]:
        """The documents, ascending, in which a term stands: in a ranked field or in one that is only looked up."""
        return self._occurrences(field, term)[0]

    def with_number(self, number: str) -> list[int]:
        """The documents that carry a document number with this key (see `DocNumber.key`)."""
        return [int(doc) for doc in self.having("doc_number", number)]

    def allowed(self, on: date, filters: Filters) -> Allowed:
        """Which documents are in force on that day (first and last day included) and pass the filters."""
        found = self._allowed.get((on, filters))
        if found is None:
            if len(self._allowed) >= MAX_ALLOWED:
                self._allowed.clear()
            found = self._allowed[(on, filters)] = allow(self, on, filters)
        return found

    def stored(self, doc: int) -> Stored:
        """The kept text of a document."""
        with self._reading, damage_named(self._folder):
            return Stored(*self._reader.stored_fields(doc)["shown"])

    def documents(self, mask: NDArray[np.bool_]) -> dict[str, int]:
        """Word → in how many of the documents of `mask` (bool[size]) it stands; no word that stands in none of them."""
        with self._reading, damage_named(self._folder):
            words = [term.decode() for term in self._reader.lexicon("words")]
        counted = ((word, int(mask[self.having("words", word)].sum())) for word in words)
        return {word: count for word, count in counted if count}

    def _occurrences(self, field: str, term: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Documents (numbered through all segments) and counts; straight from the mapped file where one has all."""
        wanted = _key(field, term)
        spans = (
            (base, segment, segment.find(wanted)) for base, segment in zip(self._bases, self._segments, strict=True)
        )
        found = [(base, segment.docs[span], segment.counts[span]) for base, segment, span in spans if span.stop]
        if len(found) == 1 and not found[0][0]:
            return found[0][1:]
        docs = [docs + np.uint32(base) for base, docs, _ in found]
        return _concatenated(docs, np.uint32), _concatenated([counts for _, _, counts in found], np.uint8)

    def _remember(self, term: tuple[str, str], postings: Postings) -> None:
        with self._remembering:
            self._cache[term] = postings
            self._cached += postings.size + 1  # so that endless unknown words fill it too
            while self._cached > MAX_CACHED:
                oldest = next(iter(self._cache))
                self._cached -= self._cache.pop(oldest).size + 1

    def _joined(self, name: str, row: int | None = None) -> Any:
        columns = [getattr(segment, name) for segment in self._segments]
        return _concatenated([column if row is None else column[row] for column in columns], None)


def _key(field: str, term: str) -> int:
    return key(field, term.encode(errors="replace"))  # a lone surrogate is in no text


def _concatenated(parts: list[Any], kind: Any) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _live(reader: Any, size: int) -> NDArray[np.bool_]:
    live = np.ones(size, dtype=np.bool_)
    for leaf, base in leaves_of(reader):
        for doc in leaf.segment().deleted_docs() if leaf.has_deletions() else ():
            live[base + doc] = False
    return live


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
    build = build_path(folder, pointer.build)
    with damage_named(folder):
        reader = open_dir(str(build)).reader()  # type: ignore[no-untyped-call]
        leaves = [leaf for leaf, _ in leaves_of(reader)]
        for leaf in leaves:
            leaf.stored_fields(0)  # opens the file now, before a writer may take it away
        return Snapshot(folder, pointer, reader, [load(leaf, build) for leaf in leaves])
