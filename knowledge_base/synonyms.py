"""How people say it → how policies write it: words added to a question, lighter than its own.

The groups are data: `data/synonyms.txt` here, and the house's own (see there for how a line is written).
"""

import math
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib.resources import files

from knowledge_base.normalise import normalise
from knowledge_base.segment import Segmenter

MAX_ADDED = 16
"""Tokens added to one question; a long one would become a question about everything."""
EQUAL_WEIGHT = 0.6
"""Of a word that means the same, beside 1.0 for an asked one."""
MEANT_WEIGHT = 0.4
"""Of a word that is probably meant."""
_MAX_QUESTION = 200
_LONG = 4
"""Characters: so long a word means itself wherever the segmenter cuts."""


class Synonyms:
    """Groups of words, ready to expand questions. Made once: the words are cut by the segmenter when it is."""

    def __init__(self, lines: Iterable[str], segmenter: Segmenter) -> None:
        """`lines` as in `data/synonyms.txt`. Raises ValueError naming a line that is not so written."""
        self._segmenter = segmenter
        self._meant: dict[str, dict[str, float]] = {}
        for line in lines:
            for said, others, weight in parse(line):
                known = self._meant.setdefault(said, {})
                known.update({word: max(weight, known.get(word, 0.0)) for word in others})
        self._tokens = {said: self._added(said) for said in self._meant}

    def expand(self, question: str) -> dict[str, float]:
        """Tokens to search besides the question's own, with their weights (0…1), at most MAX_ADDED."""
        text = normalise(question[:_MAX_QUESTION])
        own = set(self._segmenter.tokens(text))
        added: dict[str, float] = {}
        for said in self._said(text):
            for token, weight in self._tokens[said].items():
                if token not in own and (token in added or len(added) < MAX_ADDED):
                    added[token] = max(weight, added.get(token, 0.0))
        return added

    def _said(self, text: str) -> list[str]:
        """The words of groups in the text, longest where they overlap, each as the segmenter would cut it out."""
        if not self._meant:
            return []
        edges = {0}
        for word in self._segmenter.words(text):
            edges.add(max(edges) + len(word))
        found = self._pattern.finditer(text)
        return [one[0] for one in found if len(one[0]) >= _LONG or {one.start(), one.end()} <= edges]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(word) for word in sorted(self._meant, key=len, reverse=True)))

    def _added(self, said: str) -> dict[str, float]:
        """Tokens of the other words that the said one does not hold itself: 公积金 adds 住房, not 公积金 again.

        The more parts a word has, the less each one says (企业, 国家).
        """
        own = set(self._segmenter.tokens(said))
        added: dict[str, float] = {}
        for word, weight in self._meant[said].items():
            parts = [token for token in self._segmenter.tokens(word) if len(token) > 1]
            for token in parts:
                if token not in own:
                    added[token] = max(weight / math.sqrt(len(parts)), added.get(token, 0.0))
        return added


def builtin() -> list[str]:
    """The lines that come with the engine."""
    return files("knowledge_base").joinpath("data", "synonyms.txt").read_text("utf-8").splitlines()


def parse(line: str) -> list[tuple[str, Sequence[str], float]]:
    """(said, meant, weight) of a line; none for remarks and empty lines. Raises ValueError with a Chinese sentence."""
    line = line.strip()
    if not line or line.startswith("#"):
        return []
    if "=" in line:
        words = [_word(part, line) for part in line.split("=")]
        return [(word, [other for other in words if other != word], EQUAL_WEIGHT) for word in words]
    said, mark, meant = line.partition(">")
    if not mark:
        raise ValueError(f"同义词“{line[:30]}”缺少“=”或“>”")
    return [(_word(said, line), [_word(part, line) for part in meant.split() or [""]], MEANT_WEIGHT)]


def _word(part: str, line: str) -> str:
    word = normalise(part).strip()
    if not word or len(word) > 30:
        raise ValueError(f"同义词“{line[:30]}”有空缺或过长的词")
    return word
