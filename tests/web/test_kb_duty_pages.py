"""Corrections, gaps, submissions, urgent statements, unanswered questions, figures, a reply that becomes a draft."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.clock import to_local
from hotline.deadlines.models import Clock
from hotline.knowledge import corrections, searches
from hotline.knowledge.models import KbEntry
from hotline.knowledge.queries import Found
from hotline.knowledge.records import CorrectionKind, CorrectionReport, KnowledgeGap, NoticeStatus, UrgentNotice
from tests.city import City
from tests.factories import make
from tests.kb import entry_of, made, statuses
from tests.web.client import Desk
from tests.web.enterprise import closed

WRONG = {"kind": CorrectionKind.WRONG, "text": "标准已调整为每平方米十五元"}

pytestmark = pytest.mark.usefixtures("city_time")


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def reported(city: City, code: str) -> int:
    with city.database.transaction() as session:
        entry = session.scalars(select(KbEntry).filter_by(code=code)).one()
        return corrections.report(session, entry.id, WRONG, city.actor("agent1"), city.now).id


def first(city: City, model: type[Any]) -> Any:
    with city.database.transaction(write=False) as session:
        return session.scalars(select(model)).one()


def test_a_correction_waits_at_the_unit_counts_in_the_rail_and_leads_to_a_draft(app: Flask, city: City) -> None:
    code = made(city)
    number = reported(city, code)
    desk = Desk(app, "wd.handler")
    assert WRONG["text"] in desk.get("/knowledge/corrections").text
    assert re.search(r"</i>知识维护<span class=\"count\">1<", desk.page)
    assert WRONG["text"] not in Desk(app, "jrj.handler").get("/knowledge/corrections").text
    refused = desk.post(f"/knowledge/corrections/{number}", is_accepted="1", text="")
    assert refused.status_code == 422
    assert "请填写答复" in refused.text
    answer = desk.post(f"/knowledge/corrections/{number}", is_accepted="1", text="确已调整")
    assert answer.location.endswith("/work")
    assert statuses(city, code) == ["PUBLISHED", "DRAFT"]
    assert desk.post(f"/knowledge/corrections/{number}", text="再答一次").status_code == 409
    assert first(city, CorrectionReport).answer == "确已调整"


def test_a_correction_is_answered_by_its_unit_or_an_editor_only(app: Flask, city: City) -> None:
    number = reported(city, made(city))
    for login, status in (("jrj.handler", 403), ("agent1", 403)):
        desk = Desk(app, login)
        desk.get("/knowledge")
        assert desk.post(f"/knowledge/corrections/{number}", text="不归我们管").status_code == status
    desk = Desk(app, "kb1")
    desk.get("/knowledge/corrections")
    assert desk.post(f"/knowledge/corrections/{number}", text="核实无误").status_code == 303


def asked(city: City, question: str, times: int = 1) -> None:
    with city.database.transaction() as session:
        for _ in range(times):
            searches.log_search(session, question, Found([]), city.now, is_public=False)


def test_an_unanswered_question_is_registered_as_a_gap_and_closed_by_an_entry(app: Flask, city: City) -> None:
    asked(city, "冷链车通行证怎么办", 3)
    asked(city, "电话 13800138000 的事")
    editor = Desk(app, "lead1")
    page = editor.get("/knowledge/unanswered").text
    assert re.search(r"冷链车通行证怎么办.*?data-label=\"次数\">3<", page, re.S)
    assert "13800138000" not in page
    form = {"question": "冷链车通行证怎么办", "unit_code": "WD", "text": "本周三次"}
    assert "冷链车通行证怎么办" in editor.get("/knowledge/gaps/new", q=form["question"]).text
    assert editor.post("/knowledge/gaps/new", **{**form, "unit_code": ""}).status_code == 422
    assert editor.post("/knowledge/gaps/new", **form).location == "/knowledge/unanswered"
    assert (
        form["question"] not in editor.get("/knowledge/unanswered").text.split("flash")[-1].split("</table>")[0][-400:]
    )
    gap = first(city, KnowledgeGap)
    unit = Desk(app, "wd.handler")
    assert form["question"] in unit.get("/knowledge/gaps").text
    draft = made(city, "DRAFT")
    assert unit.post(f"/knowledge/gaps/{gap.id}", entry_code=draft).status_code == 422
    assert "尚未发布" in unit.page
    assert unit.post(f"/knowledge/gaps/{gap.id}", entry_code=made(city)).status_code == 303
    assert "已办结" in unit.get("/knowledge/gaps").text
    assert "没有未补的知识缺口" in unit.page


def test_a_gap_of_another_unit_is_out_of_sight(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    desk.get("/knowledge/gaps/new")
    desk.post("/knowledge/gaps/new", question="冷链车通行证怎么办", unit_code="WD")
    gap = first(city, KnowledgeGap)
    other = Desk(app, "jrj.handler")
    assert gap.question not in other.get("/knowledge/gaps").text
    assert other.post(f"/knowledge/gaps/{gap.id}", entry_code="KB-000001").status_code == 404
    assert Desk(app, "agent1").get("/knowledge/unanswered").status_code == 403


def test_a_closed_consultation_asks_its_unit_for_the_regulation(app: Flask, city: City) -> None:
    number = make(city, "closed", appeal_type="CONSULTATION")
    with city.ticket(number) as (_, ticket):
        unit = ticket.lead_unit.code.lower()
    desk = Desk(app, f"{unit}.handler")
    assert number in desk.get("/knowledge/submissions").text
    path = re.findall(r'action="(/knowledge/submissions/\d+)"', desk.page)[0]
    assert desk.post(path, entry_code=made(city)).status_code == 303
    assert number not in desk.get("/knowledge/submissions").text


NOTICE = {"title": "平台今晚升级", "text": "今晚不能提交申报，截止日顺延一天。"}


def until(city: City, hours: int) -> str:
    return to_local(city.now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def not_read(desk: Desk) -> str:
    """The names of those who have not read the statement."""
    return desk.get("/knowledge/notices").text.split("尚未阅读")[1].split("</details>")[0]


def test_a_statement_is_raised_signed_watched_ended_and_reviewed(app: Flask, city: City) -> None:
    leader, supervisor, agent = Desk(app, "lead1"), Desk(app, "super1"), Desk(app, "agent1")
    leader.get("/knowledge/notices/new")
    assert leader.post("/knowledge/notices/new", **NOTICE).status_code == 422
    assert leader.post("/knowledge/notices/new", ends_at=until(city, 8), **NOTICE).status_code == 303
    notice = first(city, UrgentNotice)
    assert NOTICE["title"] not in agent.get("/knowledge/notices").text
    assert leader.post(f"/knowledge/notices/{notice.id}/sign").status_code == 403
    supervisor.get("/knowledge/notices")
    assert supervisor.post(f"/knowledge/notices/{notice.id}/sign").status_code == 303
    assert "正在使用（1）" in agent.get("/knowledge/notices").text
    assert "尚未阅读" not in agent.page
    assert re.search(
        r"尚未阅读 \d+ 人</summary><p class=\"small\">[^<]*陈晓岚", supervisor.get("/knowledge/notices").text
    )
    agent.post(f"/notices/{notice.id}/read", back="/knowledge/notices")
    assert "陈晓岚" not in supervisor.get("/knowledge/notices").text.split("尚未阅读")[1].split("</details>")[0]
    assert supervisor.post(f"/knowledge/notices/{notice.id}/review", text="尚早").status_code == 409
    assert "仍在使用" in supervisor.page
    assert supervisor.post(f"/knowledge/notices/{notice.id}/end", text="升级提前完成").status_code == 303
    assert NOTICE["title"] not in agent.get("/knowledge/notices").text
    leader.get("/knowledge/notices")
    assert leader.post(f"/knowledge/notices/{notice.id}/review", text="已写入条目").status_code == 303
    assert first(city, UrgentNotice).status is NoticeStatus.REVIEWED
    assert leader.post(f"/knowledge/notices/{notice.id}/no_such").status_code == 404


def test_who_may_not_raise_is_not_shown_how(app: Flask, city: City) -> None:
    desk = Desk(app, "wd.handler")
    assert 'href="/knowledge/notices/new"' not in desk.get("/knowledge/notices").text
    assert desk.get("/knowledge/notices/new").status_code == 403


def test_the_figures_of_a_unit_show_no_rate_of_nothing(app: Flask, city: City) -> None:
    code = made(city)
    desk = Desk(app, "audit1")
    row = desk.get("/knowledge/statistics").text.split("湾东区")[1].split("</tr>")[0]
    assert re.findall(r'data-label="(?:有效条目|更新|纠错按时率)">([^<]+)<', row) == ["1", "0", "—"]
    reported(city, code)
    with city.database.transaction(write=False) as session:
        city.now = session.scalars(select(Clock.due_at).filter_by(subject_kind="kb_correction")).one() + timedelta(
            hours=1
        )
    row = desk.get("/knowledge/statistics").text.split("湾东区")[1].split("</tr>")[0]
    assert 'data-label="纠错按时率">0%<' in row
    assert desk.get("/knowledge/statistics", month="2031-13").status_code == 200
    assert "2026-03" in desk.page


def test_an_approved_reply_becomes_a_draft_of_its_unit_once(app: Flask, city: City) -> None:
    number = closed(city)
    with city.ticket(number) as (_, ticket):
        handler = f"{ticket.lead_unit.code.lower()}.handler"
    desk = Desk(app, handler)
    assert "沉淀为知识" in desk.get(f"/tickets/{number}").text
    key = re.findall(r'name="idempotency_key" value="([^"]+-knowledge)"', desk.page)[0]
    answer = desk.post(f"/tickets/{number}/knowledge", idempotency_key=key)
    assert answer.location.endswith("/edit")
    assert desk.post(f"/tickets/{number}/knowledge", idempotency_key=key).location == answer.location
    assert "缺少设备验收单" in desk.get(answer.location).text
    assert first(city, KbEntry).is_public is False


def test_the_button_is_only_for_authors_and_only_when_there_is_a_reply(app: Flask, city: City) -> None:
    number = closed(city)
    assert "沉淀为知识" not in Desk(app, "agent1").get(f"/tickets/{number}").text
    waiting = city.register()
    city.do("dispatch1", "dispatch", waiting, unit_code="JRJ")
    desk = Desk(app, "jrj.handler")
    assert "沉淀为知识" not in desk.get(f"/tickets/{waiting}").text
    refused = desk.post(f"/tickets/{waiting}/knowledge")
    assert refused.status_code == 422
    assert "还没有审核通过的答复" in refused.text


def test_a_correction_shows_in_the_workshop_of_its_entry(app: Flask, city: City) -> None:
    code = made(city)
    reported(city, code)
    with entry_of(city, code) as (_, entry):
        assert WRONG["text"] in Desk(app, "kb1").get(f"/knowledge/{entry.id}/work").text
