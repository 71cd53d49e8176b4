"""知识维护: lists, the draft's form, and every step of an entry by its table; one entry from draft to withdrawal."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.knowledge.models import KbEntry
from hotline.knowledge.records import KbHistory
from tests import kb
from tests.city import City
from tests.kb import CONTENT, act, brought, entry_of, made, revised, statuses
from tests.web.client import Desk

FORM = {**CONTENT, "type": "POLICY", "unit_code": "WD"}

pytestmark = pytest.mark.usefixtures("city_time")


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def id_of(city: City, code: str) -> int:
    with entry_of(city, code) as (_, entry):
        return entry.id


def offered(desk: Desk) -> set[str]:
    """The actions that a workshop page offers."""
    by_form = set(re.findall(r'action="/knowledge/\d+/actions/(\w+)"', desk.page))
    return by_form | ({"edit"} if re.search(r'href="/knowledge/\d+/edit"', desk.page) else set())


def take(desk: Desk, entry_id: int, action: str, **form: Any) -> int:
    """Open the entry's page and send one action's form with the tokens of that page."""
    desk.get(f"/knowledge/{entry_id}/work")
    token = {"version": desk.hidden("version")} if 'name="version"' in desk.page else {}
    return desk.post(f"/knowledge/{entry_id}/actions/{action}", **token, **form).status_code


def test_a_draft_goes_from_expert_to_leader_to_editor_is_found_and_withdrawn(app: Flask, city: City) -> None:
    author, leader, editor, agent = (Desk(app, login) for login in ("wd.handler", "wd.leader", "kb1", "agent1"))
    author.get("/knowledge/new")
    answer = author.post("/knowledge/new", then="submit", is_public="1", **FORM)
    entry_id = int(re.findall(r"/knowledge/(\d+)/work", answer.location)[0])
    title = CONTENT["title"]
    assert title not in agent.get("/knowledge", q="厂房租金补贴").text
    assert title in leader.get("/knowledge/desk", view="reviews").text
    assert take(leader, entry_id, "pass_review") == 303
    assert title in editor.get("/knowledge/desk", view="reviews").text
    assert take(editor, entry_id, "publish", text="同意") == 303
    app.extensions["knowledge"].follow()
    assert f'href="/knowledge/{entry_id}' in agent.get("/knowledge", q="厂房租金补贴").text
    assert take(editor, entry_id, "withdraw", text="文件已废止") == 303
    assert f'href="/knowledge/{entry_id}' not in agent.get("/knowledge", q="厂房租金补贴").text
    history = editor.get(f"/knowledge/{entry_id}/work").text
    assert [word in history for word in ("起草", "提交初审", "初审通过", "复审通过并发布", "撤回", "文件已废止")] == [
        True
    ] * 6


@pytest.mark.parametrize(
    ("status", "login", "actions"),
    [
        ("DRAFT", "wd.handler", {"edit", "submit", "discard"}),
        ("DRAFT", "wd.leader", {"set_keepers"}),
        ("FIRST_REVIEW", "wd.handler", set()),
        ("FIRST_REVIEW", "wd.leader", {"pass_review", "return_draft", "set_keepers"}),
        ("SECOND_REVIEW", "kb1", {"publish", "return_draft", "set_keepers", "classify"}),
        ("PUBLISHED", "wd.handler", {"revise"}),
        ("PUBLISHED", "kb1", {"revise", "withdraw", "name_successor", "set_keepers", "classify"}),
        ("PUBLISHED", "audit1", set()),
    ],
)
def test_a_page_offers_what_the_table_allows_and_nothing_else(
    app: Flask, city: City, status: str, login: str, actions: set[str]
) -> None:
    desk = Desk(app, login)
    desk.get(f"/knowledge/{id_of(city, made(city, status))}/work")
    assert offered(desk) == actions


def test_who_does_not_keep_an_entry_does_not_see_its_workshop(app: Flask, city: City) -> None:
    entry_id = id_of(city, made(city, "DRAFT"))
    for login in ("agent1", "jrj.handler", "wd.ht.reader"):
        desk = Desk(app, login)
        assert desk.get(f"/knowledge/{entry_id}/work").status_code == 404
        assert desk.get(f"/knowledge/{entry_id}/edit").status_code == 404
        desk.get("/knowledge")
        assert desk.post(f"/knowledge/{entry_id}/actions/submit").status_code == 404
    assert Desk(app, "agent1").get("/knowledge/new").status_code == 403


def test_a_stale_form_is_refused_with_its_text_and_can_be_sent_again(app: Flask, city: City) -> None:
    code = made(city, "DRAFT")
    entry_id, desk = id_of(city, code), Desk(app, "wd.handler")
    desk.get(f"/knowledge/{entry_id}/edit")
    typed = {**CONTENT, "title": "我改过的标题", "version": desk.hidden("version")}
    act(city, "wd.handler2", "edit", code, **{**CONTENT, "title": "别人改过的标题"})
    refused = desk.post(f"/knowledge/{entry_id}/edit", **typed)
    assert refused.status_code == 409
    assert "刚被他人修改" in refused.text
    assert "我改过的标题" in refused.text
    again = {**typed, "version": desk.hidden("version")}
    assert desk.post(f"/knowledge/{entry_id}/edit", **again).status_code == 303
    with entry_of(city, code) as (_, entry):
        assert entry.versions[0].title == "我改过的标题"


def test_a_refused_action_comes_back_with_its_text(app: Flask, city: City) -> None:
    entry_id, desk = id_of(city, made(city, "SECOND_REVIEW")), Desk(app, "kb1")
    assert take(desk, entry_id, "return_draft", text="") == 422
    assert "请填写理由" in desk.page
    assert take(desk, entry_id, "confirm", text="不该有的操作") == 409
    assert "当前状态不能进行此操作" in desk.page
    assert take(desk, entry_id, "no_such") == 404


def test_what_a_draft_lacks_is_said_beside_its_fields(app: Flask, city: City) -> None:
    desk = Desk(app, "wd.handler")
    desk.get("/knowledge/new")
    answer = desk.post("/knowledge/new", **{**FORM, "title": "", "expires_at": "2020-01-01"})
    assert answer.status_code == 422
    assert "请填写标题" in answer.text
    assert CONTENT["full_text"] in answer.text
    assert desk.post("/knowledge/new", **{**FORM, "expires_at": "2020-01-01"}).status_code == 422
    assert "有效期至不能早于生效日期" in desk.page
    assert desk.post("/knowledge/new", **{**FORM, "unit_code": "KCJ"}).status_code == 409


def test_the_same_form_sent_twice_makes_one_entry(app: Flask, city: City) -> None:
    desk = Desk(app, "wd.handler")
    desk.get("/knowledge/new")
    key = {"idempotency_key": desk.hidden("idempotency_key")}
    first = desk.post("/knowledge/new", **FORM, **key)
    assert desk.post("/knowledge/new", **FORM, **key).location == first.location


def test_a_blank_stops_a_draft_on_its_way_until_it_is_filled_in_whoever_edits_it(app: Flask, city: City) -> None:
    code = made(city, "DRAFT", full_text="对企业奖励xx万元，依托*****热线受理。")
    entry_id, desk = id_of(city, code), Desk(app, "wd.handler")
    assert take(desk, entry_id, "submit") == 409
    assert "补全之后才能送审" in desk.page
    desk.get(f"/knowledge/{entry_id}/edit")
    typed = {**CONTENT, "full_text": "对企业奖励____万元。", "version": desk.hidden("version"), "then": "submit"}
    assert desk.post(f"/knowledge/{entry_id}/edit", **typed).status_code == 409
    assert "对企业奖励____万元。" in desk.page
    assert statuses(city, code) == ["DRAFT"]


def test_what_an_import_doubted_is_confirmed_by_the_second_reviewer(app: Flask, city: City) -> None:
    code = made(city, "DRAFT")
    with city.database.transaction() as session:
        entry = session.scalars(select(KbEntry).filter_by(code=code)).one()
        entry.versions[0].doubts = ["正文未写明施行日期，暂按 2026-03-18 起施行，请核对"]
    entry_id, desk = id_of(city, code), Desk(app, "wd.handler")
    desk.get(f"/knowledge/{entry_id}/edit")
    typed = {**CONTENT, "version": desk.hidden("version"), "then": "submit"}
    assert desk.post(f"/knowledge/{entry_id}/edit", **typed).status_code == 303
    brought(city, code, "SECOND_REVIEW", since="FIRST_REVIEW")
    editor = Desk(app, "kb1")
    editor.get(f"/knowledge/{entry_id}/work")
    assert "暂按 2026-03-18 起施行" in editor.page
    assert take(editor, entry_id, "publish") == 422
    assert statuses(city, code) == ["SECOND_REVIEW"]
    assert take(editor, entry_id, "publish", is_checked="1") == 303
    with entry_of(city, code) as (session, entry):
        assert entry.versions[0].doubts == []
        [row] = session.scalars(select(KbHistory).filter_by(entry_id=entry.id, action="publish"))
        assert "暂按" in row.data["checked"][0]


def test_a_revision_opens_its_form_and_leaves_the_published_version_standing(app: Flask, city: City) -> None:
    code = made(city)
    entry_id, desk = id_of(city, code), Desk(app, "wd.handler")
    desk.get(f"/knowledge/{entry_id}/work")
    answer = desk.post(f"/knowledge/{entry_id}/actions/revise", version=desk.hidden("version"))
    assert answer.location == f"/knowledge/{entry_id}/edit"
    assert CONTENT["full_text"] in desk.get(answer.location).text
    assert statuses(city, code) == ["PUBLISHED", "DRAFT"]
    brought(city, code)
    assert f"/knowledge/{entry_id}/compare?old=1&amp;new=2" in desk.get(f"/knowledge/{entry_id}/work").text


def test_a_successor_is_named_and_shown(app: Flask, city: City) -> None:
    old, new = made(city), made(city, title="新的租金补贴标准")
    entry_id, desk = id_of(city, old), Desk(app, "kb1")
    assert take(desk, entry_id, "name_successor", successor_code="KB-999999") == 422
    assert "没有编号为" in desk.page
    assert take(desk, entry_id, "name_successor", successor_code=new) == 303
    assert new in desk.get(f"/knowledge/{entry_id}/work").text
    assert take(desk, entry_id, "archive") == 303
    assert statuses(city, old) == ["ARCHIVED"]


def titles(desk: Desk, **asked: Any) -> list[str]:
    page = desk.get("/knowledge/desk", **asked).text
    return re.findall(r'<a class="clamp-1" href="[^"]+" title="([^"]+)"', page)


def test_each_view_lists_what_it_asks_for(app: Flask, city: City) -> None:
    soon = (city.now + timedelta(days=20)).date().isoformat()
    made(city, "DRAFT", title="起草着的")
    made(city, "FIRST_REVIEW", title="等初审的")
    made(city, title="快到期的", expires_at=soon)
    made(city, title="该复核的", review_due=soon)
    kb.tick(city, "2026-03-18 10:00")
    leader = Desk(app, "wd.leader")
    assert titles(leader) == ["该复核的", "快到期的", "等初审的", "起草着的"]
    assert titles(leader, view="writing") == ["起草着的"]
    assert titles(leader, view="reviews") == ["等初审的"]
    assert titles(leader, view="expiring") == ["快到期的"]
    assert titles(leader, view="review_soon") == ["该复核的"]
    assert titles(leader, view="due") == []
    assert titles(leader, status="PUBLISHED", q="复核") == ["该复核的"]
    assert titles(leader, type="QA") == []
    assert titles(Desk(app, "jrj.leader")) == []
    assert len(titles(Desk(app, "audit1"))) == 4
    assert "没有符合条件的条目" in leader.get("/knowledge/desk", q="不存在").text


def test_a_review_that_one_may_not_give_is_not_counted_as_waiting(app: Flask, city: City) -> None:
    made(city, "SECOND_REVIEW")
    act(city, "kb1", "draft", None, **{**kb.DRAFT, "unit_code": "WD", "title": "编辑自己写的"})
    assert titles(Desk(app, "kb1"), view="reviews") == [CONTENT["title"]]
    assert 'href="/knowledge/desk"' in Desk(app, "kb1").get("/knowledge").text


def test_of_an_entry_in_revision_both_versions_stand_on_the_shelf(app: Flask, city: City) -> None:
    code = made(city)
    revised(city, code, title="第二版")
    act(city, "wd.handler", "revise", code)
    act(city, "wd.handler", "edit", code, **{**CONTENT, "title": "第三版草稿"})
    assert titles(Desk(app, "wd.handler")) == ["第三版草稿", "第二版"]


def test_agents_have_no_workshop_and_team_leaders_start_at_what_is_theirs(app: Flask, city: City) -> None:
    assert Desk(app, "agent1").get("/knowledge/desk").status_code == 403
    assert Desk(app, "lead1").get("/knowledge/desk").location == "/knowledge/gaps"
