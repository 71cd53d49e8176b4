"""The sweep: fires every rung that is due, exactly once, in order, never early.

What happens at a rung is the business of the subject's room; it comes in as a handler and acts in the transaction that
marks the rung as fired, so that a killed process leaves either both or nothing.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, insert, select, update
from sqlalchemy.orm import Session

from hotline.database import Base, Database, UtcDateTime
from hotline.deadlines.models import Clock
from hotline.deadlines.queries import is_due, ready
from hotline.deadlines.subjects import fire_at, unit_of
from routing.calendar import WorkingCalendar
from routing.deadlines import Limit, LimitUnit, later
from routing.escalation import Ladder, Rung

log = logging.getLogger(__name__)

BATCH = 100
"""Clocks a transaction; so many keep SQLite's only writer busy for about 20 ms (scripts/bench sweep)."""
BREATH = 0.01
"""Seconds between two transactions, in which SQLite's other writers find the door open."""

UNTROUBLED = {"attempts": 0, "retry_at": None, "last_error": None}
# Below the ORM's bulk layer, which costs more than the SQL of a batch.
CLOCKS, FIRINGS = Base.metadata.tables["clock"], Base.metadata.tables["firing"]


@dataclass
class Fired:
    """One rung that is due now. The handler may note in `told` whom it told: [{"whom", "channel", …}]."""

    clock: Clock
    rung: Rung
    rung_index: int
    rung_due_at: datetime
    told: list[Any] = field(default_factory=list)


Handler = Callable[[Session, Sequence[Fired], datetime], None]
"""Does what the rungs ask, in bulk; oldest rung first. Raising undoes and postpones."""
Lock = Callable[[Session, Collection[int]], Collection[int]]
"""Locks subjects by id (PostgreSQL: FOR UPDATE SKIP LOCKED) and says which it got, without ever waiting."""


@dataclass(frozen=True)
class SweepContext:
    """Plain values for one run: the calendar, each clock's ladder, and per subject kind a handler and perhaps a lock.

    `turning`: effects that set other clocks going, which may have been due before what else is due by now.
    Operations lock the subject first and its clocks second. The sweep has the clocks first, so it must not wait for a
    subject: those in use are left for the next tick.
    """

    calendar: WorkingCalendar
    ladder_of: Callable[[Clock], Ladder]
    handlers: Mapping[str, Handler]
    locks: Mapping[str, Lock] = field(default_factory=dict)
    turning: Collection[str] = ()


def run_sweep(
    database: Database,
    now: Callable[[], datetime],
    context_of: Callable[[Session], SweepContext],
    max_seconds: float = 20,
) -> int:
    """Sweep in short transactions until nothing is due or the time is over; the number of clocks dealt with."""
    until, total = now() + timedelta(seconds=max_seconds), 0
    with database.transaction(write=False) as session:  # an idle house must not ask for SQLite's only writer
        if not is_due(session, now()):
            return 0
        context = context_of(session)
    while now() < until:
        with database.transaction() as session:
            dealt = sweep(session, now(), context)
        if not dealt:
            break
        total += dealt
        if database.engine.dialect.name == "sqlite":
            time.sleep(BREATH)
    return total


def sweep(session: Session, now: datetime, context: SweepContext, batch: int = BATCH) -> int:
    """Fire one batch in the caller's transaction; how many due clocks were dealt with (fired, or put off with their
    error), 0 when none is left."""
    clocks = _claim(session, now, context, batch)
    _settle(session, clocks, now, context)
    return len(clocks)


def catch_up(
    session: Session,
    subjects: ColumnElement[bool],
    values: Mapping[str, int],
    now: datetime,
    context: Callable[[], SweepContext],
) -> int:
    """Fire what is due on the clocks that match `subjects` (a condition over Clock with `values` for its parameters),
    before somebody acts on them.

    The sweep may be late, and a clock that is stopped meanwhile would never fire what it owed. The caller holds the
    subjects. How many clocks were dealt with, perhaps in several turns.
    """
    dealt = 0
    while clocks := list(session.scalars(_due_among(subjects), {**values, "now": now})):
        _settle(session, clocks, now, context())
        session.expire_all()  # what fired was written past the objects
        dealt += len(clocks)
    return dealt


@lru_cache(maxsize=8)
def _due_among(subjects: ColumnElement[bool]) -> Select[Clock]:
    """Built once a condition: it is asked before every action."""
    query = select(Clock).where(subjects, ready(bindparam("now", type_=UtcDateTime))).order_by(Clock.next_fire_at)
    return query.with_for_update().execution_options(populate_existing=True)


def _claim(session: Session, now: datetime, context: SweepContext, batch: int) -> list[Clock]:
    query = select(Clock).where(ready(now)).order_by(Clock.next_fire_at).limit(batch)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    clocks = list(session.scalars(query))
    kinds = {clock.subject_kind for clock in clocks} & set(context.locks)
    free = {kind: set(context.locks[kind](session, _subjects(clocks, kind))) for kind in kinds}
    return [clock for clock in clocks if clock.subject_kind not in free or clock.subject_id in free[clock.subject_kind]]


