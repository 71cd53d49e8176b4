"""The composition root: settings, database, doors, security."""

import importlib
import logging
import secrets
from datetime import timedelta
from importlib.metadata import version
from threading import Event, Thread

from flask import Flask, Response, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_smorest import Api
from flask_wtf import CSRFProtect

from hotline import api, config, errors, portal, web
from hotline.accounts.models import Account
from hotline.clock import to_local, utcnow
from hotline.database import Database
from hotline.dispatch.learning import Models
from hotline.knowledge import readiness
from hotline.knowledge.indexing import IndexHolder
from hotline.ticket.similar import SimilarTickets
from hotline.ui import helpers
from hotline.ui.door import House, house
from hotline.ui.helpers import RowId

MODELS = (
    "accounts.models",
    "deadlines.models",
    "directory.models",
    "dispatch.catalogue_uploads",
    "dispatch.models",
    "experts.models",
    "experts.records",
    "feedback.models",
    "idempotency",
    "intake.models",
    "knowledge.models",
    "knowledge.records",
    "knowledge.uploads",
    "messages.models",
    "outbox.models",
    "supervision.models",
    "ticket.ledger",
    "ticket.models",
)
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def import_models() -> None:
    """Every table, for migrations."""
    for module in MODELS:
        importlib.import_module(f"hotline.{module}")


def create_app(settings: config.Settings | None = None) -> Flask:
    """The whole house as one WSGI app; settings from the environment unless given."""
    import_models()
    app = Flask("hotline", static_folder="web/static", static_url_path="/static")
    app.session_interface = Sessions()
    app.url_map.converters["int"] = RowId
    furnish(app, settings or config.load())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    csrf = CSRFProtect(app)
    helpers.register(app)
    web.register(app)
    portal.register(app)
    for blueprint in api.register(Api(app)):
        csrf.exempt(blueprint)  # bearer tokens only: a browser sends none by itself
    errors.register(app)  # after flask-smorest, which brings its own
    app.before_request(_begin)
    app.after_request(_secure)
    return app


def furnish(app: Flask, settings: config.Settings) -> None:
    """Settings, database and engines: all in which two houses with the same doors differ."""
    app.config.update(_flask_settings(settings))
    database = Database(settings)
    app.extensions["hotline"] = House(settings=settings, database=database)
    holder = IndexHolder(settings.index_dir, lambda: database.transaction(write=False))
    app.extensions["knowledge"] = holder
    app.extensions["suggestions"] = Models(settings.models_dir, holder.segmenter.once)
    app.extensions["similar"] = SimilarTickets(holder.segmenter.once)


def serve() -> Flask:
    """The app as a web process runs it: its search is warm before the first request, and follows what is published.

    Tickets on the same matter are read in meanwhile.
    """
    app = create_app()
    holder = app.extensions["knowledge"]
    database = app.extensions["hotline"].database
    readiness.keep_up(holder, Event())
    alike = app.extensions["similar"]
    Thread(target=alike.catch_up, args=(lambda: database.transaction(write=False), utcnow()), daemon=True).start()
    readiness.warm(lambda: database.transaction(write=False), holder, to_local(utcnow()).date())
    return app


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": settings.max_request_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.max_upload_bytes,
        "PERMANENT_SESSION_LIFETIME": timedelta(minutes=settings.session_idle_minutes),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "JSON_AS_ASCII": False,
        "TEMPLATES_AUTO_RELOAD": False,
        "VERSION": version("hotline"),
        **api.OPENAPI,
    }


class Sessions(SecureCookieSessionInterface):
    """Signed cookies that files never send: a late style sheet would bring back the session of who just logged out."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def _begin() -> None:
    """A number for the request, and whose session this is, if it is still a good one."""
    g.request_id = secrets.token_hex(6)
    g.account_id = None
    if request.path.startswith(("/api/", "/static/")) or "account_id" not in session:
        return
    session.permanent = True  # every request renews the idle time
    g.account_id = session["account_id"] if _session_is_current() else None
    if g.account_id is None:
        session.clear()


def _session_is_current() -> bool:
    """False once the password was changed, the account closed, or everybody logged out."""
    with house().database.transaction(write=False) as transaction:
        account = transaction.get(Account, session["account_id"])
        return account is not None and account.is_active and account.session_version == session.get("version")


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
