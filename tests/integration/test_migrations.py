import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from hotline import migrate
from hotline.app import import_models
from hotline.database import Base, Database, make_engine
from hotline.ticket.models import Extension
from hotline.ticket.queries import hanging
from tests import factories, services
from tests.city import City


def tables(url: str) -> set[str]:
    engine = make_engine(url)
    found = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return found


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_models_and_migrations_agree(database: Database) -> None:
    import_models()
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []


def test_all_migrations_go_down_and_up_again_with_data_in_the_tables(city: City) -> None:
    database = city.database
    city.do("dispatch1", "dispatch", city.register(), unit_code="JRJ")
    before = tables(url_of(database))
    assert before
    migrate.downgrade(url_of(database), "base")
    assert tables(url_of(database)) == set()
    migrate.upgrade(url_of(database))
    assert tables(url_of(database)) == before


def test_a_percent_sign_in_the_address_is_taken_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "50%.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    assert path.exists()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_hosts_that_start_together_migrate_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
        if kind == "postgres":
            url = stack.enter_context(services.empty_postgres(request.getfixturevalue("postgres_server")))
        command = [sys.executable, "-c", f"from hotline import migrate; migrate.upgrade({url!r})"]
        both = [subprocess.Popen(command) for _ in range(2)]
        assert [process.wait() for process in both] == [0, 0]
        assert tables(url)


def test_an_extension_agreed_from_above_survives_the_step_down_without_its_agreement(city: City) -> None:
    number = factories.make(city, "handling")
    agreed = {"agreed_by": "省专班", "agreed_ref": "督函17号", "agreed_on": "2026-03-18"}
    factories.act(city, "wd.handler", "request_extension", number, **agreed)
    migrate.downgrade(url_of(city.database), "af86b49b6f02")
    migrate.upgrade(url_of(city.database))
    with city.ticket(number) as (session, ticket):
        [kept] = hanging(session, Extension, ticket)
    assert (kept.working_days, kept.agreed_by, kept.agreed_on) == (2, None, None)
