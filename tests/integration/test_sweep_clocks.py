"""Clocks in the database: start, stop, pause, resume, and what the tables themselves refuse."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hotline.database import Database
from hotline.deadlines import operations, queries
from hotline.deadlines.models import ClockState, Firing
from hotline.deadlines.subjects import Subject
from hotline.deadlines.sweep import sweep
from routing.deadlines import Limit
from tests.calendars import CHINA_2026
from tests.sweep_world import LADDER, START, TOTAL, World, hours, prepare, start

SUBJECT = Subject("ticket", 1)


@pytest.fixture
def world(database: Database) -> World:
    return World(prepare(database))


def pause(world: World, now: datetime) -> None:
    with world.database.transaction() as session:
        operations.pause(session, SUBJECT, {TOTAL}, now)


def resume(world: World, now: datetime) -> None:
    with world.database.transaction() as session:
        operations.resume(
            session, SUBJECT, {TOTAL}, now, calendar=CHINA_2026, ladder_of=lambda _clock: LADDER, reason="等待鉴定"
        )


def test_a_paused_clock_does_not_fire(world: World) -> None:
    world.start(1)
    pause(world, hours(1))
    assert world.sweep(hours(100)) == 0
    assert world.clock(1).state is ClockState.PAUSED


def test_a_resumed_clock_is_later_by_the_pause_and_its_rungs_keep_their_share(world: World) -> None:
    world.start(1)
    pause(world, hours(1))
    resume(world, hours(11))
    clock = world.clock(1)
    assert (clock.started_at, clock.due_at, clock.next_fire_at) == (START, hours(14), hours(12))
    assert [move["kind"] for move in clock.moves] == ["pause"]
    assert world.sweep(hours(12)) == 1


def test_a_rung_that_was_due_before_the_pause_is_not_lost(world: World) -> None:
    world.start(1)
    pause(world, hours(2.5))
    resume(world, hours(3))
    assert world.sweep(hours(3)) == 1
    assert world.fired(1) == ["reminder"]


def test_recompute_counts_the_pause_again(world: World) -> None:
    world.start(1, limit=Limit.parse("4wd"))
    pause(world, START + timedelta(days=1))
    resume(world, START + timedelta(days=3))
    with world.database.transaction() as session:
        (clock,) = operations.hold(session, SUBJECT)
        before = (clock.due_at, clock.ladder_from, clock.next_fire_at)
        assert not operations.recompute(
            clock, calendar=CHINA_2026, ladder=LADDER, day_ends="close", reason="", now=START
        )
        assert (clock.due_at, clock.ladder_from, clock.next_fire_at) == before


def test_stop_stops_the_named_clocks_once_and_leaves_the_others(world: World) -> None:
    world.start(1)
    world.start(1, name="SIGN")
    with world.database.transaction() as session:
        assert [clock.name for clock in operations.stop(session, SUBJECT, {"SIGN"}, hours(1))] == ["SIGN"]
        assert operations.stop(session, SUBJECT, {"SIGN"}, hours(2)) == []
        assert [clock.name for clock in operations.hold(session, SUBJECT)] == [TOTAL]


def test_the_total_clock_keeps_its_first_start_in_every_round(world: World) -> None:
    world.start(1)
    with world.database.transaction() as session, pytest.raises(ValueError, match="first start"):
        start(session, 1, round=1, started_at=hours(5))
    world.start(1, round=1)
    with world.database.transaction(write=False) as session:
        assert {clock.started_at for clock in queries.clocks_of(session, SUBJECT)} == {START}


def test_other_clocks_start_anew_each_round(world: World) -> None:
    world.start(1, name="SIGN")
    world.start(1, name="SIGN", round=1, started_at=hours(5))
    with world.database.transaction(write=False) as session:
        assert [clock.round for clock in queries.clocks_of(session, SUBJECT, {"SIGN"})] == [0, 1]


def test_the_table_refuses_a_second_clock_of_the_same_name_and_round(world: World) -> None:
    world.start(1)
    with pytest.raises(IntegrityError):
        world.start(1)


def test_a_reader_acknowledges_a_firing_once(world: World) -> None:
    world.start(1)
    world.sweep(hours(2))
    with world.database.transaction() as session:
        firing = session.scalars(select(Firing)).one()
        operations.acknowledge(firing, 7, hours(3))
        operations.acknowledge(firing, 8, hours(4))
        assert (firing.acknowledged_by, firing.acknowledged_at) == (7, hours(3))


def extend(world: World) -> None:
    with world.database.transaction() as session:
        (clock,) = operations.hold(session, SUBJECT)
        operations.extend(clock, Limit.parse("4h"), calendar=CHINA_2026, ladder=LADDER, reason="", now=hours(2))


def test_an_extended_clock_fires_its_next_rung_later_and_the_last_one_not_again(world: World) -> None:
    world.start(1)
    world.sweep(hours(2))
    extend(world)
    assert world.sweep(hours(3.2)) == 0
    assert world.sweep(hours(6.4)) == 1
    assert world.ledger(1) == ["reminder", "urge"]


@pytest.mark.postgres
def test_an_extension_beside_a_sweep_waits_for_it_so_that_no_rung_comes_early(postgres_database: Database) -> None:
    world = World(prepare(postgres_database))
    world.start(1)
    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction() as sweeping:
            assert sweep(sweeping, hours(2), world.context()) == 1
            extension = pool.submit(extend, world)
            with pytest.raises(TimeoutError):
                extension.result(0.3)
        extension.result(10)
    clock = world.clock(1)
    assert (clock.next_rung, clock.due_at, clock.next_fire_at) == (1, hours(8), hours(6.4))
