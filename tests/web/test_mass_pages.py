"""集中诉求 as dispatchers and supervisors see it, and what a master's page and the callback desk show."""

import re

import pytest
from flask import Flask

from tests.city import City
from tests.factories import act
from tests.journeys.test_mass import alike, answer, merge_all
from tests.web.client import Desk, app_on


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def app(city: City, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: city.now)
    return app_on(city, tmp_path)


def test_the_page_groups_and_the_rail_counts_for_those_who_merge(app: Flask, city: City) -> None:
    assert "没有集中诉求" in Desk(app, "dispatch1").get("/dispatch/mass").text
    assert Desk(app, "agent1").get("/dispatch/mass").status_code == 403
    numbers = alike(city, 3)
    for login in ("dispatch2", "super1"):
        page = Desk(app, login).get("/dispatch/mass").text
        assert re.search(r'</i>集中诉求<span class="count">1<span', page)
        assert page.count('name="nos"') == 3
        assert f'name="master_no" value="{numbers[0]}" checked' in page
        assert "3 家企业" in page
        assert "近 30 天" in page


def test_one_press_merges_all_but_who_was_lost_meanwhile_and_says_so_row_by_row(app: Flask, city: City) -> None:
    numbers = alike(city, 4)
    desk = Desk(app, "dispatch1")
    desk.get("/dispatch/mass")
    key = desk.hidden("idempotency_key")
    city.do("agent1", "withdraw", numbers[2], text="已解决")
    form = {"master_no": numbers[0], "nos": numbers, "text": "同一事项", "idempotency_key": key}
    answers = [desk.post("/dispatch/mass", **form).text for _ in range(2)]
    for page in answers:
        assert page.count("已并入</span>") == 2
        assert page.count("未并入</span>") == 1
        assert "（现为“已撤回”）" in page
    assert [city.status(no) for no in numbers] == ["AWAITING_DISPATCH", "MERGED", "WITHDRAWN", "MERGED"]


def test_a_refused_form_keeps_what_was_ticked_and_typed(app: Flask, city: City) -> None:
    numbers = alike(city, 3)
    desk = Desk(app, "dispatch1")
    desk.get("/dispatch/mass")
    refused = desk.post("/dispatch/mass", master_no=numbers[1], nos=[numbers[2]], text="")
    assert refused.status_code == 422
    assert "请填写并单理由" in refused.text
    assert f'href="#mass-{numbers[1]}-text"' in refused.text
    assert f'id="mass-{numbers[1]}-text"' in refused.text
    assert f'name="master_no" value="{numbers[1]}" checked' in refused.text
    assert f'name="nos" value="{numbers[0]}" aria' in refused.text
    alone = desk.post("/dispatch/mass", master_no=numbers[1], nos=[numbers[1]], text="同一事项")
    assert "至少再勾选一件" in alone.text
    assert desk.post("/dispatch/mass", master_no=numbers[1], text="同一事项").status_code == 422


def test_the_master_shows_its_tickets_to_the_hotline_and_only_numbers_to_the_unit(app: Flask, city: City) -> None:
    master, *children = alike(city, 3, is_confidential=True)
    merge_all(city, children, master)
    act(city, "dispatch1", "dispatch", master)
    inside, unit = (Desk(app, login).get(f"/tickets/{master}").text for login in ("dispatch1", "wd.handler"))
    for page in (inside, unit):
        assert "并入本单 2 件" in page
        assert "待答复 2" in page
    assert all(child in inside for child in children)
    assert not any(child in unit for child in children)
    assert "丽发" not in unit.replace("丽发新城", "")
    assert "并入 2 件" in Desk(app, "wd.handler").get("/queue?view=open").text


def test_the_callback_desk_calls_through_those_who_share_an_answer(app: Flask, city: City) -> None:
    master, *children = alike(city, 3)
    merge_all(city, children, master)
    answer(city, master)
    city.register(title="另一件", contact_phone="0499-8150000")
    desk = Desk(app, "callback1")
    assert f"/queue?view=callback&amp;master={master}" in desk.get("/queue?view=callback").text
    page = desk.get(f"/queue?view=callback&master={master}").text
    assert "补齐验收单后三个工作日内受理" in page
    assert "待回访 2" in page
    assert all(number in page for number in (master, *children))
    assert "另一件" not in page
    assert Desk(app, "jrj.handler").get(f"/queue?view=all&master={master}").text.count(children[0]) == 0
