"""Fresh migrated databases for tests. Each xdist worker has templates of its own: nothing is shared, nothing waits."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from flask import Flask
from sqlalchemy import make_url

from hotline import migrate
from hotline.app import create_app, furnish
from hotline.config import Settings

KEY = "a-key-for-tests-only"
"""One for all: the columns' cipher is set per process, and template databases are shared."""


def settings(data_dir: Path, database_url: str, redis_url: str = "unix:///nowhere/redis.sock") -> Settings:
    """Settings on the given database; without Redis unless its address is given."""
    return Settings(data_dir=data_dir, database_url=database_url, redis_url=redis_url, secret_key=KEY, pii_key=KEY)


def migrated_sqlite(folder: Path) -> Path:
    """A SQLite file at the newest migration, to be copied."""
    path = folder / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[str]:
    """The URL of a fresh copy of the template."""
    path = folder / "hotline.sqlite3"
    shutil.copyfile(template, path)
    yield f"sqlite:///{path}"


@contextmanager
def migrated_postgres(server_url: str) -> Iterator[str]:
    """The URL of a PostgreSQL database at the newest migration, to be copied; dropped at the end."""
    with empty_postgres(server_url) as url:
        migrate.upgrade(url)
        yield url


@contextmanager
def postgres_copy(template_url: str) -> Iterator[str]:
    """The URL of a fresh copy of the template, dropped at the end."""
    with empty_postgres(template_url, make_url(template_url).database) as url:
        yield url


@contextmanager
def empty_postgres(server_url: str, template: str | None = None) -> Iterator[str]:
    """The URL of a new database on the server, without a table or as the template has them; dropped at the end."""
    server = make_url(server_url).set(database="postgres")
    name = f"hotline_test_{uuid4().hex[:12]}"
    # files are copied, not logged page by page: three times as fast for a database of a hundred small tables
    _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY FILE_COPY")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    plain = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


_lent: list[Flask] = []
_idle: list[Flask] = []


def app(settings: Settings) -> Flask:
    """The whole app on these settings. Its doors take half a second to make: those of an earlier test serve again."""
    if not _idle:
        lent = create_app(settings)
    else:
        furnish(lent := _idle.pop(), settings)
    _lent.append(lent)
    return lent


@contextmanager
def apps_returned() -> Iterator[None]:
    """The apps that were lent inside are free at the end."""
    before = len(_lent)
    yield
    _idle.extend(_lent[before:])
    del _lent[before:]


def chromium() -> Path | None:
    """The browser's program; its usual place counts too when PATH does not name it."""
    found = shutil.which("chromium") or "/usr/bin/chromium"
    return Path(found) if os.access(found, os.X_OK) else None
