from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.knowledge.models import KbEntry
from hotline.knowledge.operations import Content, publish_version
from hotline.knowledge.records import KbHistory
from tests.city import START, City
from tests.live import fill_knowledge
from tests.web.client import Desk, app_on


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def app(city: City, tmp_path: Path) -> Flask:
    return app_on(city, tmp_path)


def test_staff_find_an_article_with_marks_state_and_number(app: Flask, city: City) -> None:
    fill_knowledge(city)
    page = Desk(app, "jrj.handler").get("/knowledge", q="设备购置贷款贴息怎么申请").text
    assert "<mark>" in page
    assert "现行有效" in page
    assert "〔2025〕12号" in page
    assert Desk(app).get("/knowledge").status_code == 303


def test_nothing_found_and_nothing_asked_both_say_what_to_do(app: Flask) -> None:
    desk = Desk(app, "agent1")
    assert "请输入至少 2 个字" in desk.get("/knowledge", q="贴").text
    assert "不要口头作答" in desk.get("/knowledge", q="<script>alert(1)</script>").text
    assert "<script>alert" not in desk.page


def test_an_article_shows_what_each_version_said(app: Flask, city: City) -> None:
    fill_knowledge(city)
    with city.database.transaction() as session:
        entry = session.get_one(KbEntry, 1)
        content = Content("修订后的条款", "新的内容", date(2026, 3, 1), doc_number="临府办〔2026〕3号")
        publish_version(session, entry, content, author_id=None, now=START)
    desk = Desk(app, "agent1")
    newest = desk.get("/knowledge/1").text
    assert "新的内容" in newest
    assert "/knowledge/1?version=1" in newest
    old = desk.get("/knowledge/1", version=1).text
    assert "已被新版本替代" in old
    assert "不能作为今天的答复依据" in old
    assert desk.get("/knowledge/1", version=9).status_code == 404


def test_only_editors_withdraw(app: Flask, city: City) -> None:
    fill_knowledge(city)
    agent = Desk(app, "agent1")
    agent.get("/knowledge")
    assert agent.post("/knowledge/1/actions/withdraw", text="不再适用").status_code in (403, 404)
    assert "/knowledge/1/work" not in agent.get("/knowledge/1").text


def test_a_withdrawn_entry_answers_no_more_but_can_still_be_read(app: Flask, city: City) -> None:
    fill_knowledge(city)
    desk = Desk(app, "kb1")
    desk.get("/knowledge/1/work")
    assert desk.post("/knowledge/1/actions/withdraw", text="").status_code == 422
    assert desk.post("/knowledge/1/actions/withdraw", text="文件已废止").status_code == 303
    assert "已撤回" in desk.get("/knowledge/1").text
    with city.database.transaction(write=False) as session:
        kept = session.scalars(select(KbHistory).filter_by(action="withdraw")).one()
        assert (kept.text, kept.actor_name) == ("文件已废止", city.actor("kb1").name)
