"""系统运行: what waits for a person (clocks, messages), and the button that gives it another try."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.deadlines.models import Clock
from hotline.deadlines.queries import health, stuck
from hotline.outbox.models import OutboxMessage
from hotline.outbox.operations import backlog, failed
from hotline.supervision.acknowledgements import tickets_behind
from hotline.supervision.alarms import brief, resend, retry_clock
from hotline.ticket.models import Ticket
from hotline.ticket.queries import scope
from hotline.ui.door import Door, door
from hotline.ui.format import duration_text
from hotline.web.access import demand
from hotline.web.admin import TIME_READERS, show
from hotline.web.presenters import clock_label

pages = Blueprint("admin_health", __name__, template_folder="templates")

HEALTH = "/admin/health"
SHOWN = 50
"""Rows of each list; their number always stands there."""
KINDS = {"ticket_event": "工单通知与回传"}


@pages.get(HEALTH)
def overview() -> ResponseReturnValue:
    """Clocks that gave up, messages that have not left."""
    with door() as d:
        demand(d, TIME_READERS)
        waiting, clocks = backlog(d.session), stuck(d.session)
        values: dict[str, Any] = {
            "late": duration_text(health(d.session, d.now)),
            "clocks": _clocks(d, clocks[:SHOWN]),
            "stuck": len(clocks),
            "backlog": waiting,
            "oldest": duration_text((d.now - waiting.oldest).total_seconds()) if waiting.oldest else "—",
            "learned": (learned := current_app.extensions["suggestions"].learned()),
            "learned_at": learned and datetime.fromisoformat(learned.learned_at),
            "messages": _messages(d, failed(d.session, SHOWN)),
        }
        return show(d, "admin/health.html", "health", **values)


def _clocks(d: Door, clocks: list[Clock]) -> list[dict[str, Any]]:
    """A ticket's number only for those who may see the ticket."""
    tickets = tickets_behind(d.session, d.actor, clocks)
    return [
        {
            "id": clock.id,
            "label": clock_label(clock.name),
            "no": ticket.no if (ticket := tickets.get((clock.subject_kind, clock.subject_id))) else None,
            "due_at": clock.due_at,
            "since": clock.next_fire_at,
            "attempts": clock.attempts,
            "error": brief(clock.last_error),
        }
        for clock in clocks
    ]


def _messages(d: Door, messages: list[OutboxMessage]) -> list[dict[str, Any]]:
    ids = {message.payload.get("ticket_id") for message in messages} - {None}
    rows = d.session.execute(select(Ticket.id, Ticket.no).where(Ticket.id.in_(ids), scope(d.actor)))
    numbers = {row.id: row.no for row in rows}
    return [
        {
            "id": message.id,
            "kind": KINDS.get(message.kind, message.kind),
            "no": numbers.get(message.payload.get("ticket_id")),
            "age": duration_text((d.now - message.created_at).total_seconds()),
            "attempts": message.attempts,
            "next_at": message.available_at,
            "error": brief(message.last_error),
        }
        for message in messages
    ]


@pages.post(f"{HEALTH}/clocks/<int:clock_id>/retry")
def retry(clock_id: int) -> ResponseReturnValue:
    """重试: the next sweep takes the clock again."""
    with door(write=True) as d:
        demand(d, TIME_READERS)
        retry_clock(d.session, d.actor, clock_id, d.now)
    flash("已交还计时进程，几秒内重试", "ok")
    return redirect(HEALTH, 303)


@pages.post(f"{HEALTH}/messages/<int:message_id>/resend")
def send_again(message_id: int) -> ResponseReturnValue:
    """立即重发: the outbox is woken when this transaction is over."""
    with door(write=True) as d:
        demand(d, TIME_READERS)
        resend(d.session, d.actor, message_id, d.now)
    flash("已安排立即重发", "ok")
    return redirect(HEALTH, 303)
