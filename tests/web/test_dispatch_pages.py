from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.dispatch.load import Load, loads
from hotline.dispatch.proposal import Proposal, propose
from hotline.ticket.models import Ticket
from tests.city import City
from tests.web.client import Desk, app_on

ZONE = "4499GX"
TAX_FILING = "020101"
"""纳税申报与更正, led by the tax bureau everywhere; no zone is named for it."""


@pytest.fixture
def pages_city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def app(pages_city: City, tmp_path: Path) -> Flask:
    return app_on(pages_city, tmp_path)


def proposed(city: City, category: str, region: str, respondent: str | None = None) -> Proposal:
    with city.database.transaction(write=False) as session:
        rows = [
            session.scalars(select(model).filter_by(code=code)).one() if code else None
            for model, code in ((Category, category), (Region, region), (Unit, respondent))
        ]
        return propose(session, city.actor("dispatch1"), city.now, *rows)


def test_the_catalogues_owner_is_proposed_with_its_reason(city: City) -> None:
    proposal = proposed(city, "010102", "449902")
    assert proposal.unit and proposal.unit.code == "WD-SJJ"
    assert proposal.reason == f"派单目录 1.1.2 · 湾东区：由{proposal.unit.name}主办"
    assert [unit.code for unit in proposal.support] == ["ZSJ"]


def test_a_zone_answers_for_itself_where_the_catalogue_names_nobody_for_it(city: City) -> None:
    proposal = proposed(city, TAX_FILING, ZONE)
    assert proposal.unit and proposal.unit.code == "GXQ"
    assert "功能区事项" in proposal.reason
    assert [unit.code for unit in proposal.others] == ["SWJ", "SFB"]


def test_the_complained_of_unit_gives_way_to_its_supervisor(city: City) -> None:
    with city.database.transaction() as session:
        unit, above = (session.scalars(select(Unit).filter_by(code=code)).one() for code in ("JRJ", "SZF"))
        unit.supervising_unit_id = above.id
    proposal = proposed(city, "040201", "449902", respondent="JRJ")
    assert proposal.unit and proposal.unit.code == "SZF"
    assert "应当回避" in proposal.reason
    assert "JRJ" not in [unit.code for unit in (*proposal.others, *proposal.support)]


def test_a_category_nobody_owns_is_left_to_a_person(city: City) -> None:
    with city.database.transaction() as session:
        session.execute(delete(CatalogueRow))
    proposal = proposed(city, "040201", "449902")
    assert proposal.unit is None
    assert "请派单员判断" in proposal.reason


def closed_by(city: City, unit: str) -> None:
    number = city.register(wants_callback=False)
    city.do("dispatch1", "dispatch", number, unit_code=unit)
    login = unit.lower()
    city.do(f"{login}.handler", "sign", number)
    city.do(f"{login}.handler", "contact", number, result="REACHED", text="已核对")
    city.do(f"{login}.handler", "reply", number, public_text="已受理", legal_basis="贴息办法第六条", is_true=True)
    city.do(f"{login}.leader", "sign_off", number)
    city.do("review1", "approve", number)
    assert city.status(number) == "CLOSED"


def test_the_reason_counts_who_closed_such_tickets_lately(city: City) -> None:
    closed_by(city, "JRJ")
    closed_by(city, "JRJ")
    closed_by(city, "GXJ")
    proposal = proposed(city, city.category, "449902")
    assert proposal.reason.endswith("近 90 天同类 2/3 件由其办结")
    assert [unit.code for unit in proposal.others] == ["GXJ"]
    city.at("2026-09-01 09:00")
    assert "近 90 天" not in proposed(city, city.category, "449902").reason


def test_a_units_load_counts_open_overdue_and_objected(city: City) -> None:
    first, second = city.register(), city.register(title="第二件")
    city.do("dispatch1", "dispatch", first, unit_code="JRJ")
    city.do("dispatch1", "dispatch", second, unit_code="JRJ")
    city.do("jrj.handler", "object", second, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="应由工信局办理")
    city.at("2026-04-20 09:00")
    with city.database.transaction(write=False) as session:
        units = list(session.scalars(select(Unit).where(Unit.code.in_(["JRJ", "GXJ"])).order_by(Unit.code.desc())))
        found = loads(session, city.actor("dispatch1"), city.now, units)
    assert [found[unit.id] for unit in units] == [Load(open=2, overdue=2, dispatched=2, objections=1), Load()]


def ticket_of(city: City, number: str) -> Ticket:
    with city.ticket(number) as (_, ticket):
        return ticket


def test_only_dispatchers_open_the_page_and_an_empty_line_says_so(app: Flask) -> None:
    assert Desk(app, "agent1").get("/dispatch").status_code == 403
    assert "没有待派单的工单" in Desk(app, "dispatch1").get("/dispatch").text


def test_accepting_the_proposal_dispatches_and_brings_the_next(app: Flask, pages_city: City) -> None:
    first, second = pages_city.register(), pages_city.at("2026-03-18 09:10").register(title="第二件")
    desk = Desk(app, "dispatch1")
    page = desk.get("/dispatch").text
    assert "第 1 件，共 2 件待处理" in page
    assert 'value="JRJ" checked data-accept' in page
    answer = desk.post(
        f"/dispatch/{first}/dispatch", unit_code="JRJ", version=desk.hidden("version"), next=desk.hidden("next")
    )
    assert answer.headers["Location"] == f"/dispatch?no={second}"
    ticket = ticket_of(pages_city, first)
    assert (ticket.status, ticket.lead_unit_id is not None) == ("AWAITING_SIGN", True)
    assert "已派单：临海湾市金融工作局" in desk.get(f"/dispatch?no={second}").text


