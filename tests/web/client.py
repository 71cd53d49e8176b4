"""A browser without scripts: it keeps its cookies and posts the tokens of the page it looks at. CSRF is on."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hotline.accounts.models import Account
from tests import services
from tests.city import City

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def app_on(city: City, folder: Path) -> Flask:
    """The whole app on the city's own database; uploads and index in `folder`."""
    url = city.database.engine.url.render_as_string(hide_password=False)
    return services.app(services.settings(folder, url))


class Desk:
    """One person at one browser."""

    def __init__(self, app: Flask, login: str | None = None) -> None:
        self.app, self.http = app, app.test_client()
        self.page = ""
        self._token = ""
        if login:
            self.log_in(login)

    def log_in(self, login: str) -> None:
        """Be where the log-in form leads (it has tests of its own: checking a password takes its time)."""
        with self.app.extensions["hotline"].database.transaction(write=False) as db:
            account = db.scalars(select(Account).filter_by(login=login)).one()
        with self.http.session_transaction() as kept:
            kept.permanent = True
            kept.update(account_id=account.id, version=account.session_version)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Open a page; its token serves the next post."""
        return self._seen(self.http.get(path, query_string=query or None))

    def post(self, path: str, /, **form: Any) -> TestResponse:
        """Send a form with the token of the last page that had one. Files: (stream, name)."""
        fields = {"csrf_token": self._token, **form}
        return self._seen(self.http.post(path, data=fields, content_type="multipart/form-data"))

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html":
            self.page = answer.get_data(as_text=True)
            found = TOKEN.search(self.page)
            self._token = unescape(found[1]) if found else self._token
        return answer

    def hidden(self, name: str) -> str:
        """The value of the last page's first hidden input of this name."""
        found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', self.page)
        assert found, f"no input {name}"
        return unescape(found[1])
