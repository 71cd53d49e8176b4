"""Text → tokens. The one place that knows the segmenter (jieba); another may take its place behind `Segmenter`."""

import hashlib
import logging
import re
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from typing import Any

from knowledge_base.normalise import normalise

MAX_TOKEN = 64
"""Characters; longer runs (encoded data, endless rows of digits) are no words anybody searches for."""

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")


class Segmenter:
    """Cuts normalised text into search tokens. The same words give the same tokens in every process.

    `words` are kept whole besides the dictionary's own (names of policies, parks, units).
    The dictionary is read at the first text (about a second), not when the object is made.
    """

    def __init__(self, words: Sequence[str] = ()) -> None:
        self._words = tuple(sorted({normalise(word) for word in words}))
        self._lock = threading.Lock()
        self._jieba: Any = None

    def tokens(self, text: str) -> list[str]:
        """Search tokens in reading order: words, and the shorter words inside long ones; no punctuation."""
        return [
            token
            for token in self._loaded().cut_for_search(normalise(text))
            if len(token) <= MAX_TOKEN and any(char.isalnum() for char in token)
        ]

    @cached_property
    def fingerprint(self) -> str:
        """Stands for dictionary and words; an index made with another fingerprint has to be rebuilt."""
        digest = hashlib.sha256(files("jieba").joinpath("dict.txt").read_bytes())
        digest.update("\n".join(self._words).encode())
        return digest.hexdigest()[:16]

    def _loaded(self) -> Any:
        with self._lock:
            if self._jieba is None:
                self._jieba = _load(self._words)
        return self._jieba


def _load(words: Sequence[str]) -> Any:
    import jieba  # slow to import: only when text is really segmented

    logging.getLogger("jieba").setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Not tokenizer.initialize(): it unmarshals a cache with a well-known name from the shared temporary folder.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in words:
        tokenizer.add_word(word)
    return tokenizer


def bigrams(text: str) -> list[str]:
    """Each pair of neighbouring Han characters of the normalised text: finds words the dictionary does not know."""
    return [run[i : i + 2] for run in _HAN_RUN.findall(normalise(text)) for i in range(len(run) - 1)]
