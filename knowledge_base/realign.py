"""Lines whose GB18030 bytes slipped by one: 　（三）加快 → ?。ㄈ┘涌. The bytes are put back and read again.

Seen on pages that were converted byte by byte: half of an indenting space was lost, so every pair of bytes after it
joins the halves of two characters, until a stray ASCII byte closes the last pair ("M" in ┻M一步 → 進一步) or is eaten
with a half ("?"). Nothing is repaired in which a character was dropped, since its bytes are gone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge_base.plausible import log_probability

SLIPPED = re.compile(r"^[ \t\u3000]*[?？\ufffd]?(?P<run>[^\x00-\xff][^\n]*)", re.MULTILINE)
"""A line that may have slipped: indentation, perhaps the lost half, then no Latin character."""

_TRIGGER = re.compile(r"[\u2500-\u257f\u3105-\u3129\ue000-\uf8ff\u0400-\u045f\u01ce-\u01dc\ufe50-\ufe6f]")
_TRIGGER_WITHIN = 12
_EATEN_BRACKET = re.compile(r"[a-züāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]{1,6}[)）]")
_EATEN_TAG = re.compile(r"/[a-z][a-z0-9]{0,9}>")
_SPACE_HALF = 0xA1
_WINDOW = 40
_MARGIN = 15.0
"""How much likelier (natural logarithm) the mended line must be than the damaged one: e¹⁵, some three characters."""
_PLAUSIBLE = -10.0
"""A mended line's likelihood a character at least; real headings have some -6, rubbish -13 to -20."""


@dataclass(frozen=True)
class Reading:
    """A possible mended line: `text` stands for the first `used` characters of the slipped run."""

    text: str
    used: int


def realign(run: str) -> Reading | None:
    """The line as it was before its bytes slipped, or None when it reads better as it stands.

    `run` begins with the first damaged character and ends with its line, see SLIPPED.
    """
    if not _TRIGGER.search(run[:_TRIGGER_WITHIN]):
        return None
    readings = list(_readings(run))
    best = max(readings, key=lambda reading: _likelihood(reading, run), default=None)
    if best is None or log_probability(best.text) < _PLAUSIBLE * len(best.text):
        return None
    # The same stretch of the line as it stands: what a reading used up, it used up for all.
    as_it_stands = log_probability(run[: max(_WINDOW, best.used)])
    return best if _likelihood(best, run) > as_it_stands + _MARGIN else None


def _likelihood(reading: Reading, run: str) -> float:
    """Of the mended text and what stands after it, up to the same place for every reading of the run."""
    end = max(_WINDOW, reading.used)
    return log_probability(reading.text + run[reading.used : end])


def _readings(run: str) -> Iterator[Reading]:
    first = _bytes(run[0])
    if len(first) == 2 and first[0] == _SPACE_HALF:
        yield from _walk(run, 1, "", first[1:])


def _walk(run: str, at: int, text: str, half: bytes) -> Iterator[Reading]:
    """Go on from character `at` with one byte in hand; wherever the run may end, that is a reading."""
    while at < len(run):
        char = run[at]
        if char in "?？\ufffd":
            yield from _lost_half(run, at, text, half)
            return
        if char.isascii():
            if closed := _pair(half + char.encode("ascii")):
                yield Reading(text + closed, at + 1)
            char = _wide(char)
        pair = _bytes(char)
        joined = _pair(half + pair[:1])
        if len(pair) != 2 or not joined:
            return
        text, half, at = text + joined, pair[1:], at + 1
    yield Reading(text, at)


def _lost_half(run: str, at: int, text: str, half: bytes) -> Iterator[Reading]:
    """The byte in hand lost its other half together with one ASCII character: each character that begins with it."""
    eaten = next((found.end() for mark in _EATEN if (found := mark.match(run, at + 1))), at + 1)
    for other in range(0x40, 0xFF):
        if char := _pair(half + bytes([other])):
            yield Reading(text + char, eaten)


_EATEN = (_EATEN_BRACKET, _EATEN_TAG)


def _bytes(char: str) -> bytes:
    return char.encode("gb18030", "replace")


def _pair(two: bytes) -> str:
    """The character of two bytes that a text may hold; "" for none and for private-use characters."""
    try:
        char = two.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return char if len(char) == 1 and not "\ue000" <= char <= "\uf8ff" else ""


def _wide(char: str) -> str:
    """The full-width form: pages fold Ｖ to V after the damage."""
    return chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char
