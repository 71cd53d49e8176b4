"""The pages over a city: the app on its database, and the desks that several files sit down at."""

from pathlib import Path

import pytest
from flask import Flask

from tests.city import City
from tests.web.client import Desk, app_on


@pytest.fixture
def app(city: City, tmp_path: Path) -> Flask:
    """The whole app on the city's database. A file that needs one database only says which `city` it means."""
    return app_on(city, tmp_path)


@pytest.fixture
def city_time(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages open at the city's time, not at ours."""
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: city.now)


@pytest.fixture
def admin(app: Flask) -> Desk:
    """An administrator, logged in."""
    return Desk(app, "admin1")
