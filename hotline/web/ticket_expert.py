"""An open ticket's expert: 请专家通话 with the desk's own live panel, and 预约 out of the roster."""

import secrets
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hotline.errors import DomainError, NotFound, Unauthenticated
from hotline.experts import appointments
from hotline.experts.actions import form_of, perform_on_advice
from hotline.experts.lifecycle import DESK
from hotline.experts.records import AHEAD
from hotline.idempotency import once
from hotline.ticket.queries import get
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, fields_of, submitted
from hotline.web import desk_expert
from hotline.web.access import demand
from hotline.web.navigation import render_page

pages = Blueprint("ticket_expert", __name__, template_folder="templates")


@pages.get("/tickets/<no>/expert")
def show(no: str) -> ResponseReturnValue:
    """The ticket's call for an expert and its appointments."""
    with door() as d:
        return _page(d, no)


@pages.get("/tickets/<no>/expert/<_action>")
@pages.get("/tickets/<no>/appointment")
def back(no: str, _action: str = "") -> ResponseReturnValue:
    """The address of a form's answer, opened again: the page."""
    with door():
        return redirect(f"/tickets/{no}/expert")


@pages.get("/tickets/<no>/expert-state")
def state(no: str) -> ResponseReturnValue:
    """Which state of the call the page should show: scripts ask every two seconds while a caller waits."""
    with door() as d:
        demand(d, DESK)
        return jsonify(seen=desk_expert.state(d, desk_expert.of_ticket(no)))


@pages.post("/tickets/<no>/expert-part")
def part(no: str) -> ResponseReturnValue:
    """With scripts: the panel drawn again."""
    with door() as d:
        demand(d, DESK)
        return _part(d, no)


@pages.post("/tickets/<no>/expert/<action>")
def act(no: str, action: str) -> ResponseReturnValue:
    """One action of the ticket's call. With scripts (`X-Part`) the panel comes back alone."""
    error = None
    try:
        with door(write=True) as d:
            demand(d, DESK)
            desk_expert.act(d, action, desk_expert.of_ticket(no, request.form))
    except (NotFound, Unauthenticated):
        raise
    except DomainError as refused:
        error = refused
    with door() as d:
        status = error.status if error else 200
        if request.headers.get("X-Part"):
            return _part(d, no, error), status
        return _page(d, no, call_error=error), status


@pages.post("/tickets/<no>/appointment")
def book(no: str) -> ResponseReturnValue:
    """预约 for the enterprise, once however often it is sent."""
    typed = {**submitted(form_of("book"), request.form), "ticket_no": no}
    try:
        with door(write=True) as d:
            demand(d, DESK)
            key, what = request.form.get("idempotency_key"), {"path": request.path, **typed}
            made = once(d.session, d.owner, key, what, d.now, lambda: _booked(d, typed))
    except (NotFound, Unauthenticated):
        raise
    except DomainError as error:
        with door() as d:
            return _page(d, no, typed, error), error.status
    flash("预约已提交，专家确认后通知企业", "ok")
    return redirect(f"/consultations/{made['id']}", 303)


def _booked(d: Door, typed: dict[str, Any]) -> dict[str, Any]:
    return {"id": perform_on_advice(d.session, d.actor, "book", typed, d.now).id}


def _part(d: Door, no: str, error: DomainError | None = None) -> str:
    shown = desk_expert.shown(d, desk_expert.of_ticket(no, request.form), error)
    return render_template("web/desk_expert.html", part=shown, now=d.now)


def _page(
    d: Door,
    no: str,
    typed: dict[str, Any] | None = None,
    error: DomainError | None = None,
    call_error: DomainError | None = None,
) -> str:
    demand(d, DESK)
    ticket = get(d.session, d.actor, no)
    booked = appointments.of_ticket(d.session, ticket)
    is_open = appointments.may_book(ticket) and not any(one.status in AHEAD for one in booked)
    errors = error.by_field("") if error else {}
    fields = fields_of(form_of("book"), typed, errors)
    return render_page(
        d,
        "web/ticket_expert.html",
        active="queue",
        ticket=ticket,
        part=desk_expert.shown(d, desk_expert.of_ticket(no, request.form), call_error),
        may_ask=appointments.may_book(ticket),
        booked=booked,
        when=appointments.when,
        is_open=is_open,
        days=appointments.by_day(appointments.offered(d.session, ticket, d.now)) if is_open else [],
        fields=[one for one in fields if one["name"] in ("mode", "question")],
        chosen=(typed or {}).get("slot", ""),
        errors=[one for one in error_list(form_of("book"), errors) if one["name"]],
        message=error.message if error and "" in errors else "",
        key=secrets.token_urlsafe(12),
    )
