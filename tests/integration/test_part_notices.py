"""Whoever is asked for a part hears of it, by when; whoever asked hears the answer; an expert is reminded himself."""

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.errors import DomainError, Invalid
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.ticket.ledger import entries
from hotline.ticket.models import Assignment
from hotline.ticket.queries import hanging
from tests.city import City
from tests.factories import act, make
from tests.kb import tick

Heard = dict[str, str]


def heard(city: City, number: str, label: str) -> Heard:
    """Login → text of the notices to staff about the ticket's newest row of this label."""
    deliver(city.database, lambda: city.now, senders())
    with city.ticket(number) as (session, ticket):
        seq = [row.seq for row in entries(session, ticket) if row.label == label][-1]
        told = select(Account.login, Notice.text).join(Notice, Notice.account_id == Account.id)
        rows = session.execute(told.where(Notice.ticket_id == ticket.id, Notice.seq == seq)).all()
        return {row.login: row.text for row in rows}


def test_a_supporting_unit_hears_that_it_is_asked_and_by_when(city: City) -> None:
    number = make(city, "handling")
    act(city, "dispatch1", "add_support", number)
    assert heard(city, number, "加派协办") == {"gxj.handler": "请核对技改备案；请于 2026-03-19 17:30 前提交意见"}


def test_units_that_support_from_the_dispatch_on_hear_of_it_too(city: City) -> None:
    number = make(city, "registered")
    act(city, "dispatch1", "dispatch", number, support_unit_codes=["GXJ", "JRJ"], text="请按职责办理")
    found = heard(city, number, "派单")
    assert set(found) == {"wd.handler", "gxj.handler", "jrj.handler"}
    assert found["wd.handler"] == "请按职责办理"
    assert "前提交意见" in found["jrj.handler"]


def test_a_unit_below_hears_what_is_sent_down_and_the_one_above_hears_the_answer(city: City) -> None:
    number = make(city, "handling")
    act(city, "dispatch1", "add_support", number, unit_code="SZF")
    act(city, "szf.handler", "delegate", number, unit_code="JRJ")
    assert list(heard(city, number, "下派")) == ["jrj.handler"]
    act(city, "jrj.handler", "contribute", number)
    assert heard(city, number, "提交协办意见") == {"szf.handler": "“市金融局”已提交下派意见"}
    city.at("2026-03-18 10:00")
    act(city, "szf.handler", "contribute", number)
    assert set(heard(city, number, "提交协办意见")) == {"wd.handler"}


def test_of_a_tip_off_the_supporting_units_leader_hears_for_those_who_may_not_read_it(city: City) -> None:
    number = make(city, "handling", appeal_type="TIP_OFF")
    act(city, "dispatch1", "add_support", number, unit_code="JRJ")
    assert list(heard(city, number, "加派协办")) == ["jrj.leader"]


def test_who_is_complained_of_is_not_told_of_his_units_part(city: City) -> None:
    number = make(city, "handling", appeal_type="COMPLAINT", respondent_login="jrj.handler")
    act(city, "dispatch1", "add_support", number, unit_code="JRJ")
    found = heard(city, number, "加派协办")
    assert found
    assert "jrj.handler" not in found
    assert not any("梁晓岚" in text or "8123456" in text for text in found.values())


def test_a_supporting_unit_names_its_own_parts_handler_who_hears_of_it_and_the_leads_stays(city: City) -> None:
    number = make(city, "supported")
    act(city, "jrj.handler", "assign_handler", number, handler_login="jrj.handler2", text="请核对额度")
    with city.ticket(number) as (session, ticket):
        parts = {row.unit.code: row.handler.login for row in hanging(session, Assignment, ticket) if row.handler}
        assert (parts, ticket.handler.login) == ({"WD": "wd.handler", "JRJ": "jrj.handler2"}, "wd.handler")
    assert heard(city, number, "指派经办人") == {"jrj.handler2": "请核对额度"}
    with pytest.raises(Invalid, match="不是本单位的经办人"):
        act(city, "jrj.handler", "assign_handler", number, handler_login="wd.gxj.handler")
    act(city, "jrj.handler2", "contribute", number)
    with pytest.raises(DomainError):
        act(city, "jrj.handler", "assign_handler", number, handler_login="jrj.handler2")


@pytest.mark.parametrize("action", ["ask_expert", "expert_decline"])
def test_an_expert_hears_of_a_question_and_by_when(city: City, action: str) -> None:
    number = make(city, "handling")
    act(city, "wd.handler", "ask_expert", number)
    login, label = "expert.tax", "请专家解答"
    if action == "expert_decline":
        act(city, "expert.tax", "expert_decline", number)
        login, label = "expert.labour", "转其他专家"
    assert heard(city, number, label) == {login: "请于 2026-03-19 17:30 前答复：贴息能否与退税同享？"}


def test_whoever_asked_an_expert_hears_that_the_answer_is_there(city: City) -> None:
    number = make(city, "handling")
    act(city, "agent1", "ask_expert", number)
    act(city, "expert.tax", "expert_answer", number)
    assert set(heard(city, number, "专家答复")) == {"agent1", "wd.handler"}


def test_who_owes_an_answer_as_an_expert_is_reminded_and_the_lead_only_when_it_is_late(city: City) -> None:
    number = make(city, "handling")
    act(city, "wd.handler", "ask_expert", number)
    tick(city, "2026-03-19 12:00")
    assert set(heard(city, number, "提醒")) == {"expert.tax"}
    tick(city, "2026-03-20 09:30")
    with city.ticket(number) as (session, ticket):
        rows = [row.label for row in entries(session, ticket) if row.data.get("clock") == "CONSULTATION"]
        assert rows == ["提醒", "催办", "黄牌"]
    assert {"expert.tax", "wd.handler", "agent1"} <= set(heard(city, number, "黄牌"))
