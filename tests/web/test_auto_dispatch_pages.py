"""自动派单 on its page: who reads, edits, switches off and judges; the preview; what the dispatch desk is told."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.dispatch.models import AutoDispatchRule
from hotline.ticket.models import Ticket
from tests.auto import Automatic, teach
from tests.city import City
from tests.web.client import Desk
from tests.web.test_dispatch_pages import closed_by

pytestmark = pytest.mark.usefixtures("city_time")

NEW = {"category_code": "0402", "is_on": "1", "bar": "90", "sample": "100", "floor": "95", "reason": "试运行"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def automatic(city: City, app: Flask) -> Automatic:
    """The sweep with the models of the app itself."""
    return Automatic(city, teach(app.extensions["suggestions"].folder))


def test_dispatchers_read_supervisors_edit_and_nobody_else_enters(app: Flask, automatic: Automatic) -> None:
    automatic.rule()
    for login in ("agent1", "jrj.handler", "audit1", "admin1"):
        assert Desk(app, login).get("/dispatch/auto").status_code == 403, login
    desk = Desk(app, "dispatch1")
    page = desk.get("/dispatch/auto").text
    assert "贷款贴息兑付" in page and "全部停用" not in page and "/dispatch/auto/rules/" not in page
    assert desk.get("/dispatch/auto/rules/new").status_code == 403
    assert desk.post("/dispatch/auto/off").status_code == 403
    assert "抽查准确率" in page and "—" in page


def test_the_preview_says_what_will_happen_and_confirming_does_exactly_that(
    app: Flask, city: City, automatic: Automatic
) -> None:
    closed_by(city, "JRJ")
    closed_by(city, "GXJ")
    sure, doubtful = automatic.register(), automatic.register(title="咨询一件事", body="想了解一下情况")
    boss = Desk(app, "super1")
    boss.get("/dispatch/auto/rules/new")
    page = boss.post("/dispatch/auto/rules/new", **NEW).text
    for text in (sure, doubtful, "市金融局", "留给人工", "把握不足", "尚未生效"):
        assert text in page, text
    stats = dict(re.findall(r'stat-label">([^<]+?)\s*</span>\s*<span class="stat-value">\s*([^<]+)', page))
    assert stats["其中会自动派出"] == "100.0%" and stats["与最终办结单位一致"] == "50.0%"
    with city.database.transaction(write=False) as session:
        assert session.scalars(select(AutoDispatchRule)).all() == []
    assert boss.post("/dispatch/auto/rules/new", **NEW, version="0", confirmed="1").status_code == 303
    automatic.sweep()
    assert [city.status(number) for number in (sure, doubtful)] == ["AWAITING_SIGN", "AWAITING_DISPATCH"]
    again = boss.post("/dispatch/auto/rules/new", **NEW, version="0", confirmed="1")
    assert again.status_code == 409 and "已有自动派单规则" in again.text


def test_wrong_numbers_and_stale_forms_are_refused_in_words(app: Flask, automatic: Automatic) -> None:
    rule, boss = automatic.rule(), Desk(app, "super1")
    path = f"/dispatch/auto/rules/{rule}"
    boss.get(path)
    for name, wrong in (("bar", "30"), ("bar", "x"), ("sample", "0"), ("floor", "101"), ("reason", "")):
        assert boss.post(path, **{**NEW, name: wrong}).status_code == 422, name
    automatic.rule(bar=80)
    answer = boss.post(path, **NEW, version="1", confirmed="1")
    assert answer.status_code == 409 and "刚被他人修改" in answer.text
    assert boss.get("/dispatch/auto/rules/999999").status_code == 404


def test_one_click_switches_one_or_all_off(app: Flask, automatic: Automatic) -> None:
    first, second, third = automatic.rule("04"), automatic.rule("01"), automatic.rule("02")
    boss = Desk(app, "super1")
    assert "自动派单运行中：3 条规则启用" in boss.get("/dispatch/auto").text
    boss.post("/dispatch/auto/off", rule=str(first))
    assert [automatic.is_on(rule) for rule in (first, second, third)] == [False, True, True]
    boss.post("/dispatch/auto/off")
    assert not automatic.is_on(second) and not automatic.is_on(third)
    page = boss.get("/dispatch/auto").text
    assert "自动派单全部停用" in page and "一键停用" in page


def test_the_sample_is_judged_one_after_the_other_and_a_wrong_one_can_be_sent_on(
    app: Flask, automatic: Automatic
) -> None:
    automatic.rule(sample=100)
    first, second = automatic.sent(2)
    desk = Desk(app, "dispatch1")
    assert "第 1 件，共 2 件" in desk.get("/dispatch/auto").text
    desk.post(f"/dispatch/auto/{first.id}/verdict", is_right="true")
    page = desk.get("/dispatch/auto").text
    assert "共 1 件" in page and f"/dispatch/auto/{second.id}/verdict" in page
    refused = desk.post(f"/dispatch/auto/{second.id}/verdict", is_right="false")
    assert refused.status_code == 422 and "请选择应派单位或写明说明" in refused.text
    same = desk.post(f"/dispatch/auto/{second.id}/verdict", is_right="false", right_unit_code="JRJ", note="看看")
    assert same.status_code == 422 and "看看" in same.text
    told = desk.post(f"/dispatch/auto/{second.id}/verdict", is_right="false", right_unit_code="GXJ")
    page = desk.get(told.headers["Location"]).text
    assert "已判不准确" in page and "去改派" in page and "#action-redispatch" in page
    late = desk.post(f"/dispatch/auto/{second.id}/verdict", is_right="true")
    assert late.status_code == 409 and "刚被他人判定过" in late.text
    assert desk.post("/dispatch/auto/999999/verdict", is_right="true").status_code == 404
    assert "50.0%" in desk.get("/dispatch/auto").text


def test_the_dispatch_desk_says_why_a_ticket_was_not_sent(app: Flask, automatic: Automatic) -> None:
    automatic.rule()
    number = automatic.register(title="咨询一件事", body="想了解一下情况")
    desk = Desk(app, "dispatch1")
    assert "未自动派单" not in desk.get("/dispatch", no=number).text
    automatic.sweep()
    assert "未自动派单：学习模型把握" in desk.get("/dispatch", no=number).text


def test_the_in_box_of_a_supervisor_leads_to_the_page(app: Flask, automatic: Automatic) -> None:
    automatic.rule(floor=100, sample=100)
    [row] = automatic.sent(1)
    automatic.judge(row, False)
    page = Desk(app, "super1").get("/inbox").text
    assert "自动派单已停用：贷款贴息兑付" in page and 'href="/dispatch/auto"' in page


def test_who_is_complained_of_sees_nothing_of_the_ticket(app: Flask, automatic: Automatic, city: City) -> None:
    automatic.rule(sample=100)
    [row] = automatic.sent(1)
    with city.database.transaction() as session:
        about = session.scalars(select(Account).filter_by(login="dispatch2")).one()
        session.get_one(Ticket, row.ticket_id).respondent_account_id = about.id
    page = Desk(app, "dispatch2").get("/dispatch/auto").text
    assert "没有待抽查的工单" in page and row.reason not in page
    refused = Desk(app, "dispatch2")
    refused.get("/dispatch/auto")
    assert refused.post(f"/dispatch/auto/{row.id}/verdict", is_right="true").status_code == 404
