"""A policy document (plain text) → its title, number, dates and citable clauses, each with its place.

Reads two ways of drafting: 第一章/第一节/第一条, where the article is what people cite and numbers inside it stay
with it, and 一、（一）1.（1）, where the deepest numbered paragraph is cited together with its parents: "二、（三）5".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from knowledge_base.doc_dates import find_dates
from knowledge_base.doc_numbers import as_written
from knowledge_base.doubts import Doubt, find_doubts, numbering_gaps
from knowledge_base.normalise import clean, normalise
from knowledge_base.numerals import value

_NUMERAL = "[〇零一二三四五六七八九十百千]+"
_LEVELS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"第\s*{_NUMERAL}\s*编(?=\s|$)",
        rf"第\s*{_NUMERAL}\s*章(?=\s|$)",
        rf"第\s*{_NUMERAL}\s*节(?=\s|$)",
        rf"第\s*(?:{_NUMERAL}|\d{{1,3}})\s*条(?!第|规定|的)",
        rf"{_NUMERAL}、",
        rf"[(（]{_NUMERAL}[)）]、?",
        r"\d{1,3}(?:[.．、](?!\d))",
        r"[(（]\d{1,3}[)）]",
    )
)
_ARTICLE = 3
_HEADING_CHARS = 28
_TITLE_END = re.compile(
    r"(?:办法|措施|方案|规定|意见|细则|条例|指南|清单|规则|决定|公告|通告|通知|规程|章程|计划|指引|规范)(?:\(.{1,12}\))?$"
)
_DATE_LINE = re.compile(r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日$")
_GLUED = re.compile(rf"(?<=[。！？])(?=(?:[(（]{_NUMERAL}[)）]|{_NUMERAL}、)[^。；;]{{1,{_HEADING_CHARS}}}。?$)")
_REPLACED = re.compile(
    r"《[^《》]{2,60}》(?:[(（][^()（）]{2,30}[)）])?(?=[^。《》]{0,6}(?:同时|即行|相应)?(?:废止|失效))"
)
_TITLE_LINE_CHARS = 40


@dataclass(frozen=True)
class Clause:
    """What a citation names: `place` ("第三条", "二、（三）5"; "" when nothing is numbered), its heading and text.

    `path` is the place with the parts above it: "第二章 第五条". `items` are the numbers inside an article that may be
    cited behind its place: 第五条（三）.
    """

    place: str
    heading: str
    text: str
    path: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A policy taken apart; None where the text does not say. `expires_at` is the last day in force.

    `replaces` are the documents it says it ends, as written; `doubts` is what an editor must look at first.
    """

    title: str | None
    doc_number: str | None
    published_on: date | None
    effective_from: date | None
    expires_at: date | None
    clauses: tuple[Clause, ...]
    replaces: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_template(self) -> bool:
        """Whether blanks are left in it: it may become a draft, never an entry in force."""
        return any(doubt.code == "placeholder" for doubt in self.doubts)


@dataclass
class _Numbered:
    """A paragraph that begins with a number, and the plain lines that follow it."""

    level: int
    label: str
    lines: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """The first sentence when it is short: drafters write "（三）优化报装服务。推行……"."""
        head = re.split(r"[。\n]", self.lines[0])[0].strip() if self.lines else ""
        return head if len(head) <= _HEADING_CHARS else ""

    @property
    def says_something(self) -> bool:
        """Whether there is more than a heading."""
        return len("".join(self.lines).rstrip("。：:")) > len(self.heading)


def read(text: str, *, title: str | None = None, today: date | None = None) -> Document:
    """Take a document apart. Every line of the body stands in exactly one clause, as written.

    `title` (a file's own, the editor's) is taken when the text has none; later than `today` no text is dated.
    """
    lines = [part for line in clean(text).splitlines() if line.strip() for part in _unglued(line.strip())]
    start = next((i for i, line in enumerate(lines) if _number(line)), len(lines))
    head, body = lines[:start], lines[start:]
    paragraphs = _paragraphs(body)
    heading = _title(head) or title
    dates = find_dates(head, body)
    gaps = numbering_gaps(numbered for here in paragraphs if (numbered := _counted(here)))
    return Document(
        title=heading,
        doc_number=as_written("\n".join(head)),
        published_on=dates.published_on,
        effective_from=dates.effective_from,
        expires_at=dates.expires_at,
        clauses=tuple(_clauses(paragraphs) if paragraphs else _whole(head)),
        replaces=tuple(dict.fromkeys(_REPLACED.findall("".join(lines)))),
        doubts=find_doubts(text, title=heading, dates=dates, gaps=gaps, today=today),
    )


