"""One Whoosh segment as flat arrays beside it, read a slice at a time, and its titles and words as spelt.

Segments never change, so each is packed once, by the process that wrote it; a publish packs only the small segment it
made. Decoding every posting in Python when a question asks for it would cost a hundred times as long.
"""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import json
import os
import shutil
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge_base.did_you_mean import Words
from knowledge_base.segment import Segmenter
from knowledge_base.suggest import Titles
from knowledge_base.weighting import encode

RANKED = ("words", "bigrams", "characters")
LOOKED_UP = ("doc_number", "is_public", "region", "unit", "audience", "type", "category")
KINDS: dict[str, type[np.generic]] = {
    "keys": np.uint64,
    "firsts": np.int64,
    "sizes": np.uint32,
    "totals": np.uint32,
    "lengths": np.float32,
    "starts": np.int32,
    "ends": np.int32,
    "entries": np.int64,
    "title_docs": np.uint32,
}
"""The files of numbers of a packed segment, and what each holds, one after the other."""
POSTINGS: dict[str, type[np.generic]] = {"docs": np.uint32, "codes": np.uint16}
"""The large ones, of which only what a question asks for is read."""
TEXTS = ("title_text", "title_initials", "title_pinyin", "words", "sounds")
"""Its files of text; see Titles and Words."""
RECORD = "bytes.json"
"""How many bytes each file was written with: what maps a shorter file dies of reading beyond its end (SIGBUS)."""
MAX_COUNT = 255
"""How often a term stands in a document is kept in one byte; more often tells nothing more."""


class Term(NamedTuple):
    """Where a term's postings lie in `docs` and `codes`, and how often it stands in the segment."""

    span: slice
    total: int


class OnDisk:
    """Numbers of one kind in a file. A slice is a copy: of a file that is cut off meanwhile, reading on is an error,
    where it would kill a process that had mapped it; and the process's memory does not grow with what it has read.
    """

    def __init__(self, path: Path, kind: type[np.generic]) -> None:
        self._file = path.open("rb", buffering=0)
        self._kind = np.dtype(kind)
        self._length = path.stat().st_size // self._kind.itemsize

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, span: slice) -> NDArray[Any]:
        size = self._kind.itemsize
        raw = os.pread(self._file.fileno(), (span.stop - span.start) * size, span.start * size)
        if len(raw) != (span.stop - span.start) * size:
            raise ValueError(f"{self._file.name} ends before {span.stop}")
        return np.frombuffer(raw, self._kind)


UNSPELT = Titles(np.zeros(0, np.uint32), "", "", "")


