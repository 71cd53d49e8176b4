"""An enterprise at the public pages, and tickets for it to look at."""

import re

from flask import Flask

from hotline.clock import utcnow
from hotline.database import Database
from tests.city import City
from tests.conftest import city_on
from tests.web.client import Desk

GOOD_CALL = {"result": "REACHED", "was_contacted": True, "is_resolved": True, "satisfaction": "SATISFIED"}
REPLY = {"public_text": "缺少设备验收单，补齐后三个工作日内受理。", "legal_basis": "贴息办法第六条"}


def city_now(database: Database) -> City:
    """The demo city, now: the public pages know no other time."""
    city = city_on(database)
    city.now = utcnow()
    return city


def code_of(city: City, number: str) -> str:
    with city.ticket(number) as (_, ticket):
        return ticket.query_code


def visitor(app: Flask, city: City, number: str) -> Desk:
    """An enterprise that has proved number and code."""
    desk = Desk(app)
    assert tried(desk, number, code_of(city, number)) == 303
    return desk


def tried(desk: Desk, number: str, code: str) -> int:
    desk.get("/track")
    return desk.post("/track", number=number, code=code).status_code


def words_of(desk: Desk, path: str = "/track/ticket") -> str:
    """What a page says, without its tags."""
    desk.get(path)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", desk.page))


def send(desk: Desk, action: str, **form: str) -> int:
    """Open the form of an action and send it."""
    desk.get(f"/track/ticket/actions/{action}")
    fields = {"idempotency_key": desk.hidden("idempotency_key"), "version": desk.hidden("version")}
    return desk.post(f"/track/ticket/actions/{action}", **fields, **form).status_code


def handling(city: City, **more: str) -> str:
    number = city.register(**more)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    return number


def closed(city: City) -> str:
    number = handling(city)
    city.do("jrj.handler", "reply", number, **REPLY)
    city.do("jrj.leader", "sign_off", number)
    city.do("review1", "approve", number)
    city.do("callback1", "callback", number, **GOOD_CALL)
    city.do("callback1", "close", number)
    return number
