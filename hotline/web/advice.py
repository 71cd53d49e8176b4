"""专家咨询: what waits for this person, an expert's own page, and one consultation with what may be done on it."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.accounts.models import Role
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.errors import DomainError, Forbidden, Invalid, NotFound, Unauthenticated
from hotline.experts import appointments, people, pool
from hotline.experts import schemas as forms
from hotline.experts.actions import ADVICE_ACTIONS, form_of, perform_on_advice
from hotline.experts.answers import keep_as_knowledge
from hotline.experts.clocks import AdviceClock, subject_of
from hotline.experts.lifecycle import LABELS
from hotline.experts.models import Expert
from hotline.experts.queries import ended, events, get_advice, waiting
from hotline.experts.records import AHEAD, Advice, AdviceStatus
from hotline.idempotency import once
from hotline.knowledge.content import Ownership
from hotline.knowledge.guards import VersionFacts, own_unit
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.models import EntryType
from hotline.knowledge.replies import draft_from_answer
from hotline.ticket.view import is_shielded
from hotline.ui.door import Door, door
from hotline.ui.due import badge
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.advice_view import LOOKS, Posted, bar, event_of, own_corner, row_of
from hotline.web.expert_frame import ROLES, show
from hotline.web.form_page import loaded

pages = Blueprint("advice", __name__, template_folder="templates")


@pages.get("/consultations")
def index() -> ResponseReturnValue:
    """What has not ended, what waits for this person first; for an expert also presence, figures, roster, entries."""
    with door() as d:
        demand(d, ROLES)
        rows = [row_of(d, one) for one in waiting(d.session, d.actor)]
        rows.sort(key=lambda row: not row["bar"])
        expert = d.session.scalar(select(Expert).filter_by(account_id=d.actor.account_id))
        values = {"own": own_corner(d, expert) if expert else None, "seen": _state(d)}
        return show(d, "web/consultations.html", "consultations", rows=rows, past=ended(d.session, d.actor), **values)


@pages.get("/consultations/state")
def state() -> ResponseReturnValue:
    """What the list shows, in a word: scripts ask every few seconds, and draw it again when it has changed."""
    with door() as d:
        demand(d, ROLES)
        return jsonify(seen=_state(d))


def _state(d: Door) -> str:
    return " ".join(f"{one.id}:{one.version}" for one in waiting(d.session, d.actor))


@pages.post("/consultations/presence")
def presence() -> ResponseReturnValue:
    """在线 / 忙碌 / 离线."""
    with door(write=True) as d:
        demand(d, {Role.EXPERT})
        expert = pool.switch_presence(d.session, loaded(forms.SetPresence), d.actor, d.now)
        flash(f"状态已切换为“{expert.presence.label}”", "ok")
    return redirect("/consultations", 303)


@pages.get("/consultations/<int:advice_id>")
def show_one(advice_id: int) -> ResponseReturnValue:
    """One consultation."""
    with door() as d:
        return _page(d, get_advice(d.session, d.actor, advice_id))


@pages.get("/consultations/<int:advice_id>/appointment.ics")
def calendar_file(advice_id: int) -> ResponseReturnValue:
    """The appointment for one's own calendar."""
    with door() as d:
        advice = get_advice(d.session, d.actor, advice_id)
        if advice.appointment is None:
            raise NotFound("这次咨询没有预约", code="no_appointment")
        return ics(advice, d)


def ics(advice: Advice, d: Door) -> Response:
    """The appointment as a download."""
    text = appointments.calendar_file(advice, d.now)
    headers = {"Content-Disposition": f'attachment; filename="appointment-{advice.id}.ics"'}
    return Response(text, mimetype="text/calendar", headers=headers)


@pages.get("/consultations/<int:advice_id>/actions/<_action>")
def back(advice_id: int, _action: str) -> ResponseReturnValue:
    """The address of a form's answer, opened again: the consultation."""
    with door():
        return redirect(f"/consultations/{advice_id}")