def _unglued(line: str) -> list[str]:
    """A heading that lost its line break stands at the end of the paragraph before it: 直至办结。(二)建立联动机制。"""
    return _GLUED.split(line)


def _counted(here: _Numbered) -> tuple[int, int, str] | None:
    number = value(re.sub(r"[^〇零一二三四五六七八九十百千\d]", "", here.label))
    return (here.level, number, here.label.rstrip("、.．")) if number else None


def _number(line: str) -> tuple[int, str, str] | None:
    """(level, label, rest) when the line begins with a number of either way of drafting."""
    for level, pattern in enumerate(_LEVELS):
        if found := pattern.match(line):
            return level, re.sub(r"\s", "", found[0]), line[found.end() :].strip()
    return None


def _clauses(paragraphs: list[_Numbered]) -> Iterator[Clause]:
    parents: list[_Numbered] = []
    for here, after in zip(paragraphs, [*paragraphs[1:], None], strict=True):
        parents = [parent for parent in parents if parent.level < here.level]
        has_children = after is not None and after.level > here.level
        if here.says_something or not has_children:
            yield _clause(here, parents)
        parents.append(here)


def _paragraphs(lines: list[str]) -> list[_Numbered]:
    paragraphs: list[_Numbered] = []
    for line in lines:
        numbered = _number(line)
        inside_article = bool(paragraphs) and paragraphs[-1].level == _ARTICLE
        if numbered is None or (inside_article and numbered[0] > _ARTICLE):
            paragraphs[-1].lines.append(line)
        else:
            level, label, rest = numbered
            paragraphs.append(_Numbered(level, label, [rest] if rest else []))
    return paragraphs


def _clause(here: _Numbered, parents: list[_Numbered]) -> Clause:
    """An article is cited by its own number alone; a paragraph with the numbers above it."""
    above = (
        [] if here.level <= _ARTICLE else [parent.label.rstrip(".．") for parent in parents if parent.level > _ARTICLE]
    )
    place = "".join([*above, here.label]).rstrip("、.．")
    parts = [parent.label for parent in parents if parent.level < _ARTICLE]
    heading = here.heading if here.says_something else ""
    inherited = next((parent.heading for parent in reversed(parents) if parent.heading), "")
    items = tuple(found[1] for line in here.lines[1:] if (found := _number(line))) if here.level == _ARTICLE else ()
    return Clause(place, heading or inherited or here.heading, "\n".join(here.lines), " ".join([*parts, place]), items)


def _whole(lines: list[str]) -> Iterator[Clause]:
    """A text without any numbers is one clause."""
    if lines:
        yield Clause("", "", "\n".join(lines))


def _title(head: list[str]) -> str | None:
    """The title, joined when it is broken over lines; of a covering notice and what it issues, the latter."""
    titles = [run for run in _short_runs(head) if _TITLE_END.search(normalise(run))]
    issued = [title for title in titles if not normalise(title).endswith("通知")]
    return next(reversed(issued or titles), None)


def _short_runs(head: list[str]) -> Iterator[str]:
    """Neighbouring short lines without sentence marks, joined; a line that ends a title ends the run."""
    run: list[str] = []
    for line in [*head, "。"]:
        spelt = normalise(line)
        breaks = len(line) > _TITLE_LINE_CHARS or re.search(r"[,。;:]", spelt) or _DATE_LINE.match(spelt)
        if not breaks and not as_written(line):
            run.append(line)
        if run and (breaks or as_written(line) or _TITLE_END.search(spelt)):
            yield "".join(run)
            run = []
