"""A consultation as the desks' pages draw it: its buttons with their forms, its line in a list, an expert's corner."""

from datetime import timedelta
from typing import Any

from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.experts import appointments, people, pool, roster
from hotline.experts.actions import form_of
from hotline.experts.clocks import subject_of
from hotline.experts.figures import DEFINITIONS, figures_of
from hotline.experts.lifecycle import LABELS, TABLE
from hotline.experts.models import Expert
from hotline.experts.queries import actions_on
from hotline.experts.records import Advice, AdviceEvent, AdviceStatus
from hotline.knowledge import worklists
from hotline.ticket.clocks import CONSULTATION
from hotline.ticket.models import Consultation, Ticket
from hotline.ticket.parts import asked_of
from hotline.ticket.queries import visible
from hotline.ui.door import Door
from hotline.ui.due import badge
from hotline.ui.format import duration_text, local_time
from hotline.web.choices import form_fields
from hotline.web.panels import Posted

MEASURED = timedelta(days=365)
"""The span of an expert's figures."""
PRIMARY = ("accept", "take_over", "confirm", "record_answer", "amend_answer", "approve_advice", "connect", "hang_up")
DANGER = frozenset({"decline", "cancel", "turn_down", "return_advice", "no_show"})
LOOKS = {
    AdviceStatus.DONE: "ok",
    AdviceStatus.CANCELLED: "off",
    AdviceStatus.NO_SHOW: "bad",
    AdviceStatus.UNDER_REVIEW: "warn",
    AdviceStatus.RETURNED: "warn",
}


def bar(d: Door, advice: Advice, posted: Posted | None = None) -> list[dict[str, Any]]:
    names = [row.action for row in actions_on(advice, d.actor, d.now)]
    first = next((action for action in PRIMARY if action in names), None)
    return [_panel(d, advice, action, action == first, posted) for action in names]


def _panel(d: Door, advice: Advice, action: str, is_first: bool, posted: Posted | None) -> dict[str, Any]:
    mine = posted if posted and posted.action == action else None
    known = {"answer": advice.answer, "legal_basis": advice.legal_basis} if action == "amend_answer" else None
    values, errors = (mine.values, mine.errors) if mine else (known, None)
    fields = form_fields(d.session, form_of(action), d.today, values=values, errors=errors)
    wanted = [one for one in fields if one["name"] != "version"]
    plain = {"accept", "take_over", "confirm", "hang_up"}
    return {
        "action": action,
        "label": _label(advice, action),
        "url": f"/consultations/{advice.id}/actions/{action}",
        "fields": [] if action in plain else wanted,
        "primary": is_first,
        "danger": action in DANGER,
        "open": mine is not None,
    }


def _label(advice: Advice, action: str) -> str:
    rows = [row for row in TABLE if row.action == action and row.source is advice.status]
    return rows[0].label if rows else LABELS[action]


def row_of(d: Door, advice: Advice) -> dict[str, Any]:
    running = [one for one in clocks_of(d.session, subject_of(advice)) if one.state is ClockState.RUNNING]
    clock = min(running, key=lambda one: one.due_at, default=None)
    urgent = advice.status in (AdviceStatus.INVITING, AdviceStatus.ON_DUTY_OFFICER)
    return {
        "advice": advice,
        "look": LOOKS.get(advice.status, "run"),
        "due": badge(d.session, clock, d.now) if clock else None,
        "seconds": int((clock.due_at - d.now).total_seconds()) if clock and urgent else None,
        "bar": [one | {"action": f"{one['action']}-{advice.id}"} for one in bar(d, advice)],
        "owing": [one.name for one in people.owing(d.session, advice, d.now)][:3],
        "meeting": appointments.when(advice.appointment.starts_at) if advice.appointment else "",
    }


def own_corner(d: Door, expert: Expert) -> dict[str, Any]:
    """The expert's own corner: presence, figures, the next week's shifts, entries due for review."""
    figures = figures_of(d.session, expert, d.now - MEASURED)
    due = worklists.standing(d.actor, worklists.Filters(view=worklists.View.REVIEW_SOON), d.today)
    tiles = [
        ("接单率", figures.accepted.text, f"邀请 {figures.accepted.whole} 次", DEFINITIONS["accept_rate"]),
        ("首响时长", duration_text(figures.first_response), "中位数", DEFINITIONS["first_response"]),
        ("采纳率", figures.adopted.text, f"已审核 {figures.adopted.whole} 次", DEFINITIONS["adopt_rate"]),
        ("好评率", figures.praised.text, f"已评价 {figures.praised.whole} 次", DEFINITIONS["praise_rate"]),
    ]
    shifts = [shift for day in roster.week(d.session, d.today, [expert]) for shift in day.shifts]
    return {
        "expert": expert,
        "tiles": tiles,
        "shifts": [one for one in shifts if expert.id in (one.expert_id, one.substitute_id)],
        "entries": worklists.page_of(d.session, due, worklists.View.REVIEW_SOON, 1, 5),
        "entries_due": worklists.count(d.session, due),
        "load": pool.loads(d.session, d.now)[expert.id],
        "questions": _questions(d),
    }


def _questions(d: Door) -> list[dict[str, Any]]:
    """Questions in writing that wait for this expert, each with its ticket and the time it has."""
    asked = d.session.scalars(asked_of(d.actor.account_id).order_by(Consultation.id)).all()
    seen = visible(d.actor).where(Ticket.id.in_([one.ticket_id for one in asked]))
    tickets = {ticket.id: ticket for ticket in d.session.scalars(seen)}
    shown = [(one, tickets[one.ticket_id]) for one in asked if one.ticket_id in tickets]
    return [{"question": one.question, "ticket": ticket, "due": _due(d, one)} for one, ticket in shown]


def _due(d: Door, asked: Consultation) -> Any:
    running = clocks_of(d.session, Subject(CONSULTATION, asked.id))
    return badge(d.session, next((one for one in running if one.state is ClockState.RUNNING), None), d.now)


def event_of(row: AdviceEvent) -> dict[str, Any]:
    return {
        "label": row.label,
        "actor": row.actor_name,
        "at_text": local_time(row.at, seconds=True),
        "kind": "system" if row.actor_id is None else "",
        "text": row.text,
    }
