"""The days a policy text says about itself: published, in force from, in force until.

Only wordings about the document itself count: a task's deadline ("完成时限：2022年12月底"), another document's end and
a certificate's validity are not the policy's.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge_base.normalise import normalise
from knowledge_base.numerals import value

_DATE = r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})(?!\d)\s*日?"
_LAST_DAY = (
    rf"(?:{_DATE}|(\d{{4}})\s*年\s*(\d{{1,2}})\s*月(?:\s*[底末份])?(?!\s*\d)|(\d{{4}})\s*年(?:\s*年?[底末])?(?!\s*\d))"
)
"""A day, or a month or year as a whole, whose last day is meant: "2027年12月底", "2027年底", "2027年"."""
_NUMERAL = r"([一二两三四五六七八九十]{1,2}|\d{1,2})"
_START = "施行|实施|执行|生效"
_ITSELF = re.compile(
    rf"本(?:办法|措施|方案|规定|意见|细则|条例|指南|规则|决定|公告|通告|通知|规程|计划|指引|规范|政策|文件)"
    rf"|施行|起\s*(?:正式|开始)?(?:{_START})|(?:印发|发布|公布)之日"
)
_OTHER_S = re.compile(r"《|证书|许可证|资质|资格|合同|承诺")
_DATE_LINE = re.compile(rf"(?:.{{0,30}}[\s:]\s*)?{_DATE}(?:印发|发布)?$")
_PUBLISHED = re.compile(rf"(?:发布|印发|成文|公布|发文)(?:日期|时间)\s*[:\]】]\s*{_DATE}")
_FROM_DAY = re.compile(
    rf"自\s*{_DATE}\s*起\s*(?:正式|开始|试)?(?:{_START}|行)|(?:{_START})(?:日期|时间)\s*[:\]】]\s*{_DATE}"
)
_FROM_ISSUE = re.compile(
    rf"自\s*(?:印发|发布|公布|颁布|下发|签发)之日起\s*(?:(?:满|的?第?)?\s*(\d{{1,3}}|[一二三四五六七八九十]{{1,3}})\s*(?:个自然)?日(?:后|起)?)?[,，]?\s*(?:正式|试)?(?:{_START}|行)"
)
_UNTIL_DAY = re.compile(
    rf"(?:有效期(?:限)?(?:为|是)?(?:自.{{0,24}})?|执行(?:期限)?|有效|试行(?:期)?|暂?定执行|延续实施|实施|施行)\s*至\s*[:：]?\s*{_LAST_DAY}"
    rf"|(?:失效|废止)(?:日期|时间)\s*[:\]】]\s*{_LAST_DAY}|施行,?至\s*{_LAST_DAY}\s*止"
)
_ENDS = re.compile(rf"(?:自|于)?\s*{_DATE}\s*起?\s*(?:废止|失效|停止执行)")
_SINCE = r"自\s*(?:施行|实施|生效|印发|发布|公布)之日起"
_YEARS = re.compile(
    rf"(?:有效期|试行期|执行期|施行期|实施期)(?:限)?\s*(?:为|是)?\s*(?:{_SINCE})?\s*(?:暂定)?\s*{_NUMERAL}\s*(个月|年)"
    rf"|(?:{_SINCE}|起\s*(?:施行|试行|实施))[,，]?\s*{_NUMERAL}\s*(个月|年)内?有效"
    rf"|起\s*试行\s*{_NUMERAL}\s*(个月|年)"
)
_YEARS_OF_POLICIES = range(1949, 2200)
_TASK = re.compile(r"任务|项目|工程|目标|完成|建成")
"""Of these a text says "until the end of the year" without meaning itself."""


@dataclass(frozen=True)
class Dates:
    """None where the text does not say. `expires_at` is the last day in force."""

    published_on: date | None
    effective_from: date | None
    expires_at: date | None


def find_dates(head: Sequence[str], body: Sequence[str]) -> Dates:
    """The dates of a text given as its lines before and from the first numbered paragraph."""
    sentences = list(_sentences([*head, *body]))
    published = _published(head, body)
    effective = _effective(sentences, published)
    return Dates(published, effective, _expires(sentences, effective or published))


def _published(head: Sequence[str], body: Sequence[str]) -> date | None:
    """As stated; else the line that holds only a date, above the text or, as a signature, at its end."""
    stated = (_day(found) for line in head if (found := _PUBLISHED.search(normalise(line))))
    alone = (_day(_DATE_LINE.match(normalise(line))) for line in [*head, *reversed(body[-8:])] if len(line) <= 40)
    return next((day for day in [*stated, *alone] if day), None)


def _effective(sentences: Sequence[str], published: date | None) -> date | None:
    for sentence in sentences:
        if (day := _day(_own(_FROM_DAY, sentence))) is not None:
            return day
        if published and (found := _own(_FROM_ISSUE, sentence)):
            return published + timedelta(days=value(found[1] or "") or 0)
    return None


def _expires(sentences: Sequence[str], start: date | None) -> date | None:
    for sentence in sentences:
        if (day := _last_day(_own(_UNTIL_DAY, sentence))) is not None:
            return day
        if (day := _day(_own(_ENDS, sentence))) is not None:
            return day - timedelta(days=1)
        if start and (found := _own(_YEARS, sentence)) and (months := _months(found)):
            return _later(start, months) - timedelta(days=1)
    return None


def _own(pattern: re.Pattern[str], sentence: str) -> re.Match[str] | None:
    """The match when the sentence speaks of the document itself, not of something named before the date."""
    found = pattern.search(sentence)
    if found is None or _OTHER_S.search(sentence[: found.start()]):
        return None
    return found if _ITSELF.search(sentence) or found.start() == 0 else None


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from (part.strip() for part in re.split(r"[。;]", normalise(line)) if part.strip())


def _months(found: re.Match[str]) -> int:
    number, unit = (part for part in found.groups() if part)
    return (value(number) or 0) * (1 if unit == "个月" else 12)


def _last_day(found: re.Match[str] | None) -> date | None:
    """The day in a match, or the last of the month or year it names; None when it is a task's, or there is no such."""
    parts = [int(part) for part in found.groups() if part] if found else []
    if found is None or len(parts) == 3:
        return _day(found)
    if _TASK.search(re.split(r"[,，]", found.string[: found.start()])[-1]):
        return None
    year, month = (*parts, 12)[:2]
    is_sane = year in _YEARS_OF_POLICIES and 1 <= month <= 12
    return date(year, month, monthrange(year, month)[1]) if is_sane else None


def _later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(found: re.Match[str] | None) -> date | None:
    """The date in a match; None for no match or a day that does not exist."""
    if found is None:
        return None
    parts = [int(part) for part in found.groups() if part]
    try:
        return date(*parts[:3]) if parts[0] in _YEARS_OF_POLICIES else None
    except ValueError:
        return None
