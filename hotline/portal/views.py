"""The public pages. No log-in: number and query code open one ticket in one browser for a while."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from hotline.accounts.actor import Actor
from hotline.actions import ACTIONS, perform
from hotline.clock import utcnow
from hotline.errors import BROKEN, FRAMEWORK, DomainError, Invalid, NotFound, TooMany, Unauthenticated
from hotline.idempotency import once
from hotline.portal import access, progress, words
from hotline.ticket import attachments
from hotline.ui.door import house, transaction
from hotline.ui.files import served
from hotline.ui.forms import error_list, fields_of, submitted

pages = Blueprint("portal", __name__, template_folder="templates")

SIZES = ("normal", "large")
NO_MATCH = "工单号或查询码不正确，请核对后重试"
ENDED = "为保护您的信息，查询已自动结束，请重新输入工单号和查询码"
FIRST = "请先输入工单号和查询码"
STALE = "页面打开太久，请再提交一次"


@pages.get("/portal")
def start() -> ResponseReturnValue:
    """Where an enterprise begins."""
    return render_template("portal/start.html")


@pages.get("/track")
def track() -> ResponseReturnValue:
    """The form for number and query code; `to` names the action wanted after it."""
    return _ask(number=request.args.get("no", ""))


@pages.post("/track")
def prove() -> ResponseReturnValue:
    """Open the ticket, or say in one sentence for every reason that this is not it."""
    number = access.typed_number(request.form.get("number", "")[:60])
    code = access.typed_code(request.form.get("code", "")[:60])
    now = utcnow()
    try:
        with transaction(write=True) as db:
            ticket_id = access.prove(db, number, code, request.remote_addr or "0.0.0.0", now)
    except TooMany as error:
        return _ask(number, error.message, error.status)
    if ticket_id is None:
        return _ask(number, NO_MATCH, 422)
    access.remember(session, ticket_id, now)
    return redirect(_after(request.form.get("to", "")), 303)


def _after(wanted: str) -> str:
    return url_for(".form", action=wanted) if wanted in words.DOING else url_for(".show")


def _ask(number: str = "", message: str = "", status: int = 200) -> ResponseReturnValue:
    wanted = request.values.get("to") or (request.view_args or {}).get("action", "")
    shown = {"number": number[:60], "message": message, "to": wanted if wanted in words.DOING else ""}
    return render_template("portal/track.html", **shown, kept=_kept(), is_wrong=status in (422, 429)), status


def _kept() -> str:
    """What was typed into a form whose page had expired; never what another site sent here to be shown."""
    origin = request.headers.get("Origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.host
    return request.form.get("text", "") if is_ours else ""


@pages.post("/track/exit")
def leave() -> ResponseReturnValue:
    """退出: this browser no longer sees the ticket."""
    access.forget(session)
    flash("已退出查询", "ok")
    return redirect(url_for(".track"), 303)


@pages.get("/track/ticket")
def show() -> ResponseReturnValue:
    """The progress of the ticket, and what the enterprise may do."""
    actor, now = current_enterprise(), utcnow()
    with transaction() as db:
        shown = progress.view(db, access.tracked(db, actor), actor, now)
        return render_template("portal/ticket.html", **shown)


@pages.get("/track/ticket/receipt")
def receipt() -> ResponseReturnValue:
    """The progress on paper, without anything personal."""
    actor, now = current_enterprise(), utcnow()
    with transaction() as db:
        shown = progress.view(db, access.tracked(db, actor), actor, now)
        printed = {"printed_by": "诉求人", "printed_at": words.day_and_time(now), "back": url_for(".show")}
        return render_template("portal/receipt.html", **shown, **printed)


@pages.get("/track/ticket/files/<int:file_id>")
def download(file_id: int) -> ResponseReturnValue:
    """A public attachment of this ticket."""
    actor = current_enterprise()
    with transaction() as db:
        return served(attachments.find(db, actor, file_id))


@pages.get("/track/ticket/actions/<action>")
def form(action: str) -> ResponseReturnValue:
    """The form of one action, drawn from its schema."""
    return _form(current_enterprise(), action, _schema(action))


@pages.post("/track/ticket/actions/<action>")
def act(action: str) -> ResponseReturnValue:
    """Do it once, however often it is sent. A refusal is told in words above what was typed."""
    actor, schema = current_enterprise(), _schema(action)
    typed = submitted(schema, request.form)
    try:
        with transaction(write=True) as db:
            _once(db, actor, action, typed)
    except DomainError as error:
        if error.code == "idempotency_in_progress":  # a second press: the first one is doing it
            return redirect(url_for(".show"), 303)
        return _form(actor, action, schema, typed, error)
    flash(words.DOING[action].done, "ok")
    return redirect(url_for(".show"), 303)


def _once(db: Session, actor: Actor, action: str, typed: Mapping[str, Any]) -> None:
    now, number = utcnow(), access.tracked(db, actor).no

    def do() -> dict[str, Any]:
        perform(db, actor, action, typed, now, number=number)
        return {"action": action}

    once(db, f"ticket:{actor.ticket_id}", request.form.get("idempotency_key"), {"action": action, **typed}, now, do)


def _form(
    actor: Actor,
    action: str,
    schema: type[Schema],
    typed: Mapping[str, Any] | None = None,
    error: DomainError | None = None,
) -> ResponseReturnValue:
    """The form, afresh: with the ticket's present version, or without its button once the action is closed."""
    errors = _field_errors(error)
    with transaction() as db:
        ticket = access.tracked(db, actor)
        shown = {"no": ticket.no, "version": ticket.version, "status_text": words.status_text(ticket)}
        is_open = action in {offer.action for offer in progress.offers(ticket, actor, utcnow())}
    page = render_template(
        "portal/action.html",
        **shown,
        action=action,
        doing=words.DOING[action],
        is_open=is_open,
        fields=[one for one in fields_of(schema, typed, errors) if one["name"] != "version"],
        errors=error_list(schema, errors),
        message=_told(error) if error and not errors else "",
        kept=(typed or {}).get("text", ""),
        key=secrets.token_urlsafe(12),
    )
    return page, error.status if error else 200


