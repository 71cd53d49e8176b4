"""One spelling for searching: width, case and script folded, invisible characters gone. Shown text stays as written."""

import unicodedata
from functools import lru_cache

_CJK_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000))
_SPACES = "\t\n\r"


def normalise(text: str) -> str:
    """The text as index and query see it: NFKC, lower case, simplified script, no control or zero-width characters.

    Line breaks and tabs stay. The length may differ from the input's; see `fold_char` where offsets matter.
    """
    return clean(unicodedata.normalize("NFKC", text)).lower().translate(_simplified())


def clean(text: str) -> str:
    """The text as written, without control (Cc), format (Cf) and private-use (Co) characters and lone surrogates."""
    return "".join(char for char in text if char.isprintable() or char in _SPACES or _is_kept(char))


@lru_cache(maxsize=8192)  # a snippet asks for the same few thousand characters over and over
def fold_char(char: str) -> str:
    """One character as `normalise` spells it, or "" when it is dropped; for marking hits in text as written."""
    return normalise(char)


def _is_kept(char: str) -> bool:
    # isprintable() is also False for the ideographic space and line separators, which do separate words.
    return unicodedata.category(char) in ("Zs", "Zl", "Zp")


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Traditional → simplified, character by character: asked of OpenCC once (0.1 s), then a plain table."""
    from opencc import OpenCC  # loaded at the first text, not at import

    convert = OpenCC("t2s").convert
    codes = (code for first, end in _CJK_BLOCKS for code in range(first, end))
    return {code: simple for code in codes if (simple := convert(chr(code))) != chr(code)}