@pages.post("/consultations/<int:advice_id>/actions/<action>")
def act(advice_id: int, action: str) -> ResponseReturnValue:
    """Do one action of the table. What is refused comes back with its text."""
    if action not in ADVICE_ACTIONS:
        raise NotFound("没有这个操作", code="unknown_action")
    payload = submitted(form_of(action), request.form)
    try:
        with door(write=True) as d:
            key = request.form.get("idempotency_key")
            what = {"path": request.path, **payload}
            once(d.session, d.owner, key, what, d.now, lambda: _done(d, advice_id, action, payload))
    except (Unauthenticated, NotFound):
        raise
    except DomainError as error:
        posted = Posted(action, payload, error.by_field(""), error.message)
        with door() as d:
            return _page(d, get_advice(d.session, d.actor, advice_id), posted), error.status
    flash(f"已{LABELS[action]}", "ok")
    with door() as d:
        is_seen = _is_seen(d, advice_id)
    return redirect(f"/consultations/{advice_id}" if is_seen else "/consultations", 303)


def _done(d: Door, advice_id: int, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": perform_on_advice(d.session, d.actor, action, payload, d.now, advice_id).id}


def _is_seen(d: Door, advice_id: int) -> bool:
    """Who declines no longer sees it."""
    try:
        get_advice(d.session, d.actor, advice_id)
    except NotFound:
        return False
    return True


@pages.post("/consultations/<int:advice_id>/knowledge")
def to_knowledge(advice_id: int) -> ResponseReturnValue:
    """沉淀为知识: a passed answer becomes a draft of the unit's entry; straight on to writing it up."""
    with door(write=True) as d:
        advice = get_advice(d.session, d.actor, advice_id, lock=True)
        if not may_turn(d, advice):
            raise Forbidden("只有作答单位可以把审核通过的答复转为知识", code="role_refused")
        key = request.form.get("idempotency_key")
        made = once(d.session, d.owner, key, {"from_advice": advice_id}, d.now, lambda: _turned(d, advice))
    flash("已转为知识草稿，请补充问法和有效期后提交初审", "ok")
    return redirect(f"/knowledge/{made['id']}/edit", 303)


def may_turn(d: Door, advice: Advice) -> bool:
    """Whether this actor may turn the answer into a draft: an author of the unit whose word it is."""
    if advice.status is not AdviceStatus.DONE or advice.kb_entry_id or advice.answered_for_id is None:
        return False
    if (advice.ticket is not None and is_shielded(advice.ticket)) or not d.actor.roles & AUTHORS:
        return False
    return own_unit(VersionFacts(status=None, unit_id=advice.answered_for_id), d.actor) is None


def _turned(d: Door, advice: Advice) -> dict[str, Any]:
    if advice.answered_for_id is None:
        raise Invalid("还没有答复", code="no_answer")
    said = (advice.question, advice.answer, advice.legal_basis)
    place = Ownership(advice.answered_for_id, advice.category_id, is_public=False, type=EntryType.QA)
    entry = draft_from_answer(d.session, d.actor, advice.ticket, said, place, d.now)
    keep_as_knowledge(d.session, advice, entry.id, d.actor, d.now)
    return {"id": entry.id}


def _page(d: Door, advice: Advice, posted: Posted | None = None) -> str:
    running = [one for one in clocks_of(d.session, subject_of(advice)) if one.state is ClockState.RUNNING]
    hidden = {AdviceClock.SLOT, AdviceClock.REMIND}
    due = [(AdviceClock(one.name).label, badge(d.session, one, d.now)) for one in running if one.name not in hidden]
    return show(
        d,
        "web/consultation.html",
        "consultations",
        advice=advice,
        look=LOOKS.get(advice.status, "run"),
        clocks=due,
        owing=[] if advice.status.is_end else people.owing(d.session, advice, d.now),
        history=[event_of(one) for one in reversed(events(d.session, advice))],
        bar=bar(d, advice, posted),
        key=secrets.token_urlsafe(12),
        errors=error_list(form_of(posted.action), posted.errors) if posted else [],
        posted=posted,
        may_turn=may_turn(d, advice),
        meeting=appointments.when(advice.appointment.starts_at) if advice.appointment else "",
        is_ahead=advice.status in AHEAD,
        chain=advice.invitations if _sees_chain(d, advice) else [],
    )


def _sees_chain(d: Door, advice: Advice) -> bool:
    """Who else was asked, and why, is the hotline's and the unit's to see."""
    return d.actor.is_hotline or Role.AUDITOR in d.actor.roles or Role.UNIT_LEADER in d.actor.roles
