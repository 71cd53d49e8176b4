"""Every page of the desks asks who looks, and leads back to where one stood after the log-in."""

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from hotline.accounts.operations import proven
from hotline.experts.actions import ADVICE_ACTIONS
from hotline.knowledge.actions import ENTRY_ACTIONS
from hotline.knowledge.notice_steps import STEPS
from tests.city import City
from tests.web.client import Desk, app_on

OPEN_TO_ALL = ("auth.", "portal.", "static", "api_", "api-docs.")
"""The log-in itself, the public site, files without secrets; the API has a test of its own. By endpoint."""
PARTS = {
    "no": "QY202603180000018",
    "action": "refuse",
    "name": "caller",
    "key": "a-draft-key",
    "_step": "unmask",
    "button": "close",
}

ADVICE_PARTS = {"action": next(iter(ADVICE_ACTIONS))}
KNOWLEDGE_PARTS = {"action": next(iter(ENTRY_ACTIONS)), "name": next(iter(STEPS))}
"""Actions that exist: one that does not is refused before anybody asks who wants it."""


@pytest.fixture
def app(sqlite_city: City, tmp_path: Path) -> Flask:
    return app_on(sqlite_city, tmp_path)


def rules(app: Flask) -> list[Rule]:
    """All that ask; /admin only leads to a page that does."""
    found = app.url_map.iter_rules()
    return [rule for rule in found if not rule.endpoint.startswith(OPEN_TO_ALL) and rule.rule != "/admin"]


def path_of(app: Flask, rule: Rule) -> str:
    own = {"/knowledge/": KNOWLEDGE_PARTS, "/consultations/": ADVICE_PARTS}
    known = PARTS | next((parts for start, parts in own.items() if rule.rule.startswith(start)), {})
    values = {name: known.get(name, 1) for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, values, next(iter(rule.methods or {"GET"})))


def test_every_page_but_the_open_ones_asks_who_looks(app: Flask) -> None:
    found = rules(app)
    assert len(found) > 50
    stranger = Desk(app)
    stranger.get("/login")  # for its token: without one every form is refused before anybody asks
    unasked = []
    for rule in found:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            path = path_of(app, rule)
            answer = stranger.get(path) if method == "GET" else stranger.post(path)
            is_asked = answer.headers.get("Location", "").startswith("/login?next=")
            if not is_asked and answer.json != {"code": "login_required", "message": "请先登录"}:
                unasked.append(f"{method} {path}: {answer.status_code}")
    assert unasked == []


def log_in_by(desk: Desk, link: str) -> str:
    """Follow a 重新登录 link, log in, and say where that leads at last."""
    desk.get(link)
    answer = desk.post("/login", login="agent1", password="Linhaiwan-2026", next=desk.hidden("next"))
    while answer.status_code in (302, 303):
        where = answer.headers["Location"]
        answer = desk.get(where)
    assert answer.status_code == 200
    return where


@pytest.mark.parametrize("step", ["", "refresh", "submit"])
def test_after_a_log_in_that_ran_out_the_same_draft_is_open(app: Flask, step: str) -> None:
    desk, key = Desk(app, "agent1"), "draft-of-this-call"
    desk.get(f"/desk?draft={key}")
    desk.post(f"/desk/drafts/{key}", title="断电一整天")
    desk.post("/desk/drafts/a-later-draft", title="另一个来电")
    stood = f"/desk/{step}?draft={key}" if step else f"/desk?draft={key}"
    if step:
        desk.post(stood, idempotency_key=key, title="断电两整天")
    desk.http.delete_cookie("session")
    refused = desk.http.post("/desk/submit", data={"title": "断电"}, headers={"Referer": f"http://localhost{stood}"})
    link = refused.text.split('href="/login?')[1].split('"')[0]
    assert log_in_by(desk, f"/login?{link}") == f"/desk?draft={key}"
    assert f'value="断电{"两" if step else "一"}整天"' in desk.page


def test_the_address_of_a_ticket_form_opens_the_ticket(sqlite_city: City, app: Flask) -> None:
    number = sqlite_city.register()
    desk = Desk(app, "agent1")
    for step in ("actions/note", "unmask", "attachments"):
        assert desk.get(f"/tickets/{number}/{step}").headers["Location"] == f"/tickets/{number}"


def test_a_password_is_checked_while_the_writer_is_free(
    sqlite_city: City, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def writing_meanwhile(stored: str | None, password: str) -> str | None:
        with sqlite_city.database.transaction(write=True):
            return proven(stored, password)

    monkeypatch.setattr("hotline.ui.door.proven", writing_meanwhile)
    desk = Desk(app)
    desk.get("/login")
    assert desk.post("/login", login="agent1", password="Linhaiwan-2026").status_code == 302


def test_a_file_that_arrives_late_does_not_bring_back_a_session(app: Flask) -> None:
    desk = Desk(app, "agent1")
    assert "Set-Cookie" in desk.get("/account").headers
    assert "Set-Cookie" not in desk.get("/static/css/hotline.css").headers
