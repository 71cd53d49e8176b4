"""What an editor must look at before a policy text is published: said in a sentence, with the words it is about."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.doc_dates import Dates
from knowledge_base.normalise import normalise

_EXCERPT = 12
_HAN = "\u4e00-\u9fff"
_COUNTED = "(?=[省市区區县縣镇鎮街年月日号號%％万萬亿億元家个個项項件条條户戶人名](?!数|數|限|度|均))"
"""What a single cross must stand before to be a blank ("×市"): in "单价×数量" it is arithmetic."""
_PLACEHOLDER = re.compile(
    rf"(?<![A-Za-z0-9])[xX]{{2,6}}(?![A-Za-z0-9])|(?<=[{_HAN}])[xX]{_COUNTED}|[×╳]{{2,6}}|(?<!\d)[×╳]{_COUNTED}|[*＊]{{2,}}|_{{3,}}|〔\s*〕|[【\[(（]待(?:补充|定|填写?)[】\])）]"
)
_DAMAGED = re.compile(r"[\ufffd\ue000-\uf8ff]|[\u3105-\u3129][^\n]{0,3}[\u2500-\u257f]")
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*年")
_LATE_IN_THE_YEAR = 10
"""Month; from October on documents speak of the coming year only."""
_ATTACHMENT = re.compile(r"^附件\s*\d*\s*[:：]?\s*(.*)$")


@dataclass(frozen=True)
class Doubt:
    """`code` is stable, `message` a Chinese sentence, `excerpt` the words in question ("" when it is about what lacks).

    Codes: placeholder, implausible_date, future_date, dates_reversed, no_title, no_effective_date, numbering_gap,
    damaged, attachment_missing. A text with a placeholder is a template and must not be published as it is.
    """

    code: str
    message: str
    excerpt: str = ""

    @property
    def sentence(self) -> str:
        """The message with the words it is about."""
        return f"{self.message}（“{self.excerpt}”）" if self.excerpt else self.message


def find_doubts(
    text: str, *, title: str | None, dates: Dates, gaps: Sequence[str], today: date | None = None
) -> tuple[Doubt, ...]:
    """Everything doubtful about a text, the gravest first. `today` None: no day is called a future one."""
    found = (
        _placeholders(text),
        _implausible(text, dates.published_on),
        _future(dates.published_on, today),
        _reversed(dates),
        None if title else Doubt("no_title", "未能从正文识别标题，请填写标题"),
        None if dates.effective_from else Doubt("no_effective_date", "正文未写明施行日期，请填写生效日期"),
        _gap(gaps),
        _damaged(text),
        _attachment(text),
    )
    return tuple(doubt for doubt in found if doubt)


def doubts_of_words(text: str) -> tuple[Doubt, ...]:
    """What is doubtful about an entry's own words, whoever wrote them: blanks, damage, an attachment that lacks."""
    return tuple(doubt for doubt in (_placeholders(text), _damaged(text), _attachment(text)) if doubt)


def has_blanks(text: str) -> bool:
    """Whether placeholders are left: such a text must not be published."""
    return _PLACEHOLDER.search(text) is not None


def _placeholders(text: str) -> Doubt | None:
    marks = list(_PLACEHOLDER.finditer(text))
    if not marks:
        return None
    message = f"正文有 {len(marks)} 处占位符未填写，像是模板；只能存为草稿，补全之前不得标为现行有效"
    return Doubt("placeholder", message, _around(text, marks[0]))


def _implausible(text: str, published: date | None) -> Doubt | None:
    """Dated in a year the text never speaks of, while it speaks again and again of later ones."""
    if published is None or published.month >= _LATE_IN_THE_YEAR:
        return None
    years = Counter(int(found[1]) for found in _YEAR.finditer(normalise(text)))
    later = sum(count for year, count in years.items() if year > published.year)
    if years[published.year] > 1 or later < 2:  # once is the date itself
        return None
    year = max((year for year in years if year > published.year), key=lambda year: years[year])
    message = f"落款日期是 {published:%Y-%m-%d}，正文却多处谈到 {year} 年，日期可能有误，请核对"
    return Doubt("implausible_date", message, _around(text, re.search(rf"{year}\s*年", text)))


def _future(published: date | None, today: date | None) -> Doubt | None:
    if published and today and published > today:
        return Doubt("future_date", f"发文日期 {published:%Y-%m-%d} 晚于今天，请核对")
    return None


def _reversed(dates: Dates) -> Doubt | None:
    if dates.effective_from and dates.expires_at and dates.expires_at < dates.effective_from:
        return Doubt("dates_reversed", f"有效期至 {dates.expires_at:%Y-%m-%d} 早于施行日期，请核对")
    return None


def _gap(gaps: Sequence[str]) -> Doubt | None:
    return Doubt("numbering_gap", f"编号不连续（{gaps[0]}），可能有缺漏，请核对原文", gaps[0]) if gaps else None


def _damaged(text: str) -> Doubt | None:
    found = _DAMAGED.search(text)
    return Doubt("damaged", "正文有未能还原的乱码，请对照原文改正", _around(text, found)) if found else None


def _attachment(text: str) -> Doubt | None:
    """An attachment that is only named: nothing follows it but other names."""
    last = [line.strip() for line in text.splitlines() if line.strip()][-5:]
    names = [found[1] for line in last if (found := _ATTACHMENT.match(line)) and found[1]]
    at_end = bool(last) and _ATTACHMENT.match(last[-1]) is not None
    if not names or not at_end:
        return None
    return Doubt("attachment_missing", "文末列有附件，但附件内容不在文件里，请确认是否另行导入", names[0][:60])


def _around(text: str, found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    start, end = max(0, found.start() - _EXCERPT), found.end() + _EXCERPT
    return " ".join(text[start:end].split())


def numbering_gaps(numbers: Iterable[tuple[int, int, str]]) -> list[str]:
    """Where (level, number, label) do not go on by one or begin anew at one: "第三条之后是第五条"."""
    last: dict[int, tuple[int, str]] = {}
    gaps = []
    for level, number, label in numbers:
        before, before_label = last.get(level, (0, ""))
        if number not in (1, before + 1):
            gaps.append(f"{before_label}之后是{label}" if before_label else f"从{label}开始")
        last[level] = (number, label)
    return gaps
