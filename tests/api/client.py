"""The API over HTTP as somebody logged in sees it, at the city's own time."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hotline.accounts.models import Account
from hotline.accounts.operations import issue_token
from hotline.api.tokens import VALID
from tests import services
from tests.city import City

CLOCKS = ("hotline.ui.door.utcnow", "hotline.api.access.utcnow", "hotline.api.tokens.utcnow")
"""Where the doors read the wall clock."""
ROOT = "/api/v1"


class Api:
    """Requests by login. Tokens are issued in the database: checking a password takes its time."""

    def __init__(self, city: City, patch: pytest.MonkeyPatch) -> None:
        self.city = city
        self.app = app_on(city)
        self._tokens: dict[str, str] = {}
        for name in CLOCKS:
            patch.setattr(name, lambda: city.now)

    def get(self, login: str, path: str, **query: Any) -> TestResponse:
        return self.call(login, path, method="GET", query_string=query)

    def post(self, login: str, path: str, /, headers: dict[str, str] | None = None, **payload: Any) -> TestResponse:
        return self.call(login, path, method="POST", json=payload, headers=headers or {})

    def act(self, login: str, number: str, action: str, /, **payload: Any) -> TestResponse:
        """One action on a ticket."""
        return self.post(login, f"/tickets/{number}/actions/{action}", **payload)

    def call(self, login: str, path: str, headers: dict[str, str] | None = None, **request: Any) -> TestResponse:
        """Any request; an empty login sends no token."""
        bearer = {"Authorization": f"Bearer {self.token(login)}"} if login else {}
        with self.app.test_client() as client:
            return client.open(ROOT + path, headers={**bearer, **(headers or {})}, **request)

    def token(self, login: str) -> str:
        """A bearer token of this account, one for each."""
        if login not in self._tokens:
            with self.city.database.transaction() as session:
                account = session.scalars(select(Account).filter_by(login=login)).one()
                self._tokens[login] = issue_token(session, account, "test", self.city.now, VALID * 1000)
        return self._tokens[login]


def app_on(city: City) -> Flask:
    """The whole app on the city's database, without Redis, with a folder that goes when the app goes."""
    folder = TemporaryDirectory(prefix="hotline-api-")
    url = city.database.engine.url.render_as_string(hide_password=False)
    app = services.app(services.settings(Path(folder.name), url))
    app.extensions["hotline"].database = city.database
    app.extensions["folder"] = folder
    return app
