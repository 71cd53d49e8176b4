"""One generation of the index, open for reading: postings, dates and stored text. Immutable; open a new one to follow.

Whoosh stores it all; ranking reads the packed arrays beside its segments (see `packed`), not through its searcher,
which is far slower on long questions.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import threading
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.index import open_dir

from knowledge_base.did_you_mean import Vocabulary
from knowledge_base.filters import Allowed, Filters, allow
from knowledge_base.index import IndexDamaged, Pointer, build_path, damage_named, read_pointer
from knowledge_base.packed import RANKED, UNSPELT, Packed, Term, key, leaves_of, load
from knowledge_base.suggest import Suggestion, best
from knowledge_base.weighting import Field, Occurrences, Postings, Spread

COMMON = 4
"""A term in more than one of so many documents is kept as one array over all of them."""
MAX_KEPT = 5_000_000
"""Numbers in those arrays, four bytes each, per generation."""
MAX_FOUND = 8000
"""Terms whose places in the files are remembered."""
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

    segments: by Whoosh's name for each, in the order of their documents.
    live bool[size]; starts, ends int32[size]: first and last day in force as ordinals. Every method may raise
    IndexDamaged.
    """

    def __init__(self, folder: Path, pointer: Pointer, reader: Any, segments: dict[str, Packed]) -> None:
        self.pointer = pointer
        self.doc_count: int = reader.doc_count()
        self.size: int = reader.doc_count_all()
        self._folder = folder
        self._reader = reader
        self._reading, self._keeping = threading.Lock(), threading.Lock()  # Whoosh's readers share a file position
        self.segments = segments
        self._bases = [base for _, base in leaves_of(reader)]
        self._fields = {name: Field(self._joined("lengths", i)) for i, name in enumerate(RANKED)}
        self._places = lru_cache(MAX_FOUND)(self._find)
        self._common: dict[tuple[str, str], Spread] = {}
        self._allowed: dict[tuple[date, Filters], Allowed] = {}
        self.starts, self.ends, self._entries = (self._joined(name) for name in ("starts", "ends", "entries"))
        self.live = _live(reader, self.size)

    def postings(self, field: str, term: str) -> Postings | Spread:
        """The weighed postings of a term in one of the ranked fields."""
        if (kept := self._common.get((field, term))) is not None:
            return kept
        parts, total = self._look_up(field, term)
        found = self._fields[field].weigh(parts, total)
        if self._count(field, term) * COMMON <= self.size:
            return found
        return self._keep((field, term), found)

    def idf(self, field: str, term: str) -> float:
        """How rare a term is, without weighing its postings; 0 when it is unknown."""
        return self._fields[field].idf(self._count(field, term))

    def prior(self, field: str) -> NDArray[np.float32]:
        """float32[size]: what each document's length takes from its score for each term of the question."""
        return self._fields[field].prior

    def having(self, field: str, term: str) -> NDArray[np.uint32]:
        """The documents, ascending, in which a term stands: in a ranked field or in one that is only looked up."""
        found: NDArray[np.uint32] = _concatenated(
            [part.docs + np.uint32(part.base) for part in self._look_up(field, term)[0]], np.uint32
        )
        return found

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

    def suggest(self, typed: str, *, on: date, filters: Filters, top: int) -> list[int]:
        """The entries in force that day whose titles fit what was typed, best first."""
        allowed, found = self.allowed(on, filters).mask, list[Suggestion]()
        for base, segment in zip(self._bases, self.segments.values(), strict=True):
            mine = segment.titles.suggest(typed, top=top, allowed=allowed[base : base + len(segment.entries)])
            found += [replace(one, doc=base + one.doc) for one in mine]
        return [int(self._entries[one.doc]) for one in best(found, top)]

    def vocabulary(self, on: date, filters: Filters) -> Vocabulary:
        """The words of the entries in force that day."""
        allowed = self.allowed(on, filters).mask
        return Vocabulary(
            [segment.words for segment in self.segments.values()],
            lambda word: int(allowed[self.having("words", word)].sum()),
        )

    def _look_up(self, field: str, term: str) -> tuple[list[Occurrences], int]:
        """A term's postings, and how often it stands in all of them."""
        found = self._places(field, term)
        with damage_named(self._folder):
            parts = [Occurrences(base, part.docs[term.span], part.codes[term.span]) for base, term, part in found]
        return parts, sum(term.total for _, term, _ in found)

    def _find(self, field: str, term: str) -> list[tuple[int, Term, Packed]]:
        """The segments that have a term, each with the number of its first document, and where there."""
        wanted = key(field, term.encode(errors="replace"))  # a lone surrogate is in no text
        pairs = zip(self._bases, self.segments.values(), strict=True)
        return [(base, found, segment) for base, segment in pairs if (found := segment.find(wanted))]

    def _count(self, field: str, term: str) -> int:
        return sum(term.span.stop - term.span.start for _, term, _ in self._places(field, term))

    def _keep(self, term: tuple[str, str], postings: Postings) -> Spread:
        gains = np.zeros(self.size, np.float32)
        postings.add_to(gains)
        spread = Spread(gains)
        with self._keeping:
            self._common[term] = spread
            while len(self._common) * self.size > MAX_KEPT:
                del self._common[next(iter(self._common))]
        return spread

    def _joined(self, name: str, row: int | None = None) -> Any:
        columns = [getattr(segment, name) for segment in self.segments.values()]
        return _concatenated([column if row is None else column[row] for column in columns], None)


def _concatenated(parts: list[Any], kind: Any) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _live(reader: Any, size: int) -> NDArray[np.bool_]:
    live = np.ones(size, dtype=np.bool_)
    for leaf, base in leaves_of(reader):
        for doc in leaf.segment().deleted_docs() if leaf.has_deletions() else ():
            live[base + doc] = False
    return live


def open_index(folder: Path, held: Snapshot | None = None) -> Snapshot:
    """The present generation of the index in `folder`; segments that `held` has too are not read again.

    Raises IndexDamaged.
    """
    for _ in range(TRIES - 1):
        try:
            return _open(folder, held)
        except IndexDamaged as error:
            # A writer takes files away that its commit made obsolete; between reading their names and opening them
            # they may go. The next try reads the new names.
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return _open(folder, held)


def _open(folder: Path, held: Snapshot | None) -> Snapshot:
    pointer = read_pointer(folder)
    build = build_path(folder, pointer.build)
    kept = held.segments if held and held.pointer.build == pointer.build else {}
    with damage_named(folder):
        reader = open_dir(str(build)).reader()  # type: ignore[no-untyped-call]
        segments = {}
        for leaf, _ in leaves_of(reader):
            _hold_texts(leaf)
            name = leaf.segment().segment_id()
            segments[name] = kept[name] if name in kept and kept[name].titles is not UNSPELT else load(leaf, build)
        return Snapshot(folder, pointer, reader, segments)


def _hold_texts(leaf: Any) -> None:
    """Open the file of a segment's texts now, before a writer may take it away. Raises FileNotFoundError."""
    try:
        leaf.stored_fields(0)
    except TypeError as gone:  # Whoosh has looked whether the file is there, and goes on with None when it is not
        raise FileNotFoundError("the texts of a segment") from gone
