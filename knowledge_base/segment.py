"""Text → tokens. The one place that knows the segmenters: jieba is the reference, rjieba the fast one.

Both hold the same dictionary and cut runs of Han characters alike (a test compares them); the rest, where they
differ, is cut by our own rule. Without rjieba, jieba does the same work five times slower.
"""

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

from knowledge_base.normalise import normalise

MAX_TOKEN = 64
"""Characters; longer runs (encoded data, endless rows of digits) are no words anybody searches for."""
RULE = "2"
"""Our own cutting; raised with every change to it, so that indexes made before are rebuilt."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_IN_DICTIONARY = r"\u4e00-\u9fd5"
_HAN_RUN = re.compile(rf"[{_HAN}]+")
_RUN = re.compile(rf"(?P<words>[{_IN_DICTIONARY}]+)|[{_HAN}]|\d+(?:\.\d+)+(?![^\W_{_HAN}])|[^\W_{_HAN}]+")
_DICTIONARY_RUN = re.compile(rf"([{_IN_DICTIONARY}]+)")
_SPACES = re.compile(r"(\s+)")
_LETTERS_OR_DIGITS = re.compile(r"\d+|\D+")
Cut = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Cutters:
    """What a segmenter does with a run of Han characters: cut it once, or into the shorter words as well."""

    once: Cut
    for_search: Cut


class Segmenter:
    """Cuts normalised text into search tokens. The same words give the same tokens in every process.

    `words` are kept whole besides the dictionary's own (names of policies, parks, units). `accelerated=False` takes
    the reference segmenter. The dictionary is read at the first text (half a second), not when the object is made.
    """

    def __init__(self, words: Sequence[str] = (), *, accelerated: bool = True) -> None:
        self._words = tuple(sorted({spelt for word in words if (spelt := normalise(word).strip())}))
        self._load = _fast if accelerated else _reference
        self._lock = threading.Lock()
        self._cutters: Cutters | None = None

    def tokens(self, text: str) -> list[str]:
        """Search tokens in reading order: words, and the shorter words inside long ones; no punctuation."""
        return self._search_tokens(text, self._loaded().for_search)

    def once(self, text: str) -> list[str]:
        """Search tokens without the shorter words inside long ones: what ranking counts, as pairs find the parts."""
        return self._search_tokens(text, self._loaded().once)

    def _search_tokens(self, text: str, cut: Cut) -> list[str]:
        pieces = self._mixed.split(normalise(text)) if self._mixed else [normalise(text)]
        found: list[str] = []
        for i, piece in enumerate(pieces):
            found += _tokens(piece, cut)
            if i % 2:  # a word of ours, caught by the pattern's group
                found.append(piece)
        return [token for token in found if len(token) <= MAX_TOKEN]

    def words(self, text: str) -> list[str]:
        """The normalised text cut once, nothing left out: joined again the words are the text."""
        cutters = self._loaded()
        runs = _DICTIONARY_RUN.split(normalise(text))
        return [
            word for i, run in enumerate(runs) for word in (cutters.once(run) if i % 2 else _SPACES.split(run)) if word
        ]

    @cached_property
    def fingerprint(self) -> str:
        """Stands for dictionary, rule and words, not for who cuts; an index made with another has to be rebuilt."""
        digest = hashlib.sha256(files("jieba").joinpath("dict.txt").read_bytes())
        digest.update("\n".join([RULE, *self._words]).encode())
        return digest.hexdigest()[:16]

    @cached_property
    def _mixed(self) -> re.Pattern[str] | None:
        """Finds the words that are not all Han ("5g基站"), longest first and never inside a longer run of letters."""
        mixed = [word for word in self._words if not _in_dictionary(word)]
        alternatives = (_bounded(word) for word in sorted(mixed, key=len, reverse=True))
        return re.compile(f"({'|'.join(alternatives)})") if mixed else None

    def _loaded(self) -> Cutters:
        with self._lock:
            if self._cutters is None:
                self._cutters = self._load(tuple(word for word in self._words if _in_dictionary(word)))
        return self._cutters


def bigrams(text: str) -> list[str]:
    """Each pair of neighbouring Han characters of the normalised text: finds words the dictionary does not know."""
    return [run[i : i + 2] for run in _HAN_RUN.findall(normalise(text)) for i in range(len(run) - 1)]


def characters(text: str) -> list[str]:
    """Each Han character of the normalised text."""
    return [char for run in _HAN_RUN.findall(normalise(text)) for char in run]


def _tokens(text: str, cut: Cut) -> Iterator[str]:
    for run in _RUN.finditer(text):
        if run["words"]:
            yield from cut(run[0])
        else:
            yield from _letters_and_digits(run[0])


def _letters_and_digits(run: str) -> Iterator[str]:
    """The parts of "iso9001" and then the whole, so that "iso 9001" finds it too; "2.5" stays one number."""
    parts = _LETTERS_OR_DIGITS.findall(run)
    if len(parts) > 1 and "." not in run:
        yield from (part for part in parts if len(part) > 1)
    yield run


def _in_dictionary(word: str) -> bool:
    return re.fullmatch(f"[{_IN_DICTIONARY}]+", word) is not None


def _bounded(word: str) -> str:
    before = r"(?<![a-z0-9])" if word[0].isascii() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() else ""
    return before + re.escape(word) + after


def _fast(words: tuple[str, ...]) -> Cutters:
    try:
        import rjieba  # noqa: F401
    except ImportError:  # no wheel for this machine
        return _reference(words)
    return _rust(words)


@lru_cache(maxsize=2)  # a dictionary is large and never changes: one serves every segmenter of a process
def _rust(words: tuple[str, ...]) -> Cutters:
    import rjieba

    tokenizer = rjieba.Jieba()
    frequencies = {
        word: _frequency(tokenizer.suggest_freq(word)) for word in words if tokenizer.cut(word, hmm=False) != [word]
    }
    for word, frequency in frequencies.items():
        tokenizer.add_word(word, frequency, None)
    return Cutters(tokenizer.cut, tokenizer.cut_for_search)


def _reference(words: tuple[str, ...]) -> Cutters:
    import jieba  # slow to import: only when text is really segmented

    logging.getLogger("jieba").setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Not tokenizer.initialize(): it unmarshals a cache with a well-known name from the shared temporary folder.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    frequencies = {
        word: _frequency(tokenizer.suggest_freq(word)) for word in words if tokenizer.lcut(word, HMM=False) != [word]
    }
    for word, frequency in frequencies.items():
        tokenizer.add_word(word, frequency)
    return Cutters(tokenizer.cut, tokenizer.cut_for_search)


def _frequency(suggested: int) -> int:
    """Two to four times what keeps a word whole. The two segmenters round differently; powers of two hide that.

    All frequencies are asked of the dictionary as it came, before the first word changes its total.
    """
    return int(1 << (suggested.bit_length() + 1))
