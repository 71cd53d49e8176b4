"""自动派单 over JSON: rules after a dry run, what came of each ticket, verdicts, and the switch."""

from typing import Any

import pytest

from tests.api.client import Api
from tests.auto import Automatic, teach
from tests.city import LOAN_INTEREST, City

RULE: dict[str, Any] = {"is_on": True, "sample": 100, "reason": "试运行"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def automatic(city: City, api: Api) -> Automatic:
    return Automatic(city, teach(api.app.extensions["suggestions"].folder))


def put(api: Api, login: str, code: str = LOAN_INTEREST, **rule: Any) -> Any:
    return api.call(login, f"/dispatch/auto/rules/{code}", method="PUT", json={**RULE, **rule})


def test_a_rule_is_previewed_put_and_refused_when_stale(api: Api, automatic: Automatic) -> None:
    number = automatic.register()
    told = put(api, "super1", dry_run=True).json
    assert [(one["no"], one["outcome"], one["unit"]) for one in told["waiting"]] == [(number, "SENT", "JRJ")]
    assert told["closed"] == {"closed": 0, "sent": 0, "right": 0}
    assert api.get("dispatch1", "/dispatch/auto/rules").json["rules"] == []
    made = put(api, "super1", version=0).json
    assert (made["is_on"], made["bar"], made["floor"], made["version"]) == (True, 90, 95, 1)
    assert put(api, "super1", version=0).json["code"] == "rule_exists"
    assert put(api, "super1", version=7).json["code"] == "stale_version"
    assert put(api, "super1", bar=10).status_code == 422
    assert put(api, "super1", "99").status_code == 422
    assert put(api, "dispatch1").status_code == 403


def test_what_came_of_each_ticket_is_listed_and_judged_once(api: Api, automatic: Automatic) -> None:
    put(api, "super1")
    sent, left = automatic.register(), automatic.register(is_confidential=True)
    automatic.sweep()
    rows = api.get("dispatch1", "/dispatch/auto").json["rows"]
    assert [(row["no"], row["outcome"]) for row in rows] == [(left, "CONFIDENTIAL"), (sent, "SENT")]
    [row] = api.get("dispatch1", "/dispatch/auto", to_check=True, outcome="SENT").json["rows"]
    path = f"/dispatch/auto/{row['id']}/verdict"
    assert api.post("dispatch1", path).json["code"] == "no_verdict"
    assert api.post("dispatch1", path, is_right=False).json["code"] == "why_wrong"
    assert api.post("agent1", path, is_right=True).status_code == 403
    verdict = {"is_right": False, "right_unit_code": "GXJ", "note": "属工信"}
    key = {"Idempotency-Key": "verdict-1"}
    first, again = (api.post("dispatch1", path, headers=key, **verdict).json for _ in range(2))
    assert first == again and (first["right_unit"], first["checked_by"]) == ("GXJ", "dispatch1")
    assert api.post("dispatch2", path, is_right=True).json["code"] == "already_judged"
    figures = api.get("dispatch1", "/dispatch/auto/rules").json["total"]
    assert (figures["sent"], figures["left"], figures["accuracy"]) == (1, {"CONFIDENTIAL": 1}, 0.0)
    for login in ("agent1", "jrj.handler", "audit1"):
        assert api.get(login, "/dispatch/auto").status_code == 403, login


def test_rules_are_switched_off_one_or_all(api: Api, automatic: Automatic) -> None:
    put(api, "super1")
    put(api, "super1", "01")
    assert api.post("dispatch1", "/dispatch/auto/off", reason="误派").status_code == 403
    assert api.post("super1", "/dispatch/auto/off", category_code="02", reason="误派").status_code == 404
    assert api.post("super1", "/dispatch/auto/off", category_code="01", reason="误派").json == {"switched_off": 1}
    assert api.post("super1", "/dispatch/auto/off", reason="误派").json == {"switched_off": 1}
    assert not any(rule["is_on"] for rule in api.get("dispatch1", "/dispatch/auto/rules").json["rules"])
