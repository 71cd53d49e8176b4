"""Did you mean: a word nobody wrote in the knowledge base → one that sounds the same or differs by one character.

Only ever offered, never searched for unasked.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from knowledge_base.pinyin import split, syllables
from knowledge_base.segment import Segmenter

MAX_WORD = 8
"""Characters of a word, and pieces of a misspelt one."""
_RARE = 1
"""Documents: a word in no more than one may be a slip that got into a text."""
_OFTEN = 3
"""Documents a word must be in to be offered."""
MAX_QUESTION = 60


class Vocabulary:
    """The words of an index and in how many documents each is; made once an index generation.

    Words in fewer than `_OFTEN` documents and single characters are not offered, so they are not kept.
    """

    def __init__(self, documents: Mapping[str, int]) -> None:
        self._documents = dict(documents)
        offered = [word for word, count in documents.items() if count >= _OFTEN and 1 < len(word) <= MAX_WORD]
        self._words = sorted(word for word in offered if not word.isascii())
        self._reversed = sorted(word[::-1] for word in self._words)
        self._sounds: dict[str, list[str]] = {}
        for word in self._words:
            self._sounds.setdefault("".join(syllables(word)), []).append(word)

    def documents(self, word: str) -> int:
        """In how many documents the word is."""
        return self._documents.get(word, 0)

    def alternative(self, word: str) -> str | None:
        """The word meant instead of an unknown or rare one: same sound before one edit, then the more frequent."""
        if len(word) < 2 or self.documents(word) > _RARE:
            return None
        alike = [known for known in self._sounds.get(_sound(word), ()) if known != word]
        if not alike and len(word) > 2:
            alike = [known for known in self._neighbours(word) if _one_edit(word, known)]
        return max(alike, key=lambda known: (self.documents(known), known), default=None)

    def _neighbours(self, word: str) -> Iterator[str]:
        """One edit leaves the first or the last character as it is."""
        yield from _starting(self._words, word[0])
        yield from (found[::-1] for found in _starting(self._reversed, word[-1]))


def did_you_mean(question: str, segmenter: Segmenter, vocabulary: Vocabulary) -> str | None:
    """The question with its unknown words replaced, or None when nothing better is known.

    Unknown are words in no document, and neighbouring single characters that make no word together (够置).
    """
    tokens = segmenter.words(question[:MAX_QUESTION])
    pieces, at, changed = [], 0, False
    while at < len(tokens):
        end, meant = _replaced(tokens, at, vocabulary)
        pieces.append(meant or tokens[at])
        at, changed = end, changed or meant is not None
    return "".join(pieces) if changed else None


def _replaced(tokens: Sequence[str], at: int, vocabulary: Vocabulary) -> tuple[int, str | None]:
    """(where to go on, word meant) for the longest stretch of unknown tokens here that has an alternative."""
    end = at
    while end < min(len(tokens), at + MAX_WORD) and _doubtful(tokens[end], vocabulary):
        end += 1
    for stop in range(end, at, -1):
        meant = vocabulary.alternative("".join(tokens[at:stop]))
        if meant:
            return stop, meant
    return at + 1, None


def _doubtful(token: str, vocabulary: Vocabulary) -> bool:
    return token.isalnum() and (len(token) == 1 or vocabulary.documents(token) <= _RARE)


def _sound(word: str) -> str:
    """How a word sounds; typed pinyin is its own sound."""
    return "".join(split(word) or ()) or "".join(syllables(word))


def _starting(words: Sequence[str], char: str) -> Iterator[str]:
    for at in range(bisect_left(words, char), len(words)):
        if words[at][0] != char:
            return
        yield words[at]


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
