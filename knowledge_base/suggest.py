"""Titles while somebody types: by their beginning, any part, an abbreviation, pinyin initials or full pinyin."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

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
How = Literal["prefix", "part", "abbreviation", "initials", "pinyin"]


@dataclass(frozen=True)
class Suggestion:
    """A title that fits what was typed, and how it does."""

    id: int
    title: str
    how: How


@dataclass(frozen=True)
class _Spelt:
    """A title in the three spellings that are searched: normalised, "gxjsqy", " gao xin ji shu qi ye"."""

    text: str
    initials: str
    pinyin: str


class _Lines:
    """Many short texts in one string, so that one search goes through all of them in C."""

    def __init__(self, lines: Iterable[str]) -> None:
        kept = list(lines)
        self._text = "\n" + "\n".join(kept) + "\n"
        self._starts = array("Q", accumulate((len(line) + 1 for line in kept), initial=1))

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


class Titles:
    """All titles that may be suggested to one kind of reader, as (id, title).

    A title is spelt once: `previous` hands on the spellings when the set is made anew after a change. Shorter titles
    come first, so that the first fits found are the best ones.
    """

    def __init__(
        self, titles: Iterable[tuple[int, str]], segmenter: Segmenter, previous: "Titles | None" = None
    ) -> None:
        self._titles = sorted(titles, key=lambda pair: (len(pair[1]), pair[0]))
        known = previous._known if previous else {}
        self._known: dict[str, _Spelt] = {
            title: known.get(title) or _spell(title, segmenter) for _, title in self._titles
        }
        spelt = [self._known[title] for _, title in self._titles]
        self._words = [one.text for one in spelt]
        self._all_words = _Lines(self._words)
        self._initials = _Lines(one.initials for one in spelt)
        self._pinyin = _Lines(one.pinyin for one in spelt)
        self._places = _places(self._words)
        self._sorted = sorted(range(len(spelt)), key=self._words.__getitem__)

    def suggest(self, typed: str, *, top: int = 8) -> list[Suggestion]:
        """The best `top` titles for what was typed in any script and width, best first, equal titles once."""
        wanted = "".join(normalise(typed[:MAX_TYPED]).split())
        found: dict[str, Suggestion] = {}
        for at, how in self._found(wanted) if wanted else ():
            entry, title = self._titles[at]
            found.setdefault(title, Suggestion(entry, title, how))
            if len(found) == top:
                break
        return list(found.values())

    def _found(self, wanted: str) -> Iterator[tuple[int, How]]:
        yield from ((at, "prefix") for at in self._beginning(wanted))
        yield from ((at, "part") for at in self._holding(wanted))
        if _LATIN.fullmatch(wanted):
            yield from ((at, "initials") for at in self._initials.holding("\n" + wanted))
            parts = split(wanted)
            yield from ((at, "pinyin") for at in self._pinyin.holding(" " + " ".join(parts))) if parts else ()
            yield from ((at, "initials") for at in self._initials.holding(wanted))
        elif len(wanted) > 1:
            yield from ((at, "abbreviation") for at in self._abbreviated(wanted))

    def _beginning(self, wanted: str) -> list[int]:
        start = bisect_left(self._sorted, wanted, key=self._words.__getitem__)
        end = bisect_left(self._sorted, wanted + "\U0010ffff", lo=start, key=self._words.__getitem__)
        return sorted(self._sorted[start:end])

    def _holding(self, wanted: str) -> Iterator[int]:
        few = self._rarest(wanted)
        if len(few) > _FEW:
            return self._all_words.holding(wanted)
        return (at for at in few if wanted in self._words[at])

    def _abbreviated(self, wanted: str) -> Iterator[int]:
        """高企 → 高新技术企业: its characters in this order, with little between."""
        pattern = re.compile(f"[^\\n]{{0,{_MAX_GAP}}}?".join(re.escape(char) for char in wanted))
        few = self._rarest(wanted)
        if len(few) > _FEW:
            return self._all_words.matching(pattern)
        return (at for at in few if pattern.search(self._words[at]))

    def _rarest(self, wanted: str) -> "array[int]":
        """The titles that hold the rarest character of it."""
        return min((self._places.get(char, _NOWHERE) for char in wanted), key=len)


_NOWHERE = array("I")


def _spell(title: str, segmenter: Segmenter) -> _Spelt:
    words = segmenter.words(title.replace("\n", " "))
    # only Latin is typed; and in a string of one byte a character Python searches several times faster
    sounds = [sound for word in words for sound in syllables(word) if sound.isascii()]
    return _Spelt(
        "".join("".join(words).split()), "".join(sound[0] for sound in sounds), "".join(f" {sound}" for sound in sounds)
    )


def _places(lines: Iterable[str]) -> dict[str, "array[int]"]:
    """Character → the lines that hold it, in order."""
    places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
    for number, line in enumerate(lines):
        for char in set(line):
            places[char].append(number)
    return dict(places)
