"""SLA profiles (时限方案): which clock runs how long for which appeal, and which ladder it climbs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal, Self

from routing.calendar import DAY_SECONDS
from routing.deadlines import DayEnds, Limit, LimitUnit
from routing.escalation import Ladder, Rung
from routing.standard_profiles import ADDED_LADDERS, ADDED_LIMITS, STANDARD

TotalStart = Literal["dispatch", "receipt"]
APPEAL_TYPES = frozenset({"CONSULTATION", "HELP", "COMPLAINT", "TIP_OFF", "SUGGESTION", "PRAISE"})
URGENCIES = frozenset({"NORMAL", "URGENT", "EMERGENCY"})
ORIGINAL: Literal["original"] = "original"


class ClockName(StrEnum):
    """Every clock the house may start; `label` is what people read."""

    DISPATCH = "DISPATCH"
    SUPPLEMENT = "SUPPLEMENT"
    SIGN = "SIGN"
    OBJECTION = "OBJECTION"
    CONTACT = "CONTACT"
    TOTAL = "TOTAL"
    REWORK = "REWORK"
    REVIEW = "REVIEW"
    CALLBACK = "CALLBACK"
    EXTERNAL = "EXTERNAL"
    PAUSE_LIMIT = "PAUSE_LIMIT"
    EXTENSION_RULING = "EXTENSION_RULING"
    PAUSE_RULING = "PAUSE_RULING"
    REVIEW_REQUEST = "REVIEW_REQUEST"
    SIGN_OFF = "SIGN_OFF"
    SUPPORT = "SUPPORT"
    DELEGATE = "DELEGATE"
    CONSULTATION = "CONSULTATION"
    DECISION = "DECISION"
    DISPUTE = "DISPUTE"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ClockName.DISPATCH: "待转办",
    ClockName.SUPPLEMENT: "待补充",
    ClockName.SIGN: "待签收",
    ClockName.OBJECTION: "异议裁定",
    ClockName.CONTACT: "先行联系",
    ClockName.TOTAL: "办理总时限",
    ClockName.REWORK: "重办",
    ClockName.REVIEW: "答复审核",
    ClockName.CALLBACK: "待回访",
    ClockName.EXTERNAL: "外转跟踪",
    ClockName.PAUSE_LIMIT: "挂起上限",
    ClockName.EXTENSION_RULING: "延期审批",
    ClockName.PAUSE_RULING: "挂起审批",
    ClockName.REVIEW_REQUEST: "复核裁定",
    ClockName.SIGN_OFF: "单位审签",
    ClockName.SUPPORT: "协办",
    ClockName.DELEGATE: "下派",
    ClockName.CONSULTATION: "专家答复",
    ClockName.DECISION: "专班决定",
    ClockName.DISPUTE: "异议答复",
}


@dataclass(frozen=True)
class SlaRules:
    """One profile.

    limits: clock → key → Limit; a key is "*", an appeal type, or "TYPE/URGENCY" ("*/EMERGENCY" too). Urgency beats
    type, both beat "*"; None under a type says that this type has no such clock, whatever its urgency.
    ladders: clock, "*", or either with a unit ("TOTAL/wh", "*/h") → Ladder; minutes climb the ladder of their hours.
    pause_max_count: pauses granted in a ticket's life, each of them no longer than pause_limit.
    objection_window: how long after dispatch a unit may object. extension_limit: "original" = the original limit.
    delegate_share, support_share: inner due times as a share of the working time that remains.
    """

    total_starts_at: TotalStart
    limits: Mapping[str, Mapping[str, Limit | None]]
    ladders: Mapping[str, Ladder]
    day_ends: DayEnds = "close"
    max_objections: int = 2  # the first is ruled by a dispatcher, the second by a supervisor
    objection_window: Limit = field(default=Limit(1, LimitUnit.WORKING_DAY))
    extension_max_count: int = 1
    extension_limit: Limit | Literal["original"] = ORIGINAL
    pause_max_count: int = 2  # recommended, like the limit below; no rule gives a figure
    pause_limit: Limit = field(default=Limit(10, LimitUnit.WORKING_DAY))
    review_request_window: Limit = field(default=Limit(5, LimitUnit.WORKING_DAY))
    callback_tries: int = 3
    delegate_share: float = 0.7
    support_share: float = 0.7

    def __post_init__(self) -> None:
        _require(self.total_starts_at in ("dispatch", "receipt"), f"unknown total_starts_at {self.total_starts_at!r}")
        _require(self.day_ends in ("close", "midnight"), f"unknown day_ends {self.day_ends!r}")
        for name in ("max_objections", "extension_max_count", "pause_max_count", "callback_tries"):
            _require(_is_count(getattr(self, name)), f"{name} must be a whole number, 0 or more")
        for name in ("delegate_share", "support_share"):
            _require(0 < getattr(self, name) <= 1, f"{name} must lie in (0, 1]")
        for clock, table in self.limits.items():
            _check_limits(clock, table)
        for key, ladder in self.ladders.items():
            _check_ladder(key, ladder)
        _require("*" in self.ladders, 'ladders need a default under "*"')

    def limit(self, clock_name: str, appeal_type: str, urgency: str = "NORMAL") -> Limit | None:
        """How long this clock runs; None = there is no such clock for it."""
        if clock_name == ClockName.PAUSE_LIMIT:
            return self.pause_limit
        table = self.limits.get(clock_name, {})
        if table.get(appeal_type, ...) is None:
            return None
        keys = (f"{appeal_type}/{urgency}", f"*/{urgency}", appeal_type, "*")
        return next((table[key] for key in keys if key in table), None)

    def ladder(self, clock_name: str, unit: LimitUnit = LimitUnit.WORKING_DAY) -> Ladder:
        """The rungs of a clock whose limit is in `unit`."""
        keys = (f"{clock_name}/{unit.family}", clock_name, f"*/{unit.family}", "*")
        return next(self.ladders[key] for key in keys if key in self.ladders)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From plain JSON as `to_dict` writes it; absent fields take the defaults. ValueError says what is wrong.

        A profile written before a clock was invented gets that clock's recommended limit and ladder.
        """
        unknown = set(data) - set(cls.__dataclass_fields__)
        _require(not unknown, f"unknown fields: {', '.join(sorted(unknown))}")
        missing = {"total_starts_at", "limits", "ladders"} - set(data)
        _require(not missing, f"missing fields: {', '.join(sorted(missing))}")
        try:
            added = {"limits": ADDED_LIMITS | data["limits"], "ladders": ADDED_LADDERS | data["ladders"]}
            data = {**data, **added}
            return cls(**{name: _READ[name](value) if name in _READ else value for name, value in data.items()})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the profile has a wrong shape: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: limits as "2wd", rungs as objects."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _read_limit(text: str | None) -> Limit | None:
    return None if text is None else Limit.parse(text)


