"""What a suggestion looks at in a text's tokens: words, their characters, the opening words again, and word pairs.

The opening weighs most: people put the matter into the subject and the first sentence. Figures: routing/README.md.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Amounts = dict[str, float]
Row = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Columns and their values; the values have length 1, or there are none."""

OPENING_GAIN, FADE = 3.0, 8.0
"""The first word counts 1 + OPENING_GAIN times; FADE words on, the extra is down to a third."""
LONGEST = 500
"""Tokens that are read; beyond stand enclosures and repetitions, and a page that answers while one types must not."""
OPENING = 8
"""Words that count once more in columns of their own."""
MANY_TEXTS = 1000
"""From here on a feature seen in a single text, a word apart, says nothing."""


@dataclass(frozen=True)
class Kind:
    """A kind of feature: the mark before its names, its share of a row, and whether one text is enough to keep it."""

    mark: str
    share: float
    keeps_single: bool = False


KINDS = (Kind("w", 1.0, keeps_single=True), Kind("c", 0.98), Kind("h", 0.6), Kind("b", 0.5))


def amounts(tokens: Iterable[str], is_known: Callable[[str], bool]) -> tuple[Amounts, ...]:
    """How much of each feature is in the tokens, a dict for each of KINDS, in their order.

    Unknown words (in a raw text above all stop words, where the model learned from texts without) take no place in
    the count from the opening and stand between no pair.
    """
    words, parts, opening, pairs = (defaultdict[str, float](float) for _ in KINDS)
    place, before = 0, ""
    for token in tokens:
        gain = 1 + OPENING_GAIN * math.exp(-place / FADE)
        words[token] += gain
        for part in pieces(token):
            parts[part] += gain
            if place < OPENING:
                opening[part] += 1
        if is_known(token):
            if before:
                pairs[f"{before} {token}"] += 1
            place, before = place + 1, token
    return words, parts, opening, pairs


@lru_cache(maxsize=1 << 16)
def pieces(token: str) -> tuple[str, ...]:
    """Its characters and its pairs of neighbouring ones."""
    return (*token, *(token[i : i + 2] for i in range(len(token) - 1)))


def plain(tokens: Iterable[str]) -> list[str]:
    """Tokens spelt alike, whoever cut them: "A3区" and "a3区" are one word, blanks are none. The LONGEST first ones."""
    return [spelt for token in islice(tokens, LONGEST) if (spelt := token.strip().lower())]


@dataclass(frozen=True)
class Space:
    """The columns a model knows: feature name (its mark first) → column, and how telling each is (idf)."""

    columns: Mapping[str, int]
    idf: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> "Space":
        """The columns of these texts (lists of plain tokens)."""
        seen: Counter[str] = Counter()
        for tokens in texts:
            for kind, found in zip(KINDS, amounts(tokens, bool), strict=True):
                seen.update([kind.mark + name for name in found])
        single = {kind.mark for kind in KINDS if kind.keeps_single or len(texts) < MANY_TEXTS}
        kept = {name: count for name, count in seen.items() if count > 1 or name[0] in single}
        counts = np.fromiter(kept.values(), np.float32, len(kept))
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls({name: column for column, name in enumerate(kept)}, idf.astype(np.float32))

    def knows(self, word: str) -> bool:
        return f"w{word}" in self.columns

    def row(self, tokens: Iterable[str]) -> Row:
        """The text as a row: within a kind sublinear tf × idf at length 1, the kinds by their shares, then length 1."""
        halves = [self._kind_row(kind, found) for kind, found in zip(KINDS, amounts(tokens, self.knows), strict=True)]
        columns = np.concatenate([columns for columns, _ in halves])
        return columns, at_length_one(np.concatenate([values for _, values in halves]))

    def _kind_row(self, kind: Kind, found: Amounts) -> Row:
        known = [(column, n) for name, n in found.items() if (column := self.columns.get(kind.mark + name)) is not None]
        columns = np.array([column for column, _ in known], dtype=np.int32)
        amount = np.array([n for _, n in known], dtype=np.float32)
        return columns, kind.share * at_length_one((1 + np.log(amount)) * self.idf[columns])


def at_length_one(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same direction at length 1; nothing stays nothing."""
    length = float(np.sqrt(values @ values))
    return values / np.float32(length) if length else values