@dataclass(frozen=True)
class Packed:
    """A segment of `d` documents, `t` terms (of all fields) and `p` postings.

    keys uint64[t] ascending (see `key`); firsts int64[t] and sizes uint32[t]: where a term's postings lie in docs
    uint32[p] (ascending for each term) and codes uint16[p] (see `weighting`); totals uint32[t]: how often a term stands
    in all of them; lengths float32[3, d]: terms a document has in each field of RANKED; starts, ends int32[d]: first
    and last day in force, as ordinals; entries int64[d]: whose version a document is.
    """

    keys: NDArray[np.uint64]
    firsts: NDArray[np.int64]
    sizes: NDArray[np.uint32]
    docs: NDArray[np.uint32] | OnDisk
    codes: NDArray[np.uint16] | OnDisk
    totals: NDArray[np.uint32]
    lengths: NDArray[np.float32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    entries: NDArray[np.int64]
    titles: Titles
    words: Words

    def find(self, wanted: int) -> Term | None:
        """The term with this key; None when the segment has none."""
        at = int(self.keys.searchsorted(np.uint64(wanted)))  # the method: half the time of numpy's function
        if at == len(self.keys) or self.keys[at] != wanted:
            return None
        first = int(self.firsts[at])
        return Term(slice(first, first + int(self.sizes[at])), int(self.totals[at]))


def key(field: str, term: bytes) -> int:
    """A term's 64 bits. Two of a million terms meet with a chance of one in ten millions."""
    return int.from_bytes(blake2b(term, digest_size=8, person=field.encode()).digest(), "big")


def leaves_of(reader: Any) -> list[tuple[Any, int]]:
    """The segments of an index, each with the number of its first document; an empty index has none."""
    return [(leaf, base) for leaf, base in reader.leaf_readers() if leaf.segment() is not None]


def pack_all(leaves: Iterable[Any], build: Path, segmenter: Segmenter) -> None:
    """Pack the segments that are not yet packed; forget those that are gone, and what a killed writer began."""
    wanted = {_place(leaf, build): leaf for leaf in leaves}
    for place, leaf in wanted.items():
        if not (place / RECORD).exists():
            _save(decode(leaf, segmenter), place)
    for place in set(build.glob("*packed-*")) - set(wanted):
        shutil.rmtree(place, ignore_errors=True)


def load(leaf: Any, build: Path) -> Packed:
    """A segment: from its files, or decoded now (its titles and words unspelt) when its writer has not packed it yet.

    Raises ValueError for files that are not as long as they were written, OSError.
    """
    place = _place(leaf, build)
    try:
        _refuse_cut_files(place)
        numbers: dict[str, Any] = {name: np.fromfile(place / name, kind) for name, kind in KINDS.items()}
        numbers |= {name: OnDisk(place / name, kind) for name, kind in POSTINGS.items()}
        texts = [(place / name).read_text() for name in TEXTS]
    except FileNotFoundError:
        return decode(leaf)
    titles = Titles(numbers.pop("title_docs"), *texts[:3])
    return _checked(Packed(**numbers, titles=titles, words=Words(*texts[3:])), leaf.doc_count_all())


def decode(leaf: Any, segmenter: Segmenter | None = None) -> Packed:
    """A segment, read posting by posting through Whoosh's matchers; titles and words only with a segmenter."""
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
    arrays = _arrays(leaf, np.array(keys), np.array(sizes), np.array(docs), np.array(counts), spans)
    kept = [leaf.stored_fields(doc)["shown"] for doc in range(leaf.doc_count_all())]
    titles, words = UNSPELT, Words("", "")
    if segmenter is not None:
        titles = Titles.spelt((one[2] for one in kept), segmenter)
        words = Words.heard([term.decode() for term in leaf.lexicon("words")])
    return Packed(**arrays, entries=np.array([one[0] for one in kept], np.int64), titles=titles, words=words)


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
) -> dict[str, Any]:
    order = np.argsort(keys)
    firsts = np.cumsum(sizes, dtype=np.int64) - sizes
    many = leaf.doc_count_all()
    lengths = np.array([np.bincount(docs[span], weights=counts[span], minlength=many) for span in spans], np.float32)
    codes = np.zeros(len(docs), np.uint16)
    for span, long in zip(spans, lengths, strict=True):
        codes[span] = encode(counts[span], docs[span], long)
    totals, occurs = np.zeros(len(sizes), np.uint32), sizes > 0  # a segment may have lost documents before it is packed
    totals[occurs] = np.add.reduceat(counts, firsts[occurs], dtype=np.uint32) if occurs.any() else 0
    return {
        "keys": keys[order],
        "firsts": firsts[order],
        "sizes": sizes[order],
        "docs": docs,
        "codes": codes,
        "totals": totals[order],
        "lengths": lengths,
        "starts": np.fromiter(leaf.column_reader("starts"), np.int32, many),
        "ends": np.fromiter(leaf.column_reader("ends"), np.int32, many),
    }


def _place(leaf: Any, build: Path) -> Path:
    return build / f"packed-{leaf.segment().segment_id()}"


def _save(packed: Packed, place: Path) -> None:
    """Written beside and renamed: a reader finds all of it or nothing."""
    fresh = place.with_name(f"new-{place.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in (*KINDS, *POSTINGS):
        (packed.titles.docs if name == "title_docs" else getattr(packed, name)).tofile(fresh / name)
    titles, words = packed.titles, packed.words
    texts = (titles.text, titles.initials, titles.pinyin, words.text, words.sounds)
    for name, text in zip(TEXTS, texts, strict=True):
        (fresh / name).write_text(text)
    (fresh / RECORD).write_text(
        json.dumps({name: (fresh / name).stat().st_size for name in (*KINDS, *POSTINGS, *TEXTS)})
    )
    shutil.rmtree(place, ignore_errors=True)
    fresh.rename(place)


def _refuse_cut_files(place: Path) -> None:
    """Before anything is mapped: a full disk, a power cut or a bad copy may have left a file shorter than it was."""
    for name, size in json.loads((place / RECORD).read_text()).items():
        if (place / name).stat().st_size != size:
            raise ValueError(f"{place / name} has not the {size} bytes it was written with")


def _checked(packed: Packed, many: int) -> Packed:
    """The arrays of `many` documents, if they fit together: a file cut off by a full disk does not."""
    terms = len(packed.keys) == len(packed.firsts) == len(packed.sizes)
    postings = len(packed.docs) == len(packed.codes) == int(packed.sizes.sum())
    if not (terms and postings and len(packed.starts) == len(packed.ends) == many):
        raise ValueError("packed postings do not fit together")
    return replace(packed, lengths=packed.lengths.reshape(len(RANKED), many))
