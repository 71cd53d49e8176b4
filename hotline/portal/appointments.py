"""预约专家: an enterprise with number and query code books a slot for its ticket, cancels it, rates the advice."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.accounts.actor import Actor
from hotline.clock import utcnow
from hotline.errors import DomainError, NotFound, Unauthenticated
from hotline.experts import appointments
from hotline.experts.actions import form_of, perform_on_advice
from hotline.experts.queries import actions_on, get_advice
from hotline.experts.records import AHEAD, Advice
from hotline.idempotency import once
from hotline.portal import access
from hotline.portal.views import current_enterprise, pages
from hotline.ui.door import transaction
from hotline.ui.forms import error_list, fields_of, submitted

DONE = {"book": "预约已提交，专家确认后会通知您", "cancel": "预约已取消", "rate_advice": "感谢您的评价"}


@pages.get("/track/ticket/appointment")
def appointment() -> ResponseReturnValue:
    """The ticket's appointments, and the free slots."""
    return _page(current_enterprise())


@pages.post("/track/ticket/appointment")
def book() -> ResponseReturnValue:
    """预约."""
    return _act("book", None)


@pages.post("/track/ticket/appointment/<int:advice_id>/<action>")
def change(advice_id: int, action: str) -> ResponseReturnValue:
    """取消 or 评价."""
    if action not in DONE or action == "book":
        raise NotFound("没有这个操作", code="unknown_action")
    return _act(action, advice_id)


@pages.get("/track/ticket/appointment/<int:advice_id>.ics")
def calendar_file(advice_id: int) -> ResponseReturnValue:
    """The appointment for one's own calendar."""
    actor = current_enterprise()
    with transaction() as db:
        text = appointments.calendar_file(get_advice(db, actor, advice_id), utcnow())
    headers = {"Content-Disposition": f'attachment; filename="appointment-{advice_id}.ics"'}
    return Response(text, mimetype="text/calendar", headers=headers)


def _act(action: str, advice_id: int | None) -> ResponseReturnValue:
    """Do it once, however often it is sent. A refusal is told in words above what was typed."""
    actor, now = current_enterprise(), utcnow()
    typed = submitted(form_of(action), request.form)
    try:
        with transaction(write=True) as db:
            key, what = request.form.get("idempotency_key"), {"path": request.path, **typed}

            def make() -> dict[str, Any]:
                return {"id": perform_on_advice(db, actor, action, typed, now, advice_id).id}

            once(db, f"ticket:{actor.ticket_id}", key, what, now, make)
    except (Unauthenticated, NotFound):
        raise
    except DomainError as error:
        return _page(actor, typed, error)
    flash(DONE[action], "ok")
    return redirect(url_for(".appointment"), 303)


def _page(
    actor: Actor, typed: Mapping[str, Any] | None = None, error: DomainError | None = None
) -> ResponseReturnValue:
    now = utcnow()
    with transaction() as db:
        ticket = access.tracked(db, actor)
        booked = appointments.of_ticket(db, ticket)
        has_ahead = any(one.status in AHEAD for one in booked)
        is_open = appointments.may_book(ticket) and not has_ahead
        errors = error.by_field("") if error else {}
        page = render_template(
            "portal/appointment.html",
            no=ticket.no,
            booked=[_shown(one, actor, now) for one in booked],
            is_open=is_open,
            days=appointments.by_day(appointments.offered(db, ticket, now)) if is_open else [],
            fields=[one for one in fields_of(form_of("book"), typed, errors) if one["name"] in ("mode", "question")],
            chosen=(typed or {}).get("slot", ""),
            levels=next(f for f in fields_of(form_of("rate_advice")) if f["name"] == "satisfaction")["choices"],
            errors=[one for one in error_list(form_of("book"), errors) if one["name"]],
            message=error.message if error and "" in errors else "",
            key=secrets.token_urlsafe(12),
        )
    return page, error.status if error else 200


def _shown(advice: Advice, actor: Actor, now: datetime) -> dict[str, Any]:
    assert advice.appointment is not None  # `of_ticket` finds appointments only
    return {
        "id": advice.id,
        "when": appointments.when(advice.appointment.starts_at),
        "mode": advice.appointment.mode.label,
        "unit": advice.expert.unit.name if advice.expert else "",
        "status": advice.status.label,
        "is_ahead": advice.status in AHEAD,
        "answer": advice.answer if advice.reviewed_at else "",
        "legal_basis": advice.legal_basis,
        "can": {row.action for row in actions_on(advice, actor, now)},
    }
