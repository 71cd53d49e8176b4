"""上级时限 over JSON: a platform's machine cannot be asked whether it means a time that has passed, a person can."""

from typing import Any

from tests.api.client import Api
from tests.city import APPEAL

PAST = "2026-03-10T18:00:00+08:00"
ASKED = {"reason": "COMPLEX", "working_days": 2, "legal_basis": "办法第九条", "text": "需核实"}
AGREED = {"agreed_by": "省专班 王处", "agreed_ref": "督函〔2026〕17号", "agreed_on": "2026-03-18"}


def appeal(api: Api, **more: Any) -> dict[str, Any]:
    return {**APPEAL, "category_code": api.city.category, "source_code": "SUPERIOR", "external_no": "S-1", **more}


def total_of(api: Api, number: str) -> dict[str, Any]:
    shown = api.get("agent1", f"/tickets/{number}").json
    return next(clock for clock in shown["clocks"] if clock["name"] == "TOTAL")


def test_what_a_platform_sends_too_late_is_taken_and_overdue_at_once(api: Api) -> None:
    answer = api.post("agent1", "/inbound", **appeal(api, imposed_due_at=PAST))
    assert answer.status_code == 200, answer.text
    total = total_of(api, answer.json["no"])
    assert total["due_at"] == "2026-03-10T10:00:00+00:00"
    assert "该时限已过" in total["moves"][0]["reason"]
    overdue = api.get("dispatch1", "/tickets", view="overdue").json["tickets"]
    assert [row["no"] for row in overdue] == [answer.json["no"]]


def test_who_registers_by_hand_is_asked(api: Api) -> None:
    late = appeal(api, imposed_due_at=PAST)
    asked = api.post("agent1", "/tickets/new/submit", **late)
    assert (asked.status_code, asked.json["code"]) == (422, "imposed_due_past")
    assert api.post("agent1", "/tickets/new/submit", **late, imposed_due_confirmed=True).status_code == 201


def test_an_extension_of_a_time_set_from_above_needs_the_record_of_who_agreed(api: Api) -> None:
    number = api.post("agent1", "/inbound", **appeal(api, imposed_due_at="2026-03-20T12:00:00+08:00")).json["no"]
    api.act("dispatch1", number, "dispatch", unit_code="JRJ")
    api.act("jrj.handler", number, "sign")
    refused = api.act("jrj.handler", number, "request_extension", **ASKED)
    assert (refused.status_code, refused.json["code"]) == (422, "due_time_imposed")
    assert api.act("jrj.handler", number, "request_extension", **ASKED, **AGREED).status_code == 200
    granted = api.act("super1", number, "grant_extension")
    assert granted.json["imposed_due_at"] == total_of(api, number)["due_at"] == "2026-03-24T04:00:00+00:00"


def test_an_illegal_action_with_a_bad_form_is_a_conflict_that_says_what_is_allowed(api: Api) -> None:
    number = api.post("agent1", "/inbound", **appeal(api)).json["no"]
    answer = api.act("callback1", number, "close")
    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["status"]) == ("illegal_action", "AWAITING_DISPATCH")
    assert "close" not in answer.json["allowed"]
