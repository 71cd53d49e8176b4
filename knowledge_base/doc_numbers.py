"""Document numbers (文号), such as 临府办〔2025〕12号, in any bracket, width or script."""

import re
from dataclasses import dataclass

from knowledge_base.normalise import normalise

_NUMBER = re.compile(
    r"(?P<organ>[\u4e00-\u9fff]{0,16})\s*[〔\[【({〈<《]\s*(?P<year>(?:19|20)\d\d)\s*年?[〕\]】)}〉>》]\s*第?\s*(?P<serial>\d{1,5})\s*号"
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
    """Every document number in the text, in reading order."""
    return [
        DocNumber(found["organ"], int(found["year"]), int(found["serial"]))
        for found in _NUMBER.finditer(normalise(text))
    ]


def as_written(text: str) -> str | None:
    """The first document number of a text as official style writes it: 临府办〔2025〕12号."""
    numbers = parse_all(text)
    return f"{numbers[0].organ}〔{numbers[0].year}〕{numbers[0].serial}号" if numbers else None
