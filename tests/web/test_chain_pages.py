"""Pages of the chain of responsibility: the supervisor's desk, a ticket's parts, shifts and substitutes."""

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import Post
from hotline.accounts.queries import holders
from hotline.directory.models import Unit
from tests.city import City
from tests.factories import act, make
from tests.web.client import Desk

pytestmark = pytest.mark.usefixtures("city_time")


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def test_a_supervisor_raises_a_task_force_by_the_form_and_finds_it_on_the_desk(city: City, app: Flask) -> None:
    number, desk = make(city, "handling"), Desk(app, "super1")
    desk.get(f"/tickets/{number}")
    assert "成立专班" in desk.page
    form = {"name": "贴息专班", "follower_login": "agent1", "text": "一周内解决", "unit_codes": ["WD-GXJ", "JRJ"]}
    assert desk.post(f"/tickets/{number}/actions/raise_task_force", **form).status_code == 303
    desk.get(f"/tickets/{number}")
    for words in ("贴息专班", "全程跟进", "湾东科工局、市金融局", "专班决定"):
        assert words in desk.page, words
    decided = {"unit_code": "JRJ", "text": "核对额度", "due_at": "2026-03-20T17:00"}
    assert desk.post(f"/tickets/{number}/actions/decide", **decided).status_code == 303
    desk.get("/supervision")
    for words in (number, "贴息专班", "没有临期申请的延期"):
        assert words in desk.page, words
    finance = Desk(app, "jrj.handler")
    finance.get(f"/tickets/{number}")
    decision = finance.page.split('<option value="')
    assert "核对额度" in finance.page
    chosen = next(part.split('"')[0] for part in decision if "市金融局：核对额度" in part)
    done = finance.post(f"/tickets/{number}/actions/fulfil", decision=chosen, text="额度无误")
    assert done.status_code == 303
    finance.get(f"/tickets/{number}")
    assert "额度无误" in finance.page


def test_the_leads_reply_form_offers_the_opinions_of_those_it_asked(city: City, app: Flask) -> None:
    number = make(city, "delegated")
    act(city, "wd.gxj.handler", "contribute", number, opinion="备案编号有效，可以受理")
    desk = Desk(app, "wd.handler")
    desk.get(f"/tickets/{number}")
    assert 'data-insert="public_text"' in desk.page
    assert "备案编号有效，可以受理" in desk.page
    assert "首接负责：湾东区" in desk.page


def test_telephone_notices_are_recorded_and_shown_masked(city: City, app: Flask) -> None:
    number, desk = make(city, "sent"), Desk(app, "agent1")
    desk.get(f"/tickets/{number}")
    told = desk.post(f"/tickets/{number}/actions/tell_by_phone", person="值班员", phone="0499-2010001")
    assert told.status_code == 303
    desk.get(f"/tickets/{number}")
    assert "湾东区 值班员" in desk.page
    assert "2010001" not in desk.page


def test_only_supervisors_and_auditors_open_the_desk(city: City, app: Flask) -> None:
    assert Desk(app, "audit1").get("/supervision").status_code == 200
    for login in ("agent1", "wd.leader", "admin1"):
        assert Desk(app, login).get("/supervision").status_code == 403, login


def test_a_shift_note_goes_from_one_desk_to_the_next(city: City, app: Flask) -> None:
    number, first, second = make(city, "handling"), Desk(app, "agent1"), Desk(app, "agent2")
    first.get("/shifts/new")
    assert first.post("/shifts/new", text="请盯先行联系", numbers=number).status_code == 303
    assert first.post("/shifts/new", text="请盯", numbers="QY1").status_code == 422
    second.get("/shifts")
    assert "请盯先行联系" in second.page
    assert second.post("/shifts/1/take").status_code == 303
    second.post("/shifts/1/take")
    second.get("/shifts")
    assert "已有人接班" in second.page
    assert Desk(app, "wd.handler").get("/shifts").status_code == 403


def test_one_names_a_substitute_for_oneself_and_comes_back_early(city: City, app: Flask) -> None:
    number, desk = make(city, "handling"), Desk(app, "wd.handler")
    desk.get("/account/substitute")
    form = {"to_login": "wd.handler2", "last_day": "2026-03-20", "reason": "年休假"}
    assert desk.post("/account/substitute", **form).status_code == 303
    with city.ticket(number) as (_, ticket):
        assert ticket.handler is not None
        assert ticket.handler.login == "wd.handler2"
    desk.get("/account/substitute")
    assert "正在代办" in desk.page
    other = Desk(app, "jrj.handler")
    other.get("/account/substitute")
    assert other.post("/substitutions/1/end").status_code == 404
    assert desk.post("/substitutions/1/end").status_code == 303
    with city.database.transaction(write=False) as session:
        unit = session.scalars(select(Unit.id).filter_by(code="WD")).one()
        assert [one.login for one in holders(session, [unit], [Post.LIAISON], city.now.date())] == ["wd.handler"]
    with city.ticket(number) as (_, ticket):
        assert ticket.handler is not None
        assert ticket.handler.login == "wd.handler"