def _subjects(clocks: list[Clock], kind: str) -> list[int]:
    return sorted({clock.subject_id for clock in clocks if clock.subject_kind == kind})


def _settle(session: Session, clocks: list[Clock], now: datetime, context: SweepContext) -> None:
    """Fire all, or, when that fails, halve until the bad clock stands alone: it must not stop the others."""
    if not clocks:
        return
    try:
        with session.begin_nested():
            _fire(session, clocks, now, context)
    except Exception as error:  # a handler may fail in any way
        if len(clocks) == 1:
            return _put_off(session, clocks[0], error, now)
        half = len(clocks) // 2
        _settle(session, clocks[:half], now, context)
        _settle(session, clocks[half:], now, context)


def _fire(session: Session, clocks: list[Clock], now: datetime, context: SweepContext) -> None:
    fired: list[Fired] = []
    changes: list[dict[str, Any]] = []
    until = _first_turn(clocks, now, context)
    for clock in clocks:
        rungs, next_fire_at = _climb(clock, until, context)
        fired += rungs
        next_rung = clock.next_rung + len(rungs)
        changes.append({"clock_id": clock.id, "next_rung": next_rung, "next_fire_at": next_fire_at, **UNTROUBLED})
    fired.sort(key=lambda one: one.rung_due_at)
    _handle(session, fired, now, context)
    if fired:
        session.execute(insert(FIRINGS), [_row(one, now, context.calendar) for one in fired])
    session.execute(update(CLOCKS).where(CLOCKS.c.id == bindparam("clock_id")), changes)


def _first_turn(clocks: list[Clock], now: datetime, context: SweepContext) -> datetime:
    """How far this batch may go: to the first rung that sets other clocks going, for those have their turn then."""
    turning = (clock for clock in clocks if any(rung.effect in context.turning for rung in context.ladder_of(clock)))
    due = (
        one.rung_due_at
        for clock in turning
        for one in _climb(clock, now, context)[0]
        if one.rung.effect in context.turning
    )
    return min(due, default=now)


def _climb(clock: Clock, now: datetime, context: SweepContext) -> tuple[list[Fired], datetime | None]:
    """Every rung due by now, each with its own due time, and the instant of the one after them."""
    ladder, at = context.ladder_of(clock), clock.next_fire_at
    rungs: list[Fired] = []
    index = clock.next_rung
    while at is not None and at <= now and index < len(ladder):
        rungs.append(Fired(clock, ladder[index], index, at))
        index += 1
        following = fire_at(context.calendar, ladder, clock, index)
        at = following and max(at, following)  # a ladder changed meanwhile must still be climbed in order
    return rungs, at if index < len(ladder) else None


def _handle(session: Session, fired: list[Fired], now: datetime, context: SweepContext) -> None:
    """In the order in which they were due, also where a ticket's clock and one of its parts take turns."""
    for kind, ones in groupby(fired, key=lambda one: one.clock.subject_kind):
        context.handlers[kind](session, list(ones), now)


PATIENCE = {LimitUnit.WORKING_DAY: "2wh", LimitUnit.WORKING_HOUR: "1wh", LimitUnit.CLOCK_HOUR: "1h"}
"""How long a notice that must be confirmed waits for that, by the unit of its clock, before it is passed on.
Recommended; no rule gives a figure."""


def next_pass(calendar: WorkingCalendar, clock: Clock, now: datetime) -> datetime:
    """When a notice told now is passed on to the next one above, unless it has been confirmed."""
    return later(calendar, now, Limit.parse(PATIENCE[unit_of(clock).family]))


def _row(one: Fired, now: datetime, calendar: WorkingCalendar) -> dict[str, Any]:
    return {
        "clock_id": one.clock.id,
        "rung": one.rung_index,
        "name": str(one.rung.name),
        "due_at": one.rung_due_at,
        "fired_at": now,
        "told": one.told,
        "must_acknowledge": one.rung.acknowledge,
        "pass_at": next_pass(calendar, one.clock, now) if one.rung.acknowledge else None,
    }


def _put_off(session: Session, clock: Clock, error: Exception, now: datetime) -> None:
    """Note the failure and try again after 2 s, 4 s, 8 s … `queries.stuck` lists those that failed too often."""
    log.error("clock %s (%s %s) did not fire", clock.id, clock.subject_kind, clock.subject_id, exc_info=error)
    attempts = clock.attempts + 1
    trouble = {
        "retry_at": now + timedelta(seconds=2**attempts),
        "last_error": f"{type(error).__name__}: {error}"[:2000],
    }
    session.execute(update(CLOCKS).where(CLOCKS.c.id == clock.id).values(attempts=attempts, **trouble))
