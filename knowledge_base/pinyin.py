"""Han text → pinyin without tones: what people type who know how a name sounds."""

import os
import re
from functools import cache, lru_cache
from typing import Any

from knowledge_base.normalise import normalise

_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|van"
    r"|ai|an|ao|ei|en|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|vn|a|e|i|o|u|v)|ang|eng|ai|an|ao|ei|en|er|ou|a|e|o"
)
_LATIN = re.compile(r"[a-z]+")


@lru_cache(maxsize=100_000)  # looking a word up takes some 30 µs a character, and titles repeat their words
def syllables(word: str) -> tuple[str, ...]:
    """One syllable a Han character, as read within this word (重庆: chong qing); other letters and digits one by one.

    ü is v, as on keyboards. Spaces and marks are left out.
    """
    _learn_phrases()
    return alone(word)


def alone(word: str) -> tuple[str, ...]:
    """The syllables of what is no word: each character as it is read by itself, as far as no phrases were learned."""
    pypinyin = _pypinyin()
    kept = "".join(char for char in normalise(word) if char.isalnum())
    return tuple(pypinyin.lazy_pinyin(kept, style=pypinyin.Style.NORMAL, errors=list))


@cache
def _pypinyin() -> Any:
    """pypinyin with its characters only, 12 MB; read when pinyin is first asked for."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    import pypinyin

    return pypinyin


@cache
def _learn_phrases() -> None:
    """Its phrases are 45 MB more, and only who spells an index needs them."""
    pypinyin = _pypinyin()
    from pypinyin.phrases_dict import phrases_dict

    pypinyin.load_phrases_dict(phrases_dict)


def split(typed: str) -> tuple[str, ...] | None:
    """Typed pinyin cut into syllables, the last perhaps unfinished: "gaoxinji" → gao xin ji; None for anything else."""
    if not _LATIN.fullmatch(typed):
        return None
    parts: list[str] = []
    at = 0
    while at < len(typed):
        found = _SYLLABLE.match(typed, at)
        if found is None:
            return (*parts, typed[at:]) if len(typed) - at <= 2 and parts else None
        parts.append(found[0])
        at = found.end()
    return tuple(parts)
