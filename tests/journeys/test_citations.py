"""What a unit's reply stands on: cited with its version, kept with the reply; what is internal stays in the house."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from hotline import migrate
from hotline.errors import Invalid
from hotline.ticket.models import Citation, Reply, Ticket
from hotline.ticket.view import citations
from tests.api.client import Api
from tests.city import APPEAL, City
from tests.factories import ENTERPRISE, cast, make
from tests.kb import AUTHOR, act, entry_of, made, revised
from tests.web.client import Desk

INNER = "租金补贴资金暂缓拨付，对外统一答复为正在审核。"
SAID = {"public_text": "补齐材料后三个工作日内受理。", "legal_basis": "租金补贴办法第六条"}


def cited(city: City) -> list[tuple[int, bool, bool]]:
    """(version, is it internal, does it hang on a unit's reply) of every citation."""
    with city.database.transaction(write=False) as session:
        joined = select(Citation, Reply).join(Reply, Reply.id == Citation.reply_id).order_by(Citation.id)
        rows = session.execute(joined).all()
        return [(row.entry_version, row.is_internal, reply.unit_id is not None) for row, reply in rows]


def citation_of(city: City, code: str, version: int = 1) -> str:
    with entry_of(city, code) as (_, entry):
        return f"{entry.id}:{version}"


def test_a_units_reply_cites_entry_and_version_and_each_reply_its_own(city: City) -> None:
    code, number = made(city), make(city, "handling")
    first = citation_of(city, code)
    revised(city, code, full_text="每平方米每月补贴十二元。")
    city.do(AUTHOR, "reply", number, **SAID, citations=[first, code])
    assert cited(city) == [(1, False, True), (2, False, True)]
    city.do("wd.leader", "reject_sign_off", number, text="请核对标准")
    city.do(AUTHOR, "reply", number, **SAID, citations=[first])
    assert cited(city) == [(1, False, True), (2, False, True), (1, False, True)]


def test_what_cannot_be_cited_is_said_at_its_field(city: City) -> None:
    number = make(city, "handling")
    for wrong in (["KB-999999"], [made(city, "DRAFT")], ["随便"]):
        with pytest.raises(Invalid) as refused:
            city.do(AUTHOR, "reply", number, **SAID, citations=wrong)
        assert "citations" in refused.value.by_field("")
    assert cited(city) == []


@pytest.mark.parametrize("words", [f"您好。{INNER}", "您好：租金补贴资金暂缓拨付 ，对外统一答复为正在审核"])
def test_an_internal_entrys_own_words_are_asked_about_before_an_enterprise_reads_them(city: City, words: str) -> None:
    code, number = made(city, is_public=False, title="内部口径", full_text=INNER), make(city, "handling")
    said = {**SAID, "public_text": words, "citations": [code]}
    with pytest.raises(Invalid) as refused:
        city.do(AUTHOR, "reply", number, **said)
    assert (refused.value.code, cited(city)) == ("internal_words", [])
    city.do(AUTHOR, "reply", number, **said, internal_confirmed=True)
    assert cited(city) == [(1, True, True)]


def test_the_desks_own_answer_is_asked_the_same_and_free_words_pass(city: City) -> None:
    code = made(city, is_public=False, title="内部口径", full_text=INNER)
    answer = {**APPEAL, "category_code": city.category, "citations": [code]}
    with pytest.raises(Invalid, match="照抄了内部条目"):
        city.register("agent1", "answer", **answer, public_text=INNER)
    city.register("agent1", "answer", **answer, public_text="您的申请正在审核，请耐心等待。")
    assert cited(city) == [(1, True, False)]


def test_merged_tickets_get_the_citations_with_the_answer(city: City) -> None:
    code, master = made(city), make(city, "handling")
    child = city.register()
    city.do("dispatch1", "merge", child, master_no=master, text="同一事项")
    city.do(AUTHOR, "reply", master, **SAID, citations=[code])
    city.do("wd.leader", "sign_off", master)
    city.do("review1", "approve", master)
    with city.ticket(child) as (session, ticket):
        [row] = session.scalars(select(Citation).filter_by(ticket_id=ticket.id))
        assert session.get_one(Reply, row.reply_id).ticket_id == ticket.id


@pytest.fixture
def app(city: City, monkeypatch: pytest.MonkeyPatch) -> Flask:
    return Api(city, monkeypatch).app


def sent(desk: Desk, number: str, **form: Any) -> Any:
    desk.get(f"/tickets/{number}")
    return desk.post(f"/tickets/{number}/actions/reply", version=desk.hidden("version"), **{**SAID, **form})


def test_the_page_takes_typed_codes_asks_about_internal_words_and_shows_what_is_cited(app: Flask, city: City) -> None:
    code, inner = made(city, title="厂房租金补贴标准"), made(city, is_public=False, title="内部口径", full_text=INNER)
    number, desk = make(city, "handling"), Desk(app, AUTHOR)
    refused = sent(desk, number, citations=f"{code}、{inner}", public_text=INNER)
    assert refused.status_code == 422
    assert 'name="internal_confirmed"' in desk.page
    assert f'value="{inner}" checked><span>内部口径（{inner} 第 1 版） · 内部，不对外' in desk.page
    assert INNER in desk.page
    form = {"citations": [code, inner], "public_text": INNER, "internal_confirmed": "1"}
    assert sent(desk, number, **form).status_code in (302, 303)
    assert "厂房租金补贴标准" in desk.get(f"/tickets/{number}").text
    assert "第 1 版 · 内部，不对外" in desk.page
    paper = desk.get(f"/tickets/{number}/print").text
    assert "厂房租金补贴标准" in paper
    assert "内部口径" not in paper


def test_the_api_tells_staff_and_the_search_box_finds_what_to_cite(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    api, code, number = Api(city, monkeypatch), made(city, is_public=False, title="内部口径"), make(city, "handling")
    assert api.act(AUTHOR, number, "reply", **SAID, citations=[code]).status_code == 200
    [row] = api.get(AUTHOR, f"/tickets/{number}").json["citations"]
    assert (row["title"], row["entry_version"], row["is_internal"]) == ("内部口径", 1, True)
    with city.ticket(number) as (session, ticket):
        assert citations(session, ticket, cast(city, ENTERPRISE, number)) == []
    box = Desk(api.app, AUTHOR)
    [item] = box.get("/knowledge/citable", q=code).json["items"]
    assert item["value"] == code
    assert "内部，不对外" in item["label"]


BEFORE = "baaa9840038b"


def test_what_was_cited_before_finds_its_reply_and_the_way_back_keeps_one_row_each(city: City) -> None:
    url = city.database.engine.url.render_as_string(hide_password=False)
    code, number = made(city, is_public=False), make(city, "handling")
    for again in (False, True):
        if again:
            city.do("wd.leader", "reject_sign_off", number, text="请核对")
            city.now = city.now.replace(minute=city.now.minute + 1)
        city.do(AUTHOR, "reply", number, **SAID, citations=[code])
    migrate.downgrade(url, BEFORE)
    with city.database.transaction(write=False) as session:
        assert session.execute(text("SELECT entry_version FROM citation")).scalars().all() == [1]
    migrate.upgrade(url)
    assert cited(city) == [(1, True, True)]
    with city.database.transaction(write=False) as session:
        ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
        [row] = session.scalars(select(Citation).filter_by(ticket_id=ticket.id))
        first = session.scalars(select(Reply.id).filter_by(ticket_id=ticket.id).order_by(Reply.id)).first()
        assert row.reply_id == first
    act(city, "kb1", "withdraw", code, text="有误")