def _read_limits(data: Mapping[str, Mapping[str, str | None]]) -> dict[str, dict[str, Limit | None]]:
    return {clock: {key: _read_limit(text) for key, text in table.items()} for clock, table in data.items()}


def _read_ladders(data: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, Ladder]:
    return {key: tuple(Rung.from_dict(rung) for rung in ladder) for key, ladder in data.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    "limits": _read_limits,
    "ladders": _read_ladders,
    "objection_window": Limit.parse,
    "extension_limit": lambda text: text if text == ORIGINAL else Limit.parse(text),
    "pause_limit": Limit.parse,
    "review_request_window": Limit.parse,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Limit):
        return str(value)
    if isinstance(value, Rung):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _check_limits(clock: str, table: Mapping[str, Limit | None]) -> None:
    _require(clock in ClockName.__members__, f"limits: unknown clock {clock!r}")
    _require(clock != ClockName.PAUSE_LIMIT, "limits: PAUSE_LIMIT is the field pause_limit")
    for key in table:
        appeal_type, _, urgency = key.partition("/")
        known = appeal_type in APPEAL_TYPES | {"*"} and (urgency in URGENCIES if "/" in key else True)
        _require(known, f"limits of {clock}: cannot read the key {key!r}; write TYPE, TYPE/URGENCY or *")


def _check_ladder(key: str, ladder: Ladder) -> None:
    clock, _, unit = key.partition("/")
    _require(clock in {*ClockName.__members__, "*"}, f"ladders: unknown clock {clock!r}")
    _require(unit in ("", "wd", "wh", "h"), f"ladders: unknown unit {unit!r} in {key!r}; use wd, wh or h")
    for rung, following in pairwise(ladder):
        _require(_rank(rung) <= _rank(following), f"ladders: {key}: {following.name} stands before its time")


def _rank(rung: Rung) -> tuple[float, int]:
    """Order along the ladder. Days past due count as 24 hours: coarse, but enough to catch a swapped pair."""
    if rung.after is None:
        return rung.fraction or 0, 0
    days = rung.after.unit is LimitUnit.WORKING_DAY
    return 2, rung.after.amount * DAY_SECONDS if days else rung.after.seconds


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


BUILT_IN: dict[str, SlaRules] = {name: SlaRules.from_dict(data) for name, data in STANDARD.items()}
