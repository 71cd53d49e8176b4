"""Document numbers (文号), such as 临府办〔2025〕12号, in any bracket, width or script."""

import re
from dataclasses import dataclass

from knowledge_base.normalise import normalise

_OPEN, _CLOSE = r"[〔\[【({〈<《]", r"[〕\]】)}〉>》]"
_YEAR, _SERIAL = r"(?P<year>(?:19|20)\d\d)", r"(?P<serial>\d{1,5})"
_HAN = r"\u4e00-\u9fff"
_NUMBERS = (
    re.compile(rf"(?P<organ>[{_HAN}]{{0,16}})\s*{_OPEN}\s*{_YEAR}\s*年?{_CLOSE}\s*第?\s*{_SERIAL}\s*号"),
    # typed from memory, without 号 or without brackets: only behind a character that ends an organ's mark
    re.compile(
        rf"(?P<organ>[{_HAN}]{{1,15}}[发办函字令规通告复])\s*{_OPEN}\s*{_YEAR}\s*年?{_CLOSE}\s*第?\s*{_SERIAL}(?![\d.%年月]|\s*号)"
    ),
    re.compile(rf"(?P<organ>[{_HAN}]{{1,15}}[发办函字令规通告复])\s*{_YEAR}\s*[年—–-]\s*第?\s*{_SERIAL}\s*号"),
)


@dataclass(frozen=True)
class DocNumber:
    """A document number taken apart. `organ` may carry words that stand before it in running text."""

    organ: str
    year: int
    serial: int

    @property
    def key(self) -> str:
        """Year and serial, "2025-12": what is looked up; the organ is compared afterwards."""
        return f"{self.year}-{self.serial}"

    def meets(self, asked: "DocNumber") -> bool:
        """Whether `asked`, taken from somebody's question, means this document."""
        organs_meet = asked.organ.endswith(self.organ) or self.organ.endswith(asked.organ)
        return self.key == asked.key and organs_meet


def parse_all(text: str) -> list[DocNumber]:
    """Every document number in the text, in reading order, also those typed without brackets or 号."""
    spelt = normalise(text)
    found = sorted((match for pattern in _NUMBERS for match in pattern.finditer(spelt)), key=re.Match.start)
    return [DocNumber(match["organ"], int(match["year"]), int(match["serial"])) for match in found]


def as_written(text: str) -> str | None:
    """The first document number of a text as official style writes it: 临府办〔2025〕12号."""
    numbers = parse_all(text)
    return f"{numbers[0].organ}〔{numbers[0].year}〕{numbers[0].serial}号" if numbers else None
