"""One dict: action → (operation, schema). `perform_on_advice` serves page, API, portal and demo alike.

Errors are those of tickets: unknown action 404, not by the table 409 with code, status and allowed, another role 403, a
bad form 422 with its fields, a stale `version` 409.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import Integer, and_, bindparam
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock
from hotline.deadlines.sweep import SweepContext, catch_up
from hotline.directory.time import working_calendar
from hotline.errors import NotFound
from hotline.experts import answers, appointments, calls, clocks, rungs
from hotline.experts import schemas as forms
from hotline.experts.guards import facts_of
from hotline.experts.lifecycle import TABLE
from hotline.experts.queries import get_advice
from hotline.experts.records import Advice
from hotline.ticket.schemas import Action, Reasoned, Remark
from hotline.workflow import choose

CREATING_ADVICE: dict[str, Action] = {
    "invite": Action(calls.invite, forms.Invite),
    "book": Action(appointments.book, forms.Book),
}
"""Rows of the table without a source that people take: they make the consultation."""

ADVICE_ACTIONS: dict[str, Action] = {
    "accept": Action(calls.accept, Remark),
    "decline": Action(calls.decline, Reasoned),
    "take_over": Action(calls.take_over, Remark),
    "connect": Action(calls.connect, forms.Consent),
    "hang_up": Action(calls.hang_up, Remark),
    "record_answer": Action(answers.record_answer, forms.RecordAnswer),
    "cancel": Action(calls.cancel, Reasoned),
    "confirm": Action(appointments.confirm, Remark),
    "turn_down": Action(appointments.turn_down, Reasoned),
    "no_show": Action(appointments.no_show, Remark),
    "approve_advice": Action(answers.approve, Remark),
    "return_advice": Action(answers.return_, Reasoned),
    "amend_answer": Action(answers.amend_answer, forms.ExpertAnswer),
    "rate_advice": Action(answers.rate, forms.RateAdvice),
}
"""Rows of the table with a source that people take; the clock's own are `rungs`'."""

_AROUND = and_(Clock.subject_kind == clocks.ADVICE, Clock.subject_id == bindparam("advice_id", type_=Integer))


def perform_on_advice(
    session: Session, actor: Actor, action: str, payload: Mapping[str, Any], now: datetime, advice_id: int | None = None
) -> Advice:
    """Do one action on a consultation or, without an id, by making one. Nothing is committed here.

    Raises NotFound (404), IllegalAction and Conflict (409), Forbidden (403), Invalid (422).
    """
    known = CREATING_ADVICE if advice_id is None else ADVICE_ACTIONS
    if action not in known:
        raise NotFound("没有这个操作", code="unknown_action")
    if advice_id is None:
        made: Advice = known[action].operation(session, known[action].load(payload), actor, now)
        return made
    advice = get_advice(session, actor, advice_id, lock=True)
    deadlines.hold(session, clocks.subject_of(advice))  # clocks before the pool, as the sweep has them
    if catch_up(session, _AROUND, {"advice_id": advice.id}, now, lambda: _sweep(session)):
        session.refresh(advice)
    choose(TABLE, action, facts_of(advice, now), actor)  # what may not be done is said before how its form is wrong
    known[action].operation(session, advice, known[action].load(payload), actor, now)
    return advice


def form_of(action: str) -> type[Schema]:
    """The schema of an action, for pages and OpenAPI."""
    return (CREATING_ADVICE | ADVICE_ACTIONS)[action].schema


def _sweep(session: Session) -> SweepContext:
    handlers = {clocks.ADVICE: rungs.fire}
    return SweepContext(calendar=working_calendar(session), ladder_of=clocks.ladder_of, handlers=handlers)
