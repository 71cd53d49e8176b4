"""回避: an expert of the complained-of unit is never offered, invited, asked or shown the consultation."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hotline.directory.models import Unit
from hotline.errors import IllegalAction, Invalid, NotFound
from hotline.experts import appointments, people
from hotline.experts.calls import attach, preview
from hotline.experts.queries import get_advice, visible, waiting
from hotline.experts.records import Advice
from hotline.ticket.queries import get
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, advice, do, invite, invited, later, status

ABOUT_US: dict[str, Any] = {"appeal_type": "COMPLAINT", "respondent_unit_code": "JRJ"}
OURS = ("jrj.handler", "jrj.leader", FIRST, SECOND)


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def registered_about_us(city: City) -> None:
    """The draft of the call becomes a complaint about the unit whose expert was asked."""
    number = city.register(**ABOUT_US)
    with city.database.transaction() as session:
        agent = city.actor("agent1")
        attach(session, agent, "draft-0001", get(session, agent, number), city.now)


def test_nobody_of_the_unit_is_offered_or_invited(city: City) -> None:
    with city.database.transaction(write=False) as session:
        asked = {"question": "", "category_code": "040201", "draft_key": "draft-0001", **ABOUT_US}
        assert preview(session, asked, city.actor("agent1"), city.now) == []
    advice_id = invite(city, **ABOUT_US)
    assert invited(city, advice_id) == []
    assert status(city, advice_id) == "ON_DUTY_OFFICER"


def test_the_duty_officer_is_of_the_unit_that_supervises_the_one_complained_of(city: City) -> None:
    with advice(city, invite(city, **ABOUT_US)) as found:
        assert found.officer is not None and found.officer.login not in OURS
        assert found.unit.code != "JRJ"


def test_a_person_complained_of_is_passed_over_but_not_the_colleague(city: City) -> None:
    advice_id = invite(city, appeal_type="COMPLAINT", respondent_login=FIRST)
    assert invited(city, advice_id) == [(SECOND, "PENDING")]


def test_the_unit_is_the_one_the_catalogue_leads_to_with_zones_and_units_that_closed(city: City) -> None:
    with advice(city, invite(city, region_code="4499QW")) as found:
        assert found.unit.code == "QWQ", "a zone takes what no row gives to another"
    with city.database.transaction() as session:
        session.scalars(select(Unit).filter_by(code="JRJ")).one().effective_to = city.now.date() - timedelta(days=1)
    with advice(city, invite(city, draft_key="draft-0002")) as found:
        assert found.unit.code == "WD", "who cannot receive is passed over for the fallback"


def test_praise_concerns_nobody(city: City) -> None:
    assert invited(city, invite(city, **{**ABOUT_US, "appeal_type": "PRAISE"}))[0][0] == FIRST


def test_nobody_of_the_unit_sees_it_by_any_way(city: City) -> None:
    advice_id = invite(city, **ABOUT_US)
    for login in OURS:
        actor = city.actor(login)
        with city.database.transaction(write=False) as session:
            assert session.scalars(visible(actor).where(Advice.id == advice_id)).all() == []
            assert waiting(session, actor) == []
            with pytest.raises(NotFound):
                get_advice(session, actor, advice_id)


def test_an_invited_expert_loses_it_when_the_draft_turns_out_to_be_about_the_own_unit(city: City) -> None:
    advice_id = invite(city)
    assert invited(city, advice_id) == [(FIRST, "PENDING")]
    registered_about_us(city)
    with pytest.raises(NotFound):
        do(city, FIRST, "accept", advice_id)
    later(city, minutes=3)
    assert [login for login, _ in invited(city, advice_id)] == [FIRST]
    assert status(city, advice_id) == "ON_DUTY_OFFICER"
    with city.database.transaction(write=False) as session:
        found = session.get_one(Advice, advice_id)
        assert not {one.login for one in people.owing(session, found, city.now)} & set(OURS)
        assert not {
            one.login for one in people.reached(session, found, ("handler", "liaison", "unit_leader"), city.now)
        } & set(OURS)


def test_the_answer_to_a_later_complaint_is_reviewed_by_somebody_else(city: City) -> None:
    advice_id = invite(city)
    do(city, FIRST, "accept", advice_id)
    do(city, "agent1", "connect", advice_id, is_consented=True)
    do(city, "agent1", "hang_up", advice_id)
    do(city, "agent1", "record_answer", advice_id, **ANSWER)
    registered_about_us(city)
    with pytest.raises(NotFound):
        do(city, "jrj.leader", "approve_advice", advice_id)
    with city.database.transaction(write=False) as session:
        found = session.get_one(Advice, advice_id)
        assert not {one.login for one in people.reviewers(session, found, city.now)} & set(OURS)
    do(city, "review1", "approve_advice", advice_id)


def test_no_slot_of_the_unit_is_offered_for_a_complaint_about_it(city: City) -> None:
    number = city.register(**ABOUT_US)
    with city.ticket(number) as (session, ticket):
        assert appointments.offered(session, ticket, city.now) == []


def test_nor_is_a_question_in_writing_put_to_it(city: City) -> None:
    number = city.register(**ABOUT_US)
    with pytest.raises(Invalid, match="回避"):
        city.do("agent1", "ask_expert", number, expert_login=FIRST, question="请解答")


def test_whoever_asked_may_cancel_and_no_other_agent(city: City) -> None:
    advice_id = invite(city, **ABOUT_US)
    with pytest.raises((IllegalAction, NotFound)):
        do(city, "agent2", "cancel", advice_id, text="不是我的")
    do(city, "agent1", "cancel", advice_id, text="来电人挂断")
    assert status(city, advice_id) == "CANCELLED"
