"""The outbox on both databases: committed effect ⇔ row, late at worst, never lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hotline.database import Database
from hotline.outbox.models import OutboxMessage
from hotline.outbox.operations import (
    KEEP,
    LEASE,
    Effect,
    claim,
    clean,
    deliver,
    is_waiting,
    mark_sent,
    put,
    put_many,
    unsent,
)
from tests.sweep_world import START, prepare


@pytest.fixture
def house(database: Database) -> Database:
    return prepare(database)


class Post:
    """A sender that keeps what it sent, and refuses the messages of some ids."""

    def __init__(self, refuse: set[int] | None = None) -> None:
        self.sent: list[int] = []
        self.refuse = refuse or set()

    def __call__(self, database: Database, message: OutboxMessage) -> None:
        if message.payload["id"] in self.refuse:
            raise ConnectionError("nobody at home")
        self.sent.append(message.payload["id"])


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def ask(house: Database, *ids: int, kind: str = "notice", now: datetime = START) -> None:
    with house.transaction() as session:
        for each in ids:
            put(session, kind, {"id": each}, f"{kind}-{each}", now)


def waiting(house: Database) -> list[OutboxMessage]:
    with house.transaction(write=False) as session:
        return unsent(session)


def test_what_is_put_is_sent_once(house: Database) -> None:
    ask(house, 1, 2)
    post = Post()
    assert deliver(house, at(START), {"notice": post}) == 2
    assert deliver(house, at(START), {"notice": post}) == 0
    assert post.sent == [1, 2]
    assert waiting(house) == []


def test_the_same_key_is_one_effect(house: Database) -> None:
    ask(house, 1)
    ask(house, 1)
    with house.transaction() as session:
        put_many(session, [Effect("notice", {"id": 1}, "notice-1"), Effect("notice", {"id": 2}, "notice-2")], START)
    post = Post()
    deliver(house, at(START), {"notice": post})
    assert post.sent == [1, 2]


def test_a_rolled_back_decision_sends_nothing(house: Database) -> None:
    def decide_and_fail() -> None:
        with house.transaction() as session:
            put(session, "notice", {"id": 1}, "notice-1", START)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        decide_and_fail()
    assert waiting(house) == []


def test_a_refused_message_waits_longer_each_time_and_holds_up_nobody(house: Database) -> None:
    ask(house, 1, 2)
    post = Post(refuse={1})
    assert deliver(house, at(START), {"notice": post}) == 1
    (message,) = waiting(house)
    assert (message.attempts, message.last_error) == (1, "ConnectionError: nobody at home")
    assert message.available_at == START + timedelta(seconds=5)
    deliver(house, at(START + timedelta(seconds=5)), {"notice": post})
    assert waiting(house)[0].available_at == START + timedelta(seconds=15)
    post.refuse = set()
    assert deliver(house, at(START + timedelta(seconds=15)), {"notice": post}) == 1
    assert post.sent == [2, 1]


def test_a_kind_without_a_sender_is_an_error_in_the_row_not_a_lost_message(house: Database) -> None:
    ask(house, 1, kind="pigeon")
    deliver(house, at(START), {"notice": Post()})
    assert waiting(house)[0].last_error == "LookupError: no sender for kind 'pigeon'"
    later = START + timedelta(minutes=1)
    assert deliver(house, at(later), {"pigeon": Post()}) == 1


def test_a_leased_message_is_left_alone_until_the_lease_of_a_dead_worker_is_over(house: Database) -> None:
    ask(house, 1)
    with house.transaction() as session:
        assert len(claim(session, START)) == 1
    post = Post()
    assert deliver(house, at(START + LEASE - timedelta(seconds=1)), {"notice": post}) == 0
    assert deliver(house, at(START + LEASE), {"notice": post}) == 1


def test_nothing_is_waiting_before_its_time(house: Database) -> None:
    ask(house, 1)
    with house.transaction(write=False) as session:
        assert not is_waiting(session, START - timedelta(seconds=1))
        assert is_waiting(session, START)


def test_old_sent_messages_are_forgotten_and_unsent_ones_never(house: Database) -> None:
    ask(house, 1, 2)
    with house.transaction() as session:
        mark_sent(session, claim(session, START, limit=1)[0].id, START)
    with house.transaction() as session:
        clean(session, START + KEEP)
    with house.transaction(write=False) as session:
        kept: list[Any] = session.query(OutboxMessage).all()
    assert [message.sent_at for message in kept] == [None]


@pytest.mark.postgres
def test_two_workers_never_claim_the_same_message(postgres_database: Database) -> None:
    house = prepare(postgres_database)
    ask(house, *range(10))
    with house.transaction() as one, house.transaction() as other:
        first = {message.id for message in claim(one, START, limit=6)}
        second = {message.id for message in claim(other, START, limit=6)}
    assert (len(first), len(second)) == (6, 4)
    assert not first & second
