"""The ladder: who is told what, and when, as a clock runs towards its due time and past it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from routing.calendar import WorkingCalendar
from routing.deadlines import Limit, LimitUnit, later, part_way

WHOM = frozenset(
    {"handler", "liaison", "unit_leader", "unit_chief", "follower"}
    | {"dispatcher_desk", "reviewer_desk", "callback_desk", "supervisor"}
)
CHANNELS = frozenset({"inbox", "sms", "phone"})
EFFECTS = frozenset({"sign_by_default", "notice_of_urging", "supervise", "resume"})


class RungName(StrEnum):
    """Steps in the order in which they tighten."""

    REMINDER = "reminder"
    URGE = "urge"
    YELLOW = "yellow"
    RED = "red"
    SUPERVISED = "supervised"
    ESCALATED = "escalated"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    RungName.REMINDER: "提醒",
    RungName.URGE: "催办",
    RungName.YELLOW: "黄牌",
    RungName.RED: "红牌",
    RungName.SUPERVISED: "督办",
    RungName.ESCALATED: "提级",
}


@dataclass(frozen=True)
class Rung:
    """One step. Its time is either `fraction` (0 < f <= 1) of the span from start to due, or `after`, a limit past due.

    whom, channels: who hears of it, and how. acknowledge: the reader must confirm. effect: what else the house does.
    ValueError when a field is not one of the known words.
    """

    name: RungName
    whom: tuple[str, ...]
    fraction: float | None = None
    after: Limit | None = None
    channels: tuple[str, ...] = ("inbox",)
    acknowledge: bool = False
    effect: str | None = None

    def __post_init__(self) -> None:
        if (self.fraction is None) == (self.after is None):
            raise ValueError(f"rung {self.name}: give either fraction or after")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise ValueError(f"rung {self.name}: fraction must lie in (0, 1]; got {self.fraction}")
        _require_known(self.name, "whom", self.whom, WHOM)
        _require_known(self.name, "channels", self.channels, CHANNELS)
        if self.effect is not None and self.effect not in EFFECTS:
            raise ValueError(f"rung {self.name}: unknown effect {self.effect!r}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From plain JSON as `to_dict` writes it."""
        after = data.get("after")
        return cls(
            name=RungName(data["name"]),
            whom=tuple(data["whom"]),
            fraction=data.get("fraction"),
            after=None if after is None else Limit.parse(after),
            channels=tuple(data.get("channels", ("inbox",))),
            acknowledge=bool(data.get("acknowledge", False)),
            effect=data.get("effect"),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name.value,
            "whom": list(self.whom),
            "fraction": self.fraction,
            "after": None if self.after is None else str(self.after),
            "channels": list(self.channels),
            "acknowledge": self.acknowledge,
            "effect": self.effect,
        }


Ladder = tuple[Rung, ...]


def rung_at(calendar: WorkingCalendar, rung: Rung, started_at: datetime, due_at: datetime, unit: LimitUnit) -> datetime:
    """When a rung fires. A fraction is one of working time, or of plain time when the clock's unit is a clock unit."""
    if rung.after is not None:
        return later(calendar, due_at, rung.after)
    assert rung.fraction is not None  # Rung allows exactly one of both
    return part_way(calendar, started_at, due_at, rung.fraction, unit)


def _require_known(rung: str, what: str, words: tuple[str, ...], known: frozenset[str]) -> None:
    if not words or set(words) - known:
        raise ValueError(f"rung {rung}: {what} must be some of {', '.join(sorted(known))}; got {words}")
