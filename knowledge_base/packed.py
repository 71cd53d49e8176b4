"""The postings of one Whoosh segment as flat arrays beside it: read by mapping them into memory, not by decoding.

Segments never change, so each is packed once, by the process that wrote it; a publish packs only the small segment it
made. Decoding every posting in Python when a question asks for it would cost a hundred times as long.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import shutil
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RANKED = ("words", "bigrams", "characters")
LOOKED_UP = ("doc_number", "is_public", "region", "unit", "audience", "type", "category")
KINDS: dict[str, type[np.generic]] = {
    "keys": np.uint64,
    "firsts": np.int64,
    "sizes": np.uint32,
    "docs": np.uint32,
    "counts": np.uint8,
    "lengths": np.float32,
    "starts": np.int32,
    "ends": np.int32,
}
"""The files of a packed segment and what numbers each holds, one after the other."""
MAX_COUNT = 255
"""How often a term stands in a document is kept in one byte; more often tells nothing more."""


@dataclass(frozen=True)
class Packed:
    """A segment of `d` documents, `t` terms (of all fields) and `p` postings.

    keys uint64[t] ascending (see `key`); firsts int64[t] and sizes uint32[t]: where a term's postings lie in docs
    uint32[p] (ascending for each term) and counts uint8[p]; lengths float32[3, d]: terms a document has in each field
    of RANKED; starts, ends int32[d]: first and last day in force, as ordinals.
    """

    keys: NDArray[np.uint64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.float32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def find(self, wanted: int) -> slice:
        """Where the postings of the term with this key lie; an empty slice when the segment has none."""
        at = int(self.keys.searchsorted(np.uint64(wanted)))  # the method: half the time of numpy's function
        if at == len(self.keys) or self.keys[at] != wanted:
            return slice(0, 0)
        return slice(int(self.firsts[at]), int(self.firsts[at]) + int(self.sizes[at]))


def key(field: str, term: bytes) -> int:
    """A term's 64 bits. Two of a million terms meet with a chance of one in ten millions."""
    return int.from_bytes(blake2b(term, digest_size=8, person=field.encode()).digest(), "big")


def leaves_of(reader: Any) -> list[tuple[Any, int]]:
    """The segments of an index, each with the number of its first document; an empty index has none."""
    return [(leaf, base) for leaf, base in reader.leaf_readers() if leaf.segment() is not None]


def pack_all(leaves: Iterable[Any], build: Path) -> None:
    """Pack the segments that are not yet packed; forget those that are gone, and what a killed writer began."""
    wanted = {_place(leaf, build): leaf for leaf in leaves}
    for place, leaf in wanted.items():
        if not place.exists():
            _save(decode(leaf), place)
    for place in set(build.glob("*packed-*")) - set(wanted):
        shutil.rmtree(place, ignore_errors=True)


def load(leaf: Any, build: Path) -> Packed:
    """The arrays of a segment: mapped, or decoded now when its writer has not packed it yet."""
    place = _place(leaf, build)
    try:
        packed = Packed(**{name: _mapped(place / name, kind) for name, kind in KINDS.items()})
    except FileNotFoundError:
        return decode(leaf)
    return _checked(packed, leaf.doc_count_all())


def decode(leaf: Any) -> Packed:
    """The arrays of a segment, read posting by posting through Whoosh's matchers."""
    docs, counts, sizes, keys = array("I"), array("B"), array("I"), array("Q")
    ends_of = dict.fromkeys(RANKED, 0)
    begins_of = dict.fromkeys(RANKED, 0)
    for field, term in leaf.all_terms():
        if field not in RANKED and field not in LOOKED_UP:
            continue
        if not ends_of.get(field):
            begins_of[field] = len(docs)
        before = len(docs)
        _read(leaf.postings(field, term), docs, counts)
        sizes.append(len(docs) - before)
        keys.append(key(field, term))
        ends_of[field] = len(docs)
    spans = [slice(begins_of[field], ends_of[field]) for field in RANKED]
    return _arrays(leaf, np.array(keys), np.array(sizes), np.array(docs), np.array(counts), spans)


def _read(matcher: Any, docs: array[int], counts: array[int]) -> None:
    identify, weigh, step = matcher.id, matcher.weight, matcher.next
    while matcher.is_active():
        docs.append(identify())
        counts.append(min(int(weigh()), MAX_COUNT))
        step()


def _arrays(
    leaf: Any,
    keys: NDArray[np.uint64],
    sizes: NDArray[np.uint32],
    docs: NDArray[np.uint32],
    counts: NDArray[np.uint8],
    spans: list[slice],
) -> Packed:
    order = np.argsort(keys)
    firsts = np.cumsum(sizes, dtype=np.int64) - sizes
    many = leaf.doc_count_all()
    lengths = [np.bincount(docs[span], weights=counts[span], minlength=many) for span in spans]
    return Packed(
        keys=keys[order],
        firsts=firsts[order],
        sizes=sizes[order],
        docs=docs,
        counts=counts,
        lengths=np.array(lengths, dtype=np.float32),
        starts=np.fromiter(leaf.column_reader("starts"), np.int32, many),
        ends=np.fromiter(leaf.column_reader("ends"), np.int32, many),
    )


def _place(leaf: Any, build: Path) -> Path:
    return build / f"packed-{leaf.segment().segment_id()}"


def _save(packed: Packed, place: Path) -> None:
    """Written beside and renamed: a reader finds all of it or nothing."""
    fresh = place.with_name(f"new-{place.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in KINDS:
        getattr(packed, name).tofile(fresh / name)
    fresh.rename(place)


def _mapped(path: Path, kind: type[np.generic]) -> Any:
    """A plain array over the mapped file. numpy's own format would parse a header in every thread, which fails at times
    (CPython 3.11: "AST constructor recursion depth mismatch"), and its memmap class is slow to slice."""
    if not path.stat().st_size:
        return np.zeros(0, kind)
    return np.memmap(path, kind, mode="r").view(np.ndarray)


def _checked(packed: Packed, many: int) -> Packed:
    """The arrays of `many` documents, if they fit together: a file cut off by a full disk does not."""
    terms = len(packed.keys) == len(packed.firsts) == len(packed.sizes)
    postings = len(packed.docs) == len(packed.counts) == int(packed.sizes.sum())
    if not (terms and postings and len(packed.starts) == len(packed.ends) == many):
        raise ValueError("packed postings do not fit together")
    return replace(packed, lengths=packed.lengths.reshape(len(RANKED), many))
