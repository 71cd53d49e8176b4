"""交接班 and 代办 over JSON: made once a key, by those who may, each refusal in words."""

from tests.api.client import Api


def test_a_note_is_left_once_a_key_and_taken_over_by_another_one(api: Api) -> None:
    number, key = api.city.register(), {"Idempotency-Key": "note-0001"}
    form = {"text": "下午再联系企业", "numbers": number}
    made = [api.post("agent1", "/shift-notes", headers=key, **form) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201] and made[0].json == made[1].json
    note = made[0].json["id"]
    assert [one["id"] for one in api.get("agent2", "/shift-notes").json["notes"]] == [note]
    assert api.post("agent1", f"/shift-notes/{note}/take").json["code"] == "own_note"
    assert api.post("agent2", f"/shift-notes/{note}/take").json["taken_at"]
    assert api.post("agent3", f"/shift-notes/{note}/take").json["code"] == "already_taken"
    assert api.get("jrj.handler", "/shift-notes").status_code == 403
    assert api.post("agent1", "/shift-notes", text="", numbers="").status_code == 422


def test_a_leader_has_somebody_stood_in_for_and_ends_it(api: Api) -> None:
    form = {"login": "wd.handler", "to_login": "wd.handler2", "last_day": "2026-03-20", "reason": "病假"}
    assert api.post("gxj.leader", "/substitutions", **form).status_code == 403
    key = {"Idempotency-Key": "away-0001"}
    made = [api.post("wd.leader", "/substitutions", headers=key, **form) for _ in range(2)]
    assert made[0].status_code == 201 and made[0].json == made[1].json, made[0].json
    row = made[0].json["id"]
    assert [one["id"] for one in api.get("wd.leader", "/substitutions").json["substitutions"]] == [row]
    assert api.get("gxj.leader", "/substitutions").json["substitutions"] == []
    assert api.post("gxj.leader", f"/substitutions/{row}/end").status_code == 404
    assert api.post("wd.handler", f"/substitutions/{row}/end").status_code == 200
    assert api.post("wd.leader", "/substitutions", **{**form, "to_login": "nobody"}).json["field"] == "to_login"
