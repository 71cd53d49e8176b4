"""The ticket's page: only legal actions, forms that keep their text, lost races in words, audited unmasking."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.ticket.ledger import entries
from hotline.ticket.models import Contact
from hotline.ticket.queries import hanging
from tests.city import City
from tests.web.client import Desk

PHONE, NAME = "04998123456", "梁晓岚"
REPLY = {"public_text": "经核查，补齐验收单后可受理。", "internal_note": "窗口口径不一", "legal_basis": "办法第六条"}


@pytest.fixture
def app(app: Flask, city_time: None) -> Flask:
    """At the city's time."""
    return app


@pytest.fixture
def number(city: City) -> str:
    """A ticket that the finance bureau handles."""
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    return number


def offered(desk: Desk, number: str) -> set[str]:
    """The actions whose forms the page holds."""
    return set(re.findall(rf'action="/tickets/{number}/actions/(\w+)"', desk.get(f"/tickets/{number}").text))


def act(desk: Desk, number: str, action: str, **form: str):
    """Open the ticket, fill in one form, send it with the page's version and key."""
    desk.get(f"/tickets/{number}")
    key = re.search(rf'name="idempotency_key" value="([^"]+-{action})"', desk.page)
    sent = {"version": desk.hidden("version"), "idempotency_key": key[1] if key else "", **form}
    return desk.post(f"/tickets/{number}/actions/{action}", **sent)


def test_the_page_offers_what_the_table_allows_and_nothing_else(app: Flask, number: str) -> None:
    handler = offered(Desk(app, "jrj.handler"), number)
    assert {"contact", "reply", "request_extension", "note"} <= handler
    assert not handler & {"approve", "dispatch", "close", "supervise", "grant_extension", "sign"}
    assert "supervise" in offered(Desk(app, "super1"), number)
    assert "reply" not in offered(Desk(app, "super1"), number)
    assert offered(Desk(app, "audit1"), number) == set()


