"""Did you mean: a word nobody wrote in the knowledge base → one that sounds the same or differs by one character.

Only ever offered, never searched for unasked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge_base.pinyin import alone, split, syllables
from knowledge_base.segment import Segmenter

MAX_WORD = 8
"""Characters of a word, and pieces of a misspelt one."""
_RARE = 1
"""Documents: a word in no more than one may be a slip that got into a text."""
_OFTEN = 3
"""Documents a word must be in to be offered."""
MAX_QUESTION = 60


@dataclass(frozen=True)
class Words:
    """The words of a segment in ascending order, a line each, and in the same lines how each sounds."""

    text: str
    sounds: str

    @classmethod
    def heard(cls, words: Sequence[str]) -> Words:
        """Ascending words with their sounds; pinyin takes some 0.1 ms each, so this is done once a segment."""
        return cls("\n".join(words), "\n".join(_sound_of(word) for word in words))

    @cached_property
    def _words(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _alike(self) -> dict[str, list[str]]:
        """Sound → the words that have it."""
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for word, sound in zip(self._words, self.sounds.split("\n"), strict=True):
            if sound:
                alike[sound].append(word)
        return dict(alike)

    @cached_property
    def _ending(self) -> dict[str, list[str]]:
        """Last character → the words that end in it."""
        ending: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if _is_offered(word):
                ending[word[-1]].append(word)
        return dict(ending)

    def sounding(self, sound: str) -> Sequence[str]:
        """The words that sound so."""
        return self._alike.get(sound, ())

    def neighbours(self, word: str) -> Iterator[str]:
        """The words an edit away; one edit leaves the first or the last character as it is."""
        beginning = self._words[bisect_left(self._words, word[0]) : bisect_left(self._words, chr(ord(word[0]) + 1))]
        near = (*filter(_is_offered, beginning), *self._ending.get(word[-1], ()))
        return (known for known in near if _one_edit(word, known))


@dataclass(frozen=True)
class Vocabulary:
    """The words of all segments. `documents`: in how many documents a word is that this reader may see."""

    parts: Sequence[Words]
    documents: Callable[[str], int]

    def alternative(self, word: str) -> str | None:
        """The word meant instead of an unknown or rare one: same sound before one edit, then the more frequent."""
        if len(word) < 2 or self.documents(word) > _RARE:
            return None
        sound = "".join(split(word) or alone(word))
        alike = {known for part in self.parts for known in part.sounding(sound)} - {word}
        return self._most_frequent(alike) or (
            self._most_frequent({known for part in self.parts for known in part.neighbours(word)})
            if len(word) > 2
            else None
        )

    def _most_frequent(self, words: Iterable[str]) -> str | None:
        counted = [(self.documents(word), word) for word in words]
        return max((pair for pair in counted if pair[0] >= _OFTEN), default=(0, None))[1]


def did_you_mean(
    question: str, segmenter: Segmenter, vocabulary: Vocabulary, stands: Callable[[str], bool] = lambda _word: True
) -> str | None:
    """The question with its unknown words replaced, or None when nothing better is known.

    Unknown are words in no document, and neighbouring single characters that make no word together (够置). `stands`
    has the last word on what may be offered: a vocabulary may be a little older than what it was made from.
    """
    tokens = segmenter.words(question[:MAX_QUESTION])
    pieces, at, changed = [], 0, False
    while at < len(tokens):
        end, meant = _replaced(tokens, at, vocabulary, stands)
        pieces.append(meant or tokens[at])
        at, changed = end, changed or meant is not None
    return "".join(pieces) if changed else None


def _replaced(
    tokens: Sequence[str], at: int, vocabulary: Vocabulary, stands: Callable[[str], bool]
) -> tuple[int, str | None]:
    """(where to go on, word meant) for the longest stretch of unknown tokens here that has an alternative."""
    end = at
    while end < min(len(tokens), at + MAX_WORD) and _doubtful(tokens[end], vocabulary):
        end += 1
    for stop in range(end, at, -1):
        meant = vocabulary.alternative("".join(tokens[at:stop]))
        if meant and stands(meant):
            return stop, meant
    return at + 1, None


def _doubtful(token: str, vocabulary: Vocabulary) -> bool:
    return token.isalnum() and (len(token) == 1 or vocabulary.documents(token) <= _RARE)


def _is_offered(word: str) -> bool:
    return 1 < len(word) <= MAX_WORD and not word.isascii()


def _sound_of(word: str) -> str:
    return "".join(syllables(word)) if _is_offered(word) else ""


def _one_edit(one: str, other: str) -> bool:
    """Whether one inserted, left out, changed or swapped character makes one word the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped
    short, long = sorted((one, other), key=len)
    return short[at:] == long[at + 1 :]
