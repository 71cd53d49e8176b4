"""The public search: what is public and in force, without a log-in; nothing tells of any other entry."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from hotline.clock import utcnow
from hotline.knowledge.models import KbEntry
from hotline.knowledge.records import SearchLog
from hotline.portal.knowledge import MAX_KEPT
from hotline.ticket.models import Citation
from tests import kb
from tests.city import City
from tests.web.client import Desk

CANARY, ALIKE = "鹧鸪", "蔗菇"
"""A word that only internal entries have, and how somebody might misspell it."""


@pytest.fixture
def city(sqlite_city: City) -> City:
    sqlite_city.now = utcnow()
    return sqlite_city


def published(city: City, app: Flask, **said: Any) -> int:
    """The id of a new published entry that the index knows."""
    code = kb.made(city, **said)
    app.extensions["knowledge"].follow()
    with kb.entry_of(city, code) as (_, entry):
        return entry.id


def hidden(city: City, app: Flask) -> list[int]:
    """Entries that the public must not know of: internal ones, one that is over, one to come, a draft."""
    today, more = city.now.date(), {"full_text": f"{CANARY}计划的内部掌握标准。", "phone_answer": f"{CANARY}口径"}
    internal = [published(city, app, title=f"{CANARY}计划{n}", is_public=False, **more) for n in range(4)]
    over = published(city, app, title=f"{CANARY}旧", expires_at=str(today - timedelta(days=2)), **more)
    coming = published(city, app, title=f"{CANARY}新", effective_from=str(today + timedelta(days=3)), **more)
    kb.made(city, "DRAFT", title=f"{CANARY}草稿")
    return [*internal, over, coming]


def test_anybody_finds_reads_and_goes_on_from_a_public_entry(city: City, app: Flask) -> None:
    entry_id = published(city, app)
    visitor = Desk(app)
    assert 'action="/portal/knowledge"' in visitor.get("/portal").text
    page = visitor.get("/portal/knowledge", q="厂房租金补贴").text
    assert "<mark>" in page and "最相关的 1 条" in page and f'href="/portal/knowledge/{entry_id}"' in page
    article = visitor.get(f"/portal/knowledge/{entry_id}").text
    assert article.index("每平方米每月补贴十元。") < article.index("最长二十四个月") and "惠及对象" in article
    assert (
        visitor.get("/portal/knowledge/suggest", q="cfzj").json["items"][0]["href"] == f"/portal/knowledge/{entry_id}"
    )


def test_nothing_tells_of_entries_that_are_not_public_or_not_in_force(city: City, app: Flask) -> None:
    hidden(city, app)
    with city.database.transaction(write=False) as session:
        related = session.scalars(select(KbEntry.code).where(~KbEntry.is_public)).first()
    public = published(city, app, related=related)
    staff, visitor = Desk(app, "agent1"), Desk(app)
    assert CANARY in staff.get("/knowledge", q=f"{CANARY}计划").text
    assert f">{CANARY}计划<" in staff.get("/knowledge", q=f"{ALIKE}计划").text, "did-you-mean knows the word inside"
    for q in (CANARY, f"{CANARY}计划", ALIKE, f"{ALIKE}计划", "zg", "zhegu", "zgjh", "计划", "内部掌握标准"):
        page = visitor.get("/portal/knowledge", q=q).text
        assert CANARY not in page.replace(f'value="{q}"', "").replace(f"“{q}”", "").replace(f"<title>{q} ", "")
        assert visitor.get("/portal/knowledge/suggest", q=q).json == {"items": []}
    for path in ("/portal", "/portal/knowledge", f"/portal/knowledge/{public}"):
        assert CANARY not in visitor.get(path).text


def test_a_hidden_entry_is_missing_in_the_same_words_as_one_that_never_was(city: City, app: Flask) -> None:
    told = set()
    for entry_id in (*hidden(city, app), 99_999, 10**25):
        answer = Desk(app).get(f"/portal/knowledge/{entry_id}")
        assert answer.status_code == 404
        told.add(re.sub(r"请求编号 <b>\w+</b>|请求编号 \w+|size=\w+|/portal/knowledge/\d+", "", answer.text))
    assert len(told) <= 2, "a number no row can have may be refused before anybody looks"
    assert len({re.sub("<.*?>", "", one) for one in told if "已不再有效" in one}) == 1


def test_what_turns_internal_is_gone_at_once_from_search_and_suggestions(city: City, app: Flask) -> None:
    entry_id = published(city, app)
    visitor = Desk(app)
    assert visitor.get("/portal/knowledge/suggest", q="厂房").json["items"]
    with city.database.transaction() as session:
        session.get_one(KbEntry, entry_id).is_public = False  # behind the index's and the words' back
    assert visitor.get("/portal/knowledge/suggest", q="厂房").json["items"] == []
    assert "没有查到" in visitor.get("/portal/knowledge", q="厂房租金补贴").text


def test_hot_questions_are_those_of_public_entries(city: City, app: Flask) -> None:
    public, internal = published(city, app), published(city, app, title=f"{CANARY}口径", is_public=False)
    number = city.register()
    with city.ticket(number) as (_, ticket):
        ticket_id = ticket.id
    with city.database.transaction() as session:
        for entry_id in (public, internal):
            cited = {"entry_id": entry_id, "entry_version": 1, "title": "引用"}
            session.add(Citation(ticket_id=ticket_id, at=city.now, **cited))
    page = Desk(app).get("/portal/knowledge").text
    assert "大家常查" in page and f"/portal/knowledge/{public}" in page and CANARY not in page


def test_public_questions_are_recorded_without_numbers_and_not_without_end(city: City, app: Flask) -> None:
    visitor = Desk(app)
    visitor.get("/portal/knowledge", q="我的电话13800001234，厂房补贴")
    with city.database.transaction() as session:
        kept = session.scalars(select(SearchLog)).one()
        assert kept.is_public and kept.hits == 0 and "13800001234" not in kept.question
        session.add_all(SearchLog(question="x", at=utcnow(), is_public=True, hits=0) for _ in range(MAX_KEPT))
    visitor.get("/portal/knowledge", q="再问一次")
    with city.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(SearchLog)) == MAX_KEPT + 1


def test_odd_questions_are_answered_in_words(city: City, app: Flask) -> None:
    visitor = Desk(app)
    assert "至少 2 个字" in visitor.get("/portal/knowledge").text
    for q in ("\x00", "<script>alert(1)</script>", "税" * 5000, '" OR 1=1 --', "*"):
        answer = visitor.get("/portal/knowledge", q=q)
        assert answer.status_code == 200 and "<script>alert" not in answer.text
