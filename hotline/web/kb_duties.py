"""What units owe the knowledge base: answers to 纠错, entries for 知识缺口, regulations behind closed consultations."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.utils import redirect

from hotline.deadlines.models import Clock, ClockState
from hotline.errors import Conflict, DomainError, Invalid
from hotline.knowledge import corrections, gaps, searches
from hotline.knowledge import schemas as forms
from hotline.knowledge.clocks import CORRECTION, GAP, SUBMISSION
from hotline.knowledge.records import KnowledgeGap, Submission
from hotline.ticket.models import Ticket
from hotline.ticket.queries import visible
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.due import badge
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.choices import form_fields
from hotline.web.form_page import FormPage, loaded
from hotline.web.kb_frame import ASKERS, KEEPERS, OWED_TO, run_form, say, show

pages = Blueprint("kb_duties", __name__, template_folder="templates")

DONE_SHOWN = 20
"""So many of those that are done are listed below the open ones."""


@dataclass(frozen=True)
class Refused:
    """A form of one row that was refused."""

    row_id: int
    values: Mapping[str, Any]
    error: DomainError


def panel(d: Door, label: str, schema: type[Schema], url: str, row_id: int, refused: Refused | None) -> dict[str, Any]:
    """One row's form, for macro action_bar; a refused one stands open with its text."""
    mine = refused if refused and refused.row_id == row_id else None
    values, errors = (mine.values, mine.error.by_field("")) if mine else (None, None)
    fields = form_fields(d.session, schema, d.today, values=values, errors=errors)
    return {"action": f"{label}-{row_id}", "label": label, "url": url, "fields": fields, "open": mine is not None}


def dues(session: Session, kind: str, now: datetime) -> dict[int, Any]:
    """Subject id → badge of its running clock."""
    running = select(Clock).filter_by(subject_kind=kind, state=ClockState.RUNNING)
    return {clock.subject_id: badge(session, clock, now) for clock in session.scalars(running)}


def settle(
    row_id: int, schema: type[Schema], do: Callable[[Door, dict[str, Any]], str], back: Callable[..., str]
) -> Any:
    """Do it and go where `do` says, or show the list again with the row's form open and its text kept."""
    try:
        with door(write=True) as d:
            path = do(d, loaded(schema))
        return redirect(path, 303)
    except (Invalid, Conflict) as error:
        refused = Refused(row_id, submitted(schema, request.form), error)
        with door() as d:
            return back(d, refused), error.status


@pages.get("/knowledge/corrections")
def corrections_list() -> ResponseReturnValue:
    """纠错 that this actor's unit has to answer."""
    with door() as d:
        return _corrections_page(d)


def _corrections_page(d: Door, refused: Refused | None = None) -> str:
    demand(d, KEEPERS)
    due = dues(d.session, CORRECTION, d.now)
    rows = [
        {
            "row": row,
            "due": due.get(row.id),
            "panel": panel(d, "答复", forms.AnswerCorrection, f"/knowledge/corrections/{row.id}", row.id, refused),
        }
        for row in corrections.open_corrections(d.session, d.actor)
    ]
    return show(d, "web/kb_corrections.html", "corrections", rows=rows, **_refusal(forms.AnswerCorrection, refused))


@pages.post("/knowledge/corrections/<int:correction_id>")
def answer(correction_id: int) -> ResponseReturnValue:
    """答复: adopted, it opens a draft and leads there."""

    def do(d: Door, data: dict[str, Any]) -> str:
        row = corrections.get_correction(d.session, d.actor, correction_id)
        corrections.answer(d.session, row, data, d.actor, d.now)
        say(f"纠错已答复：{row.status.label}")
        return f"/knowledge/{row.entry_id}/work" if data["is_accepted"] else "/knowledge/corrections"

    return settle(correction_id, forms.AnswerCorrection, do, _corrections_page)


@pages.route("/knowledge/gaps", methods=["GET"])
def gaps_list() -> ResponseReturnValue:
    """Questions that nothing answers yet, and who owes the answer."""
    with door() as d:
        return _gaps_page(d)


def _gaps_page(d: Door, refused: Refused | None = None) -> str:
    demand(d, OWED_TO)
    return _owed_page(d, KnowledgeGap, GAP, "gaps", refused)


@pages.get("/knowledge/submissions")
def submissions_list() -> ResponseReturnValue:
    """Closed consultations whose regulation has not been named yet."""
    with door() as d:
        return _submissions_page(d)


