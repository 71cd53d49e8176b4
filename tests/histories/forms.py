"""What the forms of a history say: whom they name, and the rest as the factories have it."""

from collections.abc import Sequence
from typing import Any

from tests.factories import BAD_CALL, PAYLOADS
from tests.histories.effects import successor
from tests.histories.model import Model
from tests.histories.state import DESK, EXPERTS, HANDLERS, JOBS, UNITS

UNIT = {"dispatch", "redispatch", "add_support", "delegate", "decide"}
UNIT_LIST = {"raise_task_force", "join_task_force"}
DECIDED = {"fulfil", "drop_decision"}
PEOPLE = {
    "assign_handler": ("handler_login", HANDLERS),
    "change_follower": ("follower_login", DESK),
    "ask_expert": ("expert_login", EXPERTS),
    "expert_decline": ("expert_login", EXPERTS),
}
"""Action → the field that names a person, and who may stand there."""
DEEDS: dict[str, dict[str, Any]] = {
    "raise_task_force": {"follower_login": DESK[1], "member_logins": ""},
    "decide": {"due_at": None},
}


def targets(model: Model, login: str, action: str) -> Sequence[str]:
    """What the form of an action may name; one nameless target where it names nothing."""
    if action in ("add_support", "delegate"):  # nobody gives one unit two parts
        other = model.delegates if action == "add_support" else model.supports
        return [unit for unit in UNITS if unit not in other]
    if action in UNIT | UNIT_LIST | DECIDED | {"leave_task_force"}:
        return tuple(UNITS)
    if action in PEOPLE:
        return PEOPLE[action][1]
    if action == "hand_over":
        return [held for held in (model.follower, model.handler) if held]
    return (JOBS[login][1] if action == "contribute" else "",)


def form(action: str, target: str, other: str) -> dict[str, Any]:
    """The form's fields, but for rows that hang on the ticket. `other`: the number of the other ticket."""
    if action == "callback_badly":
        return BAD_CALL
    named: dict[str, Any] = {}
    if action in UNIT:
        named = {"unit_code": target}
    elif action in UNIT_LIST:
        named = {"unit_codes": [target]}
    elif action in PEOPLE:
        named = {PEOPLE[action][0]: target}
    elif action == "hand_over":
        named = {"from_login": target, "to_login": successor(target)}
    elif action == "merge":
        named = {"master_no": other}
    return {**PAYLOADS[action], **DEEDS.get(action, {}), **named}
