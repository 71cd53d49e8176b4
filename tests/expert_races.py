"""Many processes at once at the experts' pool: each step in a process of its own, all begun at one instant."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.actions import perform, sweep_context
from hotline.deadlines.sweep import sweep
from hotline.errors import DomainError
from hotline.experts.actions import perform_on_advice
from hotline.experts.models import Expert
from hotline.experts.pool import loads
from hotline.experts.records import Advice
from tests.city import City
from tests.experts import FIRST, SECOND, change, do, invite, invited

SECONDS = 120
Step = tuple[Callable[..., Any], str, dict[str, Any]]
"""What to do (session, actor, now, **form), as whom, with which form."""


def crossed(city: City, steps: list[Step]) -> Counter[str]:
    """Every step in a process of its own, all begun at one instant; how often each outcome came: "done" or a code."""
    context = multiprocessing.get_context("fork")  # what is imported and compiled already stays so
    gate, results = context.Barrier(len(steps)), context.SimpleQueue()
    acting = [(do, city.actor(login), form) for do, login, form in steps]
    processes = [context.Process(target=alone, args=(gate, results, city, *step)) for step in acting]
    for process in processes:
        process.start()
    found = Counter(results.get() for _ in processes)
    for process in processes:
        process.join(SECONDS)
    return found


def alone(gate: Any, results: Any, city: City, act: Callable[..., Any], actor: Actor, form: Any) -> None:
    """One process: connections of its own, wait for all, act, tell."""
    outcome = "done"
    try:
        city.database.engine.dispose(close=False)
        gate.wait(SECONDS)
        with city.database.transaction() as session:
            act(session, actor, city.now, **form)
    except DomainError as error:
        outcome = error.code
    except Exception as error:
        outcome = repr(error)[:300]
    results.put(outcome)


def accept(session: Session, actor: Actor, now: Any, advice_id: int) -> None:
    perform_on_advice(session, actor, "accept", {}, now, advice_id)


def decline(session: Session, actor: Actor, now: Any, advice_id: int) -> None:
    perform_on_advice(session, actor, "decline", {"text": "开会"}, now, advice_id)


def ask_call(session: Session, actor: Actor, now: Any, key: str) -> None:
    asked = {"question": "差什么材料？", "category_code": "040201", "draft_key": key}
    perform_on_advice(session, actor, "invite", asked, now)


def book(session: Session, actor: Actor, now: Any, number: str, slot: str) -> None:
    form = {"ticket_no": number, "slot": slot, "mode": "VIDEO", "question": "面谈"}
    perform_on_advice(session, actor, "book", form, now)


def ask_in_writing(session: Session, actor: Actor, now: Any, number: str) -> None:
    perform(session, actor, "ask_expert", {"expert_login": FIRST, "question": "书面"}, now, number=number)


def tick(session: Session, actor: Actor, now: Any) -> None:
    sweep(session, now, sweep_context(session))


def acceptances(city: City, processes: int) -> dict[str, Any]:
    """All accept one invitation: exactly one may."""
    advice_id = invite(city, draft_key="draft-race")
    found = crossed(city, [(accept, FIRST, {"advice_id": advice_id})] * processes)
    sound = found == {"done": 1, "illegal_action": processes - 1}
    return {"outcomes": dict(found), "ok": sound and invited(city, advice_id) == [(FIRST, "ACCEPTED")]}


def calls(city: City, processes: int) -> dict[str, Any]:
    """Each asks for an expert at once, of whom two take five calls together: all are served, nobody gets more."""
    for login, most in ((FIRST, 3), (SECOND, 2)):
        change(city, login, max_parallel=most)
    do(city, "agent1", "cancel", invite(city, draft_key="draft-dial"), text="试拨")
    before = _in_hand(city)
    found = crossed(city, [(ask_call, "agent1", {"key": f"draft-{n:04}"}) for n in range(processes)])
    loaded, most, asked = _in_hand(city), _limits(city), Counter[str]()
    with city.database.transaction(write=False) as session:
        for one in session.scalars(select(Advice).where(Advice.draft_key.startswith("draft-0"))):
            asked[one.status.value] += 1
    taken = min(5 - sum(before.values()), processes)
    sound = found == {"done": processes} and all(loaded[key] <= most[key] for key in most)
    served = asked == +Counter({"INVITING": taken, "ON_DUTY_OFFICER": processes - taken})
    return {"outcomes": dict(found), "asked": dict(asked), "ok": sound and served}


def _in_hand(city: City) -> Counter[int]:
    with city.database.transaction(write=False) as session:
        return loads(session, city.now)


def _limits(city: City) -> dict[int, int]:
    with city.database.transaction(write=False) as session:
        return {one.id: one.max_parallel for one in session.scalars(select(Expert))}
