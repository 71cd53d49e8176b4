"""派单目录 over JSON: what it says on a day and why, changes after a dry run, and who may do what."""

import io
from typing import Any

import pytest
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.dispatch import catalogue_sheet as sheet
from tests.api.client import Api
from tests.city import LOAN_INTEREST, City
from tests.factories import make

NEW = {"category_code": LOAN_INTEREST, "unit_code": "GXJ", "effective_from": "2026-03-18", "reason": "三定调整"}
ASKED = {"category_code": LOAN_INTEREST, "region_code": "449902"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def sent(api: Api, login: str, content: bytes, **form: Any) -> Any:
    data = {"reason": "年度调整", "file": (io.BytesIO(content), "目录.xlsx"), **form}
    return api.call(login, "/catalogue/import", method="POST", data=data)


def test_the_choice_names_its_row_and_says_why(api: Api) -> None:
    said = api.get("agent1", "/catalogue/choice", **ASKED).json
    assert (said["unit"], said["way"], said["support"]) == ("JRJ", "ROW", ["CZJ", "GXJ"])
    assert said["reason"] == "派单目录 4.2.1 · 全市：由临海湾市金融工作局主办"
    assert api.get("agent1", f"/catalogue/rows/{said['row_id']}").json["versions"][0]["lead"] == "JRJ"
    street = {"category_code": "140201", "region_code": "449902001"}
    assert api.get("agent1", "/catalogue/choice", **street).json["unit"] == "WD-HT"
    zone = api.get("agent1", "/catalogue/choice", category_code=LOAN_INTEREST, region_code="4499QW").json
    assert (zone["unit"], zone["way"]) == ("QWQ", "ZONE")
    tip_off = {"category_code": "010201", "region_code": "449904", "appeal_type": "TIP_OFF"}
    assert api.get("agent1", "/catalogue/choice", **tip_off).json["unit"] == "SJJ"
    about = api.get("agent1", "/catalogue/choice", **ASKED, respondent_unit_code="JRJ").json
    assert about["unit"] == "SFB" and "应当回避" in about["reason"]


def test_the_choice_tells_how_often_that_unit_closed_such_tickets_as_the_desk_does(api: Api) -> None:
    make(api.city, "closed", region_code="449902")
    said = api.get("agent1", "/catalogue/choice", **ASKED).json["reason"]
    assert said.endswith("近 90 天同类 0/1 件由其办结")


def test_the_supervising_unit_is_read_and_changed_with_an_audit(api: Api) -> None:
    path = "/directory/units/JRJ/supervisor"
    assert api.get("agent1", path).json == {"unit": "JRJ", "supervising_unit": "SFB"}
    put = {"method": "PUT", "json": {"supervising_unit_code": "ZSJ"}}
    assert api.call("dispatch1", path, **put).status_code == 403
    assert api.call("super1", path, **put).json == {"unit": "JRJ", "supervising_unit": "ZSJ"}
    assert api.call("super1", path, method="PUT", json={"supervising_unit_code": "JRJ"}).status_code == 422
    assert api.get("super1", "/directory/units/XX/supervisor").status_code == 404
    with api.city.database.transaction(write=False) as session:
        entry = session.scalars(select(AuditEntry).filter_by(action="unit_edited")).one()
    assert entry.details["before"] != entry.details["after"]


def test_what_a_change_moves_is_told_to_those_who_may_see_the_ticket(api: Api) -> None:
    number = api.city.register(appeal_type="COMPLAINT", respondent_login="super2")
    assert api.post("super2", "/catalogue/rows", **NEW, dry_run=True).json["tickets"] == []
    made = api.post("super2", "/catalogue/rows", **NEW).json
    assert made["tickets"] == []
    moves = {who: api.get(who, "/catalogue/changes").json["changes"][0]["moves"] for who in ("super1", "super2")}
    assert ([move[0] for move in moves["super1"]], moves["super2"]) == ([number], [])


def test_rows_are_listed_by_day_and_narrowed(api: Api) -> None:
    found = api.get("agent1", "/catalogue/rows", category="0402", region="-").json
    assert [row["category"] for row in found["rows"]] == ["040201", "040202"]
    assert api.get("agent1", "/catalogue/rows", day="2019-12-31").json["rows"] == []
    first, second = (api.get("agent1", "/catalogue/rows", page=page).json["rows"] for page in (1, 2))
    assert len(first) > 150 and second == []


def test_a_dry_run_tells_the_tickets_and_the_change_then_does_it(api: Api) -> None:
    number = api.city.register()
    previewed = api.post("super1", "/catalogue/rows", **NEW, dry_run=True).json
    expected = [{"no": number, "status": "AWAITING_DISPATCH", "before": "JRJ", "after": "GXJ"}]
    assert previewed == {"dry_run": True, "tickets": expected}
    assert api.get("agent1", "/catalogue/choice", **ASKED).json["unit"] == "JRJ"
    made = api.post("super1", "/catalogue/rows", **NEW)
    assert (made.status_code, made.json["tickets"], made.json["after"][0]["version"]) == (201, expected, 2)
    assert api.get("agent1", "/catalogue/choice", **ASKED).json["unit"] == "GXJ"
    changes = api.get("dispatch1", "/catalogue/changes").json["changes"]
    assert [(one["id"], one["reason"]) for one in changes] == [(made.json["change_id"], "三定调整")]
    again = api.post("super1", "/catalogue/rows", **NEW)
    assert (again.status_code, again.json["code"]) == (422, "nothing_changed")


def test_a_row_ends_and_bad_input_is_refused_in_words(api: Api) -> None:
    [row] = api.get("agent1", "/catalogue/rows", category="010102", region="449902").json["rows"]
    ending = {"effective_to": "2026-03-18", "reason": "上收"}
    assert api.post("admin1", f"/catalogue/rows/{row['id']}/end", **ending).status_code == 200
    assert api.post("admin1", f"/catalogue/rows/{row['id']}/end", **ending).json["code"] == "already_ended"
    assert api.post("admin1", "/catalogue/rows/999999/end", **ending).status_code == 404
    for wrong in ({"unit_code": "XX"}, {"effective_from": "gestern"}, {"reason": ""}, {"appeal_type": "RUMOUR"}):
        assert api.post("admin1", "/catalogue/rows", **{**NEW, **wrong}).status_code == 422, wrong
    assert api.get("agent1", "/catalogue/choice", category_code="0402", region_code="449902").status_code == 422


def test_a_sheet_goes_out_and_comes_back(api: Api) -> None:
    out = api.call("super1", "/catalogue/export", method="GET")
    assert out.mimetype == sheet.MIME
    told = sent(api, "super1", out.data, dry_run="true").json
    assert (told["lines"], told["errors"]) == ([], []) and told["same"] > 150
    changed = sheet.write([{"category": LOAN_INTEREST, "lead": "GXJ"}])
    number = api.city.register()
    moved = [{"no": number, "status": "AWAITING_DISPATCH", "before": "JRJ", "after": "GXJ"}]
    assert sent(api, "super1", changed, dry_run="true").json["tickets"] == moved
    done = sent(api, "super1", changed)
    assert done.status_code == 201, done.text
    assert done.json["lines"] == [{"line": 2, "kind": "changed", "name": "4.2.1 贷款贴息兑付 · 全市"}]
    wrong = sent(api, "super1", sheet.write([{"category": "1", "lead": "市马局"}]))
    assert (wrong.status_code, wrong.json["code"]) == (422, "sheet_has_errors") and wrong.json["errors"]
    assert sent(api, "super1", b"no sheet").json["code"] == "not_a_sheet"
    assert api.post("super1", "/catalogue/import", reason="无文件").status_code == 422


def test_who_may_not_is_told_so(api: Api) -> None:
    for login, path in (
        ("agent1", "problems"),
        ("agent1", "load"),
        ("jrj.leader", "objections"),
        ("dispatch1", "export"),
    ):
        assert api.get(login, f"/catalogue/{path}").status_code == 403, path
    assert api.post("dispatch1", "/catalogue/rows", **NEW).status_code == 403
    assert sent(api, "dispatch1", b"").status_code == 403


def test_problems_objections_and_load_are_told(api: Api) -> None:
    number = api.city.register()
    api.city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    api.city.do("jrj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="非我局职责")
    api.city.do("dispatch1", "redispatch", number, unit_code="GXJ", text="成立")
    assert api.get("dispatch1", "/catalogue/problems").json == {"problems": []}
    [clue] = api.get("dispatch1", "/catalogue/objections").json["rows"]
    assert (clue["unit"], clue["next_unit"], clue["count"]) == ("JRJ", "GXJ", 1)
    load = {row["unit"]: row for row in api.get("dispatch1", "/catalogue/load").json["rows"]}
    assert (load["JRJ"]["accuracy"], load["GXJ"]["accuracy"], load["CZJ"]["accuracy"]) == (0.0, 1.0, None)


def test_the_description_names_the_catalogues_routes(api: Api) -> None:
    paths = api.call("", "/openapi.json").json["paths"]
    assert {"/api/v1/catalogue/rows", "/api/v1/catalogue/choice", "/api/v1/catalogue/import"} <= set(paths)
    body = paths["/api/v1/catalogue/import"]["post"]["requestBody"]["content"]
    assert "multipart/form-data" in body and paths["/api/v1/catalogue/rows"]["post"]["summary"]
