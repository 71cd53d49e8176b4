"""The ticker: it asks the workers, does what they leave undone, and outlives Redis and the database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from redis import Redis
from rq.serializers import JSONSerializer

from hotline.clock import utcnow
from hotline.database import Database
from hotline.deadlines.sweep import run_sweep
from hotline.jobs.worker import QuickWorker, make_worker
from hotline.queue import connect, queue
from hotline.ticker import Task, house_tasks, keep_ticking, run, tick
from tests import services
from tests.city import City
from tests.sweep_world import START, World, hours, prepare
from tests.web.client import app_on

NOWHERE = "unix:///nowhere/redis.sock"


class Work:
    """A task that is due until it has run; `breaks` times it fails first."""

    def __init__(self, breaks: int = 0, enough: int = 1) -> None:
        self.stop = Event()
        self.runs = 0
        self.breaks = breaks
        self.enough = enough

    def was_due(self, _at: datetime) -> bool:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError("the database is away")
        return self.runs < self.enough

    def run(self) -> None:
        self.runs += 1
        if self.runs >= self.enough:
            self.stop.set()

    def task(self) -> Task:
        return Task("deadlines", "tests.jobs.nothing", self.run, self.was_due)


def no_wait() -> None:
    """The workers get no time at all."""


def test_without_redis_the_ticker_works_itself() -> None:
    work = Work()
    assert tick(connect(NOWHERE), work.task(), START, no_wait)
    assert work.runs == 1


def test_with_redis_the_job_waits_for_a_worker_with_a_fresh_id_and_a_short_life(redis_url: str) -> None:
    connection, work = connect(redis_url), Work(enough=0)
    for _ in range(2):
        tick(connection, work.task(), START, no_wait)
    jobs = queue(connection, "deadlines").jobs
    assert len({job.id for job in jobs}) == 2
    assert {(job.func_name, job.ttl, job.result_ttl) for job in jobs} == {("tests.jobs.nothing", 30, 0)}
    assert work.runs == 0


def test_when_the_workers_leave_it_undone_the_ticker_works_itself(redis_url: str) -> None:
    work, waited = Work(), Event()
    assert tick(connect(redis_url), work.task(), START, waited.set)
    assert waited.is_set()
    assert work.runs == 1


def test_a_dead_database_is_waited_out_and_does_not_end_the_ticker() -> None:
    work = Work(breaks=2)
    keep_ticking(connect(NOWHERE), work.task(), work.stop, interval=0.01)
    assert (work.breaks, work.runs) == (0, 1)


def test_a_slow_task_does_not_hold_up_another() -> None:
    quick, stop = Work(), Event()

    def wait_for_the_quick_one() -> None:
        assert quick.stop.wait(10)
        stop.set()

    slow = Task("notify", "tests.jobs.nothing", wait_for_the_quick_one, lambda _at: True)
    run(connect(NOWHERE), [slow, quick.task()], stop, interval=0.01)
    assert quick.runs == 1


def test_what_comes_round_rarely_is_done_at_once_and_then_waits() -> None:
    rare, often, stop = Work(enough=9), Work(enough=9), Event()
    often.stop = stop
    task = Task("notify", "tests.jobs.nothing", rare.run, rare.was_due, every=10_000)
    run(connect(NOWHERE), [task, often.task()], stop, interval=0.6)
    assert (rare.runs, often.runs) == (1, 9)


def sweeping(world: World, now: Callable[[], datetime]) -> Task:
    def sweep() -> None:
        run_sweep(world.database, now, lambda _session: world.context())

    return Task("deadlines", "tests.jobs.nothing", sweep, lambda _at: True)


def test_a_lesson_that_no_worker_gives_is_learned_in_a_child_process(
    sqlite_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(sqlite_city, tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_city.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("HOTLINE_DATA", str(app.extensions["hotline"].settings.data_dir))
    monkeypatch.setenv("HOTLINE_SECRET_KEY", services.KEY)
    monkeypatch.setenv("HOTLINE_PII_KEY", services.KEY)
    with app.app_context():
        [lesson] = [task for task in house_tasks(sqlite_city.database) if task.job.endswith("learn_to_suggest")]
        now = utcnow()
        assert not lesson.was_due(now + timedelta(hours=1)), "first the workers are waited for"
        assert lesson.was_due(now + timedelta(hours=3))
        lesson.run()
        assert not lesson.was_due(now + timedelta(hours=3))
        assert lesson.was_due(now + timedelta(hours=23))


def test_two_tickers_at_once_fire_each_rung_once(database: Database) -> None:
    world, stop = World(prepare(database)), Event()
    world.start(*range(1, 301))
    task = sweeping(world, lambda: hours(2))

    def sweep_and_stop() -> None:
        task.run()
        stop.set()

    both = [Task(task.queue, task.job, sweep_and_stop, task.was_due)] * 2
    run(connect(NOWHERE), both, stop, interval=0.01)
    assert all(world.ledger(n) == ["reminder"] for n in range(1, 301))


@pytest.mark.parametrize(("names", "simple"), [(("deadlines", "notify"), True), (("index", "reports"), False)])
def test_short_jobs_run_in_the_worker_and_long_ones_in_a_child(
    redis_url: str, names: tuple[str, ...], simple: bool
) -> None:
    worker = make_worker(connect(redis_url), names)
    assert isinstance(worker, QuickWorker) is simple
    assert worker.serializer is JSONSerializer


def test_a_worker_starts_at_once_after_one_that_was_killed_with_a_job_in_hand(redis_url: str) -> None:
    connection: Redis[bytes] = connect(redis_url)
    dead = make_worker(connection)
    dead.register_birth()
    job = queue(connection, "deadlines").enqueue("builtins.len", "in hand", ttl=30, result_ttl=0)
    dead.prepare_execution(job)
    queue(connection, "deadlines").empty()

    queue(connection, "deadlines").enqueue("builtins.len", "the next one", ttl=30, result_ttl=0)
    assert make_worker(connection).work(burst=True, logging_level="ERROR")
    assert queue(connection, "deadlines").count == 0
