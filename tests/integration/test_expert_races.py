"""Fifty processes at once, on both databases: one accepts, nobody gets more than he can take, a slot has one holder."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.actions import perform, sweep_context
from hotline.deadlines.sweep import sweep
from hotline.errors import DomainError
from hotline.experts import appointments
from hotline.experts.actions import perform_on_advice
from hotline.experts.models import Expert
from hotline.experts.pool import loads
from hotline.experts.records import Advice, Appointment
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, advice, change, do, invite, invited, status

MANY, CALLS = 50, 20
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


def test_one_of_fifty_acceptances_counts(city: City) -> None:
    advice_id = invite(city)
    found = crossed(city, [(accept, FIRST, {"advice_id": advice_id})] * MANY)
    assert found["done"] == 1 and set(found) == {"done", "illegal_action"}
    assert invited(city, advice_id) == [(FIRST, "ACCEPTED")]


def test_acceptance_and_refusal_at_once_leave_one_of_them(city: City) -> None:
    advice_id = invite(city)
    mixed = [(accept, FIRST, {"advice_id": advice_id}), (decline, FIRST, {"advice_id": advice_id})]
    found = crossed(city, mixed * 5)
    assert found["done"] == 1, found
    assert [answer for _, answer in invited(city, advice_id)] in (["ACCEPTED"], ["DECLINED", "PENDING"])


def test_many_calls_at_once_give_nobody_more_than_he_can_take(city: City) -> None:
    change(city, FIRST, max_parallel=3)
    change(city, SECOND, max_parallel=2)
    do(city, "agent1", "cancel", invite(city), text="试拨")
    found = crossed(city, [(ask_call, "agent1", {"key": f"draft-{n:04}"}) for n in range(CALLS)])
    assert found == {"done": CALLS}
    with city.database.transaction(write=False) as session:
        pool = {one.id: one for one in session.scalars(select(Expert))}
        taken = loads(session, city.now)
        asked = Counter(one.status.value for one in session.scalars(select(Advice)) if not one.status.is_end)
    assert all(taken[key] <= one.max_parallel for key, one in pool.items())
    assert asked == {"INVITING": 5, "ON_DUTY_OFFICER": CALLS - 5}


def test_one_draft_pressed_many_times_makes_one_call(city: City) -> None:
    found = crossed(city, [(ask_call, "agent1", {"key": "draft-0001"})] * 10)
    lost = [code for code in found.elements() if code != "done"]
    assert len(lost) == 9
    assert all(code == "already_inviting" or "uq_advice_one_call" in code for code in lost), found


def test_a_slot_that_many_want_has_one_holder(city: City) -> None:
    numbers = [city.register() for _ in range(10)]
    with city.ticket(numbers[0]) as (session, ticket):
        slot = appointments.offered(session, ticket, city.now)[0].key
    found = crossed(city, [(book, "agent1", {"number": number, "slot": slot}) for number in numbers])
    assert found == {"done": 1, "slot_taken": 9}
    with city.database.transaction(write=False) as session:
        assert len(session.scalars(select(Appointment.id)).all()) == 1


def test_questions_in_writing_and_calls_share_one_limit(city: City) -> None:
    change(city, FIRST, max_parallel=2)
    numbers = [city.register() for _ in range(5)]
    calls: list[Step] = [(ask_call, "agent2", {"key": f"draft-{n:04}"}) for n in range(5)]
    found = crossed(city, [*calls, *((ask_in_writing, "agent1", {"number": number}) for number in numbers)])
    assert found["done"] + found["expert_full"] == 10, found
    with city.database.transaction(write=False) as session:
        first = session.scalars(select(Expert.id).filter_by(account_id=city.actor(FIRST).account_id)).one()
        assert loads(session, city.now)[first] == 2


def test_many_sweeps_at_once_pass_an_invitation_on_once(city: City) -> None:
    advice_id = invite(city)
    city.now += timedelta(minutes=3)
    found = crossed(city, [(tick, "admin1", {})] * 8)
    assert found == {"done": 8}
    assert invited(city, advice_id) == [(FIRST, "TIMED_OUT"), (SECOND, "PENDING")]


def test_both_databases_tell_the_same_story(city: City) -> None:
    """One script, step by step: who was asked, what became of it."""
    advice_id = invite(city)
    do(city, FIRST, "decline", advice_id, text="开会")
    do(city, SECOND, "accept", advice_id)
    do(city, "agent1", "connect", advice_id, is_consented=True)
    do(city, "agent1", "hang_up", advice_id)
    do(city, "agent1", "record_answer", advice_id, **ANSWER)
    do(city, "jrj.leader", "return_advice", advice_id, text="写明条款")
    do(city, SECOND, "amend_answer", advice_id, **ANSWER)
    do(city, "jrj.leader", "approve_advice", advice_id)
    do(city, "agent1", "rate_advice", advice_id, satisfaction="SATISFIED")
    assert (status(city, advice_id), invited(city, advice_id)) == ("DONE", [(FIRST, "DECLINED"), (SECOND, "ACCEPTED")])
    with advice(city, advice_id) as found:
        assert found.version == 10
