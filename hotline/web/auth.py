"""Logging in and out in the browser."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from hotline.errors import Unauthenticated
from hotline.ticket.schemas import typed
from hotline.ui.door import let_in

pages = Blueprint("auth", __name__, template_folder="templates")


@pages.get("/login")
def login_form() -> ResponseReturnValue:
    """The log-in page."""
    return render_template("ui/login.html", next=_safe(request.args.get("next")))


@pages.post("/login")
def login() -> ResponseReturnValue:
    """Check the password; the session is made anew, so that nobody can have planted its id."""
    name, target = typed(request.form.get("login", "")), _safe(request.form.get("next"))
    try:
        account = let_in(name, request.form.get("password", ""))
    except Unauthenticated as refusal:
        return render_template("ui/login.html", login=name, error=refusal.message, next=target), 401
    session.clear()
    session.permanent = True
    session.update(account_id=account.id, version=account.session_version)
    return redirect(target or "/")


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return redirect("/login")


def _safe(target: str | None) -> str:
    """A path of this site, or nothing: a log-in must not send people elsewhere."""
    parts = urlsplit(target or "")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return (target or "") if inside and "\\" not in (target or "") else ""
