"""The overview: every number leads to the same number of tickets, and nothing is divided by nothing."""

import re

import pytest
from flask import Flask
from sqlalchemy import delete, update

from hotline.deadlines.models import Clock
from hotline.directory.models import CalendarYear
from hotline.messages.models import Audience, Notice
from hotline.supervision import metrics
from hotline.ticket.models import Satisfaction, Ticket
from tests.calendars import local
from tests.city import City
from tests.web.client import Desk

REPLY = {"public_text": "补齐验收单后可受理。", "legal_basis": "办法第六条"}
MONTH = (local("2026-03-01 00:00"), local("2026-04-01 00:00"))


@pytest.fixture
def app(app: Flask, city_time: None) -> Flask:
    """At the city's time."""
    return app


def called(city: City, satisfaction: str, *, resolved: bool = True, contacted: bool = True) -> str:
    """A ticket that was answered and called back about."""
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    city.do("jrj.handler", "reply", number, **REPLY)
    city.do("jrj.leader", "sign_off", number)
    city.do("review1", "approve", number)
    heard = {"was_contacted": contacted, "is_resolved": resolved, "satisfaction": satisfaction}
    city.do("callback1", "callback", number, result="REACHED", **heard)
    return number


def shares(city: City, login: str = "super1") -> tuple[str, str, str]:
    with city.database.transaction(write=False) as session:
        found = metrics.rates(session, city.actor(login), *MONTH)
        return found.response.percent, found.resolution.percent, found.satisfaction.percent


def test_without_callbacks_the_rates_are_a_dash(city: City, app: Flask) -> None:
    assert shares(city) == ("—", "—", "—")
    page = Desk(app, "super1").get("/overview").text
    assert page.count("有效回访 0 件") == 3
    assert "0.0" not in page and "100.0" not in page


def test_fairly_satisfied_weighs_nine_tenths(city: City) -> None:
    called(city, "SATISFIED")
    called(city, "FAIRLY_SATISFIED", contacted=False)
    called(city, "VERY_SATISFIED")
    called(city, "DISSATISFIED", resolved=False)
    assert shares(city) == ("75.0", "75.0", "72.5")


def test_a_vain_call_does_not_count_and_the_last_valid_one_does(city: City) -> None:
    number = called(city, "DISSATISFIED", resolved=False)
    city.do("callback1", "callback", number, result="NO_ANSWER")
    assert shares(city) == ("100.0", "0.0", "0.0")
    heard = {"was_contacted": True, "is_resolved": True, "satisfaction": Satisfaction.SATISFIED.value}
    city.do("callback1", "callback", number, result="REACHED", **heard)
    assert shares(city) == ("100.0", "100.0", "100.0")


def test_a_reader_counts_only_what_he_may_see(city: City) -> None:
    called(city, "SATISFIED")
    assert shares(city, "gxj.handler") == ("—", "—", "—")
    assert shares(city, "jrj.handler")[2] == "100.0"


def test_every_number_leads_to_as_many_tickets(city: City, app: Flask) -> None:
    for _ in range(3):
        city.register()
    late = city.register()
    city.do("dispatch1", "dispatch", late, unit_code="JRJ")
    city.do("super1", "supervise", late, text="久拖不决")
    called(city, "SATISFIED")
    city.at("2026-03-26 10:00")
    desk = Desk(app, "super1")
    overview = desk.get("/overview").text
    tiles = re.findall(
        r'class="stat[^"]*" href="(/queue[^"]+)".*?class="stat-value">(?:<i[^>]*></i> )?(\d+)', overview, re.S
    )
    tiles += re.findall(r'href="(/queue\?view=open&amp;status=[A-Z_]+)">(\d+) 件', overview)
    assert len(tiles) == 5 + 3
    for href, count in tiles:
        assert f"共 {count} 条" in desk.get(href.replace("&amp;", "&")).text or count == "0", href
    assert ("/queue?view=overdue", "1") in tiles
    assert late in desk.get("/queue?view=overdue").text
    assert "1 件，每件以最近一次有效回访为准" in desk.get("/overview/callbacks").text


def test_units_and_agents_have_no_overview(app: Flask) -> None:
    assert Desk(app, "jrj.handler").get("/overview").status_code == 403
    assert Desk(app, "agent1").get("/overview").status_code == 403
    assert Desk(app, "audit1").get("/overview").status_code == 200


def test_open_clocks_on_an_unknown_calendar_raise_the_alarm(city: City, app: Flask) -> None:
    city.register()
    desk = Desk(app, "super1")
    assert "暂定" not in desk.get("/overview").text
    with city.database.transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2026))
        session.execute(update(Clock).values(provisional=True))
    assert "跨入 2026 年" in desk.get("/overview").text


def test_late_reminders_are_told(city: City, app: Flask) -> None:
    city.register()
    city.at("2026-03-19 10:00")
    assert "计时提醒滞后" in Desk(app, "super1").get("/overview").text


def test_a_notice_is_read_by_its_own_person_only(city: City, app: Flask) -> None:
    number = city.register()
    with city.ticket(number) as (_, ticket):
        told = {"ticket_id": ticket.id, "audience": Audience.STAFF, "title": "提交转办：贴息", "text": "请派单"}
    with city.database.transaction() as session:
        mine, other = city.actor("dispatch1").account_id, city.actor("dispatch2").account_id
        rows = [Notice(**told, seq=1, account_id=one, created_at=city.now) for one in (mine, other)]
        session.add_all(rows)
    desk = Desk(app, "dispatch1")
    assert "提交转办：贴息" in desk.get("/inbox").text and number in desk.page
    assert desk.post("/inbox/read", id=str(rows[1].id)).status_code == 303
    assert desk.post("/inbox/read").status_code == 303
    with city.database.transaction(write=False) as session:
        states = {row.account_id: row.read_at for row in session.query(Notice)}
        assert states[mine] == city.now and states[other] is None


def test_a_notice_of_a_ticket_out_of_sight_tells_nothing(city: City, app: Flask) -> None:
    number = city.register(title="不该再看到的标题")
    account = city.actor("gxj.handler").account_id
    with city.database.transaction() as session:
        ticket_id = session.query(Ticket.id).filter_by(no=number).scalar()
        told = {"audience": Audience.STAFF, "title": "派单：不该再看到的标题", "text": "x", "created_at": city.now}
        session.add(Notice(ticket_id=ticket_id, seq=1, account_id=account, **told))
    page = Desk(app, "gxj.handler").get("/inbox").text
    assert "工单已转出" in page
    assert number not in page and "不该再看到的标题" not in page
