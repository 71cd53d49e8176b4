"""Many processes at once, on both databases: one accepts, nobody gets more than he can take, a slot has one holder."""

from datetime import timedelta

from sqlalchemy import select

from hotline.experts import appointments
from hotline.experts.models import Expert
from hotline.experts.pool import loads
from hotline.experts.records import Appointment
from tests.city import City
from tests.expert_races import (
    Step,
    accept,
    acceptances,
    ask_call,
    ask_in_writing,
    book,
    calls,
    crossed,
    decline,
    tick,
)
from tests.experts import ANSWER, FIRST, SECOND, advice, change, do, invite, invited, status

PROCESSES = 12
"""`scripts/races` runs the two races of the pool with fifty."""


def test_one_of_many_acceptances_counts(city: City) -> None:
    found = acceptances(city, PROCESSES)
    assert found["ok"], found


def test_acceptance_and_refusal_at_once_leave_one_of_them(city: City) -> None:
    advice_id = invite(city)
    mixed = [(accept, FIRST, {"advice_id": advice_id}), (decline, FIRST, {"advice_id": advice_id})]
    found = crossed(city, mixed * 5)
    assert found["done"] == 1, found
    assert [answer for _, answer in invited(city, advice_id)] in (["ACCEPTED"], ["DECLINED", "PENDING"])


def test_many_calls_at_once_give_nobody_more_than_he_can_take(city: City) -> None:
    found = calls(city, PROCESSES)
    assert found["ok"], found


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
