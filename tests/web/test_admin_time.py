"""时限与日历 in the browser: an alarm, a preview, a confirmation, and only then a change."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.deadlines.queries import clocks_of
from hotline.directory.models import CalendarYear, SlaProfile
from hotline.ticket.clocks import subject_of
from tests.calendars import local
from tests.city import City
from tests.web.client import Desk

YEAR = {"year": "2027", "notice": "2027 年节假日安排（测试）", "holidays": "01-01..01-03 02-05..02-11",
        "makeups": "01-30 02-20"}  # fmt: skip
PATH = "/admin/time/years"


@pytest.fixture
def number(city: City) -> str:
    """A ticket whose total clock reaches the year without a notice."""
    made = city.at("2026-12-30 10:00").register()
    city.do("dispatch1", "dispatch", made, unit_code="JRJ")
    return made


def due(city: City, number: str) -> object:
    with city.ticket(number) as (session, ticket):
        return next(c.due_at for c in clocks_of(session, subject_of(ticket)) if c.name == "TOTAL")


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', page))


def test_a_year_without_a_notice_is_a_loud_alarm_until_it_is_imported(admin: Desk, number: str) -> None:
    admin.get("/admin/time")
    assert "2027 年放假安排尚未导入，1 个在办时限按“暂定”日历计算" in admin.page
    admin.get(PATH)
    admin.post(PATH, **YEAR, confirmed="1")
    assert "2027 年放假安排尚未导入" not in admin.get("/admin/time").text


def test_the_preview_shows_number_clock_before_and_after_and_changes_nothing(
    city: City, admin: Desk, number: str
) -> None:
    admin.get(PATH)
    page = admin.post(PATH, **YEAR).text
    for text in (number, "办理总时限", "2027-01-05 17:30", "2027-01-06 17:30", "尚未生效"):
        assert text in page
    assert due(city, number) == local("2027-01-05 17:30")
    with city.database.transaction(write=False) as session:
        assert session.get(CalendarYear, 2027) is None


def test_confirming_the_preview_imports_and_recomputes_in_one_go(city: City, admin: Desk, number: str) -> None:
    admin.get(PATH)
    page = admin.post(PATH, **YEAR).text
    assert admin.post(PATH, **hidden(page)).status_code == 303
    assert due(city, number) == local("2027-01-06 17:30")
    assert "1 个在办时限已重算，涉及 1 件工单" in admin.get("/admin/time").text
    with city.database.transaction(write=False) as session:
        entry = session.scalars(select(AuditEntry).filter_by(action="calendar_import")).one()
        assert [move[:2] for move in entry.details["moves"]] == [[number, "办理总时限"]]


def test_a_notice_that_cannot_be_read_keeps_what_was_typed(admin: Desk) -> None:
    admin.get(PATH)
    answer = admin.post(PATH, **{**YEAR, "holidays": "元旦三天"})
    assert answer.status_code == 422
    assert "日期请写成" in answer.text and 'value="元旦三天"' in answer.text


def test_office_hours_are_previewed_and_then_move_open_clocks(city: City, admin: Desk) -> None:
    made = city.at("2026-03-18 09:00").register()
    city.do("dispatch1", "dispatch", made, unit_code="JRJ")
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:00 14:00-18:00")
    admin.get("/admin/time/hours")
    page = admin.post("/admin/time/hours", **hours).text
    assert "2026-03-24 18:00" in page and due(city, made) == local("2026-03-24 17:30")
    admin.post("/admin/time/hours", **hidden(page))
    assert due(city, made) == local("2026-03-24 18:00")
    for wrong in ("9-12", "12:00-09:00", "09:00-12:00 11:00-14:00", "09:00-24:30"):
        assert "请写成 08:30-12:00" in admin.post("/admin/time/hours", **{**hours, "mon": wrong}).text, wrong


def edited(admin: Desk, profile_id: int, label: str, value: str) -> dict[str, str]:
    """The profile's own form as it stands, with one limit changed."""
    page = admin.get(f"/admin/time/profiles/{profile_id}/edit").text
    inputs = [re.search(r'name="([^"]+)"[^>]*?value="([^"]*)"', tag) for tag in re.findall(r"<input[^>]*>", page)]
    form = {found[1]: found[2] for found in inputs if found and found[1] not in ("csrf_token", "q", "version")}
    named = re.search(rf'for="f-(\w+)">{label}', page)
    assert named
    return {**form, named[1]: value}


def test_an_edited_profile_is_a_new_version_that_open_tickets_get_only_when_confirmed(city: City, admin: Desk) -> None:
    made = city.register()
    city.do("dispatch1", "dispatch", made, unit_code="JRJ")
    form = edited(admin, 1, "办理总时限（一般）", "6 个工作日")
    answer = admin.post("/admin/time/profiles/1/edit", **form)
    assert answer.status_code == 303
    with city.database.transaction(write=False) as session:
        old, new = session.scalars(select(SlaProfile).filter_by(code="124").order_by(SlaProfile.version)).all()
        assert (new.version, new.is_default, new.rules["limits"]["TOTAL"]["*"]) == (2, True, "6wd")
        assert old.rules["limits"]["TOTAL"]["*"] == "4wd"
        assert {**new.rules, "limits": 0} == {**old.rules, "limits": 0}
    assert due(city, made) == local("2026-03-24 17:30")
    path = f"{answer.headers['Location']}/recompute"
    assert made in admin.get(path).text
    assert due(city, made) == local("2026-03-24 17:30")
    admin.post(path)
    assert due(city, made) == local("2026-03-26 17:30")


def test_limits_that_cannot_be_read_and_stale_versions_are_refused(admin: Desk) -> None:
    form = edited(admin, 1, "办理总时限（一般）", "四天")
    assert "请写成 2 个工作日" in admin.post("/admin/time/profiles/1/edit", **form).text
    good = edited(admin, 1, "办理总时限（一般）", "5wd")
    assert admin.post("/admin/time/profiles/1/edit", **good).status_code == 303
    assert "已有新版本" in admin.post("/admin/time/profiles/1/edit", **good).text
    assert admin.get("/admin/time/profiles/1/recompute").status_code == 409


def test_another_profile_becomes_the_default_of_new_tickets(city: City, admin: Desk) -> None:
    admin.get("/admin/time/profiles/2")
    admin.post("/admin/time/profiles/2/default")
    made = city.register()
    with city.ticket(made) as (_, ticket):
        assert ticket.profile.code == "guangdong"


def test_supervisors_read_the_times_and_change_nothing(app: Flask) -> None:
    desk = Desk(app, "super1")
    for path in ("/admin/time", "/admin/time/profiles/1"):
        assert desk.get(path).status_code == 200
        assert "/edit" not in desk.page and "recompute" not in desk.page
    for path in (PATH, "/admin/time/hours", "/admin/time/profiles/1/edit", "/admin/time/profiles/1/recompute"):
        assert desk.get(path).status_code == 403
    desk.get("/account")
    assert desk.post(PATH, **YEAR, confirmed="1").status_code == 403
    assert Desk(app, "agent1").get("/admin/time").status_code == 403
