import pytest

from tests.api.client import Api
from tests.city import APPEAL, City
from tests.journeys.test_mass import alike

HEADERS = {"Idempotency-Key": "mass-1"}


@pytest.fixture
def api(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> Api:
    return Api(sqlite_city, monkeypatch)


def test_groups_are_listed_and_merged_with_a_result_for_each_and_only_once(api: Api) -> None:
    numbers = alike(api.city, 4)
    [group] = api.get("dispatch1", "/mass").json["groups"]
    assert group["master_no"] == numbers[0]
    assert (group["total"], group["enterprises"], len(group["tickets"])) == (4, 4, 4)
    api.city.do("agent1", "withdraw", numbers[3], text="已解决")
    told = {"master_no": numbers[0], "nos": numbers[1:], "text": "同一事项"}
    answers = [api.post("dispatch1", "/mass/merge", HEADERS, **told) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert [row["merged"] for row in answers[0].json["results"]] == [True, True, False]
    assert [api.city.status(no) for no in numbers[1:]] == ["MERGED", "MERGED", "WITHDRAWN"]
    listed = api.get("callback1", "/tickets", view="all", master=numbers[0]).json
    assert listed["total"] == 3


def test_who_may_not_merge_gets_neither_groups_nor_results(api: Api) -> None:
    numbers = alike(api.city, 3)
    told = {"master_no": numbers[0], "nos": numbers[1:], "text": "同一事项"}
    for login in ("agent1", "review1", "jrj.handler"):
        answers = [api.get(login, "/mass"), api.post(login, "/mass/merge", **told)]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert not any("搅拌厂" in answer.text for answer in answers)
    assert {api.city.status(no) for no in numbers} == {"AWAITING_DISPATCH"}


@pytest.mark.parametrize("told", [{}, {"nos": []}, {"nos": "x"}, {"nos": [7], "master_no": "x", "text": "y"}])
def test_a_form_in_bits_is_refused_in_words(api: Api, told: dict[str, object]) -> None:
    assert api.post("dispatch1", "/mass/merge", **told).status_code == 422


def test_an_appeal_is_registered_and_merged_in_one_step(api: Api) -> None:
    [master] = alike(api.city, 1)
    with api.city.ticket(master) as (_, ticket):
        version = ticket.version
    told = {**APPEAL, "category_code": api.city.category, "master_no": master}
    made = api.post("agent2", "/tickets/new/submit", HEADERS, **told)
    assert (made.status_code, made.json["status"]) == (201, "MERGED")
    assert api.post("agent2", "/tickets/new/submit", HEADERS, **told).json["no"] == made.json["no"]
    with api.city.ticket(master) as (_, ticket):
        assert ticket.version == version
