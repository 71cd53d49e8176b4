"""Experts over JSON: the pool, the roster, slots, and a whole consultation with its errors."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.client import Api
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, answered, do, invite

ASKED = {"question": "差什么材料？", "category_code": "040201", "region_code": "449902", "draft_key": "draft-0001"}


@pytest.fixture
def api(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> Api:
    return Api(sqlite_city, monkeypatch)


def act(api: Api, login: str, advice_id: int, action: str, **payload: Any) -> Any:
    return api.post(login, f"/consultations/{advice_id}/actions/{action}", **payload)


def test_a_call_from_invitation_to_review(api: Api) -> None:
    made = api.post("agent1", "/consultations/new/invite", **ASKED)
    assert made.status_code == 201, made.json
    assert made.json["status"] == "INVITING" and made.json["actions"] == ["cancel"]
    assert made.json["invitations"][0]["why"].startswith("值班")
    advice_id = made.json["id"]
    shown = api.get(FIRST, f"/consultations/{advice_id}").json
    assert shown["actions"] == ["accept", "decline"] and shown["invitations"] == []
    assert act(api, FIRST, advice_id, "accept").json["status"] == "IN_CALL"
    assert act(api, "agent1", advice_id, "connect", is_consented=True).json["call"]["is_consented"] is True
    act(api, "agent1", advice_id, "hang_up")
    assert act(api, "agent1", advice_id, "record_answer", **ANSWER).json["answered_for"] == "JRJ"
    assert act(api, "jrj.leader", advice_id, "approve_advice").json["status"] == "DONE"
    events = api.get("agent1", f"/consultations/{advice_id}").json["events"]
    assert [one["action"] for one in events][-1] == "approve_advice"


def test_errors_are_those_of_tickets(api: Api) -> None:
    advice_id = invite(api.city)
    late = act(api, FIRST, advice_id, "record_answer", **ANSWER)
    assert (late.status_code, late.json["code"], late.json["allowed"]) == (409, "illegal_action", ["accept", "decline"])
    assert act(api, "jrj.leader", advice_id, "approve_advice").status_code == 404
    assert act(api, FIRST, advice_id, "decline").json["code"] == "invalid_form"
    assert act(api, FIRST, advice_id, "fly").status_code == 404
    assert act(api, FIRST, advice_id, "accept", version=7).json["code"] == "stale_version"
    assert api.post("expert.tax", "/consultations/new/invite", **ASKED).status_code == 403
    assert api.post("agent1", "/consultations/new/invite", **ASKED).json["code"] == "already_inviting"
    assert api.call("", "/consultations", method="GET").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"question": ""},
        {"question": "长" * 4001},
        {"question": "前\x00后"},
        {"category_code": "999999"},
        {"region_code": ["449902"]},
        {"respondent_unit_code": "NIRGENDS"},
        {"respondent_login": "nobody"},
        {"draft_key": ""},
        {"ticket_no": "QY000", "draft_key": ""},
        {"language": {"zh": 1}},
    ],
)
def test_bad_input_is_told_and_stores_nothing(api: Api, changes: dict[str, Any]) -> None:
    answer = api.post("agent1", "/consultations/new/invite", **{**ASKED, **changes})
    assert 400 <= answer.status_code < 500, answer.json
    assert api.get("lead1", "/consultations").json == {"consultations": []}


def test_the_same_key_makes_one_call(api: Api) -> None:
    headers = {"Idempotency-Key": "call-1"}
    first = api.post("agent1", "/consultations/new/invite", headers=headers, **ASKED)
    again = api.post("agent1", "/consultations/new/invite", headers=headers, **ASKED)
    assert (first.json["id"], again.status_code) == (again.json["id"], 201)


def test_the_pool_is_seen_by_unit_and_its_telephones_stay_masked(api: Api) -> None:
    everybody = api.get("super1", "/experts").json["experts"]
    own = api.get("jrj.leader", "/experts").json["experts"]
    assert {one["login"] for one in own} == {FIRST, SECOND} < {one["login"] for one in everybody}
    assert all("*" in one["work_phone"] for one in everybody)


def test_a_unit_changes_its_own_experts_only(api: Api) -> None:
    ids = {one["login"]: one["id"] for one in api.get("super1", "/experts").json["experts"]}
    form = {"skills": "0402 3", "valid_from": "2026-01-01", "max_parallel": 2, "languages": ["zh", "en"]}
    path = f"/experts/{ids[FIRST]}"
    assert api.call("jrj.leader", path, method="PUT", json=form).json["max_parallel"] == 2
    assert api.call("swj.leader", path, method="PUT", json=form).status_code == 404
    assert api.call("agent1", path, method="PUT", json=form).status_code == 403
    wrong = api.call("jrj.leader", path, method="PUT", json={**form, "valid_to": "2025-01-01"})
    assert (wrong.status_code, wrong.json["field"]) == (422, "valid_to")


def test_presence_roster_and_slots(api: Api) -> None:
    assert api.call(FIRST, "/experts/presence", method="PUT", json={"presence": "BUSY"}).json["presence"] == "BUSY"
    assert api.call("agent1", "/experts/presence", method="PUT", json={"presence": "BUSY"}).status_code == 404
    week = api.get("jrj.leader", "/roster", first="2026-03-16").json["days"]
    assert [bool(day["shifts"]) for day in week] == [True] * 5 + [False] * 2
    shift = week[2]["shifts"][0]
    path, form = f"/roster/{shift['id']}/swap", {"is_absent": True, "text": "外出培训"}
    foretold = api.post("jrj.leader", f"{path}/preview", **form).json
    seen = foretold.pop("seen")
    assert api.post("jrj.leader", path, **form, seen="0" * 32).json["code"] == "preview_stale"
    swapped = api.post("jrj.leader", path, **form, seen=seen).json
    [now] = swapped.pop("roster")
    assert swapped == foretold and now["acting"] != shift["acting"]
    assert api.post("gxj.leader", f"/roster/{shift['id']}/remove/preview").status_code == 403
    assert api.post("jrj.leader", f"/roster/{shift['id']}/remove").json["roster"] == []
    slots = api.get("agent1", "/appointments/slots", ticket_no=api.city.register()).json["slots"]
    assert slots and slots[0]["unit_code"] == "JRJ"


def test_figures_are_counted_and_nothing_is_null(api: Api) -> None:
    ids = {one["login"]: one["id"] for one in api.get("super1", "/experts").json["experts"]}
    empty = api.get("super1", f"/experts/{ids[FIRST]}/figures").json
    assert empty["accept"] == {"part": 0, "whole": 0, "rate": None} and empty["first_response_s"] is None
    advice_id = answered(api.city)
    do(api.city, "jrj.leader", "approve_advice", advice_id)
    do(api.city, "agent1", "rate_advice", advice_id, satisfaction="DISSATISFIED")
    second = invite(api.city, draft_key="draft-0002")
    api.city.now += timedelta(minutes=2)
    do(api.city, FIRST, "decline", second, text="开会")
    found = api.get("super1", f"/experts/{ids[FIRST]}/figures").json
    assert found["accept"] == {"part": 1, "whole": 2, "rate": 0.5}
    assert (found["adopt"]["rate"], found["praise"]["rate"], found["first_response_s"]) == (1, 0, 60)
    assert api.get("super1", f"/experts/{ids[SECOND]}/figures").json["accept"]["rate"] is None


def test_who_may_not_see_the_pool_of_another_unit_gets_no_figures(api: Api) -> None:
    ids = {one["login"]: one["id"] for one in api.get("super1", "/experts").json["experts"]}
    assert api.get("swj.leader", f"/experts/{ids[FIRST]}/figures").status_code == 404
