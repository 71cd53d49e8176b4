"""A running house for a browser: the demo city on a SQLite file behind a real, threaded HTTP server."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.serving import make_server

from hotline.database import Database
from hotline.demo.directory import PASSWORD
from hotline.demo.knowledge import POLICIES
from hotline.directory.models import Unit
from hotline.knowledge.operations import Ownership, import_text
from tests import services
from tests.city import LOAN_INTEREST, START, City
from tests.conftest import city_on
from tests.web.client import TOKEN, app_on


@dataclass
class Live:
    """The running app and its city. `city` acts behind the pages' back, as other people do."""

    url: str
    app: Flask
    city: City

    def log_in(self, page: Page, login: str, path: str = "/") -> None:
        """Log in by two requests of the page's own browser, then open `path`. The form itself has tests of its own."""
        token = TOKEN.search(page.request.get(f"{self.url}/login").text())
        assert token
        form: dict[str, str | float | bool] = {"csrf_token": token[1], "login": login, "password": PASSWORD}
        answer = page.request.post(f"{self.url}/login", form=form, max_redirects=0)
        assert answer.status == 302, answer.text()
        page.goto(self.url + path)


@pytest.fixture(scope="session")
def filled_folder(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory, knowledge and index, made once per worker, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    with services.sqlite_copy(sqlite_template, folder) as url:
        city = city_on(Database(services.settings(folder, url)))
        fill_knowledge(city)
        app_on(city, folder).extensions["knowledge"].follow()
        city.database.engine.dispose()
    return folder


@pytest.fixture
def live(filled_folder: Path, tmp_path: Path) -> Iterator[Live]:
    """The house with directory and knowledge, without tickets, at a free port."""
    with running(filled_folder, tmp_path) as house:
        yield house


@contextmanager
def running(filled: Path, folder: Path) -> Iterator[Live]:
    """A house of its own on a copy of the filled folder."""
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    database = Database(services.settings(folder, f"sqlite:///{folder / 'hotline.sqlite3'}"))
    city = City(database, category=LOAN_INTEREST)
    app = app_on(city, folder)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{server.server_port}", app, city)
    server.shutdown()
    thread.join()
    app.extensions["knowledge"].wait()
    database.engine.dispose()


def fill_knowledge(city: City) -> None:
    """The demo city's policies, as entries by article."""
    with city.database.transaction() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).all())
        for policy in POLICIES:
            import_text(session, policy.read(), Ownership(units[policy.unit_code]), author_id=None, now=START)
