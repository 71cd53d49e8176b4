"""How much a text reads like Chinese: tells mended from damaged characters. Counts are those of jieba's dictionary."""

import math
from collections import Counter
from functools import lru_cache
from importlib.resources import files

from knowledge_base.normalise import normalise

_STOPS = frozenset("，。")
_MARKS = frozenset("、；：？！（）《》〔〕“”‘’,.;:?!()[]\"'%-\n 0123456789")
_STOP = math.log(0.04)
_MARK = math.log(0.01)
_LETTER = math.log(1e-4)
_UNKNOWN = math.log(1e-9)
_PAIRED = 0.9
"""Weight of what follows the character before within words; the rest goes to the character alone."""


def log_probability(text: str, before: str = "") -> float:
    """Natural logarithm of how likely these characters follow each other; `before` is the text in front of them.

    Higher is likelier. Compare only readings of one and the same text: every character costs something.
    """
    chars = before[-1:] + text
    start = len(before[-1:])
    return sum(_step(chars[i - 1] if i else "", chars[i]) for i in range(start, len(chars)))


@lru_cache(maxsize=65536)
def _step(previous: str, char: str) -> float:
    if char in _STOPS:
        return _STOP
    if char in _MARKS:
        return _MARK
    if char.isascii():
        return _LETTER
    alone, paired, total = _counts()
    first, second = normalise(previous), normalise(char)
    if second not in alone:
        return _UNKNOWN
    share = (1 - _PAIRED) * alone[second] / total
    if alone[first]:
        share += _PAIRED * paired[first + second] / alone[first]
    return max(math.log(share), _UNKNOWN)


@lru_cache(maxsize=1)
def _counts() -> tuple[Counter[str], Counter[str], int]:
    """How often each character, and each pair inside a word, occurs in the dictionary's corpus, and all characters."""
    alone: Counter[str] = Counter()
    paired: Counter[str] = Counter()
    for line in files("jieba").joinpath("dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        for i, char in enumerate(word):
            alone[char] += int(count)
            paired[word[i : i + 2]] += int(count) * (i + 1 < len(word))
    return alone, paired, sum(alone.values())
