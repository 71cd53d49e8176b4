"""The sentence that answers, and where the question's words stand in it. Text is shown as written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge_base.normalise import fold_char

SNIPPET_CHARS = 120
TELLING_CHARS = 24
"""A shorter passage is rather a heading than an answer."""
MAX_READ = 20_000
"""Characters of a text in which the answer is looked for."""
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")


@dataclass(frozen=True)
class Snippet:
    """A piece of the text, with (start, end) offsets of the words to mark, in order and not overlapping."""

    text: str
    marks: tuple[tuple[int, int], ...]


def snippet(text: str, weights: dict[str, float]) -> Snippet:
    """The piece of at most SNIPPET_CHARS characters that holds the weightiest terms ({normalised term: weight})."""
    pieces = [piece for passage in _passages(text[:MAX_READ]) for piece in _cut(passage)]
    if not pieces:
        return Snippet("", ())
    best = max(pieces, key=lambda piece: _weight(piece.translate(_SPELT), weights))
    return Snippet(best, marks(best, weights))


def marks(text: str, terms: dict[str, float]) -> tuple[tuple[int, int], ...]:
    """Where the terms stand in a text as written; neighbouring and overlapping places are joined."""
    folded, origin = _fold(text)
    places = sorted((start, start + len(term)) for term in terms for start in _starts(folded, term))
    joined: list[tuple[int, int]] = []
    for start, end in places:
        first, last = origin[start], origin[end - 1] + 1
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _passages(text: str) -> list[str]:
    """Each sentence; one too short to say anything, as a heading is, goes on into those after it."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(text)]
    found = []
    for at, sentence in enumerate(sentences):
        following = iter(sentences[at + 1 :])
        while len(sentence) < TELLING_CHARS and (more := next(following, "")):
            sentence += more
        found.append(sentence)
    return found


def _cut(sentence: str) -> list[str]:
    """A long sentence in overlapping pieces, so that no word is lost at a seam."""
    step = SNIPPET_CHARS // 2
    return [sentence[at : at + SNIPPET_CHARS] for at in range(0, max(len(sentence) - step, 1), step)]


def _weight(folded: str, weights: dict[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in folded)


def _starts(folded: str, term: str) -> Iterator[int]:
    at = folded.find(term)
    while at >= 0:
        yield at
        at = folded.find(term, at + len(term))


class _Spelt(dict[int, str]):
    """For str.translate: how `normalise` spells each character. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        spelt = self[code] = fold_char(chr(code))
        return spelt


_SPELT = _Spelt()


def _fold(text: str) -> tuple[str, list[int]]:
    """The normalised text, and for each of its characters the offset it came from."""
    spelt = [_SPELT[ord(char)] for char in text]
    origin = [offset for offset, chars in enumerate(spelt) for _ in chars]
    return "".join(spelt), origin
