"""Lengths of time as rules write them: working days, working hours, clock hours."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class LimitUnit(StrEnum):
    WORKING_DAY = "wd"
    WORKING_HOUR = "wh"
    WORKING_MINUTE = "wm"
    CLOCK_HOUR = "h"
    CLOCK_MINUTE = "m"

    @property
    def is_clock(self) -> bool:
        """Runs day and night, holidays included."""
        return self in (LimitUnit.CLOCK_HOUR, LimitUnit.CLOCK_MINUTE)

    @property
    def family(self) -> "LimitUnit":
        """The unit of the ladder that fits: minutes climb like hours."""
        return _FAMILIES.get(self, self)


_FAMILIES = {
    LimitUnit.WORKING_MINUTE: LimitUnit.WORKING_HOUR,
    LimitUnit.CLOCK_MINUTE: LimitUnit.CLOCK_HOUR,
}
_SECONDS = {
    LimitUnit.WORKING_HOUR: 3600,
    LimitUnit.WORKING_MINUTE: 60,
    LimitUnit.CLOCK_HOUR: 3600,
    LimitUnit.CLOCK_MINUTE: 60,
}
_WORDS = {
    LimitUnit.WORKING_DAY: "个工作日",
    LimitUnit.WORKING_HOUR: "个工作小时",
    LimitUnit.WORKING_MINUTE: "个工作分钟",
    LimitUnit.CLOCK_HOUR: "小时",
    LimitUnit.CLOCK_MINUTE: "分钟",
}


@dataclass(frozen=True)
class Limit:
    """A length of time as rules write it: `amount` (at least 1) of a unit; "2wd", "1wh", "24h", "30wm", "30m"."""

    amount: int
    unit: LimitUnit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"a limit is at least 1; got {self.amount}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2wd"; ValueError for anything else."""
        match = re.fullmatch(r"([0-9]{1,6})(wd|wh|wm|h|m)", text)
        if match is None:
            raise ValueError(f"cannot read the limit {text!r}; write it like 2wd, 1wh, 30wm, 24h or 30m")
        return cls(int(match[1]), LimitUnit(match[2]))

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def seconds(self) -> int:
        """Length of an hour or minute limit; ValueError for days, whose length the calendar decides."""
        if self.unit is LimitUnit.WORKING_DAY:
            raise ValueError("a working day has no fixed length")
        return self.amount * _SECONDS[self.unit]

    @property
    def label(self) -> str:
        """As people read it: "2 个工作日"."""
        return f"{self.amount} {_WORDS[self.unit]}"
