"""The sweep on both databases: exactly once, in order, never early, and one bad clock stops nobody."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.database import Database
from hotline.deadlines import operations, queries
from hotline.deadlines.models import Firing
from hotline.deadlines.subjects import Subject
from hotline.deadlines.sweep import SweepContext, run_sweep, sweep
from tests.sweep_world import RUNGS, START, World, hours, prepare

LATE = timedelta(days=30)


@pytest.fixture
def world(database: Database) -> World:
    return World(prepare(database))


def test_nothing_fires_before_its_time(world: World) -> None:
    world.start(1)
    assert world.sweep(hours(2) - timedelta(microseconds=1)) == 0
    assert world.fired(1) == []


def test_a_rung_fires_at_its_time_with_its_ledger_row_and_who_was_told(world: World) -> None:
    world.start(1)
    assert world.sweep(hours(2)) == 1
    assert world.fired(1) == world.ledger(1) == ["reminder"]
    with world.database.transaction(write=False) as session:
        firing = session.scalars(select(Firing)).one()
    assert (firing.due_at, firing.fired_at) == (hours(2), hours(2))
    assert firing.told == [{"whom": "handler", "channel": "inbox"}]


def test_a_second_sweep_fires_nothing_again(world: World) -> None:
    world.start(1)
    world.sweep(hours(4))
    assert world.sweep(hours(4)) == 0
    assert world.ledger(1) == ["reminder", "urge", "yellow"]


def test_after_days_of_darkness_each_rung_fires_once_in_order_with_its_own_due_time(world: World) -> None:
    world.start(1)
    world.sweep(START + LATE)
    assert world.ledger(1) == list(RUNGS)
    with world.database.transaction(write=False) as session:
        firings = session.scalars(select(Firing).order_by(Firing.id)).all()
    assert [firing.due_at for firing in firings][:3] == [hours(2), hours(3.2), hours(4)]
    assert {firing.fired_at for firing in firings} == {START + LATE}
    assert world.clock(1).next_fire_at is None


def test_batches_go_on_until_nothing_is_due(world: World) -> None:
    world.start(*range(1, 8))
    assert [world.sweep(hours(2), batch=3) for _ in range(4)] == [3, 3, 1, 0]


def test_one_bad_clock_does_not_stop_the_others(world: World) -> None:
    world.start(*range(1, 10))
    world.bad = {4}
    assert world.sweep(hours(2)) == 9
    assert [n for n in range(1, 10) if world.fired(n) != ["reminder"]] == [4]
    assert world.ledger(4) == []
    clock = world.clock(4)
    assert clock.attempts == 1
    assert clock.last_error == "ArithmeticError: subject 4 is broken"


def test_a_bad_clock_rests_is_tried_again_and_then_fires_with_its_true_due_time(world: World) -> None:
    world.start(1)
    world.bad = {1}
    world.sweep(hours(2))
    world.bad = set()
    assert world.sweep(hours(2) + timedelta(seconds=1)) == 0
    assert world.sweep(hours(2) + timedelta(seconds=2)) == 1
    assert world.fired(1) == ["reminder"]
    assert (world.clock(1).attempts, world.clock(1).last_error) == (0, None)


def test_a_clock_that_keeps_failing_becomes_an_alarm_and_still_counts_in_health(world: World) -> None:
    world.start(1)
    world.bad = {1}
    now = hours(2)
    for _ in range(queries.MAX_ATTEMPTS):
        assert world.sweep(now) == 1
        now += timedelta(minutes=5)
    assert world.sweep(now) == 0
    with world.database.transaction() as session:
        (alarm,) = queries.stuck(session)
        assert alarm.subject_id == 1
        assert queries.health(session, now) == (now - hours(2)).total_seconds()
        operations.retry(alarm)
    world.bad = set()
    assert world.sweep(now) == 1
    assert world.ledger(1) == ["reminder"]


def test_a_subject_kind_without_a_handler_is_an_error_in_sight_not_a_lost_rung(world: World) -> None:
    world.start(1, 2)
    with world.database.transaction() as session:
        queries.clocks_of(session, Subject("ticket", 2))[0].subject_kind = "comet"
    world.sweep(hours(2))
    assert world.fired(1) == ["reminder"]
    assert world.clock(2).last_error == "KeyError: 'comet'"


def test_a_subject_in_use_is_left_for_the_next_tick(world: World) -> None:
    world.start(1, 2)

    def all_but_the_first(_session: Session, ids: Collection[int]) -> Collection[int]:
        return [each for each in ids if each != 1]

    assert world.sweep(hours(2), locks={"ticket": all_but_the_first}) == 1
    assert (world.fired(1), world.fired(2)) == ([], ["reminder"])
    assert world.clock(1).attempts == 0
    assert world.sweep(hours(2)) == 1


def test_a_stopped_clock_never_fires(world: World) -> None:
    world.start(1)
    with world.database.transaction() as session:
        operations.stop(session, Subject("ticket", 1), None, hours(1))
    assert world.sweep(START + LATE) == 0


def test_health_is_the_age_of_the_oldest_overdue_rung(world: World) -> None:
    world.start(1, 2)
    with world.database.transaction(write=False) as session:
        assert queries.health(session, hours(2)) == 0
        assert queries.health(session, hours(2) + timedelta(seconds=90)) == 90


def test_run_sweep_empties_the_house_and_then_takes_no_writer(world: World) -> None:
    world.start(*range(1, 251))
    opened: list[bool] = []

    def context_of(_session: Session) -> SweepContext:
        opened.append(True)
        return world.context()

    def now() -> datetime:
        return hours(2)

    assert run_sweep(world.database, now, context_of) == 250
    assert run_sweep(world.database, now, context_of) == 0
    assert opened == [True]


@pytest.mark.postgres
def test_two_sweeps_at_once_share_the_work_on_postgresql(postgres_database: Database) -> None:
    world = World(prepare(postgres_database))
    world.start(*range(1, 11))
    with world.database.transaction() as held:
        assert sweep(held, hours(2), world.context(), 6) == 6
        assert world.sweep(hours(2)) == 4
    assert all(world.ledger(n) == ["reminder"] for n in range(1, 11))
