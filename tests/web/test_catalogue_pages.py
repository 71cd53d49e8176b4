"""派单目录 on its pages: read by all, changed after a preview, watched for gaps and wrong dispatches."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from tests.city import LOAN_INTEREST, City
from tests.web.client import Desk

pytestmark = pytest.mark.usefixtures("city_time")

NEW = {"category_code": LOAN_INTEREST, "unit_code": "GXJ", "effective_from": "2026-03-18", "reason": "三定调整"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def boss(app: Flask) -> Desk:
    """A supervisor, who may change the catalogue and send tickets."""
    return Desk(app, "super1")


def row_id(city: City, category: str, region: str | None = None) -> int:
    with city.database.transaction(write=False) as session:
        rows = select(CatalogueRow).join(Category).outerjoin(Region).where(Category.code == category)
        where = Region.code == region if region else CatalogueRow.region_id.is_(None)
        return session.scalars(rows.where(where, CatalogueRow.effective_to.is_(None))).one().id


def change(desk: Desk, **form: str) -> str:
    """Put a row, preview and confirmation; where that leads."""
    desk.get("/catalogue/new")
    answer = desk.post("/catalogue/new", **{**NEW, **form}, confirmed="1")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def objected(city: City, *, to: str = "GXJ") -> str:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="应由工信局办理")
    city.do("dispatch1", "redispatch", number, unit_code=to, text="退单成立")
    return number


def test_all_read_the_catalogue_and_only_supervisors_and_administrators_change_it(app: Flask) -> None:
    for login in ("agent1", "jrj.handler", "dispatch1", "audit1"):
        desk = Desk(app, login)
        assert "贷款贴息兑付" in desk.get("/catalogue", q="贴息").text
        assert "/catalogue/new" not in desk.page
        for path in ("/catalogue/new", "/catalogue/import", "/catalogue/export.xlsx", "/catalogue/supervisors/JRJ"):
            assert desk.get(path).status_code == 403, path


def test_rows_are_found_by_words_category_region_unit_type_and_day(app: Flask) -> None:
    desk = Desk(app, "dispatch1")
    for query, shown, hidden in (
        ({"q": "dktxdf"}, "贷款贴息兑付", "食品经营许可"),
        ({"q": "市市场监管局"}, "食品经营许可", "贷款贴息兑付"),
        ({"category": "0402"}, "贷款贴息兑付", "银行抽贷断贷"),
        ({"region": "449902001"}, "海棠街道", "贷款贴息兑付"),
        ({"unit": "QWQ"}, "琴湾合作区执委会", "贷款贴息兑付"),
        ({"kind": "TIP_OFF"}, "食品经营许可", "贷款贴息兑付"),
        ({"day": "2019-12-31"}, "没有符合的安排", "贷款贴息兑付"),
        ({"q": "没有这项", "day": "昨天"}, "没有符合的安排", "贷款贴息兑付"),
    ):
        page = desk.get("/catalogue", **query).text
        table = page[page.index("</form>", page.index("cat-day")) :]
        assert shown in table and hidden not in table, query


def test_the_preview_names_the_open_tickets_with_from_and_to_and_changes_nothing(city: City, boss: Desk) -> None:
    waiting, sent = city.register(), city.register(title="第二件")
    city.do("dispatch1", "dispatch", sent, unit_code="JRJ")
    boss.get("/catalogue/new")
    page = boss.post("/catalogue/new", **NEW).text
    for text in (waiting, sent, "市金融局", "市工信局", "待派单", "待签收", "尚未生效", "→ 临海湾市工业和信息化局"):
        assert text in page, text
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(CatalogueRow).join(Category).where(Category.code == LOAN_INTEREST)).all()
        assert len(rows) == 1 and not session.scalars(select(AuditEntry).filter_by(action="catalogue_changed")).all()


def test_a_confirmed_change_ends_the_old_row_the_day_before_and_yesterday_still_reads_the_old(
    city: City, boss: Desk
) -> None:
    change(boss)
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(CatalogueRow).join(Category).where(Category.code == LOAN_INTEREST)).all()
        said = [(row.version, row.unit.code, str(row.effective_from), str(row.effective_to)) for row in rows]
        assert said == [(1, "JRJ", "2020-01-01", "2026-03-17"), (2, "GXJ", "2026-03-18", "None")]
        assert (rows[0].ended_by, rows[0].ended_reason) == ("郑怀远", "三定调整")
        entry = session.scalars(select(AuditEntry).filter_by(action="catalogue_changed")).one()
        assert (entry.details["before"][0]["lead"], entry.details["after"][0]["lead"]) == ("JRJ", "GXJ")
    assert "市工信局" in boss.get("/catalogue", category=LOAN_INTEREST, day="2026-03-18").text
    page = boss.get("/catalogue", category=LOAN_INTEREST, day="2026-03-17").text
    assert "市金融局</td>" in page and "以下是 2026-03-17 当日的目录" in page
    history = boss.get(f"/catalogue/rows/{row_id(city, LOAN_INTEREST)}").text
    assert "第 2 版" in history and "第 1 版" in history and "三定调整" in history
    assert "派单目录 4.2.1 · 全市：由临海湾市工业和信息化局主办" in history


def test_only_ticked_tickets_are_sent_on_by_the_tables_own_action(city: City, boss: Desk) -> None:
    waiting, first, second = (city.register(title=f"第{n}件") for n in "一二三")
    for number in (first, second):
        city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    path = change(boss)
    page = boss.get(path).text
    assert re.findall(r'name="number" value="(\w+)"', page) == [first, second] and "派单台按新目录建议" in page
    city.do("jrj.handler", "sign", second)  # in the meantime
    boss.post(f"{path}/move", number=[first, second, waiting])
    leads = {}
    for number in (waiting, first, second):
        with city.ticket(number) as (_, ticket):
            leads[number] = ticket.lead_unit.code if ticket.lead_unit else None
    assert leads == {waiting: None, first: "GXJ", second: "JRJ"}
    with city.database.transaction(write=False) as session:
        moved = session.scalars(select(AuditEntry).filter_by(action="catalogue_moved")).one()
        assert moved.details == {"moved": [first], "refused": {}}
    assert "已另行处理" in boss.get(path).text


def test_a_form_that_is_stale_is_refused_and_keeps_what_was_typed(city: City, boss: Desk) -> None:
    path = f"/catalogue/new?row={row_id(city, LOAN_INTEREST)}"
    boss.get(path)
    seen = boss.hidden("version")
    change(boss, unit_code="CZJ")
    boss.get("/catalogue")
    answer = boss.post(path, **{**NEW, "version": seen, "confirmed": "1"})
    assert answer.status_code == 409 and "该安排刚被他人修改" in answer.text and "三定调整" in answer.text
    assert boss.post("/catalogue/new", **{**NEW, "version": "9" * 30}).status_code == 200


def test_odd_addresses_and_days_are_refused_in_words(city: City, boss: Desk) -> None:
    for query in ({"row": "99999999999999999999"}, {"row": "x"}, {"row": "999999"}):
        assert boss.get("/catalogue/new", **query).status_code == 404, query
    assert boss.get("/catalogue", page="99999999999999999999", q="\x00%_", day="0001-01-01").status_code == 200
    path = f"/catalogue/rows/{row_id(city, '010102', '449902')}/end"
    boss.get(path)
    assert boss.post(path, effective_to="9999-12-31", reason="到期").status_code == 200
    assert boss.post("/catalogue/new", **{**NEW, "effective_from": "0001-01-01"}).status_code == 409
    assert boss.post("/catalogue/changes/999999/move", number="x").status_code == 404


def test_what_stood_in_the_past_is_not_rewritten(boss: Desk) -> None:
    boss.get("/catalogue/new")
    answer = boss.post("/catalogue/new", **{**NEW, "effective_from": "2026-03-17"})
    assert answer.status_code == 422 and "不能改写过去" in answer.text


def test_the_city_wide_lead_of_a_category_can_only_be_replaced(city: City, boss: Desk) -> None:
    path = f"/catalogue/rows/{row_id(city, LOAN_INTEREST)}"
    assert "/end" not in boss.get(path).text
    boss.get(f"{path}/end")
    answer = boss.post(f"{path}/end", effective_to="2026-12-31", reason="撤销")
    assert answer.status_code == 409 and "请指定新的主办单位" in answer.text


def test_a_regions_own_row_ends_and_the_city_takes_over(city: City, boss: Desk) -> None:
    path = f"/catalogue/rows/{row_id(city, '010102', '449902')}/end"
    boss.get(path)
    form = {"effective_to": "2026-03-18", "reason": "上收市局"}
    number = city.register(category_code="010102")
    assert number in boss.post(path, **form).text
    assert boss.post(path, **form, confirmed="1").status_code == 303
    assert "市市场监管局" in boss.get("/catalogue", category="010102", region="-", day="2026-03-19").text
    assert "没有符合的安排" in boss.get("/catalogue", category="010102", region="449902", day="2026-03-19").text


def test_gaps_units_that_cannot_receive_and_overlaps_are_listed(city: City, boss: Desk) -> None:
    assert "没有缺口和重叠" in boss.get("/catalogue/problems").text
    with city.database.transaction() as session:
        row = session.get_one(CatalogueRow, row_id(city, LOAN_INTEREST))
        twin = {name: getattr(row, name) for name in ("category_id", "unit_id", "slot", "recorded_by", "recorded_at")}
        session.add(CatalogueRow(**twin, version=9))
        closed = session.scalars(select(Unit).filter_by(code="KCJ")).one()
        closed.effective_to = city.now.date().replace(year=2025)
    page = boss.get("/catalogue/problems").text
    assert "4.2.1 贷款贴息兑付 · 全市：自 2020-01-01 起有两项安排" in page
    assert "高新技术企业认定 · 湾东区" in page and "主办单位临海湾市科技创新局已停用或无人接收" in page
    assert "category_code=100101" in page


def test_upheld_objections_ask_whether_the_row_is_wrong_and_lead_to_a_filled_form(city: City, boss: Desk) -> None:
    for _ in range(3):
        objected(city)
    page = boss.get("/catalogue/objections").text
    assert "这一项已 3 次退单成立" in page and "改为由市工信局主办" in page
    link = re.search(r'href="(/catalogue/new\?[^"]+)"', page)
    assert link
    form = boss.get(link[1].replace("&amp;", "&")).text
    assert 'value="GXJ" selected' in form and "近 90 天 3 件退单成立" in form
    change(boss, region_code="449902")
    assert "目录已不派往该单位" in boss.get("/catalogue/objections").text


def test_a_zones_own_row_leads_to_a_row_for_the_matter_and_not_to_the_whole_zones(city: City, boss: Desk) -> None:
    for _ in range(3):
        number = city.register(region_code="4499QW")
        city.do("dispatch1", "dispatch", number, unit_code="QWQ")
        city.do("qwq.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="市级事权")
        city.do("dispatch1", "redispatch", number, unit_code="JRJ", text="退单成立")
    link = re.search(r'href="(/catalogue/new\?[^"]+)"', boss.get("/catalogue/objections").text)
    assert link
    form = boss.get(link[1].replace("&amp;", "&")).text
    assert "新增派单安排" in form and "修改“区域通则" not in form
    assert f'value="{LOAN_INTEREST}" selected' in form and 'value="4499QW" selected' in form


def test_load_and_accuracy_stand_beside_each_unit_and_nothing_sent_shows_a_dash(city: City, app: Flask) -> None:
    objected(city)
    desk = Desk(app, "dispatch1")
    city.register()
    page = desk.get("/dispatch").text
    assert "在办 0 · 今日到期 0" in page and "退单 1 · 准确率 0.0%" in page
    page = desk.get("/dispatch/load", sort="upheld").text
    assert page.index("临海湾市金融工作局") < page.index("临海湾市工业和信息化局") and "50.0%" in page
    assert Desk(app, "agent1").get("/dispatch/load").status_code == 403


def test_the_supervising_unit_is_edited_beside_the_catalogue(city: City, boss: Desk) -> None:
    boss.get("/catalogue/supervisors/JRJ")
    assert boss.post("/catalogue/supervisors/JRJ", supervising_unit_code="JRJ").status_code == 422
    assert boss.post("/catalogue/supervisors/JRJ", supervising_unit_code="SFB").status_code == 303
    with city.database.transaction(write=False) as session:
        unit = session.scalars(select(Unit).filter_by(code="JRJ")).one()
        assert session.get_one(Unit, unit.supervising_unit_id).code == "SFB"


def test_a_street_is_proposed_directly_and_its_district_sees_the_ticket(city: City, app: Flask) -> None:
    number = city.register(category_code="140201", region_code="449902001")
    page = Desk(app, "dispatch1").get("/dispatch").text
    assert "派单目录 14.2.1 · 海棠街道：由湾东区海棠街道办事处主办" in page
    city.do("dispatch1", "dispatch", number, unit_code="WD-HT")
    assert number in Desk(app, "wd.leader").get("/queue", view="open").text
