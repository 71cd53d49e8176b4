"""The knowledge base over HTTP: search, read, act, and what stays hidden."""

from collections.abc import Iterator

import pytest

from hotline.knowledge.actions import CREATING_ENTRY, ENTRY_ACTIONS
from tests.api.client import Api
from tests.kb import AUTHOR, CONTENT, DRAFT, EDITOR, LEADER, made


@pytest.fixture
def indexed(api: Api) -> Iterator[Api]:
    """The API with a search index that is followed at once."""
    holder = api.app.extensions["knowledge"]
    holder._sessions = lambda: api.city.database.transaction(write=False)
    yield api
    holder.wait()


def test_an_entry_goes_from_draft_to_answer_over_http(indexed: Api) -> None:
    api = indexed
    made_by = api.post(AUTHOR, "/knowledge/new/draft", headers={"Idempotency-Key": "k1"}, **DRAFT)
    assert made_by.status_code == 201, made_by.text
    code = made_by.json["code"]
    again = api.post(AUTHOR, "/knowledge/new/draft", headers={"Idempotency-Key": "k1"}, **DRAFT)
    assert again.json["code"] == code
    assert {one["action"] for one in made_by.json["actions"]} == {"edit", "submit", "discard"}
    for login, action in ((AUTHOR, "submit"), (LEADER, "pass_review"), (EDITOR, "publish")):
        answer = api.post(login, f"/knowledge/{code}/actions/{action}")
        assert answer.status_code == 200, answer.text
    assert answer.json["shown"]["state"] == "IN_FORCE"
    api.app.extensions["knowledge"].follow()
    found = api.get("agent1", "/knowledge/search", q="厂房租金补贴").json
    assert [hit["code"] for hit in found["hits"]] == [code]
    assert found["hits"][0]["state"] == "IN_FORCE"
    taken = api.post("agent1", "/knowledge/search/chosen", search_id=found["search_id"], code=code, number=1)
    assert taken.status_code == 204
    assert api.get("agent1", "/knowledge/hot").json == {
        "entries": [{"code": code, "title": CONTENT["title"], "times": 1}]
    }
    history = api.get(AUTHOR, f"/knowledge/{code}/history").json["history"]
    assert [row["action"] for row in history] == ["draft", "submit", "pass_review", "publish"]
    assert api.get("agent1", f"/knowledge/{code}/history").status_code == 404


def test_what_the_table_forbids_is_a_409_that_says_what_is_allowed(api: Api) -> None:
    code = made(api.city, "DRAFT")
    answer = api.post(EDITOR, f"/knowledge/{code}/actions/publish")
    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["status"]) == ("illegal_action", "DRAFT")
    assert set(answer.json["allowed"]) >= {"edit", "submit"}
    assert api.post("agent1", f"/knowledge/{code}/actions/edit", **CONTENT).status_code == 404
    assert api.post("wd.leader", f"/knowledge/{code}/actions/submit").status_code == 403
    assert api.post(AUTHOR, f"/knowledge/{code}/actions/dance").status_code == 404
    wrong = api.post(AUTHOR, f"/knowledge/{code}/actions/edit", **{**CONTENT, "effective_from": "昨天", "title": ""})
    assert wrong.status_code == 422
    assert set(wrong.json["fields"]) == {"effective_from", "title"}


def test_a_stale_token_is_a_409_with_the_newer_one(api: Api) -> None:
    code = made(api.city, "DRAFT")
    seen = api.get(AUTHOR, f"/knowledge/{code}").json["version"]
    assert api.post(AUTHOR, f"/knowledge/{code}/actions/edit", version=seen, **CONTENT).status_code == 200
    stale = api.post(AUTHOR, f"/knowledge/{code}/actions/edit", version=seen, **CONTENT)
    assert (stale.status_code, stale.json["code"], stale.json["version"]) == (409, "stale_version", seen + 1)


def test_grass_roots_staff_read_internal_entries_and_change_nothing(api: Api) -> None:
    code = made(api.city, is_public=False)
    shown = api.get("wd.ht.reader", f"/knowledge/{code}")
    assert shown.status_code == 200
    assert shown.json["actions"] == []
    assert shown.json["shown"]["phone_answer"] == CONTENT["phone_answer"]
    assert api.post("wd.ht.reader", f"/knowledge/{code}/actions/withdraw", text="试试").status_code == 403
    assert api.get("wd.ht.reader", f"/knowledge/{made(api.city, 'DRAFT')}").status_code == 404


def test_a_draft_version_of_a_published_entry_is_nobody_elses(api: Api) -> None:
    code = made(api.city)
    api.post(AUTHOR, f"/knowledge/{code}/actions/revise")
    assert [one["number"] for one in api.get(AUTHOR, f"/knowledge/{code}/versions").json["versions"]] == [2, 1]
    assert [one["number"] for one in api.get("agent1", f"/knowledge/{code}/versions").json["versions"]] == [1]
    assert api.get("agent1", f"/knowledge/{code}", number=2).status_code == 404
    assert "open_version" in api.get(AUTHOR, f"/knowledge/{code}").json
    assert api.get("agent1", f"/knowledge/{code}").json["open_version"] is None


def test_a_correction_is_reported_and_answered_over_http(api: Api) -> None:
    code = made(api.city)
    said = {"kind": "WRONG", "text": "标准已调整"}
    made_row = api.post("agent1", f"/knowledge/{code}/corrections", **said)
    assert (made_row.status_code, made_row.json["status"]) == (201, "OPEN")
    path = f"/knowledge/corrections/{made_row.json['id']}/answer"
    assert api.post("jrj.handler", path, is_accepted=True, text="采纳").status_code == 403
    answer = api.post(AUTHOR, path, is_accepted=False, text="现行标准无误")
    assert (answer.status_code, answer.json["status"]) == (200, "REJECTED")
    assert api.post(AUTHOR, path, is_accepted=False, text="再答").status_code == 409
    assert api.post("agent1", f"/knowledge/{code}/feedback", verdict="USEFUL").status_code == 204
    assert api.get("agent1", f"/knowledge/{code}").json["verdicts"]["USEFUL"] == 1


def test_a_gap_is_registered_and_closed_over_http(api: Api) -> None:
    gap = api.post("lead1", "/knowledge/gaps", question="厂房租金补贴多少", unit_code="WD")
    assert gap.status_code == 201, gap.text
    path = f"/knowledge/gaps/{gap.json['id']}/close"
    assert api.post("agent1", path, entry_code="KB-999999").status_code == 403
    closed = api.post(AUTHOR, path, entry_code=made(api.city))
    assert (closed.status_code, closed.json["closed_at"] is not None) == (200, True)


def test_every_action_of_the_table_is_documented_with_its_form(api: Api) -> None:
    paths = api.get("", "/openapi.json").json["paths"]
    for action in ENTRY_ACTIONS:
        assert "requestBody" in paths[f"/api/v1/knowledge/{{code}}/actions/{action}"]["post"]
    for action in CREATING_ENTRY:
        assert "requestBody" in paths[f"/api/v1/knowledge/new/{action}"]["post"]
