"""Fixtures: a real Redis, a real PostgreSQL, fresh migrated databases of both kinds, and a real browser."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from redis import Redis

from hotline.database import Database
from hotline.demo.directory import fill_directory
from hotline.servers import start_postgres, start_redis
from tests import services
from tests.city import LOAN_INTEREST, START, City

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # milliseconds: a busy machine is slow, not wrong
NO_CHROMIUM = "no Chromium: apt-get install chromium fonts-noto-cjk"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL: TEST_DATABASE_URL, else one started here from the wheel's programs."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    server = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield server.url
    server.stop(signal.SIGINT)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis-compatible server started here."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once per worker."""
    return services.migrated_sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A migrated PostgreSQL database, made once per worker."""
    with services.migrated_postgres(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh migrated database on SQLite."""
    with services.sqlite_copy(sqlite_template, tmp_path) as url:
        yield from _opened(url, tmp_path)


@pytest.fixture
def postgres_database(postgres_template: str, tmp_path: Path) -> Iterator[Database]:
    """A fresh migrated database on PostgreSQL."""
    with services.postgres_copy(postgres_template) as url:
        yield from _opened(url, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh migrated database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(autouse=True)
def apps() -> Iterator[None]:
    """An app serves one test at a time."""
    with services.apps_returned():
        yield


def _opened(url: str, folder: Path) -> Iterator[Database]:
    database = Database(services.settings(folder, url))
    yield database
    database.engine.dispose()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Where there is none, its tests are skipped with the reason; in CI they fail."""
    program = services.chromium()
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab as an agent's desk has it: 1366×768, Chinese, Shanghai time."""
    desk: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN"}
    context = browser.new_context(timezone_id="Asia/Shanghai", **desk)
    yield context.new_page()
    context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, for `-m "not browser"`."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def sqlite_city_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the demo city's directory, made once per worker."""
    folder = tmp_path_factory.mktemp("city")
    with services.sqlite_copy(sqlite_template, folder) as url:
        _fill(url, folder)
    return folder / "hotline.sqlite3"


@pytest.fixture(scope="session")
def postgres_city_template(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database with the demo city's directory, made once per worker."""
    with services.postgres_copy(postgres_template) as url:
        _fill(url, tmp_path_factory.mktemp("city"))
        yield url


def _fill(url: str, folder: Path) -> None:
    database = Database(services.settings(folder, url))
    city_on(database)
    database.engine.dispose()


@pytest.fixture
def sqlite_city(sqlite_city_template: Path, tmp_path: Path) -> Iterator[City]:
    """The demo city without tickets, on SQLite."""
    with services.sqlite_copy(sqlite_city_template, tmp_path) as url:
        yield from (City(database, category=LOAN_INTEREST) for database in _opened(url, tmp_path))


@pytest.fixture
def postgres_city(postgres_city_template: str, tmp_path: Path) -> Iterator[City]:
    """The demo city without tickets, on PostgreSQL."""
    with services.postgres_copy(postgres_city_template) as url:
        yield from (City(database, category=LOAN_INTEREST) for database in _opened(url, tmp_path))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def city(request: pytest.FixtureRequest) -> City:
    """The demo city without tickets; the test runs once on SQLite and once on PostgreSQL."""
    found: City = request.getfixturevalue(f"{request.param}_city")
    return found


def city_on(database: Database) -> City:
    """Fill the demo city's directory into a fresh database."""
    with database.transaction() as session:
        fill_directory(session, START)
    return City(database, category=LOAN_INTEREST)