def _submissions_page(d: Door, refused: Refused | None = None) -> str:
    demand(d, OWED_TO)
    return _owed_page(d, Submission, SUBMISSION, "submissions", refused)


def _owed_page(d: Door, model: type[Any], kind: str, tab: str, refused: Refused | None) -> str:
    due, numbers = dues(d.session, kind, d.now), _ticket_numbers(d, model)
    owed = gaps.owed_by(d.session, model, d.actor)
    rows = [
        {
            "row": row,
            "due": due.get(row.id),
            "no": numbers.get(getattr(row, "ticket_id", 0)),
            "panel": panel(d, "指定条目", forms.NameEntry, f"/knowledge/{tab}/{row.id}", row.id, refused)
            if gaps.may_close(row, d.actor)
            else None,
        }
        for row in owed
    ]
    done = gaps.owed_by(d.session, model, d.actor, is_open=False)[-DONE_SHOWN:][::-1]
    values = {"may_open": tab == "gaps" and bool(d.actor.roles & gaps.REGISTRARS), "is_gaps": tab == "gaps"}
    return show(d, "web/kb_owed.html", tab, rows=rows, done=done, **values, **_refusal(forms.NameEntry, refused))


def _ticket_numbers(d: Door, model: type[Any]) -> dict[int, str]:
    """Ticket id → number, of those in this actor's sight."""
    if model is not Submission:
        return {}
    ids = [row.ticket_id for row in gaps.owed_by(d.session, Submission, d.actor)]
    rows = d.session.scalars(visible(d.actor).where(Ticket.id.in_(ids)))
    return {ticket.id: ticket.no for ticket in rows}


@pages.post("/knowledge/gaps/<int:gap_id>")
def close_gap(gap_id: int) -> ResponseReturnValue:
    """The entry that answers."""
    return settle(gap_id, forms.NameEntry, lambda d, data: _closed(d, KnowledgeGap, gap_id, data), _gaps_page)


@pages.post("/knowledge/submissions/<int:submission_id>")
def close_submission(submission_id: int) -> ResponseReturnValue:
    """The entry that holds the regulation."""
    return settle(
        submission_id, forms.NameEntry, lambda d, data: _closed(d, Submission, submission_id, data), _submissions_page
    )


def _closed(d: Door, model: type[Any], row_id: int, data: dict[str, Any]) -> str:
    row = gaps.get_owed(d.session, model, d.actor, row_id)
    gaps.close_with(d.session, row, data, d.actor, d.now)
    say(f"已由 {data['entry_code']} 办结")
    return "/knowledge/gaps" if model is KnowledgeGap else "/knowledge/submissions"


@pages.route("/knowledge/gaps/new", methods=["GET", "POST"])
def new_gap() -> ResponseReturnValue:
    """登记知识缺口并派给单位; `q` in the address is the question nobody could answer."""

    def build(d: Door) -> FormPage:
        demand(d, gaps.REGISTRARS)
        values = {"question": typed(request.args.get("q", ""), 200)}
        lead = "登记后由责任单位在 5 个工作日内补充条目；同样的提问随之从“未答问题”中移出。"
        return FormPage("登记知识缺口", forms.OpenGap, "gaps", "/knowledge/gaps", values, "登记并派给单位", lead)

    def save(d: Door, said: dict[str, Any]) -> str:
        gap = gaps.open_gap(d.session, loaded(forms.OpenGap), d.actor, d.now)
        say(f"已登记“{gap.question}”并派给{gap.unit.name}")
        return "/knowledge/unanswered" if d.actor.roles & ASKERS else "/knowledge/gaps"

    return run_form(build, save)


@pages.get("/knowledge/unanswered")
def unanswered() -> ResponseReturnValue:
    """What was asked in the last 30 days and found no answer, the most frequent first."""
    with door() as d:
        demand(d, ASKERS)
        rows = searches.unanswered(d.session, d.now - searches.MONTH)
        return show(d, "web/kb_unanswered.html", "unanswered", rows=rows, key=secrets.token_urlsafe(12))


def _refusal(schema: type[Schema], refused: Refused | None) -> dict[str, Any]:
    """The summary above a list whose form was refused."""
    return {"errors": error_list(schema, refused.error.by_field("")) if refused else [], "refused": refused}
