"""Two racers, one winner; the same key, one effect: on both databases, through `perform()` and over HTTP."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from hotline.errors import DomainError, IllegalAction
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Ticket
from tests.api.client import Api
from tests.city import APPEAL, City
from tests.factories import PAYLOADS, act, make


def race(*racers: Callable[[], Any]) -> list[Any]:
    """Run all at once; what each returned or raised."""
    gate, results = Barrier(len(racers)), [None] * len(racers)

    def run(place: int) -> None:
        gate.wait()
        try:
            results[place] = racers[place]()
        except Exception as error:
            results[place] = error

    threads = [Thread(target=run, args=(place,)) for place in range(len(racers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def count(city: City) -> int:
    with city.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


@pytest.mark.parametrize(
    ("stage", "action", "logins"),
    [
        ("registered", "dispatch", ("dispatch1", "dispatch2")),
        ("sent", "sign", ("wd.handler", "wd.leader")),
        ("reviewing", "approve", ("review1", "review2")),
        ("called", "close", ("callback1", "super1")),
    ],
)
def test_of_two_racers_one_wins_and_the_other_is_told(
    city: City, stage: str, action: str, logins: tuple[str, str]
) -> None:
    number = make(city, stage)
    for login in logins:
        city.actor(login)
    results = race(*(lambda login=login: act(city, login, action, number) for login in logins))  # type: ignore[misc]
    lost = [result for result in results if result is not None]
    assert len(lost) == 1, results
    assert isinstance(lost[0], IllegalAction)
    with city.ticket(number) as (session, ticket):
        history = entries(session, ticket)
        assert replay(history)["status"] == ticket.status
        assert [row.action for row in history].count(action) == 1


def test_two_different_decisions_cannot_both_be_taken_on_one_version(city: City) -> None:
    number = make(city, "registered")
    with city.ticket(number) as (_, ticket):
        version = ticket.version
    amend = {**PAYLOADS["amend"], "version": version}
    results = race(
        lambda: act(city, "dispatch1", "amend", number, **amend),
        lambda: act(city, "dispatch2", "change_follower", number, version=version),
    )
    lost = [result for result in results if isinstance(result, DomainError)]
    assert [error.code for error in lost] == ["stale_version"]


def test_numbers_given_at_the_same_time_differ(city: City) -> None:
    city.actor("agent1")
    made = race(*(lambda: city.register() for _ in range(6)))
    assert len(set(made)) == 6
    assert all(isinstance(number, str) for number in made)


def test_racers_over_http_get_one_200_and_one_409(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    api, number = Api(city, monkeypatch), make(city, "registered")
    api.token("dispatch1"), api.token("dispatch2")
    answers = race(
        *(lambda who=who: api.act(who, number, "dispatch", unit_code="WD") for who in ("dispatch1", "dispatch2"))
    )  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_the_same_key_makes_one_ticket_however_often_and_at_once(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    api, payload = Api(city, monkeypatch), {**APPEAL, "category_code": city.category}
    api.token("agent1")
    before, headers = count(city), {"Idempotency-Key": "call-4711"}

    def send() -> Any:
        return api.post("agent1", "/tickets/new/submit", headers=headers, **payload)

    answers = race(*(send for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = send()
    assert again.status_code == 201
    assert {answer.json["no"] for answer in answers if answer.status_code == 201} == {again.json["no"]}
    assert count(city) == before + 1


def test_a_key_stands_for_one_content_and_one_owner(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    api, payload = Api(city, monkeypatch), {**APPEAL, "category_code": city.category}
    headers = {"Idempotency-Key": "k1"}
    first = api.post("agent1", "/tickets/new/submit", headers=headers, **payload)
    other = api.post("agent1", "/tickets/new/submit", headers=headers, **{**payload, "title": "另一件事"})
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    theirs = api.post("agent2", "/tickets/new/submit", headers=headers, **payload)
    assert theirs.json["no"] != first.json["no"]


def test_a_platforms_race_makes_one_ticket(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    api, before = Api(city, monkeypatch), count(city)
    sent = {**APPEAL, "category_code": city.category, "source_code": "YUESHANGTONG", "external_no": "YST-1"}
    api.token("agent1")
    answers = race(*(lambda: api.post("agent1", "/inbound", **sent) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert count(city) == before + 1