def _field_errors(error: DomainError | None) -> Mapping[str, Any]:
    if not isinstance(error, Invalid):
        return {}
    fields: Mapping[str, Any] = error.details.get("fields") or ({error.field: [error.message]} if error.field else {})
    return fields


def _told(error: DomainError) -> str:
    if error.code == "idempotency_key_reused":
        return "这一页的内容此前已经提交过一次。如确需再次提交，请核对后再点一次。"
    return error.message


def _schema(action: str) -> type[Schema]:
    if action not in words.DOING:
        raise NotFound("没有这个操作", code="unknown_action")
    return ACTIONS[action].schema


def current_enterprise() -> Actor:
    """The enterprise of this browser. Raises Unauthenticated (here: to the query form) when it has none."""
    idle, had_one = timedelta(minutes=house().settings.session_idle_minutes), access.KEY in session
    actor = access.tracker(session, utcnow(), idle)
    if actor is None:
        raise Unauthenticated(ENDED if had_one else FIRST, code="tracking_ended")
    return actor


@pages.errorhandler(DomainError)
def _refused(error: DomainError) -> ResponseReturnValue:
    if isinstance(error, Unauthenticated):
        return _ask(message=error.message, status=401)
    return render_template("portal/error.html", code=error.status, message=error.message), error.status


@pages.errorhandler(HTTPException)
def _failed(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    message = FRAMEWORK.get(status, BROKEN)[1]
    return render_template("portal/error.html", code=status, message=message), status


@pages.errorhandler(CSRFError)
def _expired(_error: CSRFError) -> ResponseReturnValue:
    """The page outlived its session: ask again, and lose nothing that was typed."""
    number = access.typed_number(request.form.get("number", ""))
    return _ask(number, STALE if request.endpoint == "portal.prove" else ENDED, 403)


@pages.context_processor
def _frame() -> dict[str, Any]:
    """What the frame needs: the size of type, the link to the other one, whether a ticket is open."""
    size = request.args.get("size") or request.cookies.get("size", "")
    other = "normal" if size == "large" else "large"
    return {
        "size": size,
        "other_size": other,
        "other_size_href": _same_page(other),
        "is_tracking": access.KEY in session,
    }


def _same_page(size: str) -> str:
    kept = {name: value for name, value in request.args.items() if name in ("to", "no", "q")}
    path = url_for(".track") if request.endpoint == "portal.leave" else request.path
    return f"{path}?{urlencode({**kept, 'size': size})}"


@pages.after_request
def _remember_size(response: Response) -> Response:
    wanted = request.args.get("size")
    if wanted in SIZES:
        response.set_cookie("size", wanted, max_age=timedelta(days=365), samesite="Lax", httponly=True)
    return response