def test_an_action_moves_the_ticket_and_says_so(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    answer = act(desk, number, "contact", result="REACHED", text="已与企业核对材料")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/tickets/{number}")
    page = desk.get(f"/tickets/{number}").text
    assert f"已先行联系：{number}" in page
    assert "已与企业核对材料" in page and "已联系上" in page


def test_a_form_without_its_token_changes_nothing(app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    answer = desk.http.post(f"/tickets/{number}/actions/note", data={"text": "没有令牌"})
    assert answer.status_code == 403
    assert "没有令牌" not in desk.get(f"/tickets/{number}").text


def test_a_bad_form_comes_back_open_with_its_text_and_the_error(app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    answer = act(desk, number, "reply", public_text="只写了一半的答复")
    assert answer.status_code == 422
    assert "只写了一半的答复" in answer.text
    assert 'href="#a-reply-legal_basis"' in answer.text and "请填写政策或法律依据" in answer.text
    assert re.search(r'id="action-reply" open', answer.text)


def test_a_ruling_of_the_operation_stands_at_its_field(app: Flask, number: str) -> None:
    more = {"reason": "COMPLEX", "working_days": "50", "legal_basis": "依据", "text": "说明"}
    answer = act(Desk(app, "jrj.handler"), number, "request_extension", **more)
    assert answer.status_code == 422
    assert 'href="#a-request_extension-working_days"' in answer.text


def test_the_same_press_twice_records_once(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    desk.get(f"/tickets/{number}")
    key = re.search(r'name="idempotency_key" value="([^"]+-contact)"', desk.page)
    form = {"idempotency_key": key[1], "result": "REACHED", "text": "一次通话"}
    assert [desk.post(f"/tickets/{number}/actions/contact", **form).status_code for _ in range(2)] == [303, 303]
    with city.ticket(number) as (session, ticket):
        assert len(hanging(session, Contact, ticket)) == 1


def test_a_stale_form_is_refused_in_words_and_keeps_the_text(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    desk.get(f"/tickets/{number}")
    version = desk.hidden("version")
    city.do("jrj.leader", "assign_handler", number, handler_login="jrj.handler2")
    answer = desk.post(f"/tickets/{number}/actions/reply", version=version, **REPLY)
    assert answer.status_code == 409
    assert "刚被他人处理过" in answer.text and "指派经办人" in answer.text
    assert REPLY["public_text"] in answer.text
    with city.ticket(number) as (session, ticket):
        assert "reply" not in [entry.action for entry in entries(session, ticket)]


def test_an_action_that_became_illegal_is_a_409_with_the_text_to_copy(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "dispatch1")
    answer = act(desk, number, "redispatch", unit_code="GXJ", text="写好的改派理由")
    assert answer.status_code == 409
    assert "写好的改派理由" in answer.text
    assert "办理中" in answer.text


def test_a_ticket_taken_away_leaves_the_typed_text_on_the_page(city: City, app: Flask) -> None:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    desk = Desk(app, "jrj.handler")
    desk.get(f"/tickets/{number}")
    city.do("dispatch1", "redispatch", number, unit_code="GXJ", text="目录有误")
    answer = desk.post(f"/tickets/{number}/actions/contact", result="REACHED", text="写了很久的沟通情况")
    assert answer.status_code == 404
    assert "写了很久的沟通情况" in answer.text


def test_after_an_action_that_takes_it_out_of_sight_one_is_back_at_the_list(city: City, app: Flask) -> None:
    number = city.register()
    city.do("dispatch1", "ask_expert", number, expert_login="expert.policy", question="能否叠加享受？")
    answer = act(Desk(app, "expert.policy"), number, "expert_decline", expert_login="expert.tax", text="属税收政策")
    assert answer.headers["Location"] == "/queue"


def test_another_units_ticket_does_not_exist(app: Flask, number: str) -> None:
    desk = Desk(app, "gxj.handler")
    desk.get("/queue")
    for path in (f"/tickets/{number}", f"/tickets/{number}/print"):
        assert desk.get(path).status_code == 404
    assert desk.post(f"/tickets/{number}/unmask", reason="看看").status_code == 404


@pytest.mark.parametrize("crooked", ["QY%00", "1%27--", "QY202603180000017", "%F0%9F%98%80"])
def test_a_number_that_is_none_finds_nothing(app: Flask, crooked: str) -> None:
    desk = Desk(app, "super1")
    desk.get("/queue")
    assert desk.get(f"/tickets/{crooked}").status_code == 404
    assert desk.post(f"/tickets/{crooked}/actions/note", text="备注").status_code == 404


def test_name_and_number_are_masked_on_page_and_paper(app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    for path in (f"/tickets/{number}", f"/tickets/{number}/print"):
        page = desk.get(path).text
        assert PHONE not in page and "0499-8123456" not in page and NAME not in page
        assert "049****3456" in page and "梁**" in page


def test_unmasking_asks_why_shows_once_and_is_kept(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    desk.get(f"/tickets/{number}")
    assert PHONE not in desk.post(f"/tickets/{number}/unmask", reason="").text
    shown = desk.post(f"/tickets/{number}/unmask", reason="先行联系企业")
    assert PHONE in shown.text and NAME in shown.text
    assert PHONE not in desk.get(f"/tickets/{number}").text
    with city.database.transaction(write=False) as session:
        kept = session.scalars(select(AuditEntry).filter_by(action="unmask")).all()
        assert [(row.subject, row.reason) for row in kept] == [(f"ticket:{number}", "先行联系企业")]


def test_a_number_typed_in_a_contact_does_not_reach_the_ledger(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    assert act(desk, number, "contact", result="REACHED", text="改用手机", phone="13912345678").status_code == 303
    assert "13912345678" not in desk.get(f"/tickets/{number}").text
    with city.ticket(number) as (session, ticket):
        assert "13912345678" not in str([entry.data for entry in entries(session, ticket)])


def test_public_and_internal_words_look_different(city: City, app: Flask, number: str) -> None:
    city.do("jrj.handler", "reply", number, **REPLY)
    city.do("jrj.leader", "sign_off", number)
    page = Desk(app, "review1").get(f"/tickets/{number}").text
    assert "公开答复（待审核，企业尚不可见）" in page
    city.do("review1", "approve", number)
    page = Desk(app, "callback1").get(f"/tickets/{number}").text
    assert re.search(r"公开答复 · 企业可见</p>\s*<div class=\"tl-body is-public\">经核查", page)
    assert re.search(r"内部办理情况[^<]*</p>\s*<div class=\"tl-body is-internal\">窗口口径不一", page)


def test_the_timeline_tells_every_step_with_its_unit(app: Flask, number: str) -> None:
    page = Desk(app, "super1").get(f"/tickets/{number}").text
    for words in ("提交转办", "派单", "签收", "主办单位", "市金融局"):
        assert words in page


def test_a_clock_explains_itself_and_its_moves(city: City, app: Flask, number: str) -> None:
    asked = {"reason": "COMPLEX", "working_days": 2, "legal_basis": "办法第九条", "text": "需会商"}
    city.do("jrj.handler", "request_extension", number, **asked)
    city.do("super1", "grant_extension", number)
    page = Desk(app, "jrj.handler").get(f"/tickets/{number}").text
    assert "为什么是这个时间" in page
    assert "批准延期" in page


def test_related_tickets_are_linked_only_where_they_may_be_seen(city: City, app: Flask, number: str) -> None:
    other = city.register(title="同一企业的另一件")
    shielded = city.register(is_confidential="true", appeal_type="COMPLAINT", title="保密投诉")
    page = Desk(app, "agent1").get(f"/tickets/{number}").text
    assert other in page and shielded not in page
    assert other not in Desk(app, "jrj.handler").get(f"/tickets/{number}").text


def test_the_ledger_rows_of_forms_are_told_in_chinese(city: City, app: Flask) -> None:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    objecting = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "应由工信局办理"}
    city.do("jrj.handler", "object", number, **objecting, suggested_unit_code="GXJ")
    page = Desk(app, "dispatch1").get(f"/tickets/{number}").text
    assert "非本单位职责" in page and "市工信局" in page
    assert "NOT_OUR_DUTY" not in page.split('id="act"')[0]


def test_the_page_says_what_a_reply_still_waits_for(app: Flask, city: City) -> None:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ", support_unit_codes=["GXJ"])
    city.do("jrj.handler", "sign", number)
    assert "暂不能提交答复：尚有协办或下派单位未提交意见" in Desk(app, "jrj.handler").get(f"/tickets/{number}").text
    assert "暂不能提交答复" not in Desk(app, "agent1").get(f"/tickets/{number}").text
