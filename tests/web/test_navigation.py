"""The rail: every role gets places that open, with what waits there; forms get their lists from the directory."""

import re

import pytest
from flask import Flask

from hotline.actions import ACTIONS, CREATING
from hotline.clock import to_local
from hotline.demo.people import showcase
from hotline.web.choices import SOURCES, form_fields
from tests.city import City
from tests.web.client import Desk, app_on


@pytest.fixture
def town(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def app(town: City, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: town.now)
    return app_on(town, tmp_path)


def test_every_place_of_the_rail_opens_for_its_role(app: Flask) -> None:
    for role, account in showcase().items():
        browser = Desk(app, account.login).http
        rail = browser.get("/", follow_redirects=True).text.split('aria-label="主导航"')[1].split("</nav>")[0]
        places = re.findall(r'href="([^"]+)"', rail)
        assert places and rail.count('aria-current="page"') == 1, role
        assert [place for place in places if browser.get(place, follow_redirects=True).status_code != 200] == [], role


def test_the_rail_counts_what_waits_for_this_person(town: City, app: Flask) -> None:
    town.register()
    town.register()
    page = Desk(app, "dispatch1").get("/queue").text
    assert re.search(r'</i>派单<span class="count">2<span', page)


EMPTY = {"units_below", "members", "decisions"}
"""Lists that are empty for a ticket at a unit without units below it, and without a task force."""


def test_every_field_that_names_a_source_gets_its_list(town: City) -> None:
    number = town.register()
    town.do("dispatch1", "dispatch", number, unit_code="JRJ")
    with town.ticket(number) as (session, ticket):
        day = to_local(town.now).date()
        for action in {**CREATING, **ACTIONS}.values():
            for name, field in action.schema().fields.items():
                source = field.metadata.get("source")
                if source is None or field.metadata.get("form") is False:
                    continue
                shown = {one["name"]: one for one in form_fields(session, action.schema, day, ticket=ticket)}
                assert source in SOURCES
                assert shown[name]["choices"] or source in EMPTY, (action.schema.__name__, name)
