"""All workers down for six hours as a holiday ends: what they owed happens once, in order, with its true time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.actions import sweep_context
from hotline.database import Database
from hotline.deadlines.models import Clock, Firing
from hotline.deadlines.queries import health
from hotline.deadlines.sweep import run_sweep
from hotline.ticket.clocks import AROUND
from hotline.ticket.ledger import entries, replay
from tests import services
from tests.calendars import local
from tests.city import LOAN_INTEREST, City
from tests.factories import act, make

BEFORE, NIGHT, DOWN, UP = "2026-09-29 10:00", "2026-10-08 06:00", "2026-10-08 07:00", "2026-10-08 13:00"
"""1 to 7 October are off; the eighth is the first working day."""
STAGES = ("registered", "sent", "handling", "objected", "delegated", "drafted", "reviewing", "paused")
Rung = tuple[str, str, datetime]


@pytest.fixture
def twin(sqlite_city_template: Path, tmp_path: Path) -> Iterator[City]:
    """The same city once more, whose workers never fail."""
    folder = tmp_path / "twin"
    folder.mkdir()
    with services.sqlite_copy(sqlite_city_template, folder) as url:
        database = Database(services.settings(folder, url))
        yield City(database, category=LOAN_INTEREST)
        database.engine.dispose()


def sweep_at(city: City, at: datetime) -> None:
    """What the worker does, at this time."""
    city.now = at
    run_sweep(city.database, lambda: city.now, sweep_context, max_seconds=1)


def opened(city: City) -> list[str]:
    """Tickets at every stage whose clocks run, ordinary ones and emergencies, which run at night too."""
    city.at(BEFORE)
    plain = [make(city, stage) for stage in STAGES]
    city.at(NIGHT)
    return plain + [make(city, stage, urgency="EMERGENCY") for stage in STAGES]


def rungs(city: City, number: str) -> list[Rung]:
    """(clock, rung, due) of a ticket's rungs in the order of its ledger."""
    with city.ticket(number) as (session, ticket):
        history = entries(session, ticket)
        replay(history)
        rows = [row for row in history if row.action == "rung"]
        return [(row.data["clock"], row.label, datetime.fromisoformat(row.data["due_at"])) for row in rows]


def test_six_hours_without_workers_lose_nothing_repeat_nothing_and_keep_the_true_times(city: City, twin: City) -> None:
    numbers = opened(city)
    assert numbers == opened(twin)
    for quarter in range(5):
        for one in (city, twin):
            sweep_at(one, local(NIGHT) + timedelta(minutes=15 * quarter))
    at = local(DOWN)
    assert city.now == twin.now == at
    while at < local(UP):
        at += timedelta(minutes=15)
        sweep_at(twin, at)
    with city.database.transaction(write=False) as session:
        assert health(session, local(UP)) > 3600
    sweep_at(city, local(UP))
    owed = {number: rungs(city, number) for number in numbers}
    for number in numbers:
        assert sorted(owed[number]) == sorted(rungs(twin, number)), number
        dues = [due for *_, due in owed[number] if due > local(DOWN)]
        assert dues == sorted(dues), f"{number}: not in the order in which they were due"
    late = [row for found in owed.values() for row in found if local(DOWN) < row[2] <= local(UP)]
    assert len(late) >= 10
    with city.database.transaction(write=False) as session:
        fired = session.execute(select(Firing.clock_id, Firing.rung)).all()
        assert len(fired) == len(set(fired))
        assert session.scalars(select(Clock.last_error).where(Clock.last_error.is_not(None))).all() == []
    before = {number: len(owed[number]) for number in numbers}
    sweep_at(city, local(UP))
    assert {number: len(rungs(city, number)) for number in numbers} == before


def ends_within(city: City) -> list[str]:
    """Tickets whose pause is over, or whose silence counts as signed, on the last afternoon before the holiday."""
    city.at("2026-09-16 10:00")  # ten working days, after three days off and before seven
    numbers = [make(city, "paused"), make(city, "paused")]
    city.at("2026-09-30 15:30")
    act(city, "super1", "raise_task_force", numbers[1])
    act(city, "super1", "decide", numbers[1], due_at="2026-10-12T17:00:00+08:00")  # its rungs lie among TOTAL's
    numbers += [make(city, stage) for stage in ("sent", "handling", "delegated")]
    return [*numbers, make(city, "sent", urgency="EMERGENCY"), make(city, "handling", urgency="EMERGENCY")]


def standing(city: City, number: str) -> list[object]:
    """Everything that counts time on a ticket: its clocks as they stand, and since when it is signed or supervised."""
    with city.ticket(number) as (session, ticket):
        clocks = session.scalars(select(Clock).where(AROUND).order_by(Clock.id), {"ticket_id": ticket.id}).all()
        times = [(c.name, c.state, c.due_at, c.ladder_from, c.next_rung, c.next_fire_at, c.moves) for c in clocks]
        return [ticket.status, ticket.signed_at, ticket.supervised_since, *times]


@pytest.mark.parametrize("up", ["2026-09-30 22:00", "2026-10-08 13:00", "2026-10-13 09:00"])
def test_what_ends_by_itself_while_nobody_works_ends_at_its_time_and_moves_no_clock(
    city: City, twin: City, up: str
) -> None:
    """Down from the last afternoon of September: for six hours, over the holiday, and into the days after it."""
    numbers = ends_within(city)
    assert numbers == ends_within(twin)
    at = local("2026-09-30 16:00")
    for one in (city, twin):
        sweep_at(one, at)
    while at < local(up):
        at += timedelta(hours=1)
        sweep_at(twin, at)
    sweep_at(city, local(up))
    paused, _, sent, *_ = numbers
    with city.ticket(paused) as (_, ticket):
        assert ticket.paused_since is None
    with city.ticket(sent) as (session, ticket):
        assert ticket.signed_at == local("2026-09-30 17:30")
        [row] = [row for row in entries(session, ticket) if row.action == "sign_by_default"]
        assert (row.at, row.data["counts_from"]) == (local(up), local("2026-09-30 17:30").isoformat())
    for number in numbers:
        assert standing(city, number) == standing(twin, number), number
        found = rungs(city, number)
        assert sorted(found) == sorted(rungs(twin, number)), number
        dues = [due for *_, due in found if due > local("2026-09-30 16:00")]
        assert dues == sorted(dues), f"{number}: not in the order in which they were due"
