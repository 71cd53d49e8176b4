"""Addresses and forms no page offers: a sentence, never a 5xx; a complaint about the agent who takes it."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.city import APPEAL, City
from tests.web.client import Desk, app_on

HUGE = "9" * 25
CALL: dict[str, Any] = {**APPEAL, "category_code": "040201", "appeal_type": "COMPLAINT", "wants_callback": "1"}


@pytest.fixture
def app(sqlite_city: City, tmp_path: Path) -> Flask:
    return app_on(sqlite_city, tmp_path)


@pytest.mark.parametrize("path", ["/attachments/{}", "/knowledge/{}", "/knowledge/{}?version=1"])
def test_a_number_no_row_can_have_is_not_found(app: Flask, path: str) -> None:
    assert Desk(app, "agent1").get(path.format(HUGE)).status_code == 404


def test_a_citation_of_a_number_no_row_can_have_is_refused_in_words(app: Flask) -> None:
    desk = Desk(app, "agent1")
    desk.get("/desk?draft=new-draft-1")
    key = desk.hidden("idempotency_key")
    assert desk.post("/desk/insert", idempotency_key=key, insert=f"{HUGE}:1").status_code == 404
    assert desk.post("/desk/answer", idempotency_key=key, citations=f"{HUGE}:{HUGE}", **CALL).status_code == 422


def test_a_huge_page_year_or_notice_number_does_no_harm(app: Flask) -> None:
    desk = Desk(app, "admin1")
    assert desk.get("/directory/enterprises", page=HUGE).status_code == 200
    assert desk.get("/admin/time/years", year=HUGE).status_code == 200
    assert desk.get("/queue", page=HUGE).status_code == 200
    assert desk.post("/inbox/read", id=HUGE).status_code == 303


@pytest.mark.parametrize("about", [{"respondent_login": "agent1"}, {"respondent_unit_code": "HOTLINE"}])
def test_a_complaint_about_who_takes_it_is_registered_and_told_but_not_shown(
    sqlite_city: City, app: Flask, about: dict[str, str]
) -> None:
    desk = Desk(app, "agent1")
    desk.get("/desk?draft=new-draft-1")
    answer = desk.post("/desk/submit", idempotency_key=desk.hidden("idempotency_key"), **CALL, **about)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/desk")
    told = desk.get(desk.get("/desk").headers["Location"]).text
    assert "已登记（待派单）" in told and "查询码" in told


def test_a_refused_upload_is_named_in_chinese(sqlite_city: City, app: Flask) -> None:
    number = sqlite_city.register()
    desk = Desk(app, "agent1")
    desk.get(f"/tickets/{number}")
    answer = desk.post(f"/tickets/{number}/attachments")
    assert answer.status_code == 422
    assert "“上传附件”没有完成" in answer.text


def test_a_log_in_that_ran_out_while_typing_gives_the_text_back(sqlite_city: City, app: Flask) -> None:
    number = sqlite_city.register()
    desk = Desk(app, "agent1")
    desk.get(f"/tickets/{number}")
    desk.http.delete_cookie("session")
    answer = desk.post(f"/tickets/{number}/actions/note", text="打到一半的备注", version="1")
    assert answer.status_code == 403
    assert "打到一半的备注" in answer.text and "重新登录" in answer.text
    refused = Desk(app).post("/login", login="agent1", password="Linhaiwan-2026")
    assert refused.status_code == 403 and "Linhaiwan" not in refused.text
