"""预约专家 at the public site, by number and query code, without scripts."""

import re

import pytest
from flask import Flask

from hotline.database import Database
from hotline.demo.experts import fill_roster
from tests.city import City
from tests.experts import ANSWER, advice, do, later, status
from tests.web.client import Desk
from tests.web.enterprise import city_now, visitor

SLOT = re.compile(r'<option value="(\d+@[^"]+)"')
PAGE = "/track/ticket/appointment"


@pytest.fixture
def city(sqlite_database: Database) -> City:
    """The city now, with a roster for these days: the public pages know no other time."""
    found = city_now(sqlite_database)
    with found.database.transaction() as session:
        fill_roster(session, found.now)
    return found


def booked(desk: Desk) -> str:
    """The first free slot, taken."""
    slot = SLOT.findall(desk.get(PAGE).text)[0]
    done = desk.post(PAGE, slot=slot, mode="VIDEO", question="想当面问清还差什么材料", idempotency_key="one")
    assert done.status_code == 303, done.text
    return slot


def test_an_enterprise_books_takes_the_file_along_and_cancels(city: City, app: Flask) -> None:
    desk = visitor(app, city, city.register())
    assert PAGE in desk.get("/track/ticket").text
    offered = desk.get(PAGE).text
    assert "金融" in offered and "柏清如" not in offered and "阮书航" not in offered
    booked(desk)
    page = desk.get(PAGE).text
    assert "预约待确认" in page and "选择时段" not in page
    file = desk.get(f"{PAGE}/1.ics")
    assert file.mimetype == "text/calendar" and file.text.startswith("BEGIN:VCALENDAR")
    assert desk.post(f"{PAGE}/1/cancel").status_code == 422
    assert desk.post(f"{PAGE}/1/cancel", text="时间不便").status_code == 303
    assert status(city, 1) == "CANCELLED"
    assert "选择时段" in desk.get(PAGE).text


def test_the_same_form_sent_twice_books_once(city: City, app: Flask) -> None:
    desk = visitor(app, city, city.register())
    slot = booked(desk)
    again = desk.post(PAGE, slot=slot, mode="VIDEO", question="想当面问清还差什么材料", idempotency_key="one")
    assert again.status_code == 303
    with advice(city, 1) as found:
        assert found.appointment is not None and found.appointment.is_held


def test_a_slot_that_went_meanwhile_is_told_and_the_question_stays(city: City, app: Flask) -> None:
    first, second = visitor(app, city, city.register()), visitor(app, city, city.register())
    second.get(PAGE)
    slot = booked(first)
    refused = second.post(PAGE, slot=slot, mode="VIDEO", question="我的问题还在", idempotency_key="two")
    assert refused.status_code == 409
    assert "约走" in refused.text and "我的问题还在" in refused.text


def test_without_a_slot_or_a_question_the_form_says_so(city: City, app: Flask) -> None:
    desk = visitor(app, city, city.register())
    desk.get(PAGE)
    refused = desk.post(PAGE, mode="VIDEO")
    assert refused.status_code == 422
    assert "请填写时段" in refused.text and "请填写想咨询的问题" in refused.text


def test_nobody_reaches_anothers_appointment(city: City, app: Flask) -> None:
    booked(visitor(app, city, city.register()))
    other = visitor(app, city, city.register())
    assert other.get(f"{PAGE}/1.ics").status_code == 404
    assert other.post(f"{PAGE}/1/cancel", text="不是我的").status_code == 404
    assert Desk(app).get(PAGE).status_code == 401


def test_the_answer_shows_once_it_has_passed_and_can_be_rated_once(city: City, app: Flask) -> None:
    desk = visitor(app, city, city.register())
    booked(desk)
    with advice(city, 1) as found:
        assert found.expert is not None and found.appointment is not None
        login, begins = found.expert.account.login, found.appointment.starts_at
    do(city, login, "confirm", 1)
    later(city, seconds=(begins - city.now).total_seconds() + 60)
    do(city, login, "record_answer", 1, **ANSWER)
    assert ANSWER["answer"] not in desk.get(PAGE).text
    do(city, "review1", "approve_advice", 1)
    assert ANSWER["answer"] in desk.get(PAGE).text
    assert desk.post(f"{PAGE}/1/rate_advice", satisfaction="SATISFIED").status_code == 303
    assert desk.post(f"{PAGE}/1/rate_advice", satisfaction="SATISFIED").status_code == 409


def test_a_tip_off_and_a_closed_ticket_offer_no_appointment(city: City, app: Flask) -> None:
    for number in (city.register(appeal_type="TIP_OFF"), city.register("agent1", "answer", public_text="请在平台提交")):
        desk = visitor(app, city, number)
        assert PAGE not in desk.get("/track/ticket").text
        assert "现在不能预约" in desk.get(PAGE).text
