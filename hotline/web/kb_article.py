"""The article page: the answer first, then what it stands on; its versions side by side; what readers say of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from hotline.errors import DomainError, Invalid
from hotline.knowledge import corrections, queries
from hotline.knowledge.differences import compared
from hotline.knowledge.reading import answered_on, article, basis_of, spoken
from hotline.knowledge.records import Verdict
from hotline.knowledge.schemas import Feedback, Report
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.ui.helpers import row_id
from hotline.ui.marks import woven
from hotline.web.access import demand
from hotline.web.choices import form_fields
from hotline.web.kb_results import KINDS, keep_question
from hotline.web.kb_search import READERS
from hotline.web.navigation import render_page

pages = Blueprint("knowledge_article", __name__, template_folder="templates")


@pages.get("/knowledge/<int:entry_id>")
def show(entry_id: int) -> ResponseReturnValue:
    """One version of an entry (default: the newest), or what it answered on a day (`on`)."""
    with door() as d:
        demand(d, READERS)
        number, told = _chosen(d, entry_id)
        page = _page(d, entry_id, number, told)
        version = queries.entry(d.session, entry_id, number, actor=d.actor)
        taken = (entry_id, version.version)
    if search_id := request.args.get("search", None, type=row_id):
        keep_question("", search_id=search_id, citation=taken)
    return page


@pages.get("/knowledge/<int:entry_id>/compare")
def compare(entry_id: int) -> ResponseReturnValue:
    """Two versions (`old`, `new`; default: the newest and the one before it), what went and what came."""
    with door() as d:
        demand(d, READERS)
        found = queries.entry(d.session, entry_id, actor=d.actor).entry
        seen = {one.version: one for one in queries.versions_for(found, d.actor)}
        old, new = _pair(seen)
        changes = [(label, woven(pieces)) for label, pieces in compared(seen[old], seen[new])]
        values = {"entry": found, "old": seen[old], "new": seen[new], "versions": list(seen.values())}
        return render_page(d, "web/knowledge_compare.html", active="knowledge", changes=changes, **values)


@pages.post("/knowledge/<int:entry_id>/feedback")
def feedback(entry_id: int) -> ResponseReturnValue:
    """有用 / 过期 / 有误, one word an account and version."""
    with door(write=True) as d:
        demand(d, READERS)
        row = corrections.rate(
            d.session, entry_id, checked(Feedback(), submitted(Feedback, request.form)), d.actor, d.now
        )
        told, version = f"已记录：{row.verdict.label}", row.version
    flash(told, "ok")
    return redirect(f"/knowledge/{entry_id}?version={version}", 303)


@pages.post("/knowledge/<int:entry_id>/corrections")
def correct(entry_id: int) -> ResponseReturnValue:
    """纠错 to the owning unit. What is wrong with the form is said in it, with everything typed."""
    try:
        with door(write=True) as d:
            demand(d, READERS)
            data = checked(Report(), submitted(Report, request.form))
            row = corrections.report(d.session, entry_id, data, d.actor, d.now)
            told = f"纠错已送{row.entry.unit.name}，2 个工作日内答复"
            version = row.version
    except Invalid as error:
        with door() as d:
            number = request.form.get("entry_version", None, type=row_id)
            return _page(d, entry_id, number, refused=error), error.status
    flash(told, "ok")
    return redirect(f"/knowledge/{entry_id}?version={version}", 303)


def _chosen(d: Door, entry_id: int) -> tuple[int | None, str]:
    """(version to show, what to say about it): by number, or what answered on a day."""
    number, on = request.args.get("version", None, type=row_id), request.args.get("on", "")
    if not on:
        return number, ""
    try:
        day = date.fromisoformat(on)
    except ValueError:
        return number, "日期应写作 2026-03-18 的样子"
    found = queries.entry(d.session, entry_id, actor=d.actor).entry
    said = answered_on(found, day, d.now)
    if said is None:
        return number, f"{day} 当日，这一条目没有有效答复"
    return said.version, f"{day} 当日的答复是第 {said.version} 版"


def _pair(seen: Mapping[int, Any]) -> tuple[int, int]:
    """The two versions to compare, the older first; a number nobody may see gives way to a neighbour."""
    old, new = (request.args.get(name, 0, type=int) for name in ("old", "new"))
    new = new if new in seen else max(seen)
    old = old if old in seen else max((one for one in seen if one < new), default=new)
    return min(old, new), max(old, new)


def _page(d: Door, entry_id: int, number: int | None, told: str = "", *, refused: DomainError | None = None) -> str:
    shown = article(d.session, queries.entry(d.session, entry_id, number, actor=d.actor), d.actor, d.today)
    version = shown.version
    values = {
        "article": shown,
        "version_": version,
        "told": told,
        "kinds": KINDS,
        "basis": basis_of(version),
        "answer": spoken(version),
        "verdicts": corrections.verdicts(d.session, entry_id, version.version),
        "mine": corrections.verdict_of(d.session, entry_id, version.version, d.actor),
        "verdict_names": list(Verdict),
        "report": _report_form(d, refused),
        "refused": bool(refused),
        "works_on_it": queries.may_see_drafts(d.actor, version.entry),
    }
    return render_page(d, "web/knowledge_article.html", active="knowledge", **values)


def _report_form(d: Door, refused: DomainError | None) -> dict[str, Any]:
    """The 纠错 form's fields and errors; the version goes along unseen."""
    errors = refused.by_field("_") if refused else {}
    fields = form_fields(d.session, Report, d.today, values=submitted(Report, request.form), errors=errors)
    return {
        "fields": [one for one in fields if one["name"] != "entry_version"],
        "errors": error_list(Report, errors),
    }
