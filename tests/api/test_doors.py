"""What every request meets before it meets a ticket: tokens, locks, headers, errors, the API's own description."""

import re

import pytest

from hotline.actions import ACTIONS, CREATING
from hotline.api.tokens import VALID
from hotline.demo.directory import PASSWORD
from hotline.ticket.lifecycle import TABLE
from tests.api.client import ROOT, Api
from tests.city import APPEAL
from tests.factories import make

OPEN_ROUTES = {
    "/api/v1/openapi.json": "the description holds no data",
    "/api/v1/tokens": "gives the token",
    "/api/v1/health": "two numbers for whoever watches the house",
}


def test_every_route_of_the_api_but_these_asks_who_calls(api: Api) -> None:
    rules = [rule for rule in api.app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    assert len(rules) > len(ACTIONS)
    for rule in rules:
        path = re.sub(r"<int:\w+>", "1", rule.rule.replace("<no>", "QY202603180000018").replace("<action>", "x"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = api.call("", path.removeprefix(ROOT), method=method, json={})
            asked = answer.status_code == 401 and answer.json["code"] == "token_required"
            assert asked == (rule.rule not in OPEN_ROUTES), f"{method} {rule.rule}: {answer.status_code}"


def test_a_token_is_given_for_a_password_and_ends(api: Api) -> None:
    given = api.post("", "/tokens", login="agent1", password=PASSWORD)
    assert given.status_code == 201
    header = {"Authorization": f"Bearer {given.json['token']}"}
    assert api.call("", "/tickets", headers=header).status_code == 200
    for wrong in ("Bearer ", "Bearer nonsense", "Basic YTpi", given.json["token"]):
        assert api.call("", "/tickets", headers={"Authorization": wrong}).status_code == 401
    api.city.now += VALID
    ended = api.call("", "/tickets", headers=header)
    assert (ended.status_code, ended.json["code"]) == (401, "token_invalid")


def test_five_wrong_passwords_lock_the_account_for_a_while(api: Api) -> None:
    for _ in range(5):
        assert api.post("", "/tokens", login="agent1", password="wrong-password").status_code == 401
    locked = api.post("", "/tokens", login="agent1", password=PASSWORD)
    assert (locked.status_code, "锁定" in locked.json["message"]) == (401, True)
    assert api.post("", "/tokens", login="agent2", password=PASSWORD).status_code == 201
    api.city.at("2026-03-18 09:16")
    assert api.post("", "/tokens", login="agent1", password=PASSWORD).status_code == 201


def test_the_description_is_openapi_and_names_every_action(api: Api) -> None:
    described = api.call("", "/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert described["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    paths = described["paths"]
    for action in ACTIONS:
        post = paths[f"/api/v1/tickets/{{no}}/actions/{action}"]["post"]
        assert any(row.label in post["summary"] for row in TABLE if row.action == action)
        assert post["requestBody"]["content"]["application/json"]["schema"]
    assert {f"/api/v1/tickets/new/{action}" for action in CREATING} < set(paths)


def test_framework_errors_are_json_and_chinese(api: Api) -> None:
    api.app.config["MAX_CONTENT_LENGTH"] = 2000
    number = make(api.city, "sent")
    large = api.act("wd.handler", number, "sign", text="长" * 3000)
    cases = {
        (404, "not_found"): api.get("agent1", "/nowhere"),
        (405, "method_not_allowed"): api.call("agent1", "/tickets", method="DELETE"),
        (413, "too_large"): large,
        (404, "unknown_action"): api.act("agent1", number, "sing"),
        (404, "ticket_not_found"): api.get("agent1", "/tickets/QY202603189999992"),
    }
    for (status, code), answer in cases.items():
        assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
        assert answer.content_type == "application/json"
        assert "一" <= answer.json["message"][0] <= "鿿"
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    with api.app.test_client() as client:
        for path in ("/login", "/api/v1/tickets", "/api/v1/openapi.json", "/nowhere", "/static/nowhere.css"):
            headers = client.get(path).headers
            assert "default-src 'self'" in headers["Content-Security-Policy"], path
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["X-Request-ID"]
        assert client.get("/login").headers["Cache-Control"] == "no-store"


def test_pages_want_a_csrf_token_and_the_api_does_not(api: Api) -> None:
    with api.app.test_client() as client:
        answer = client.post("/login", data={"login": "agent1", "password": PASSWORD})
        assert (answer.status_code, "停留时间过长" in answer.text) == (403, True)
        assert "session" not in answer.headers.get("Set-Cookie", "")
    assert (
        api.post("agent1", "/tickets/new/submit", **{**APPEAL, "category_code": api.city.category}).status_code == 201
    )


def test_a_session_cookie_opens_no_door_of_the_api(api: Api) -> None:
    with api.app.test_client() as client:
        with client.session_transaction() as session:
            session.update(account_id=1, version=1)
        assert client.get("/api/v1/tickets").status_code == 401


def test_the_house_works_without_redis(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    made = api.post("agent1", "/tickets/new/submit", **{**APPEAL, "category_code": api.city.category})
    assert made.status_code == 201
    assert "does not take" in caplog.text
    assert api.act("dispatch1", made.json["no"], "dispatch", unit_code="WD").status_code == 200
    assert api.call("", "/health").json == {"oldest_unfired_seconds": 0.0, "stuck_clocks": 0}
