"""The whole loop over HTTP, as another system would drive it; and a platform that is told back."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from hotline.directory.models import Source
from hotline.messages import senders
from hotline.outbox.operations import deliver, unsent
from tests.api.client import Api
from tests.city import APPEAL
from tests.factories import BAD_CALL, PAYLOADS


def walk(api: Api, number: str, *steps: tuple[str, str, str, dict[str, Any]]) -> None:
    """(local time, login, action, form) one after the other; each must be offered, and done."""
    for at, login, action, form in steps:
        api.city.at(at)
        offered = api.get(login, f"/tickets/{number}").json["actions"]
        assert action in {each["action"] for each in offered}, f"{login} {action}"
        answer = api.act(login, number, action, **{**PAYLOADS[action], **form})
        assert answer.status_code == 200, f"{action}: {answer.text}"


def test_the_whole_loop_over_http(api: Api) -> None:
    made = api.post("agent1", "/tickets/new/submit", **{**APPEAL, "category_code": api.city.category})
    assert made.status_code == 201
    number, version = made.json["no"], made.json["version"]
    assert len(made.json["query_code"]) == 8
    walk(
        api,
        number,
        ("2026-03-18 09:12", "dispatch1", "dispatch", {"unit_code": "JRJ", "version": version}),
        ("2026-03-18 09:40", "jrj.handler", "object", {"suggested_unit_code": "GXJ"}),
        ("2026-03-18 10:05", "dispatch1", "overrule", {}),
        ("2026-03-18 10:20", "jrj.handler", "sign", {}),
        ("2026-03-18 10:41", "jrj.handler", "contact", {}),
        ("2026-03-19 16:00", "jrj.handler", "reply", {}),
        ("2026-03-19 16:30", "jrj.leader", "sign_off", {}),
        ("2026-03-19 17:00", "review1", "approve", {}),
        ("2026-03-20 09:30", "callback1", "callback", BAD_CALL),
        ("2026-03-20 09:40", "callback1", "rework", {}),
        ("2026-03-20 10:10", "jrj.handler", "contact", {}),
        ("2026-03-20 16:00", "jrj.handler", "reply", {}),
        ("2026-03-20 16:20", "jrj.leader", "sign_off", {}),
        ("2026-03-20 17:00", "review1", "approve", {}),
        ("2026-03-23 09:00", "callback1", "callback", {}),
        ("2026-03-23 09:05", "callback1", "close", {"is_resolved": True}),
    )
    seen = api.get("agent1", f"/tickets/{number}").json
    assert (seen["status_label"], seen["round"], seen["is_resolved"]) == ("已办结", 1, True)
    total = next(clock for clock in seen["clocks"] if clock["name"] == "TOTAL")
    assert total["started_at"] == "2026-03-18T01:12:00+00:00"
    ledger = api.get("agent1", f"/tickets/{number}/ledger").json["ledger"]
    assert [row["seq"] for row in ledger] == list(range(1, len(ledger) + 1))
    assert len([row for row in ledger if row["action"] != "rung"]) == 17
    assert (ledger[0]["action"], ledger[-1]["to_status"]) == ("submit", "CLOSED")


def test_a_stale_form_is_a_conflict_in_words(api: Api) -> None:
    number = api.city.register()
    version = api.get("dispatch1", f"/tickets/{number}").json["version"]
    assert api.act("dispatch1", number, "amend", version=version, **PAYLOADS["amend"]).status_code == 200
    stale = api.act("dispatch2", number, "dispatch", unit_code="WD", version=version)
    assert (stale.status_code, stale.json["code"], stale.json["seen"]) == (409, "stale_version", version)
    assert "刚被他人处理过" in stale.json["message"]


def test_an_illegal_action_says_what_is_allowed(api: Api) -> None:
    number = api.city.register()
    answer = api.act("dispatch1", number, "overrule", text="驳回")
    assert (answer.status_code, answer.json["code"]) == (409, "illegal_action")
    assert answer.json["status"] == "AWAITING_DISPATCH"
    assert "dispatch" in answer.json["allowed"]
    assert api.act("agent1", number, "dispatch", unit_code="WD").json["code"] == "role_refused"


PLATFORM = {**APPEAL, "source_code": "PROVINCE_PLATFORM", "external_no": "GD-2026-0001"}


@pytest.fixture
def platform(api: Api) -> Iterator[list[dict[str, Any]]]:
    """A platform that listens: what it was told, in order."""
    heard: list[dict[str, Any]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append({**json.loads(body), "key": self.headers["Idempotency-Key"]})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    with api.city.database.transaction() as session:
        source = session.scalars(select(Source).filter_by(code="PROVINCE_PLATFORM")).one()
        source.webhook_url = f"http://127.0.0.1:{server.server_port}/status"
    yield heard
    server.shutdown()
    server.server_close()


def test_a_platform_sends_twice_and_has_one_ticket_and_is_told_each_status(
    api: Api, platform: list[dict[str, Any]]
) -> None:
    payload = {**PLATFORM, "category_code": api.city.category, "imposed_due_at": "2026-03-20T12:00:00"}
    first, again = (api.post("agent1", "/inbound", **payload) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert first.status_code == 200
    number = first.json["no"]
    walk(api, number, ("2026-03-18 09:12", "dispatch1", "dispatch", {}), ("2026-03-18 09:30", "wd.handler", "sign", {}))
    walk(api, number, ("2026-03-18 09:40", "wd.handler", "interim", {}))
    total = next(c for c in api.get("agent1", f"/tickets/{number}").json["clocks"] if c["name"] == "TOTAL")
    assert total["due_at"] == "2026-03-20T04:00:00+00:00"  # the platform's noon, not our Tuesday evening
    assert [move["kind"] for move in total["moves"]] == ["imposed"]
    for _ in range(2):
        deliver(api.city.database, lambda: api.city.now, senders())
    with api.city.database.transaction(write=False) as session:
        assert unsent(session) == []
    assert [(told["external_no"], told["status"]) for told in platform] == [
        ("GD-2026-0001", "AWAITING_DISPATCH"),
        ("GD-2026-0001", "AWAITING_SIGN"),
        ("GD-2026-0001", "HANDLING"),
    ]
    assert [told["key"] for told in platform] == [f"{number}:{seq}" for seq in (1, 2, 3)]


def test_a_later_imposed_due_time_does_not_win(api: Api) -> None:
    payload = {**PLATFORM, "category_code": api.city.category, "imposed_due_at": "2026-06-01T12:00:00+08:00"}
    number = api.post("agent1", "/inbound", **payload).json["no"]
    walk(api, number, ("2026-03-18 09:12", "dispatch1", "dispatch", {}))
    total = next(c for c in api.get("agent1", f"/tickets/{number}").json["clocks"] if c["name"] == "TOTAL")
    assert (total["due_at"], total["moves"]) == ("2026-03-24T09:30:00+00:00", [])


def test_a_platform_must_give_its_own_number(api: Api) -> None:
    for payload in ({**PLATFORM, "external_no": " "}, {**PLATFORM, "external_no": "x" * 65}):
        answer = api.post("agent1", "/inbound", **{**payload, "category_code": api.city.category})
        assert (answer.status_code, set(answer.json["fields"])) == (422, {"external_no"})
