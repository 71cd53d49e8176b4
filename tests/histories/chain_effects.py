"""What task forces, objections, experts and supervision do to the model of a ticket."""

from collections.abc import Callable
from datetime import datetime

from tests.histories.state import DESK, State

Effect = Callable[[State, str, str, datetime], None]
"""(ticket, login, the unit or person that the form names, now)."""


def raise_task_force(t: State, login: str, unit: str, now: datetime) -> None:
    t.force, t.members, t.follower = True, {unit}, DESK[1]


def decide(t: State, login: str, unit: str, now: datetime) -> None:
    """Whoever is bound by a decision sits at the table."""
    t.decisions.append(unit)
    t.members.add(unit)


def settle(t: State, login: str, unit: str, now: datetime) -> None:
    t.decisions.remove(unit)


def end_task_force(t: State, *_: object) -> None:
    t.force, t.members = False, set()


def dispute(t: State, *_: object) -> None:
    if t.paused and not t.pause_heard:
        t.disputed, t.pause_heard = "pause", True
    else:
        t.disputed, t.extension_heard = "extension", True


def resume(t: State, *_: object) -> None:
    """The pause is over; an objection to it has nothing to win any more."""
    t.paused, t.total = False, "running"
    if t.disputed == "pause":
        t.disputed = "past"


def uphold(t: State, *_: object) -> None:
    if t.disputed == "pause" and t.paused:
        resume(t)
    t.disputed = ""


def reject(t: State, *_: object) -> None:
    t.disputed = ""


def ask(t: State, login: str, expert: str, now: datetime) -> None:
    t.questions.add(expert)


def answer(t: State, login: str, target: str, now: datetime) -> None:
    t.questions.remove(login)


def decline(t: State, login: str, other: str, now: datetime) -> None:
    t.questions.remove(login)
    t.questions.add(other)


def unanswered(t: State) -> None:
    """What the experts have not answered by now is withdrawn."""
    t.questions.clear()


CHAIN: dict[str, Effect] = {
    "raise_task_force": raise_task_force,
    "join_task_force": lambda t, login, unit, now: t.members.add(unit),
    "leave_task_force": lambda t, login, unit, now: t.members.discard(unit),
    "decide": decide,
    "fulfil": settle,
    "drop_decision": settle,
    "end_task_force": end_task_force,
    "dispute": dispute,
    "uphold_dispute": uphold,
    "reject_dispute": reject,
    "ask_expert": ask,
    "expert_answer": answer,
    "expert_decline": decline,
    "assign_handler": lambda t, login, handler, now: setattr(t, "handler", handler),
    "change_follower": lambda t, login, follower, now: setattr(t, "follower", follower),
    "supervise": lambda t, *_: setattr(t, "supervised", True),
    "lift_supervision": lambda t, *_: setattr(t, "supervised", False),
}
