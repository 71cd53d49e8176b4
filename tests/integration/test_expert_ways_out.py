"""No consultation waits for ever for who cannot act: unit and hotline have a way out, and read what they must."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account, Role
from hotline.deadlines.operations import hold
from hotline.errors import DomainError, IllegalAction, NotFound
from hotline.experts import appointments, calls, people
from hotline.experts.actions import perform_on_advice
from hotline.experts.clocks import subject_of
from hotline.experts.queries import get_advice
from hotline.experts.records import Advice, AdviceReader
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, advice, answered, do, invite, later, status
from tests.integration.test_expert_races import crossed


def met(city: City) -> tuple[str, int]:
    """A confirmed meeting that has begun; its ticket and its id."""
    number = city.register()
    with city.ticket(number) as (session, ticket):
        slot = next(s for s in appointments.offered(session, ticket, city.now) if s.expert.account.login == FIRST)
    form = {"slot": slot.key, "mode": "VIDEO", "question": "面谈"}
    advice_id = do(city, "agent1", "book", None, ticket_no=number, **form)
    do(city, FIRST, "confirm", advice_id)
    city.now = slot.starts_at + timedelta(minutes=10)
    return number, advice_id


def gone(city: City, login: str) -> None:
    with city.database.transaction() as session:
        session.scalars(select(Account).filter_by(login=login)).one().is_active = False


@pytest.mark.parametrize(("login", "action"), [
    ("jrj.leader", "cancel"), ("lead1", "cancel"), ("super1", "no_show"), ("jrj.leader", "no_show"),
])  # fmt: skip
def test_a_meeting_whose_expert_has_gone_is_ended_by_unit_or_hotline(city: City, login: str, action: str) -> None:
    number, advice_id = met(city)
    gone(city, FIRST)
    with pytest.raises(DomainError):
        do(city, "gxj.leader", action, advice_id, text="专家已离职")
    do(city, login, action, advice_id, text="专家已离职")
    with city.ticket(number) as (session, ticket):
        slot = appointments.offered(session, ticket, city.now)[0].key
    assert do(city, "agent1", "book", None, ticket_no=number, slot=slot, mode="VIDEO", question="再约")


def test_before_it_begins_the_unit_does_not_cancel_over_the_desk(city: City) -> None:
    _, advice_id = met(city)
    city.now -= timedelta(hours=1)
    with pytest.raises(IllegalAction, match="预约时间未到"):
        do(city, "jrj.leader", "cancel", advice_id, text="x")


def test_a_returned_answer_is_amended_by_another_voice_of_the_unit_who_does_not_review_it(city: City) -> None:
    advice_id = answered(city)
    do(city, "jrj.leader", "return_advice", advice_id, text="写明条款")
    gone(city, FIRST)
    with advice(city, advice_id) as found, city.database.transaction(write=False) as session:
        owing = people.owing(session, session.get_one(Advice, found.id), city.now)
        assert "jrj.leader" in {one.login for one in owing} and FIRST not in {one.login for one in owing}
    do(city, "jrj.leader", "amend_answer", advice_id, answer="改好了", legal_basis="第六条")
    with pytest.raises(IllegalAction, match="不能审核自己的答复"):
        do(city, "jrj.leader", "approve_advice", advice_id)
    do(city, "review1", "approve_advice", advice_id)
    assert status(city, advice_id) == "DONE"


def test_another_expert_of_the_unit_amends_too_and_a_supervisor_may_end_it(city: City) -> None:
    first = answered(city)
    do(city, "jrj.leader", "return_advice", first, text="写明条款")
    do(city, SECOND, "amend_answer", first, answer="改好了", legal_basis="第六条")
    do(city, "jrj.leader", "return_advice", first, text="还差一条")
    with pytest.raises(DomainError):
        do(city, "expert.tax", "amend_answer", first, answer="外单位", legal_basis="无")
    do(city, "super1", "cancel", first, text="专家回避，另行答复")
    assert status(city, first) == "CANCELLED"


def test_whoever_a_rung_tells_to_act_can_open_it_until_it_has_ended_and_nobody_else(city: City) -> None:
    advice_id = answered(city)
    later(city, days=8)
    with city.database.transaction(write=False) as session:
        told = select(Account).join(AdviceReader, AdviceReader.account_id == Account.id)
        people_ = list(session.scalars(told.where(AdviceReader.advice_id == advice_id)))
        outside = [one for one in people_ if not one.roles & {Role.SUPERVISOR, Role.UNIT_LEADER}]
        assert {"jrj.handler"} == {one.login for one in outside}, "the liaison"
        for one in people_:
            assert get_advice(session, city.actor(one.login), advice_id)
        with pytest.raises(NotFound):
            get_advice(session, city.actor("jrj.handler2"), advice_id)
    do(city, "jrj.leader", "approve_advice", advice_id)
    with city.database.transaction(write=False) as session, pytest.raises(NotFound):
        get_advice(session, city.actor("jrj.handler"), advice_id)


@pytest.mark.parametrize("connected", [False, True])
def test_a_draft_registered_as_a_tip_off_breaks_the_call_off(city: City, connected: bool) -> None:
    advice_id = invite(city)
    if connected:
        do(city, FIRST, "accept", advice_id)
        do(city, "agent1", "connect", advice_id, is_consented=True)
    number = city.register(appeal_type="TIP_OFF")
    with city.database.transaction() as session, city.ticket(number) as (_, ticket):
        calls.attach(session, city.actor("agent1"), "draft-0001", ticket, city.now)
    assert status(city, advice_id) == "CANCELLED"


@pytest.mark.parametrize(("login", "action"), [(FIRST, "accept"), ("agent1", "connect"), ("agent1", "record_answer")])
def test_what_hangs_on_a_tip_off_goes_no_further(city: City, login: str, action: str) -> None:
    advice_id, number = invite(city), city.register(appeal_type="TIP_OFF")
    if action != "accept":
        do(city, FIRST, "accept", advice_id)
    if action == "record_answer":
        do(city, "agent1", "connect", advice_id, is_consented=False)
    with city.ticket(number) as (_, ticket), city.database.transaction() as session:
        session.get_one(Advice, advice_id).ticket_id = ticket.id
    form = {"accept": {}, "connect": {"is_consented": True}, "record_answer": ANSWER}[action]
    with pytest.raises(IllegalAction, match="举报件不请专家"):
        do(city, login, action, advice_id, **form)


def test_a_closed_draft_takes_its_invitation_back(city: City) -> None:
    advice_id = invite(city)
    with city.database.transaction() as session:
        calls.give_up(session, city.actor("agent1"), "draft-0001", city.now)
        assert not list(hold(session, subject_of(session.get_one(Advice, advice_id))))
    assert status(city, advice_id) == "CANCELLED"


def test_the_calendar_file_of_a_meeting_that_took_place_does_not_cancel_it(city: City) -> None:
    _, advice_id = met(city)
    do(city, FIRST, "record_answer", advice_id, **ANSWER)
    with advice(city, advice_id) as found:
        text = appointments.calendar_file(found, city.now)
    assert "METHOD:PUBLISH" in text and "STATUS:CONFIRMED" in text


def test_two_calls_for_one_ticket_at_once_make_one(city: City) -> None:
    number = city.register()

    def ask(session, actor, now, number):  # type: ignore[no-untyped-def]
        perform_on_advice(session, actor, "invite", {"question": "差什么？", "ticket_no": number}, now)

    found = crossed(city, [(ask, "agent1", {"number": number})] * 10)
    assert found == {"done": 1, "already_inviting": 9}


def test_two_bookings_for_one_ticket_at_once_make_one(city: City) -> None:
    number = city.register()
    with city.ticket(number) as (session, ticket):
        keys = [slot.key for slot in appointments.offered(session, ticket, city.now)][:6]

    def book(session, actor, now, number, slot):  # type: ignore[no-untyped-def]
        form = {"ticket_no": number, "slot": slot, "mode": "VIDEO", "question": "面谈"}
        perform_on_advice(session, actor, "book", form, now)

    found = crossed(city, [(book, "agent1", {"number": number, "slot": key}) for key in keys])
    assert found == {"done": 1, "already_booked": 5}
