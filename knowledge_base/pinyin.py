"""Han text → pinyin without tones: what people type who know how a name sounds."""

import re
from functools import lru_cache

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
    from pypinyin import Style, lazy_pinyin  # reads its dictionaries, half a second, when pinyin is first asked for

    kept = "".join(char for char in normalise(word) if char.isalnum())
    return tuple(lazy_pinyin(kept, style=Style.NORMAL, errors=list))  # type: ignore[arg-type]  # its stubs forget that errors may give a list


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
