"""A policy document (plain text) → its title, number, dates and citable clauses, each with its place.

Reads two ways of drafting: 第一章/第一节/第一条, where the article is what people cite and numbers inside it stay
with it, and 一、（一）1.（1）, where the deepest numbered paragraph is cited together with its parents: "二、（三）5".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from knowledge_base.doc_numbers import as_written
from knowledge_base.normalise import clean, normalise

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
_TITLE_END = re.compile(
    r"(?:办法|措施|方案|规定|意见|细则|条例|指南|清单|规则|决定|公告|通告|通知|规程|章程|计划|指引|规范)(?:\(.{1,12}\))?$"
)
_DATE = r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日"
_DATE_LINE = re.compile(rf"{_DATE}$")
_EFFECTIVE = re.compile(rf"自\s*{_DATE}\s*起(?:正式)?(?:施行|实施|执行|生效)")
_EXPIRES = re.compile(rf"(?:有效期至|有效期限至|执行至|有效至)\s*{_DATE}")
_TITLE_LINE_CHARS = 40
_HEADING_CHARS = 28


@dataclass(frozen=True)
class Clause:
    """What a citation names: `place` ("第三条", "二、（三）5"; "" when nothing is numbered), its heading and text."""

    place: str
    heading: str
    text: str


@dataclass(frozen=True)
class Document:
    """A policy taken apart; None where the text does not say. `expires_at` is the last day in force."""

    title: str | None
    doc_number: str | None
    published_on: date | None
    effective_from: date | None
    expires_at: date | None
    clauses: tuple[Clause, ...]


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


def read(text: str) -> Document:
    """Take a document apart. Every line of the body stands in exactly one clause, as written."""
    lines = [stripped for line in clean(text).splitlines() if (stripped := line.strip())]
    start = next((i for i, line in enumerate(lines) if _number(line)), len(lines))
    head, body = lines[:start], lines[start:]
    folded = normalise("\n".join(lines))
    return Document(
        title=_title(head),
        doc_number=as_written("\n".join(head)),
        published_on=next((day for line in head if (day := _date(_DATE_LINE.match(normalise(line))))), None),
        effective_from=_date(_EFFECTIVE.search(folded)),
        expires_at=_date(_EXPIRES.search(folded)),
        clauses=tuple(_clauses(body) if body else _whole(head)),
    )


def _number(line: str) -> tuple[int, str, str] | None:
    """(level, label, rest) when the line begins with a number of either way of drafting."""
    for level, pattern in enumerate(_LEVELS):
        if found := pattern.match(line):
            return level, re.sub(r"\s", "", found[0]), line[found.end() :].strip()
    return None


def _clauses(lines: list[str]) -> Iterator[Clause]:
    paragraphs = _paragraphs(lines)
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
    above = [] if here.level <= _ARTICLE else [parent.label for parent in parents if parent.level > _ARTICLE]
    place = "".join([*above, here.label]).rstrip("、.．")
    heading = here.heading if here.says_something else ""
    inherited = next((parent.heading for parent in reversed(parents) if parent.heading), "")
    return Clause(place, heading or inherited or here.heading, "\n".join(here.lines))


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


def _date(found: re.Match[str] | None) -> date | None:
    """The date of a match's first three groups; None for no match or a day that does not exist."""
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()[:3]))
    except ValueError:
        return None
