"""What the text suggests, as the agent and the dispatcher see it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from hotline.dispatch import learning
from hotline.errors import IllegalAction
from hotline.ticket.models import Ticket
from tests.city import APPEAL, City
from tests.factories import make
from tests.integration.test_suggestions import LOAN, LOAN_TEXTS, ROAD, ROAD_TEXTS, answered
from tests.web.client import Desk, app_on

pytestmark = pytest.mark.usefixtures("city_time")
NOISE = {"title": "搅拌厂噪音扰民", "body": "丽发新城附近修建搅拌厂，噪音灰尘严重"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city.at("2026-11-20 09:00")


@pytest.fixture
def app(city: City, tmp_path: Path) -> Flask:
    return app_on(city, tmp_path)


@pytest.fixture
def lesson(city: City, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model of eight closed tickets."""
    monkeypatch.setattr(learning, "FEWEST", 4)
    answered(city, LOAN_TEXTS, LOAN)
    answered(city, ROAD_TEXTS, ROAD)
    with city.database.transaction(write=False) as session:
        app.extensions["suggestions"].learn(session, city.now)
    yield


def typing(app: Flask) -> Desk:
    """An agent with an empty form."""
    desk = Desk(app, "agent1")
    desk.get(desk.get("/desk?draft=new").headers["Location"])
    return desk


def test_without_a_model_the_desk_says_nothing_and_stays_usable(app: Flask) -> None:
    shown = typing(app).post("/desk/part/suggestion", title="设备贷款贴息")
    assert shown.status_code == 200
    assert "建议分类" not in shown.text


@pytest.mark.usefixtures("lesson")
def test_the_category_is_suggested_while_one_types_with_its_words_until_it_is_taken(app: Flask) -> None:
    desk = typing(app)
    shown = desk.post("/desk/part/suggestion", title="设备贷款贴息怎么申请").text
    assert f'value="{LOAN}"' in shown
    assert "依据：" in shown
    assert "贷款" in shown
    assert f'value="{LOAN}"' not in desk.post("/desk/part/suggestion", title="设备贷款贴息", category_code=LOAN).text
    assert "建议分类" not in desk.post("/desk/part/suggestion", title="贴息").text


@pytest.mark.usefixtures("lesson")
def test_below_the_bar_it_says_uncertain_and_offers_what_may_be_right(app: Flask) -> None:
    shown = typing(app).post("/desk/part/suggestion", title="今天天气怎么样呢").text
    assert "分类不确定，可能是" in shown
    assert shown.count("data-take") == 2


@pytest.mark.usefixtures("lesson")
def test_without_scripts_the_button_takes_the_category_and_keeps_what_was_typed(app: Flask) -> None:
    desk = typing(app)
    page = desk.post("/desk/refresh", title="设备贷款贴息怎么申请", take_category=LOAN).text
    assert f'value="{LOAN}" selected' in page
    assert "设备贷款贴息怎么申请" in page


def test_open_tickets_on_the_same_matter_are_shown_before_saving(app: Flask, city: City) -> None:
    number = city.register(**NOISE)
    shown = typing(app).post("/desk/part/suggestion", body="丽发新城旁边的搅拌厂噪音太大了").text
    assert f'href="/tickets/{number}"' in shown
    assert "内容相似" in shown


def test_a_tip_off_is_no_hint_for_an_agent_who_may_not_read_it(app: Flask, city: City) -> None:
    city.register("agent2", **NOISE, appeal_type="TIP_OFF")
    shown = typing(app).post("/desk/part/suggestion", **NOISE).text
    assert "搅拌厂" not in shown


def test_one_click_on_the_dispatch_desk_merges_a_ticket_of_like_text(app: Flask, city: City) -> None:
    master = city.register(**NOISE, contact_phone="04998001111", enterprise_name="", uscc="")
    repeat = city.register(
        title="搅拌厂太吵", body="丽发新城旁边的搅拌厂噪音太大，灰尘多",
        contact_phone="04998002222", enterprise_name="", uscc="",
    )  # fmt: skip
    desk = Desk(app, "dispatch1")
    page = desk.get("/dispatch", no=repeat).text
    assert "并入此单" in page
    assert f'name="master_no" value="{master}"' in page
    desk.post(
        f"/dispatch/{repeat}/merge", master_no=master, text=f"与 {master} 反映同一事项", version=desk.hidden("version")
    )
    assert city.status(repeat) == "MERGED"


