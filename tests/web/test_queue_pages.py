"""The list: views by role, filters in the URL, scope, CSV."""

import csv
import io
import time

import pytest
from flask import Flask
from sqlalchemy import event

from hotline.web.sheet import safe_cell
from tests.city import City
from tests.web.client import Desk, app_on


@pytest.fixture
def app(app: Flask, city_time: None) -> Flask:
    """At the city's time."""
    return app


def dispatched(city: City, **more: str) -> str:
    number = city.register(**more)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    return number


def test_each_role_starts_at_its_own_desk(app: Flask) -> None:
    starts = {"agent1": "/desk", "dispatch1": "/dispatch", "super1": "/overview", "jrj.handler": "/queue"}
    assert {login: Desk(app, login).get("/").headers["Location"] for login in starts} == starts


def test_nobody_sees_the_list_without_logging_in(app: Flask) -> None:
    answer = Desk(app).get("/queue")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


def test_a_new_ticket_waits_in_the_dispatchers_list_with_its_clock(city: City, app: Flask) -> None:
    number = city.register()
    page = Desk(app, "dispatch1").get("/queue").text
    assert number in page
    assert "待派单" in page
    assert "待转办" in page  # the clock that runs
    assert "剩余" in page


def test_a_unit_sees_only_its_own_tickets(city: City, app: Flask) -> None:
    mine, other = dispatched(city), city.register(title="仅供热线查看的另一件工单")
    page = Desk(app, "jrj.handler").get("/queue", view="all").text
    assert mine in page
    assert other not in page and "仅供热线查看" not in page


def test_filters_stand_in_the_url_and_narrow_the_list(city: City, app: Flask) -> None:
    at_unit, waiting = dispatched(city), city.register(appeal_type="COMPLAINT", title="窗口推诿")
    desk = Desk(app, "super1")
    assert at_unit in desk.get("/queue", view="all", unit="JRJ").text
    assert waiting not in desk.page
    assert waiting in desk.get("/queue", view="all", kind="COMPLAINT").text
    assert at_unit not in desk.page
    assert waiting in desk.get("/queue", view="all", status="AWAITING_DISPATCH", category="04").text
    assert "没有符合条件的工单" in desk.get("/queue", view="all", category="01").text


@pytest.mark.parametrize("query", ["view=nonsense", "status=%27%3B--", "page=-3", "page=999999999", "q=%00%25_"])
def test_a_crooked_url_still_opens_the_list(app: Flask, query: str) -> None:
    assert Desk(app, "super1").get(f"/queue?{query}").status_code == 200


def test_a_confidential_enterprise_is_not_named_to_the_unit_nor_found_by_name(city: City, app: Flask) -> None:
    number = dispatched(city, is_confidential="true", appeal_type="COMPLAINT")
    desk = Desk(app, "jrj.handler")
    page = desk.get("/queue", view="all").text
    assert number in page
    assert "湾东恒泽" not in page and "身份保密" in page
    assert number not in desk.get("/queue", view="all", q="湾东恒泽").text
    assert number not in desk.get("/queue", view="all", q="0499-8123456").text
    assert "湾东恒泽" not in desk.get("/queue.csv", view="all").text
    assert "湾东恒泽" not in desk.get(f"/tickets/{number}").text
    assert number in Desk(app, "agent1").get("/queue", view="all", q="湾东恒泽").text


def test_the_search_box_opens_a_ticket_by_its_number(city: City, app: Flask) -> None:
    number = city.register()
    desk = Desk(app, "agent1")
    assert desk.get("/search", q=number.lower()).headers["Location"] == f"/tickets/{number}"
    assert desk.get("/search", q="贷款贴息").headers["Location"].startswith("/queue?view=all&q=")


def test_the_csv_holds_the_same_rows_and_nothing_that_calculates(city: City, app: Flask) -> None:
    number = city.register(title='=HYPERLINK("http://x")')
    desk = Desk(app, "super1")
    answer = desk.get("/queue.csv", view="dispatch")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == [number]
    assert rows[1][1] == '\'=HYPERLINK("http://x")'
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM", "\t=1", "  =1"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell("贷款") == "贷款"


def test_a_long_list_asks_the_database_no_more_than_a_short_one(sqlite_city, tmp_path, monkeypatch) -> None:

    city = sqlite_city
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: city.now)
    app = app_on(city, tmp_path)
    desk = Desk(app, "super1")
    asked: list[str] = []
    event.listen(
        app.extensions["hotline"].database.engine, "before_cursor_execute", lambda *args: asked.append(args[2])
    )

    def cost() -> int:
        asked.clear()
        assert desk.get("/queue", view="open").status_code == 200
        return len(asked)

    dispatched(city)
    few = cost()
    for _ in range(60):
        dispatched(city)
    began = time.perf_counter()
    assert cost() <= few
    assert time.perf_counter() - began < 2
