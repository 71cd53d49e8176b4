"""What the API must not tell, and to whom: the shielded enterprise, the query code, a number that is taken."""

from typing import Any

from tests.api.client import Api
from tests.city import APPEAL

SENT = {**APPEAL, "source_code": "YUESHANGTONG", "external_no": "YST-77"}


def registered(api: Api, login: str, /, **more: Any) -> str:
    answer = api.post(login, "/tickets/new/submit", **{**APPEAL, "category_code": api.city.category, **more})
    assert answer.status_code == 201, answer.text
    number: str = answer.json["no"]
    return number


def test_the_ledger_of_a_confidential_ticket_does_not_lead_a_unit_to_the_enterprise(api: Api) -> None:
    first = registered(api, "agent1")
    number = registered(api, "agent1", is_confidential=True, previous_no=first)
    api.act("dispatch1", number, "dispatch", unit_code="JRJ")
    told = api.get("jrj.handler", f"/tickets/{number}/ledger")
    assert told.status_code == 200
    assert APPEAL["enterprise_name"] not in told.text and first not in told.text
    assert "enterprise_id" not in told.json["ledger"][0]["changes"]
    ours = api.get("dispatch1", f"/tickets/{number}/ledger").json["ledger"][0]
    assert ours["data"]["enterprise_name"] == APPEAL["enterprise_name"]
    assert ours["changes"]["enterprise_id"][1]


def test_only_who_may_register_gets_a_query_code_by_sending_the_platforms_number_again(api: Api) -> None:
    payload = {**SENT, "category_code": api.city.category}
    number = api.post("agent1", "/inbound", **payload).json["no"]
    api.act("dispatch1", number, "dispatch", unit_code="JRJ")
    for login in ("jrj.handler", "audit1", "dispatch1"):
        answer = api.post(login, "/inbound", **payload)
        assert (answer.status_code, answer.json["code"]) == (403, "role_refused"), login
        assert "query_code" not in answer.json


def test_a_platforms_complaint_about_the_hotline_is_still_registered_once(api: Api) -> None:
    payload = {**SENT, "category_code": api.city.category, "appeal_type": "COMPLAINT"}
    payload["respondent_unit_code"] = "HOTLINE"
    first, again = (api.post("agent1", "/inbound", **payload) for _ in range(2))
    assert (again.status_code, again.json) == (200, first.json)


def test_a_platforms_number_that_has_a_ticket_is_refused_in_words_at_its_field(api: Api) -> None:
    payload = {**SENT, "category_code": api.city.category}
    assert api.post("agent1", "/tickets/new/submit", **payload).status_code == 201
    answer = api.post("agent2", "/tickets/new/submit", **payload)
    assert (answer.status_code, answer.json["code"]) == (409, "external_no_known")
    assert answer.json["field"] == "external_no" and "YST-77" in answer.json["message"]


def test_a_tip_off_by_the_same_platform_number_tells_another_agent_nothing(api: Api) -> None:
    payload = {**SENT, "category_code": api.city.category, "appeal_type": "TIP_OFF"}
    assert api.post("agent1", "/inbound", **payload).status_code == 200
    answer = api.post("agent2", "/inbound", **payload)
    assert (answer.status_code, answer.json["code"]) == (409, "external_no_known")
    assert "query_code" not in answer.json


def test_praise_reaches_the_unit_that_is_praised(api: Api) -> None:
    payload = {**APPEAL, "category_code": api.city.category, "appeal_type": "PRAISE", "respondent_unit_code": "JRJ"}
    answer = api.post("agent1", "/tickets/new/forward_praise", unit_code="JRJ", **payload)
    assert (answer.status_code, answer.json.get("clocks")) == (201, []), answer.text
    assert api.get("jrj.handler", f"/tickets/{answer.json['no']}").status_code == 200


def test_a_broken_body_and_a_broken_query_are_told_in_chinese_by_field(api: Api) -> None:
    broken = api.call("", "/tokens", method="POST", data="[", content_type="application/json")
    assert (broken.status_code, "Invalid" in broken.text) == (400, False)
    query = api.get("agent1", "/tickets", page="x")
    assert (query.status_code, query.json["fields"]) == (422, {"page": ["页码的格式不对"]})


def test_somebody_else_follows_a_complaint_about_the_agent_who_took_it(api: Api) -> None:
    number = registered(api, "agent1", appeal_type="COMPLAINT", respondent_login="agent1")
    with api.city.ticket(number) as (_, ticket):
        assert ticket.follower.login not in ("agent1", "")
    assert api.get("agent1", f"/tickets/{number}").status_code == 404
