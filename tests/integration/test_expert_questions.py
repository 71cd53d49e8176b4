"""A question in writing: asked by ticket, answered, reviewed, amended, credited; settled when its ticket moves on."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, or_, select

from hotline.accounts.models import Account
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.errors import Conflict, IllegalAction, NotFound
from hotline.experts import figures, pool
from hotline.experts.models import Expert, RosterShift
from hotline.experts.ranking import judged
from hotline.experts.records import Advice
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.supervision.advice_notices import send_advice_event
from hotline.ticket.models import Consultation, Ticket
from hotline.ticket.queries import hanging, visible
from hotline.web.timeline import timeline
from tests.city import City
from tests.experts import FIRST, SECOND, change, do, expert_of, invite, status
from tests.factories import PAYLOADS, act, make
from tests.integration.test_handover import refusal

SAID = {"answer": "补齐验收单后受理。", "legal_basis": "贴息办法第六条"}
BETTER = {"answer": "补齐验收单，三个工作日内受理。", "legal_basis": "贴息办法第六条第二款"}


def asked(city: City, login: str = FIRST, stage: str = "handling") -> str:
    number = make(city, stage)
    city.do("dispatch1", "ask_expert", number, expert_login=login, question="差什么材料？")
    return number


def question(city: City, number: str) -> Consultation:
    with city.ticket(number) as (session, ticket):
        found: Consultation = hanging(session, Consultation, ticket)[-1]
        return found


def advice_of(city: City, number: str) -> int:
    with city.database.transaction(write=False) as session:
        found = select(Advice.id).where(Advice.consultation_id == question(city, number).id)
        return session.scalars(found).one()


def shown(city: City, number: str) -> dict[str, str]:
    """What the ticket's page says of the expert's answer."""
    with city.ticket(number) as (session, ticket):
        [one] = [one for one in timeline(session, ticket) if one["action"] == "expert_answer"]
        return dict(one["facts"])


def load(city: City, login: str) -> int:
    with city.database.transaction(write=False) as session:
        return pool.loads(session, city.now)[expert_of(session, login).id]


def out_of_pool(city: City, login: str) -> None:
    """As an account that was given the role later: nobody recommended it."""
    with city.database.transaction() as session:
        expert = expert_of(session, login)
        shifts = or_(RosterShift.expert_id == expert.id, RosterShift.substitute_id == expert.id)
        session.execute(delete(RosterShift).where(shifts))
        session.delete(expert)


def sees(city: City, login: str, number: str) -> bool:
    with city.database.transaction(write=False) as session:
        return session.scalar(visible(city.actor(login)).where(Ticket.no == number)) is not None


def test_an_answer_by_ticket_is_reviewed_amended_credited_and_the_ticket_says_how_far_it_is(city: City) -> None:
    number = asked(city)
    city.now += timedelta(hours=1)
    city.do(FIRST, "expert_answer", number, **SAID)
    answered_at = city.now
    advice_id = advice_of(city, number)
    assert shown(city, number) == {
        "专家答复（待审核，不作为单位意见）": SAID["answer"],
        "政策依据": SAID["legal_basis"],
    }
    do(city, "jrj.leader", "return_advice", advice_id, text="写明时限")
    assert shown(city, number)["专家答复（已退回修改）"] == SAID["answer"]
    city.now += timedelta(hours=1)
    do(city, FIRST, "amend_answer", advice_id, **BETTER)
    assert shown(city, number) == {
        "专家答复（待审核，不作为单位意见）": BETTER["answer"],
        "政策依据": BETTER["legal_basis"],
    }
    do(city, "jrj.leader", "approve_advice", advice_id)
    assert shown(city, number)["专家答复（已审核）"] == BETTER["answer"]
    with city.database.transaction(write=False) as session:
        counted = figures.figures_of(session, expert_of(session, FIRST), answered_at - timedelta(days=1))
        assert (counted.adopted.part, counted.adopted.whole, counted.first_response) == (0, 1, 3600)
        [clock] = clocks_of(session, Subject("consultation", question(city, number).id))
        assert clock.state is ClockState.STOPPED


@pytest.mark.parametrize("stage", ["registered", "handling"])
def test_a_ticket_that_ends_withdraws_its_questions_tells_the_expert_and_frees_his_hands(
    city: City, stage: str
) -> None:
    number, before = asked(city, stage=stage), load(city, FIRST)
    act(city, "agent1", "withdraw", number)
    found = question(city, number)
    assert (found.withdrawn_at, found.is_declined) == (city.now, False)
    assert load(city, FIRST) == before - 1
    assert not sees(city, FIRST, number)
    deliver(city.database, lambda: city.now, senders() | {"advice_event": send_advice_event})
    with city.database.transaction(write=False) as session:
        notices = select(Notice).join(Account, Account.id == Notice.account_id).where(Account.login == FIRST)
        [told] = [one for one in session.scalars(notices) if one.title.startswith("书面咨询已撤回")]
        assert told.title.endswith(number) and told.ticket_id is None
        assert {c.state for c in clocks_of(session, Subject("consultation", found.id))} == {ClockState.STOPPED}


@pytest.mark.parametrize(("login", "action"), [("dispatch1", "merge"), ("dispatch1", "transfer_external")])
def test_a_ticket_that_is_merged_or_sent_away_leaves_no_question_behind(city: City, login: str, action: str) -> None:
    number = asked(city, stage="registered")
    form = {"master_no": city.register()} if action == "merge" else {}
    city.do(login, action, number, **{**PAYLOADS[action], **form})
    assert question(city, number).withdrawn_at == city.now
    with pytest.raises(NotFound):
        city.do(FIRST, "expert_answer", number, **SAID)


def test_an_expert_answers_while_the_reply_is_reviewed_and_no_longer_once_it_is_passed(city: City) -> None:
    first, second = make(city, "reviewing"), make(city, "handling")
    for number in (first, second):
        if number is second:
            city.do("dispatch1", "ask_expert", number, expert_login=FIRST, question="差什么材料？")
            act(city, "wd.handler", "reply", number)
            act(city, "wd.leader", "sign_off", number)
    city.do(FIRST, "expert_answer", second, **SAID)
    city.do("review1", "return_reply", second, text="补充依据")
    city.do("dispatch1", "ask_expert", second, expert_login=SECOND, question="再请教")
    act(city, "wd.handler", "reply", second)
    act(city, "wd.leader", "sign_off", second)
    act(city, "review1", "approve", second)
    assert question(city, second).withdrawn_at == city.now
    with pytest.raises(NotFound):
        city.do(SECOND, "expert_answer", second, **SAID)


def test_a_question_is_handed_over_only_to_who_is_in_the_pool_has_a_hand_free_and_was_not_asked(city: City) -> None:
    number = asked(city)
    change(city, SECOND, max_parallel=1)
    city.do("dispatch1", "ask_expert", city.register(), expert_login=SECOND, question="另一件")
    assert refusal(city, FIRST, SECOND, "上限 1 件")
    change(city, SECOND, max_parallel=5)
    city.do("dispatch1", "ask_expert", number, expert_login=SECOND, question="也请教您")
    assert refusal(city, FIRST, SECOND, "已有一个待答复的咨询")
    out_of_pool(city, "expert.tax")
    assert refusal(city, FIRST, "expert.tax", "不在专家库")


def test_who_was_asked_and_left_the_pool_is_told_so_in_words(city: City) -> None:
    number = asked(city, "expert.tax")
    out_of_pool(city, "expert.tax")
    with pytest.raises(NotFound, match="不在专家库"):
        city.do("expert.tax", "expert_answer", number, **SAID)


def test_two_questions_to_one_person_are_answered_one_after_the_other(city: City) -> None:
    number = asked(city)
    city.do("dispatch1", "ask_expert", number, expert_login=SECOND, question="第二问")
    with city.database.transaction() as session:
        for one in session.scalars(select(Consultation)):
            one.expert_id = city.actor(FIRST).account_id or 0
    city.do(FIRST, "expert_answer", number, **SAID)
    city.do(FIRST, "expert_answer", number, **BETTER)
    with city.ticket(number) as (session, ticket):
        assert [one.answer for one in hanging(session, Consultation, ticket)] == [SAID["answer"], BETTER["answer"]]


def test_a_tip_off_asks_no_expert(city: City) -> None:
    number = make(city, "handling", appeal_type="TIP_OFF")
    with pytest.raises(IllegalAction, match="举报件不请专家"):
        city.do("dispatch1", "ask_expert", number, expert_login=FIRST, question="差什么材料？")
    with city.ticket(number) as (session, ticket):
        asked_before: dict[str, Any] = {"ticket_id": ticket.id, "expert_id": city.actor(FIRST).account_id}
    with city.database.transaction() as session:
        session.add(Consultation(**asked_before, question="以前的", by_id=None, at=city.now))
    assert not sees(city, FIRST, number)
    with pytest.raises(NotFound):
        city.do(FIRST, "expert_answer", number, **SAID)


def test_who_may_be_asked_in_writing_stands_in_the_rankings_order_with_the_reason(city: City) -> None:
    change(city, SECOND, max_parallel=1)
    number = asked(city, SECOND)
    with city.ticket(number) as (session, ticket):
        fitting, refused = judged(session, ticket, city.now)
        assert fitting[0].expert.account.login == FIRST and "在办" in fitting[0].why
        assert {one.expert.account.login: one.why for one in refused}[SECOND] == "在办已满（1/1）"
        everybody = set(session.scalars(select(Expert.id)))
        assert {one.expert.id for one in (*fitting, *refused)} == everybody


def test_a_question_pressed_twice_is_asked_once(city: City) -> None:
    number = asked(city)
    with pytest.raises(Conflict, match="尚未答复"):
        city.do("dispatch1", "ask_expert", number, expert_login=FIRST, question="差什么材料？")
    assert status(city, invite(city)) == "INVITING"
