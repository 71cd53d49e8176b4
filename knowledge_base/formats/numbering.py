"""The numbers in front of paragraphs that Word counts and does not write down: 第一条, （二）, 3."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from knowledge_base.numerals import chinese

_CHINESE = {"chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting"}
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_LEVELS = 9


@dataclass(frozen=True)
class _Level:
    """How one depth of a list is counted: number style, pattern ("第%1条") and first number."""

    style: str
    pattern: str
    start: int


class Numbering:
    """Counts a document's lists; ask for each paragraph once, in reading order."""

    def __init__(self, document: Any) -> None:
        self._lists = _lists(document)
        self._style_of = {style.style_id: style.element for style in document.styles}
        self._counts: dict[str, Counter[int]] = {}

    def label(self, paragraph: Any) -> str:
        """What Word shows in front of this paragraph (an lxml w:p), "" for nothing or a bullet."""
        list_id, depth = self._place(paragraph)
        abstract, levels = self._lists.get(list_id, ("", {}))
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(abstract, Counter())
        counts[depth] = counts[depth] + 1 if depth in counts else levels[depth].start
        for deeper in range(depth + 1, _LEVELS):
            counts.pop(deeper, None)
        return _shown(levels, counts, depth)

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """(list, depth) of the paragraph itself, else of its style or the style that one is based on."""
        element, seen = paragraph, 0
        while element is not None and seen < _LEVELS:
            found = _first(element, "w:pPr/w:numPr")
            if found is not None:
                return _value(found, "w:numId", "0"), int(_value(found, "w:ilvl", "0"))
            style = _value(element, "w:pPr/w:pStyle" if element is paragraph else "w:basedOn", "")
            element, seen = self._style_of.get(style), seen + 1
        return "0", 0


def _shown(levels: dict[int, _Level], counts: Counter[int], depth: int) -> str:
    if levels[depth].style in ("bullet", "none"):
        return ""
    label = levels[depth].pattern
    for above in range(depth + 1):
        number = counts.get(above) or (levels[above].start if above in levels else 1)
        label = label.replace(f"%{above + 1}", _spelt(number, levels[above].style if above in levels else "decimal"))
    return label


def _spelt(number: int, style: str) -> str:
    if style in _CHINESE and 0 < number < 10_000:
        return chinese(number)
    if style.startswith("decimalEnclosedCircle") and 0 < number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    if style in ("lowerLetter", "upperLetter") and 0 < number <= 26:
        return chr((97 if style == "lowerLetter" else 65) + number - 1)
    return str(number)


def _lists(document: Any) -> dict[str, tuple[str, dict[int, _Level]]]:
    """List id → (what counts together, levels). A document without lists has no numbering part."""
    part = next((rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None)
    if part is None:
        return {}
    root = part.element
    abstracts = {found.get(qn("w:abstractNumId")): _levels(found) for found in root.iterchildren(qn("w:abstractNum"))}
    lists = {}
    for number in root.iterchildren(qn("w:num")):
        list_id, abstract = number.get(qn("w:numId")), _value(number, "w:abstractNumId", "")
        restarts = _first(number, "w:lvlOverride/w:startOverride") is not None
        lists[list_id] = (f"num{list_id}" if restarts else abstract, abstracts.get(abstract, {}))
    return lists


def _levels(abstract: Any) -> dict[int, _Level]:
    return {
        int(level.get(qn("w:ilvl"))): _Level(
            _value(level, "w:numFmt", "decimal"), _value(level, "w:lvlText", ""), int(_value(level, "w:start", "1"))
        )
        for level in abstract.iterchildren(qn("w:lvl"))
    }


def _first(element: Any, path: str) -> Any:
    for step in path.split("/"):
        element = None if element is None else element.find(qn(step))
    return element


def _value(element: Any, path: str, default: str) -> str:
    """The w:val of the element at the path below."""
    found = _first(element, path)
    return str(found.get(qn("w:val"), default)) if found is not None else default
