"""临时口径 over HTTP: raised, signed, read, ended, reviewed; the same people as on the pages."""

from typing import Any

from tests.api.client import Api

SAID = {"title": "系统故障", "text": "申报系统今日停机，请企业明日再报。", "ends_at": "2026-03-20T18:00:00+08:00"}
PATH = "/knowledge/notices"


def raised(api: Api, login: str, **more: Any) -> Any:
    return api.post(login, f"{PATH}/new/raise", **{**SAID, **more})


def listed(api: Api, login: str) -> list[tuple[str, bool]]:
    return [(one["title"], one["is_read"]) for one in api.get(login, PATH).json["notices"]]


def test_a_team_leaders_notice_is_signed_read_ended_and_reviewed_over_http(api: Api) -> None:
    made = raised(api, "lead1")
    assert (made.status_code, made.json["status"], made.json["actions"]) == (201, "RAISED", [])
    assert (listed(api, "agent1"), listed(api, "lead1")) == ([], [("系统故障", False)])
    one = f"{PATH}/{made.json['id']}"
    assert api.post("lead1", f"{one}/actions/sign").json["code"] == "role_refused"
    signed = api.post("super1", f"{one}/actions/sign")
    assert (signed.status_code, signed.json["status"], signed.json["is_live"]) == (200, "LIVE", True)
    assert listed(api, "agent1") == listed(api, "wd.handler") == [("系统故障", False)]
    assert [api.post("agent1", f"{one}/read").status_code for _ in range(2)] == [204, 204]
    assert (listed(api, "agent1"), listed(api, "agent2")) == ([("系统故障", True)], [("系统故障", False)])
    assert len(api.get("super1", one).json["unread"]) == len(signed.json["unread"]) - 1
    assert api.get("agent1", one).json["unread"] is None
    assert api.post("super1", f"{one}/actions/review", text="尚未到期").json["code"] == "notice_live"
    ended = api.post("super2", f"{one}/actions/end", text="系统已恢复")
    assert (ended.status_code, ended.json["is_live"]) == (200, False)
    assert [step["action"] for step in api.get("kb1", one).json["actions"]] == ["review"]
    assert api.post("kb1", f"{one}/actions/review", text="不需入库").json["status"] == "REVIEWED"
    assert api.post("super1", f"{one}/actions/end", text="再停一次").status_code == 409


def test_what_is_wrong_is_said_in_words_and_nothing_is_raised(api: Api) -> None:
    assert raised(api, "agent1").status_code == 403
    assert raised(api, "super1", ends_at="2026-05-01T09:00:00+08:00").json["code"] == "end_too_late"
    wrong = raised(api, "super1", text="", ends_at="明天")
    assert (wrong.status_code, set(wrong.json["fields"])) == (422, {"text", "ends_at"})
    assert api.post("super1", f"{PATH}/99/read").status_code == 404
    assert api.post("super1", f"{PATH}/99/actions/dance").status_code == 404
    assert api.post("", f"{PATH}/1/read").status_code == 401
    assert listed(api, "super1") == []


def test_a_notice_is_raised_once_for_a_key_and_a_supervisors_own_is_live_at_once(api: Api) -> None:
    send = {"headers": {"Idempotency-Key": "n1"}}
    first, second = (api.post("super1", f"{PATH}/new/raise", **send, **SAID) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert listed(api, "agent1") == [("系统故障", False)]
    headers = {"Idempotency-Key": "n1"}
    assert api.post("super1", f"{PATH}/new/raise", headers=headers, **{**SAID, "title": "别的"}).status_code == 409


def test_every_step_is_documented_with_its_form(api: Api) -> None:
    paths = api.get("", "/openapi.json").json["paths"]
    for step in ("sign", "refuse", "end", "review"):
        assert "requestBody" in paths[f"/api/v1/knowledge/notices/{{notice_id}}/actions/{step}"]["post"]
    assert "requestBody" in paths["/api/v1/knowledge/notices/new/raise"]["post"]
    assert "get" in paths["/api/v1/knowledge/notices"]
