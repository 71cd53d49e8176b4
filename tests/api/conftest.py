"""The API of a fresh city, on both databases."""

import pytest

from tests.api.client import Api
from tests.city import City


@pytest.fixture
def api(city: City, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Requests by login, at the city's time."""
    return Api(city, monkeypatch)
