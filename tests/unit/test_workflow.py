"""The mechanism of tables, on a table of three rows."""

from dataclasses import dataclass
from enum import StrEnum

import pytest

from hotline.errors import Forbidden, IllegalAction
from hotline.workflow import Transition, available, choose


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"


@dataclass(frozen=True)
class Seen:
    status: Light | None
    is_night: bool = False


@dataclass(frozen=True)
class Who:
    roles: frozenset[str]


def by_day(facts: Seen, _actor: Who) -> str | None:
    return "夜间不放行" if facts.is_night else None


POLICE, DRIVER = Who(frozenset({"POLICE"})), Who(frozenset({"DRIVER"}))
TABLE = (
    Transition("go", "放行", Light.RED, Light.GREEN, POLICE.roles, (by_day,)),
    Transition("go", "夜间放行", Light.RED, Light.GREEN, frozenset({"CHIEF"})),
    Transition("stop", "停止", Light.GREEN, Light.RED, POLICE.roles),
)


def test_only_rows_of_the_present_status_and_of_ones_own_roles_are_available() -> None:
    assert [row.label for row in available(TABLE, Seen(Light.RED), POLICE)] == ["放行"]
    assert available(TABLE, Seen(Light.RED), DRIVER) == []
    assert available(TABLE, Seen(None), POLICE) == []


def test_the_first_row_that_lets_pass_is_taken() -> None:
    chief = Who(frozenset({"CHIEF", "POLICE"}))
    assert choose(TABLE, "go", Seen(Light.RED), chief).label == "放行"
    assert choose(TABLE, "go", Seen(Light.RED, is_night=True), chief).label == "夜间放行"


def test_a_refusal_says_why_and_what_is_allowed_instead() -> None:
    with pytest.raises(IllegalAction) as wrong_status:
        choose(TABLE, "go", Seen(Light.GREEN), POLICE)
    assert (wrong_status.value.code, wrong_status.value.details) == (
        "illegal_action",
        {"status": "GREEN", "allowed": ["stop"]},
    )
    with pytest.raises(IllegalAction, match="夜间不放行") as guarded:
        choose(TABLE, "go", Seen(Light.RED, is_night=True), POLICE)
    assert guarded.value.code == "guard_refused"
    with pytest.raises(Forbidden, match="放行"):
        choose(TABLE, "go", Seen(Light.RED), DRIVER)
