"""The ticker: every two seconds it asks the workers to sweep and to deliver, and does what they left undone.

Nothing is lost with it: what is due stands in the database. Two tickers at once are harmless.
"""

import gc
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

from flask import current_app
from redis import Redis

from hotline.clock import utcnow
from hotline.database import Database
from hotline.deadlines.queries import is_due
from hotline.outbox.operations import is_waiting
from hotline.queue import enqueue

log = logging.getLogger(__name__)

INTERVAL = 2.0
PATIENCE = 0.5
"""Seconds the workers have before the ticker looks whether the work is done."""
OFTEN = 15
"""Ticks, half a minute: what waits by the hour."""
RARELY = 1800
"""Ticks, an hour: what reads every open clock or is due once a day, and can wait."""
LATE = timedelta(hours=2)
"""So long the daily lesson waits for the workers."""
LONGEST_WAIT = 10.0
"""Seconds between two tries while the database is away."""


@dataclass(frozen=True)
class Task:
    """Work that comes round: a job by name, the same work in this process, whether some of what was due at an
    instant is still undone, and how many ticks lie between two rounds."""

    queue: str
    job: str
    run: Callable[[], object]
    was_due: Callable[[datetime], bool]
    every: int = 1


def house_tasks(database: Database) -> tuple[Task, ...]:
    """Sweep, 自动派单, what is passed on or given back, outbox, index, calendar and lesson.

    Run them within the app's context.
    """
    from hotline import jobs
    from hotline.dispatch import auto
    from hotline.supervision import passing_on, substitution
    from hotline.supervision.alarms import untold_years

    def in_transaction(question: Callable[..., object]) -> Callable[[datetime], bool]:
        def ask(at: datetime) -> bool:
            with database.transaction(write=False) as session:
                return bool(question(session, at))

        return ask

    def index_is_behind(_at: datetime) -> bool:
        behind: bool = current_app.extensions["knowledge"].is_behind()
        return behind

    begun = utcnow()

    def no_worker_has_learned(at: datetime) -> bool:
        return at - begun > LATE and not current_app.extensions["suggestions"].is_fresh(at - LATE)

    return (
        Task("index", "hotline.jobs.follow_index", jobs.follow_index, index_is_behind),
        Task("deadlines", "hotline.jobs.sweep", jobs.sweep, in_transaction(is_due)),
        Task("deadlines", "hotline.jobs.auto_dispatch", jobs.auto_dispatch, in_transaction(auto.is_waiting)),
        Task("notify", "hotline.jobs.deliver", jobs.deliver, in_transaction(is_waiting)),
        Task("deadlines", "hotline.jobs.pass_on", jobs.pass_on, in_transaction(passing_on.is_waiting), OFTEN),
        Task(
            "deadlines",
            "hotline.jobs.end_substitutions",
            jobs.end_substitutions,
            in_transaction(substitution.is_over),
            OFTEN,
        ),
        Task("notify", "hotline.jobs.watch_calendar", jobs.watch_calendar, in_transaction(untold_years), RARELY),
        Task("reports", "hotline.jobs.learn_to_suggest", learn_in_a_child, no_worker_has_learned, RARELY),
    )


def learn_in_a_child() -> None:
    """The daily lesson takes half a minute and half a gigabyte: neither is to be the ticker's own."""
    subprocess.run([sys.executable, "-m", "hotline", "suggest", "train"], check=True, stdout=subprocess.DEVNULL)


def run(connection: Redis, tasks: Sequence[Task], stop: Event, interval: float = INTERVAL) -> None:
    """Tick until `stop` is set: each task in a thread of its own, so that a slow platform delays no deadline."""
    gc.freeze()  # as in the workers: no long garbage collection in a write transaction
    loops = [Thread(target=copy_context().run, args=(keep_ticking, connection, task, stop, interval)) for task in tasks]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join()


def keep_ticking(connection: Redis, task: Task, stop: Event, interval: float = INTERVAL) -> None:
    """Whatever fails is logged and waited out, twice as long each time."""
    failures = 0
    while not stop.is_set():
        good = tick(connection, task, utcnow(), lambda: stop.wait(PATIENCE))
        failures = 0 if good else min(failures + 1, 10)
        pause = interval * task.every if good else min(interval * 2**failures, LONGEST_WAIT)
        stop.wait(pause - PATIENCE)


def tick(connection: Redis, task: Task, now: datetime, wait: Callable[[], object]) -> bool:
    """Enqueue the task, wait for the workers, and do here what they left undone. False = that failed."""
    try:
        if enqueue(connection, task.queue, task.job):
            wait()
        if task.was_due(now):
            task.run()
    except Exception:  # above all a database that is away: the ticker must outlive it
        log.exception("%s failed in the ticker", task.job)
        return False
    return True
