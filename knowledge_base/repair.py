"""Mends scraped documents: each mend is found, counted and shown, and the editor may reject it.

Text that needs none comes back unchanged, in whatever script it is written.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge_base.realign import SLIPPED, realign


class RepairKind(StrEnum):
    """What was wrong. The value is stable (forms and the command line name it)."""

    SHIFTED = "shifted"
    PINYIN = "pinyin"
    PRIVATE_USE = "private_use"
    TAG = "tag"


LABELS = {
    RepairKind.SHIFTED: "乱码标题（字节错位）还原",
    RepairKind.PINYIN: "字后拼音注释删除",
    RepairKind.PRIVATE_USE: "无法显示的专用区字符删除",
    RepairKind.TAG: "残留网页标签删除",
}

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_SYLLABLE = rf"(?=[a-zü]*[{_TONED}])[a-zü{_TONED}]{{1,6}}"
_PINYIN = re.compile(rf"(?<=[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff])(?:\({_SYLLABLE}\)|（{_SYLLABLE}）)")
_NOTE_AFTER = re.compile(rf"[(（]{_SYLLABLE}[)）]")
_BLOCK_TAGS = r"address|article|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|section|table|tbody|thead|tr|ul"
_INLINE_TAGS = r"a|b|center|em|font|i|img|o:p|s|small|span|strong|sub|sup|td|th|u"
_TAG = re.compile(rf"</?(?:(?P<block>{_BLOCK_TAGS})|{_INLINE_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010fffd]")


@dataclass(frozen=True)
class Repair:
    """One mend: `before`, which stands at `offset` (characters) of the text as it came, becomes `after`."""

    kind: RepairKind
    offset: int
    before: str
    after: str

    @property
    def id(self) -> str:
        """Names this mend within its text, "pinyin:120"; the same text always gives the same names."""
        return f"{self.kind}:{self.offset}"


@dataclass(frozen=True)
class Repaired:
    """The text with every mend made, and the mends, in reading order; they never overlap."""

    text: str
    repairs: tuple[Repair, ...]

    @property
    def counts(self) -> dict[RepairKind, int]:
        """How many mends of each kind were made; kinds with none are left out."""
        return dict(Counter(found.kind for found in self.repairs))


def repair(text: str) -> Repaired:
    """Find every mend of a scraped text and make them all; see `apply` for making only some."""
    found: list[Repair] = []
    for candidate in sorted(_find(text), key=lambda one: one.offset):
        if not found or candidate.offset >= found[-1].offset + len(found[-1].before):
            found.append(candidate)  # what stands inside a slipped line went with it
    return Repaired(apply(text, found), tuple(found))


def apply(text: str, repairs: Iterable[Repair]) -> str:
    """The text with these mends made: those of `repair(text)` that the editor accepts, in any order."""
    parts, end = [], 0
    for one in sorted(repairs, key=lambda one: one.offset):
        parts += [text[end : one.offset], one.after]
        end = one.offset + len(one.before)
    return "".join([*parts, text[end:]])


def accepted(repairs: Iterable[Repair], rejected: Iterable[str]) -> list[Repair]:
    """The mends that stay when the editor rejects whole kinds ("pinyin") or single mends ("pinyin:120")."""
    refused = set(rejected)
    return [one for one in repairs if one.kind.value not in refused and one.id not in refused]


def _find(text: str) -> Iterator[Repair]:
    yield from _slipped(text)
    for note in _PINYIN.finditer(text):
        yield Repair(RepairKind.PINYIN, note.start(), note[0], "")
    for tag in _TAG.finditer(text):
        yield Repair(RepairKind.TAG, tag.start(), tag[0], "\n" if tag["block"] else "")
    for mark in _PRIVATE.finditer(text):
        yield Repair(RepairKind.PRIVATE_USE, mark.start(), mark[0], "")


def _slipped(text: str) -> Iterator[Repair]:
    """Slipped lines; a pinyin note right behind the mended part (its character was damaged) goes with it."""
    for line in SLIPPED.finditer(text):
        reading = realign(line["run"])
        if reading is None:
            continue
        end = line.start("run") + reading.used
        if note := _NOTE_AFTER.match(text, end):
            end = note.end()
        yield Repair(RepairKind.SHIFTED, line.start(), text[line.start() : end], reading.text)
