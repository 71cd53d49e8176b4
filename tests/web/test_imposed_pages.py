"""上级时限 on the pages: the desk asks, the ticket says it aloud, the extension form asks who agreed."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.city import APPEAL, City
from tests.web.client import Desk

ABOVE = {**APPEAL, "source_code": "SUPERIOR", "external_no": "S-1", "category_code": "040201"}
PAST = "2026-03-10T18:00"
CONFIRM = 'name="imposed_due_confirmed"'
AGREED = {"agreed_by": "省专班 王处", "agreed_ref": "督函〔2026〕17号", "agreed_on": "2026-03-18"}
ASKED = {"reason": "COMPLEX", "working_days": "2", "legal_basis": "办法第九条", "text": "需核实"}


pytestmark = pytest.mark.usefixtures("city_time")


@pytest.fixture
def city(sqlite_city: City) -> City:
    """What the pages ask of a database has its tests on both."""
    return sqlite_city


def test_the_desk_asks_whether_a_passed_time_is_meant_and_takes_yes_for_an_answer(app: Flask) -> None:
    agent = Desk(app, "agent1")
    agent.get(agent.get("/desk").headers["Location"])
    assert CONFIRM not in agent.page
    form = {**ABOVE, "imposed_due_at": PAST, "idempotency_key": agent.hidden("idempotency_key")}
    asked = agent.post("/desk/submit", **form)
    assert asked.status_code == 422
    assert "上级时限（2026-03-10 18:00）已过，是否仍按此时限登记？" in agent.page
    assert CONFIRM in agent.page
    assert f'value="{PAST}"' in agent.page
    done = agent.post("/desk/submit", **form, imposed_due_confirmed="1")
    assert done.status_code == 302
    agent.get(done.location)
    told = "上级要求 2026-03-10 18:00 前办结，该时限已过，按超期处理"
    assert re.search(r'<div class="notice is-bad" role="alert">.*' + told, agent.page)
    assert "已超期" in agent.page
    assert agent.page.count(told) == 2  # above the page, and as the reason of the clock


def extension(city: City, **more: Any) -> str:
    number = city.register("agent1", **more)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    return number


def test_the_extension_form_asks_who_agreed_only_where_a_time_was_set_from_above(app: Flask, city: City) -> None:
    ours = extension(city)
    above = extension(city, source_code="SUPERIOR", external_no="S-2", imposed_due_at="2026-03-20T12:00")
    unit = Desk(app, "jrj.handler")
    unit.get(f"/tickets/{ours}")
    assert 'name="agreed_by"' not in unit.page
    unit.get(f"/tickets/{above}")
    assert all(f'name="{name}"' in unit.page for name in AGREED)
    refused = unit.post(f"/tickets/{above}/actions/request_extension", **ASKED)
    assert refused.status_code == 422
    assert "上级已限定办结时间，延期须先经上级同意；请填写上级同意人" in unit.page
    unit.post(f"/tickets/{above}/actions/request_extension", **ASKED, **AGREED)
    supervisor = Desk(app, "super1")
    supervisor.get(f"/tickets/{above}")
    assert all(value in supervisor.page for value in AGREED.values())
    supervisor.post(f"/tickets/{above}/actions/grant_extension")
    supervisor.get(f"/tickets/{above}")
    assert "2026-03-24 12:00" in supervisor.page
