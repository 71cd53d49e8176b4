"""The jobs by name, in the whole house: a rung reaches the ledger, its notices reach their readers, twice is once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hotline import jobs
from hotline.app import create_app
from hotline.jobs.worker import make_worker
from hotline.outbox.operations import unsent
from hotline.queue import connect, enqueue
from hotline.ticker import house_tasks
from hotline.ticket.ledger import entries
from tests.auto import Automatic, teach
from tests.city import City
from tests.services import settings


@pytest.fixture
def app(city: City, tmp_path: Path, redis_url: str) -> Iterator[Flask]:
    url = city.database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings(tmp_path, url, redis_url))
    with app.app_context():
        yield app
    app.extensions["hotline"].database.engine.dispose()


def rungs(city: City, number: str) -> list[str]:
    with city.ticket(number) as (session, ticket):
        return [entry.data["rung"] for entry in entries(session, ticket) if entry.action == "rung"]


def test_what_a_worker_runs_by_name_fires_every_rung_once_and_sends_its_notices(city: City, app: Flask) -> None:
    number = city.register()
    connection = connect(app.extensions["hotline"].settings.redis_url)
    for job in ("sweep", "sweep", "deliver", "deliver"):
        enqueue(connection, "deadlines", f"hotline.jobs.{job}")
        make_worker(connection).work(burst=True, logging_level="ERROR")
    assert rungs(city, number) == ["reminder", "urge", "yellow", "red"]
    with city.database.transaction(write=False) as session:
        assert unsent(session) == []


def test_the_lesson_is_learned_once_a_day_however_often_it_is_asked_for(city: City, app: Flask) -> None:
    city.register("agent1", "answer", appeal_type="CONSULTATION", public_text="已答复", wants_callback=False)
    models = app.extensions["suggestions"]
    assert models.learned() is None
    jobs.learn_to_suggest()
    first = models.learned()
    jobs.learn_to_suggest()
    assert first is not None
    assert models.learned() == first


def test_a_worker_dispatches_by_name_what_a_rule_allows_and_the_ticker_sees_nothing_left(
    city: City, app: Flask
) -> None:
    automatic = Automatic(city, teach(app.extensions["suggestions"].folder))
    automatic.rule()
    number = automatic.register()
    task = next(one for one in house_tasks(app.extensions["hotline"].database) if one.job.endswith("auto_dispatch"))
    assert task.was_due(city.now)
    connection = connect(app.extensions["hotline"].settings.redis_url)
    enqueue(connection, task.queue, task.job)
    make_worker(connection).work(burst=True, logging_level="ERROR")
    assert city.status(number) == "AWAITING_SIGN"
    assert not task.was_due(city.now)
