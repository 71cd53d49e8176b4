"""Accounts in the browser: opened, changed, locked, handed over, closed; machine tokens shown once."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import Account, ApiToken, AuditEntry, Role
from hotline.demo.directory import PASSWORD
from tests.city import City
from tests.web.client import Desk

NEW = {"login": "agent9", "name": "孟青禾", "unit_code": "HOTLINE", "roles": ["AGENT", "CALLBACK"],
       "password": "Changeme-2026"}  # fmt: skip
FRESH = "Another-2026-pass"


def stored(city: City, login: str) -> Account:
    with city.database.transaction(write=False) as session:
        return session.scalars(select(Account).filter_by(login=login)).one()


def test_a_new_account_logs_in_with_its_roles(city: City, app: Flask, admin: Desk) -> None:
    admin.get("/admin/accounts/new")
    assert admin.post("/admin/accounts/new", **NEW).status_code == 303
    assert stored(city, "agent9").roles == {Role.AGENT, Role.CALLBACK}
    desk = Desk(app)
    desk.get("/login")
    assert desk.post("/login", login="agent9", password=NEW["password"]).status_code == 302


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"login": "agent1"}, "已被使用"),
        ({"password": "short"}, "密码至少 10 位"),
        ({"roles": []}, "至少选择一个岗位"),
        ({"roles": ["SYSTEM"]}, "没有这个岗位"),
        ({"unit_code": "NOWHERE"}, "没有代码为"),
    ],
)
def test_a_bad_account_form_says_what_is_wrong(admin: Desk, change: dict[str, object], sentence: str) -> None:
    admin.get("/admin/accounts/new")
    answer = admin.post("/admin/accounts/new", **{**NEW, **change})
    assert answer.status_code == 422 and sentence in answer.text
    assert 'value="short"' not in answer.text and NEW["password"] not in answer.text  # a password is never sent back


def test_editing_roles_is_audited_before_and_after(city: City, admin: Desk) -> None:
    admin.get("/admin/accounts/agent6/edit")
    form = {"name": "罗沐阳", "unit_code": "HOTLINE", "roles": ["AGENT", "REVIEWER"]}
    assert admin.post("/admin/accounts/agent6/edit", **form).status_code == 303
    with city.database.transaction(write=False) as session:
        entry = session.scalars(select(AuditEntry).filter_by(action="account_edited")).one()
        assert entry.details["before"]["roles"] == ["AGENT"]
        assert entry.details["after"]["roles"] == ["AGENT", "REVIEWER"]


def test_a_reset_password_ends_the_persons_sessions(app: Flask, admin: Desk) -> None:
    agent = Desk(app, "agent1")
    assert agent.get("/directory").status_code == 200
    admin.get("/admin/accounts/agent1/password")
    assert admin.post("/admin/accounts/agent1/password", password=FRESH).status_code == 303
    assert agent.get("/directory").status_code == 303
    agent.get("/login")
    assert agent.post("/login", login="agent1", password=FRESH).status_code == 302


def test_everybody_changes_the_own_password_knowing_the_old_one(app: Flask) -> None:
    agent = Desk(app, "agent1")
    agent.get("/account")
    wrong = {"old_password": "not-this-one", "password": FRESH, "again": FRESH}
    assert "原密码不正确" in agent.post("/account", **wrong).text
    right = {"old_password": PASSWORD, "password": FRESH}
    assert "两次输入的新密码不一致" in agent.post("/account", **right, again="something-else").text
    assert agent.post("/account", **right, again=FRESH).headers["Location"] == "/login"
    assert agent.get("/directory").status_code == 303
    again = Desk(app)
    again.get("/login")
    assert again.post("/login", login="agent1", password=PASSWORD).status_code == 401


def test_a_locked_account_is_unlocked_by_an_administrator(city: City, app: Flask, admin: Desk) -> None:
    agent = Desk(app)
    agent.get("/login")
    for _ in range(5):
        agent.post("/login", login="agent2", password="wrong-password")
    assert stored(city, "agent2").locked_until is not None
    assert "锁定至" in admin.get("/admin/accounts/agent2").text
    admin.post("/admin/accounts/agent2/unlock")
    assert agent.post("/login", login="agent2", password=PASSWORD).status_code == 302


def test_an_account_with_open_work_is_closed_after_one_handover(city: City, admin: Desk) -> None:
    number = city.register("agent1")
    admin.get("/admin/accounts/agent1")
    admin.post("/admin/accounts/agent1/close")
    assert f"1 件在办工单，请先交接再停用：{number}" in admin.get("/admin/accounts/agent1").text
    assert stored(city, "agent1").is_active
    form = admin.get("/admin/accounts/agent1/hand-over").text
    assert 'value="agent2"' in form and 'value="jrj.handler"' not in form
    assert admin.post("/admin/accounts/agent1/hand-over", to_login="agent2", reason="离职").status_code == 303
    admin.post("/admin/accounts/agent1/close")
    assert not stored(city, "agent1").is_active
    with city.ticket(number) as (_, ticket):
        assert ticket.follower.login == "agent2"
    admin.post("/admin/accounts/agent1/reopen")
    assert stored(city, "agent1").is_active


def test_a_token_is_shown_once_works_and_ends_when_revoked(city: City, app: Flask, admin: Desk) -> None:
    admin.get("/admin/accounts/agent1/tokens")
    shown = admin.post("/admin/accounts/agent1/tokens", name="省平台推送", days="30")
    secret = re.search(r"hl_[\w-]{40,}", shown.text)
    assert secret and "no-store" in shown.headers["Cache-Control"]
    assert secret[0] not in admin.get("/admin/accounts/agent1").text
    call = {"headers": {"Authorization": f"Bearer {secret[0]}"}}
    assert app.test_client().get("/api/v1/directory/units", **call).status_code == 200
    with city.database.transaction(write=False) as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    admin.post(f"/admin/tokens/{token_id}/revoke")
    assert app.test_client().get("/api/v1/directory/units", **call).status_code == 401


@pytest.mark.parametrize("login", ["agent1", "super1", "audit1"])
def test_accounts_are_the_administrators_alone(app: Flask, login: str) -> None:
    desk = Desk(app, login)
    desk.get("/directory")
    for path in ("/admin/accounts", "/admin/accounts/agent1", "/admin/accounts/agent1/tokens"):
        assert desk.get(path).status_code == 403
    desk.get("/account")  # a page with a token, so that the refusal is not CSRF's
    for path in ("/admin/accounts/agent2/close", "/admin/accounts/new", "/admin/accounts/agent2/password"):
        assert "您的岗位不使用这个页面" in desk.post(path, password=FRESH).text
