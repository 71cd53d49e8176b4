"""An expert during the call: invited, accepted in time or passed on, connected with consent, answered, reviewed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import clocks_of, stuck
from hotline.errors import Conflict, DomainError, Forbidden, IllegalAction, Invalid, NotFound
from hotline.experts import people
from hotline.experts.calls import attach
from hotline.experts.clocks import ADVICE, subject_of
from hotline.experts.models import Expert, Presence
from hotline.experts.queries import events, visible
from hotline.experts.records import ENDS, Advice
from tests.city import City
from tests.experts import (
    ANSWER,
    FIRST,
    SECOND,
    advice,
    answered,
    change,
    do,
    expert_of,
    invite,
    invited,
    later,
    status,
)


@pytest.fixture
def city(sqlite_city: City) -> City:
    """One database; what both must do alike stands in test_expert_races."""
    return sqlite_city


def test_the_one_on_duty_is_asked_first_and_the_reason_is_kept(city: City) -> None:
    advice_id = invite(city)
    assert invited(city, advice_id) == [(FIRST, "PENDING")]
    with advice(city, advice_id) as found:
        assert found.invitations[0].why.startswith("值班，离线；熟悉“贴息与上市”")


def test_after_three_silent_minutes_the_next_one_is_asked_and_then_the_duty_officer(city: City) -> None:
    advice_id = invite(city)
    later(city, minutes=2, seconds=59)
    assert invited(city, advice_id) == [(FIRST, "PENDING")]
    later(city, seconds=1)
    assert invited(city, advice_id) == [(FIRST, "TIMED_OUT"), (SECOND, "PENDING")]
    later(city, minutes=3)
    assert status(city, advice_id) == "ON_DUTY_OFFICER"
    with advice(city, advice_id) as found:
        assert found.officer is not None and found.officer.login == "jrj.handler"
    do(city, "jrj.handler", "take_over", advice_id)
    assert status(city, advice_id) == "IN_CALL"


def test_who_declines_says_why_and_the_next_one_is_asked_at_once(city: City) -> None:
    advice_id = invite(city)
    with pytest.raises(Invalid):
        do(city, FIRST, "decline", advice_id)
    do(city, FIRST, "decline", advice_id, text="正在会议中")
    assert invited(city, advice_id) == [(FIRST, "DECLINED"), (SECOND, "PENDING")]
    do(city, SECOND, "decline", advice_id, text="外出")
    assert status(city, advice_id) == "ON_DUTY_OFFICER"


def test_an_acceptance_after_the_time_is_late_although_the_sweep_was_later(city: City) -> None:
    advice_id = invite(city)
    city.now += timedelta(minutes=3)
    with pytest.raises(DomainError) as refused:
        do(city, FIRST, "accept", advice_id)
    assert isinstance(refused.value, (IllegalAction, NotFound))
    later(city)
    do(city, SECOND, "accept", advice_id)
    with advice(city, advice_id) as found:
        assert found.expert is not None and found.expert.account.login == SECOND


def test_the_three_way_call_needs_the_callers_consent(city: City) -> None:
    advice_id = invite(city)
    do(city, FIRST, "accept", advice_id)
    with pytest.raises(IllegalAction, match="征询"):
        do(city, "agent1", "record_answer", advice_id, **ANSWER)
    with pytest.raises(Invalid):
        do(city, "agent1", "connect", advice_id)
    do(city, "agent1", "connect", advice_id, is_consented=False)
    with pytest.raises(IllegalAction):
        do(city, "agent1", "hang_up", advice_id)
    do(city, "agent1", "record_answer", advice_id, **ANSWER)
    with advice(city, advice_id) as found:
        assert found.call is not None
        assert (found.call.is_consented, found.call.started_at, found.call.summary) == (False, None, ANSWER["summary"])


def test_a_call_with_consent_is_recorded_from_when_to_when_by_whom(city: City) -> None:
    advice_id = answered(city)
    with advice(city, advice_id) as found:
        assert found.call is not None and found.call.ended_at is not None and found.call.started_at is not None
        assert found.call.ended_at - found.call.started_at == timedelta(minutes=4)
        assert found.call.asked_by_id == city.actor("agent1").account_id
        assert found.answered_for is not None and found.answered_for.code == "JRJ"


def test_the_answer_is_the_units_word_and_its_leader_passes_it(city: City) -> None:
    advice_id = answered(city)
    for login in ("swj.leader", FIRST, "agent1"):
        with pytest.raises((Forbidden, IllegalAction, NotFound)):
            do(city, login, "approve_advice", advice_id)
    do(city, "jrj.leader", "return_advice", advice_id, text="请写明条款")
    with pytest.raises((Forbidden, IllegalAction)):
        do(city, "agent1", "amend_answer", advice_id, **ANSWER)
    do(city, FIRST, "amend_answer", advice_id, **ANSWER)
    do(city, "jrj.leader", "approve_advice", advice_id)
    with advice(city, advice_id) as found:
        assert (found.status.value, found.was_returned) == ("DONE", True)


def test_a_reviewer_of_the_hotline_may_pass_an_answer_too(city: City) -> None:
    advice_id = answered(city)
    do(city, "review1", "approve_advice", advice_id)
    with advice(city, advice_id) as found:
        assert found.status.value == "DONE"


def test_one_draft_has_one_call_at_a_time(city: City) -> None:
    advice_id = invite(city)
    with pytest.raises(Conflict) as refused:
        invite(city)
    assert refused.value.code == "already_inviting"
    do(city, "agent1", "cancel", advice_id, text="来电人挂断")
    assert invited(city, advice_id) == [(FIRST, "WITHDRAWN")]
    assert invite(city) != advice_id


def test_the_call_hangs_on_the_ticket_that_the_draft_becomes(city: City) -> None:
    advice_id, number = invite(city), city.register()
    with city.ticket(number) as (_, ticket):
        ticket_id = ticket.id
    with city.database.transaction() as session, city.ticket(number) as (_, ticket):
        attach(session, city.actor("agent1"), "draft-0001", ticket, city.now)
    with advice(city, advice_id) as found:
        assert found.ticket_id == ticket_id


def test_a_tip_off_is_not_shown_to_any_expert(city: City) -> None:
    with pytest.raises(IllegalAction, match="举报"):
        invite(city, appeal_type="TIP_OFF")
    number = city.register(appeal_type="TIP_OFF")
    with pytest.raises(IllegalAction, match="举报"):
        invite(city, draft_key="", ticket_no=number)


def test_whoever_has_hands_full_is_passed_over(city: City) -> None:
    change(city, FIRST, max_parallel=1)
    first, second = invite(city), invite(city, draft_key="draft-0002")
    assert [invited(city, one)[0][0] for one in (first, second)] == [FIRST, SECOND]
    change(city, SECOND, max_parallel=1)
    assert status(city, invite(city, draft_key="draft-0003")) == "ON_DUTY_OFFICER"


@pytest.mark.parametrize("changes", [{"languages": ["en"]}, {"presence": Presence.ONLINE, "valid_to": None}])
def test_the_callers_language_counts(city: City, changes: dict[str, Any]) -> None:
    """The second expert on this morning speaks Cantonese, the first does not."""
    change(city, SECOND, **changes)
    advice_id = invite(city, language="粤语")
    expected = [] if "languages" in changes else [(SECOND, "PENDING")]
    assert invited(city, advice_id) == expected


def test_at_every_moment_a_clock_runs_and_somebody_answers_for_it(city: City) -> None:
    advice_id = invite(city)
    guarded(city, advice_id)
    steps: list[tuple[str, str, dict[str, Any]]] = [
        (FIRST, "decline", {"text": "开会"}),
        (SECOND, "accept", {}),
        ("agent1", "connect", {"is_consented": True}),
        ("agent1", "hang_up", {}),
        (SECOND, "record_answer", ANSWER),
        ("jrj.leader", "return_advice", {"text": "请写明条款"}),
        (SECOND, "amend_answer", ANSWER),
        ("jrj.leader", "approve_advice", {}),
    ]
    for login, action, form in steps:
        do(city, login, action, advice_id, **form)
        guarded(city, advice_id)
    with city.database.transaction(write=False) as session:
        running = select(Clock).filter_by(subject_kind=ADVICE, state=ClockState.RUNNING)
        assert session.scalars(running).all() == []


def guarded(city: City, advice_id: int) -> None:
    with city.database.transaction(write=False) as session:
        found = session.get_one(Advice, advice_id)
        running = [one for one in clocks_of(session, subject_of(found)) if one.state is ClockState.RUNNING]
        assert bool(running) != (found.status in ENDS)
        assert people.owing(session, found, city.now)


def test_a_call_nobody_records_reaches_the_duty_officer_and_then_the_supervisor(city: City) -> None:
    advice_id = invite(city)
    do(city, FIRST, "accept", advice_id)
    later(city, hours=4)
    with city.database.transaction(write=False) as session:
        told = [
            {session.get_one(Account, one).login for one in row.data["told"]}
            for row in events(session, session.get_one(Advice, advice_id))
            if row.action == "rung"
        ]
        assert stuck(session) == []
    assert told[:2] == [{FIRST}, {FIRST, "jrj.handler"}]
    assert {"jrj.leader", "super1", "super2"} <= told[2]


def test_six_hours_without_a_sweep_lose_nothing_and_fire_nothing_twice(city: City) -> None:
    advice_id = invite(city)
    later(city, hours=6)
    assert invited(city, advice_id) == [(FIRST, "TIMED_OUT"), (SECOND, "PENDING")]
    later(city, minutes=3)
    later(city, seconds=0)
    assert invited(city, advice_id) == [(FIRST, "TIMED_OUT"), (SECOND, "TIMED_OUT")]


def test_only_those_concerned_see_a_consultation(city: City) -> None:
    advice_id = invite(city)
    seen = {"agent1": True, "agent2": False, "lead1": True, FIRST: True, SECOND: False, "jrj.leader": False}
    for login, expected in seen.items():
        with city.database.transaction(write=False) as session:
            query = visible(city.actor(login)).where(Advice.id == advice_id)
            assert (session.scalar(query) is not None) == expected, login
    do(city, FIRST, "decline", advice_id, text="开会")
    with pytest.raises(NotFound):
        do(city, FIRST, "accept", advice_id)


def test_the_pool_keeps_the_work_phone_sealed(city: City) -> None:
    with city.database.transaction(write=False) as session:
        phone = expert_of(session, FIRST).work_phone
        raw = session.connection().exec_driver_sql("SELECT work_phone FROM expert").scalars().all()
        assert phone and len(session.scalars(select(Expert)).all()) == len(raw)
    assert all(phone not in sealed for sealed in raw)
