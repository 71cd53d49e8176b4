"""确认收到, 重试 and 立即重发 in the browser: who may press, who sees that somebody pressed."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from hotline import jobs
from hotline.actions import sweep_context
from hotline.deadlines.models import Clock, Firing
from hotline.deadlines.queries import stuck
from hotline.deadlines.sweep import sweep
from hotline.messages.models import Notice
from hotline.messages.sending import send_ticket_event
from hotline.outbox.operations import claim
from tests.city import City
from tests.factories import make
from tests.integration.test_alarms import break_clock, break_message
from tests.web.client import Desk, app_on

YELLOW_AT = "2026-03-24 17:30"
WAITS = "尚无人确认收到的提醒"


@pytest.fixture
def app(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: city.now)
    return app_on(city, tmp_path)


def tick(city: City, at: str) -> None:
    """Sweep, and deliver the notices."""
    city.at(at)
    with city.database.transaction() as session:
        while sweep(session, city.now, sweep_context(session)):
            pass
        messages = claim(session, city.now, 1000)
    for message in messages:
        send_ticket_event(city.database, message)


def yellow(city: City) -> str:
    """A ticket of the district whose total clock has just shown the yellow card."""
    number = make(city, "handling")
    tick(city, YELLOW_AT)
    return number


def offered(desk: Desk) -> str:
    """The notice behind the page's first 确认收到."""
    found = re.search(r'action="/inbox/acknowledge">.*?name="id" value="(\d+)"', desk.page, re.DOTALL)
    assert found, "nothing to confirm"
    return found[1]


def confirmed_by(city: City) -> set[int | None]:
    with city.database.transaction(write=False) as session:
        return set(session.scalars(select(Firing.acknowledged_by).filter_by(name="yellow")))


def test_the_unit_confirms_a_yellow_card_and_everybody_sees_who_did(city: City, app: Flask) -> None:
    number = yellow(city)
    supervisor, leader = Desk(app, "super1"), Desk(app, "wd.leader")
    overview = supervisor.get("/overview").text
    assert WAITS in overview and number in overview.split(WAITS)[-1]
    assert "尚无人确认收到" in supervisor.get(f"/tickets/{number}").text
    leader.get("/inbox")
    chosen = offered(leader)
    assert "确认收到：黄牌" in leader.page
    answer = leader.post("/inbox/acknowledge", id=chosen)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    assert confirmed_by(city) >= {city.actor("wd.leader").account_id}
    assert f"于 {YELLOW_AT} 确认收到" in supervisor.get(f"/tickets/{number}").text


def test_the_button_stands_on_the_ticket_too_and_leads_back_there(city: City, app: Flask) -> None:
    number = yellow(city)
    leader = Desk(app, "wd.leader")
    asked = leader.get(f"/tickets/{number}").text.count(">确认收到</button>")
    answer = leader.post("/inbox/acknowledge", id=offered(leader), **{"from": "ticket"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/tickets/{number}")
    assert leader.get(f"/tickets/{number}").text.count(">确认收到</button>") == asked - 1


def test_a_reminder_asks_for_no_confirmation(city: City, app: Flask) -> None:
    number = make(city, "handling")
    tick(city, "2026-03-20 12:00")
    with city.ticket(number) as (session, _):
        names = set(session.scalars(select(Firing.name).where(Firing.must_acknowledge)))
    assert "reminder" not in names
    assert "确认收到：提醒" not in Desk(app, "wd.handler").get("/inbox").text


def test_a_supervisors_copy_is_not_the_units_confirmation(city: City, app: Flask) -> None:
    number = make(city, "handling")
    tick(city, "2026-03-27 17:30")
    supervisor = Desk(app, "super1")
    with city.ticket(number) as (session, ticket):
        mine = {"ticket_id": ticket.id, "account_id": city.actor("super1").account_id}
        notices = session.scalars(select(Notice).filter_by(**mine)).all()
        copy = next(one.id for one in notices if one.title.startswith("督办"))
    assert "确认收到：督办" not in supervisor.get("/inbox").text
    assert supervisor.post("/inbox/acknowledge", id=str(copy)).status_code == 409


def test_nobody_confirms_for_another_nor_twice(city: City, app: Flask) -> None:
    yellow(city)
    leader, other = Desk(app, "wd.leader"), Desk(app, "jrj.leader")
    leader.get("/inbox")
    chosen = offered(leader)
    other.get("/inbox")
    assert other.post("/inbox/acknowledge", id=chosen).status_code == 409
    assert leader.post("/inbox/acknowledge", id=chosen).status_code == 303
    assert leader.post("/inbox/acknowledge", id=chosen).status_code == 409
    assert leader.post("/inbox/acknowledge").status_code == 409


@pytest.mark.parametrize("login", ["admin1", "super1"])
def test_a_stuck_clock_is_shown_and_retried(city: City, app: Flask, login: str) -> None:
    clock_id = break_clock(city)
    desk = Desk(app, login)
    page = desk.get("/admin/health").text
    assert f"重试计时 {clock_id}" in page and "OperationalError: disk full" in page
    assert "8123456" not in page and "梁晓岚" not in page
    assert desk.post(f"/admin/health/clocks/{clock_id}/retry").status_code == 303
    with city.database.transaction(write=False) as session:
        assert stuck(session) == []
        assert session.get_one(Clock, clock_id).last_error is None
    assert desk.post(f"/admin/health/clocks/{clock_id}/retry").status_code == 409
    assert "没有停止重试的计时" in desk.get("/admin/health").text


def test_messages_that_do_not_leave_are_shown_with_age_and_error_and_sent_again(city: City, app: Flask) -> None:
    message_id = break_message(city)
    city.at("2026-03-18 10:20")
    desk = Desk(app, "admin1")
    page = desk.get("/admin/health").text
    assert "1 小时 20 分钟" in page and "OperationalError: disk full" in page
    assert "1 条通知或回传没有发出" in Desk(app, "super1").get("/overview").text
    assert desk.post(f"/admin/health/messages/{message_id}/resend").status_code == 303
    with app.app_context():
        jobs.deliver()
    assert "没有发送失败的消息" in desk.get("/admin/health").text


def test_only_supervisors_and_administrators_open_the_alarms(app: Flask) -> None:
    for login in ("agent1", "jrj.leader", "audit1"):
        desk = Desk(app, login)
        assert desk.get("/admin/health").status_code == 403
        assert desk.post("/admin/health/clocks/1/retry").status_code == 403
        assert desk.post("/admin/health/messages/1/resend").status_code == 403


def test_the_missing_year_stands_in_the_inbox_of_a_supervisor(city: City, app: Flask) -> None:
    city.at("2026-12-30 10:00")
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(jobs, "utcnow", lambda: city.now)
        jobs.watch_calendar()
        jobs.watch_calendar()
    page = Desk(app, "super1").get("/inbox").text
    assert page.count("2027 年放假安排尚未导入") >= 1 and 'href="/admin/time"' in page
    assert "2027 年放假安排" not in Desk(app, "agent1").get("/inbox").text