def test_the_dispatcher_sees_what_upheld_objections_taught_beside_the_catalogue_which_stays_first(
    app: Flask, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "FEWEST", 4)
    taught(app, city)
    number = city.register(title="设备贷款贴息怎么申请", body="技改贷款贴息多少")
    page = Desk(app, "dispatch1").get("/dispatch", no=number).text
    assert "按已办结工单" in page
    assert 'value="GXJ"' in page
    assert 'value="JRJ" checked data-accept' in page


def test_a_unit_that_is_complained_of_is_suggested_to_nobody(
    app: Flask, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "FEWEST", 4)
    taught(app, city)
    about = {"title": "设备贷款贴息怎么申请", "body": "技改贷款贴息多少"}
    desk, asked = typing(app), "/desk/part/suggestion"
    assert "工业和信息化局" in desk.post(asked, **about).text
    shown = desk.post(asked, **about, respondent_unit_code="GXJ").text
    assert "工业和信息化局" not in shown and "市工信局" not in shown
    assert "单位 8 件" in Desk(app, "admin1").get("/admin/health").text


def taught(app: Flask, city: City) -> None:
    """A model of eight upheld objections."""
    for unit, texts in (("GXJ", LOAN_TEXTS), ("SWJ", ROAD_TEXTS)):
        for text in texts:
            sent_on(city, text, unit)
    with city.database.transaction(write=False) as session:
        app.extensions["suggestions"].learn(session, city.now)


def sent_on(city: City, text: str, unit: str) -> None:
    """Dispatched wrongly, objected to, and redispatched to `unit`."""
    number = city.register(title=text, body=text)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    grounds = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "属他局职责"}
    city.do("jrj.handler", "object", number, suggested_unit_code=unit, **grounds)
    city.do("dispatch1", "redispatch", number, unit_code=unit, text="退单理由成立")


def form(city: City, **more: str) -> dict[str, str]:
    told = ("appeal_type", "title", "body", "region_code", "contact_phone", "source_code")
    return {**{name: APPEAL[name] for name in told}, "category_code": city.category, "wants_callback": "1", **more}


def test_one_click_on_the_intake_desk_saves_and_merges_once(app: Flask, city: City) -> None:
    master = city.register(**NOISE)
    desk = typing(app)
    key = desk.hidden("idempotency_key")
    filled = form(city, **NOISE, contact_phone="04998002222", idempotency_key=key)
    assert f'name="master_no" value="{master}"' in desk.post("/desk/part/suggestion", **filled).text
    answers = [desk.post("/desk/submit", **filled, master_no=master) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    number = answers[0].headers["Location"].rpartition("/")[2]
    assert city.status(number) == "MERGED"
    with city.ticket(number) as (session, ticket):
        assert ticket.master and ticket.master.no == master
        assert ticket.phone_lookup != ticket.master.phone_lookup
        assert session.scalar(select(func.count()).select_from(Ticket)) == 2


def test_the_callers_own_open_tickets_have_the_button_too_and_answered_ones_have_none(app: Flask, city: City) -> None:
    master, answered_one = city.register(), make(city, "answered")
    shown = typing(app).post("/desk/part/caller", contact_phone=APPEAL["contact_phone"]).text
    assert f'value="{master}"' in shown
    assert answered_one in shown
    assert f'value="{answered_one}"' not in shown


def test_a_merge_that_is_refused_saves_nothing_and_keeps_the_form(app: Flask, city: City) -> None:
    master = make(city, "answered")
    desk = typing(app)
    desk.get(desk.get("/desk").headers["Location"])
    answer = desk.post("/desk/submit", **form(city, **NOISE), master_no=master)
    assert answer.status_code == 409
    assert "主单已经答复" in answer.text
    assert NOISE["body"] in answer.text
    with city.ticket(master) as (session, _):
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_the_desk_merges_nothing_that_was_registered_before(city: City) -> None:
    master, number = city.register(), city.register()
    city.now += timedelta(seconds=1)
    with pytest.raises(IllegalAction, match="派单员并单"):
        city.do("agent1", "merge", number, master_no=master, text="同一事项")
