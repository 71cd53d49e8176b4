"""Titles while somebody types: by their beginning, any part, an abbreviation, pinyin initials or full pinyin."""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from knowledge_base.normalise import normalise
from knowledge_base.pinyin import split, syllables
from knowledge_base.segment import Segmenter

MAX_TYPED = 40
"""Characters; longer input is a question, not the beginning of a title."""
_FEW = 8000
"""Titles that are cheaper to look at one by one than to search all of them at once."""
_MAX_GAP = 6
"""Characters an abbreviation may leave out between two of its own."""
_LATIN = re.compile(r"[a-z0-9]+")
HOWS = ("prefix", "part", "abbreviation", "initials", "pinyin")
How = Literal["prefix", "part", "abbreviation", "initials", "pinyin"]


@dataclass(frozen=True)
class Suggestion:
    """A title (normalised) that fits what was typed, whose it is, and how it fits."""

    doc: int
    title: str
    how: How

    @property
    def place(self) -> tuple[int, int, int]:
        """Ascending: the better fit, the shorter title, the earlier document."""
        return HOWS.index(self.how), len(self.title), self.doc


class _Lines:
    """Many short texts in one string, so that one search goes through all of them in C."""

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}\n"
        self._starts = array("Q", (found.end() for found in re.finditer("\n", self._text)))

    def line(self, number: int) -> str:
        """One of them."""
        return self._text[self._starts[number] : self._starts[number + 1] - 1]

    def holding(self, part: str) -> Iterator[int]:
        """The lines that hold it, in order, each once. A part that begins with a line break begins a line."""
        at = self._text.find(part)
        while at >= 0:
            line = bisect_right(self._starts, at + part.startswith("\n")) - 1
            yield line
            at = self._text.find(part, self._starts[line + 1] - 1)

    def matching(self, pattern: re.Pattern[str]) -> Iterator[int]:
        """The lines that match, likewise; the pattern must not reach over a line's end."""
        found = pattern.search(self._text)
        while found:
            line = bisect_right(self._starts, found.start()) - 1
            yield line
            found = pattern.search(self._text, self._starts[line + 1] - 1)


@dataclass(frozen=True)
class Titles:
    """The titles of a segment, in lines of three spellings: normalised, "gxjsqy", " gao xin ji shu qi ye".

    docs uint32[n]: whose title the n-th line is. Shorter titles come first, so that the first fits are the best.
    """

    docs: NDArray[np.uint32]
    text: str
    initials: str
    pinyin: str

    @classmethod
    def spelt(cls, titles: Iterable[str], segmenter: Segmenter) -> Titles:
        """The titles of documents 0, 1, 2 …; pinyin takes some 0.2 ms each, so this is done once a segment."""
        spelt = [_spell(title, segmenter) for title in titles]
        docs = sorted(range(len(spelt)), key=lambda doc: (len(spelt[doc][0]), doc))
        lines = ("\n".join(spelt[doc][kind] for doc in docs) for kind in range(3))
        return cls(np.array(docs, np.uint32), *lines)

    def suggest(self, typed: str, *, top: int = 8, allowed: NDArray[np.bool_] | None = None) -> list[Suggestion]:
        """The best `top` titles for what was typed in any script and width, best first, equal titles once.

        allowed bool[d]: the documents that may be suggested; None = all.
        """
        wanted = "".join(normalise(typed[:MAX_TYPED]).split())
        found: dict[str, Suggestion] = {}
        for at, how in self._found(wanted) if wanted and len(self.docs) else ():
            doc, title = int(self.docs[at]), self._word(at)
            if allowed is None or allowed[doc]:
                found.setdefault(title, Suggestion(doc, title, how))
            if len(found) == top:
                break
        return list(found.values())

    def _found(self, wanted: str) -> Iterator[tuple[int, How]]:
        yield from ((at, "prefix") for at in self._beginning(wanted))
        yield from ((at, "part") for at in self._holding(wanted))
        if _LATIN.fullmatch(wanted):
            yield from ((at, "initials") for at in self._all_initials.holding("\n" + wanted))
            parts = split(wanted)
            yield from ((at, "pinyin") for at in self._all_pinyin.holding(" " + " ".join(parts))) if parts else ()
            yield from ((at, "initials") for at in self._all_initials.holding(wanted))
        elif len(wanted) > 1:
            yield from ((at, "abbreviation") for at in self._abbreviated(wanted))

    def _beginning(self, wanted: str) -> list[int]:
        start = bisect_left(self._sorted, wanted, key=self._word)
        end = bisect_left(self._sorted, wanted + "\U0010ffff", lo=start, key=self._word)
        return sorted(self._sorted[start:end])

    def _holding(self, wanted: str) -> Iterator[int]:
        few = self._rarest(wanted)
        if len(few) > _FEW:
            return self._all_words.holding(wanted)
        return (at for at in few if wanted in self._word(at))

    def _abbreviated(self, wanted: str) -> Iterator[int]:
        """高企 → 高新技术企业: its characters in this order, with little between."""
        pattern = re.compile(f"[^\\n]{{0,{_MAX_GAP}}}?".join(re.escape(char) for char in wanted))
        few = self._rarest(wanted)
        if len(few) > _FEW:
            return self._all_words.matching(pattern)
        return (at for at in few if pattern.search(self._word(at)))

    def _rarest(self, wanted: str) -> array[int]:
        """The titles that hold the rarest character of it."""
        return min((self._places.get(char, _NOWHERE) for char in wanted), key=len)

    def _word(self, line: int) -> str:
        return self._all_words.line(line)

    @cached_property
    def _all_words(self) -> _Lines:
        return _Lines(self.text)

    @cached_property
    def _all_initials(self) -> _Lines:
        return _Lines(self.initials)

    @cached_property
    def _all_pinyin(self) -> _Lines:
        return _Lines(self.pinyin)

    @cached_property
    def _sorted(self) -> array[int]:
        words = self.text.split("\n")
        return array("I", sorted(range(len(words)), key=words.__getitem__))

    @cached_property
    def _places(self) -> dict[str, array[int]]:
        """Character → the lines that hold it, in order."""
        places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, line in enumerate(self.text.split("\n")):
            for char in set(line):
                places[char].append(number)
        return dict(places)


_NOWHERE = array("I")


def best(found: Iterable[Suggestion], top: int) -> list[Suggestion]:
    """The best of what several segments suggest, equal titles once."""
    once = {one.title: one for one in sorted(found, key=lambda one: one.place, reverse=True)}
    return sorted(once.values(), key=lambda one: one.place)[:top]


def _spell(title: str, segmenter: Segmenter) -> tuple[str, str, str]:
    words = segmenter.words(title.replace("\n", " "))
    # only Latin is typed; and in a string of one byte a character Python searches several times faster
    sounds = [sound for word in words for sound in syllables(word) if sound.isascii()]
    text = "".join("".join(words).split())
    return text, "".join(sound[0] for sound in sounds), "".join(f" {sound}" for sound in sounds)