def test_another_unit_typed_by_hand_wins_over_the_proposal(app: Flask, pages_city: City) -> None:
    number = pages_city.register()
    desk = Desk(app, "dispatch1")
    desk.get("/dispatch")
    desk.post(f"/dispatch/{number}/dispatch", unit_code="JRJ", other_unit="GXJ")
    with pages_city.ticket(number) as (_, ticket):
        assert ticket.lead_unit and ticket.lead_unit.code == "GXJ"


def test_who_presses_second_is_told_and_gets_the_next_ticket(app: Flask, pages_city: City) -> None:
    first, second = pages_city.register(), pages_city.at("2026-03-18 09:10").register(title="后面那件")
    one, two = Desk(app, "dispatch1"), Desk(app, "dispatch2")
    for desk in (one, two):
        desk.get("/dispatch")
    version, following = one.hidden("version"), one.hidden("next")
    one.post(f"/dispatch/{first}/dispatch", unit_code="JRJ", version=version, next=following)
    late = two.post(f"/dispatch/{first}/dispatch", unit_code="GXJ", version=version, next=following)
    assert late.status_code == 409
    assert f"{first}：当前状态不能进行此操作" in late.text
    assert "后面那件" in late.text
    assert f'action="/dispatch/{second}/dispatch"' in late.text
    with pages_city.ticket(first) as (_, ticket):
        assert ticket.lead_unit and ticket.lead_unit.code == "JRJ"


def test_a_unit_that_must_keep_out_is_refused_with_the_form_kept(app: Flask, pages_city: City) -> None:
    number = pages_city.register(respondent_unit_code="JRJ", appeal_type="COMPLAINT")
    desk = Desk(app, "dispatch1")
    desk.get("/dispatch")
    answer = desk.post(f"/dispatch/{number}/dispatch", other_unit="JRJ", text="请三日内办结")
    assert answer.status_code == 422
    assert "应当回避" in answer.text
    assert "请三日内办结" in answer.text


def test_an_objection_is_shown_with_its_grounds_and_can_be_ruled_either_way(app: Flask, pages_city: City) -> None:
    numbers = [pages_city.register(title=title) for title in ("甲", "乙")]
    for number in numbers:
        pages_city.do("dispatch1", "dispatch", number, unit_code="JRJ")
        pages_city.do(
            "jrj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案第三条", text="属工信局职责",
            suggested_unit_code="GXJ",
        )  # fmt: skip
    desk = Desk(app, "dispatch1")
    page = desk.get("/dispatch", no=numbers[0]).text
    assert "三定方案第三条" in page
    assert 'value="GXJ" checked data-accept' in page
    assert 'value="JRJ" checked' not in page
    without_reason = desk.post(f"/dispatch/{numbers[0]}/redispatch", unit_code="GXJ")
    assert without_reason.status_code == 422
    desk.post(f"/dispatch/{numbers[0]}/redispatch", unit_code="GXJ", text="退单理由成立")
    desk.post(f"/dispatch/{numbers[1]}/overrule", text="目录已明确由金融局主办")
    assert [pages_city.status(number) for number in numbers] == ["AWAITING_SIGN", "AWAITING_SIGN"]
    with pages_city.ticket(numbers[0]) as (_, ticket):
        assert ticket.lead_unit and ticket.lead_unit.code == "GXJ"


def test_a_suggested_unit_that_is_complained_of_is_no_candidate(app: Flask, pages_city: City) -> None:
    number = pages_city.register(respondent_unit_code="GXJ", appeal_type="COMPLAINT")
    pages_city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    grounds = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "属工信局职责"}
    pages_city.do("jrj.handler", "object", number, suggested_unit_code="GXJ", **grounds)
    page = Desk(app, "dispatch1").get("/dispatch", no=number).text
    assert "三定方案" in page
    assert 'id="unit-GXJ"' not in page


def test_a_repeat_can_be_merged_into_the_callers_other_ticket(app: Flask, pages_city: City) -> None:
    pages_city.at("2026-11-20 09:00")
    master, repeat = pages_city.register(), pages_city.register(title="同一件事又来电")
    desk = Desk(app, "dispatch1")
    page = desk.get("/dispatch", no=repeat).text
    assert f'name="master_no" value="{master}"' in page
    desk.post(f"/dispatch/{repeat}/merge", master_no=master, text="同一事项")
    assert pages_city.status(repeat) == "MERGED"


def test_sending_back_keeps_the_line_going(app: Flask, pages_city: City) -> None:
    first, second = pages_city.register(), pages_city.at("2026-03-18 09:10").register(title="第二件")
    desk = Desk(app, "dispatch1")
    desk.get("/dispatch")
    told = desk.post(f"/dispatch/{first}/return_for_supplement", text="请补充厂房地址", next=second)
    assert told.headers["Location"] == f"/dispatch?no={second}"
    assert pages_city.status(first) == "AWAITING_SUPPLEMENT"
    assert desk.post(f"/dispatch/{second}/close").status_code == 404
