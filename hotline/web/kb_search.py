"""Searching the knowledge base: the page, its suggestions, the record of what was asked, and what nothing answers."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from hotline.accounts.models import Role
from hotline.errors import Invalid, NotFound
from hotline.intake.parties import is_sheltered
from hotline.knowledge import gaps, suggesting
from hotline.knowledge.schemas import OpenGap
from hotline.knowledge.serving import MIN_QUESTION, cleaned, index
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door
from hotline.ui.forms import submitted
from hotline.ui.helpers import row_id
from hotline.web.access import demand
from hotline.web.citations import labelled
from hotline.web.desk_parts import is_wordless
from hotline.web.kb_results import find, keep_question, narrowed
from hotline.web.navigation import render_page

pages = Blueprint("knowledge_search", __name__, template_folder="templates")

SHELTERED = "投诉、举报、保密、匿名或写明被反映对象的诉求，内容不外派；确有知识缺口的，请到知识库另行查询后登记"
READERS = frozenset(Role) - {Role.ENTERPRISE, Role.SYSTEM}


@pages.get("/knowledge")
def search() -> ResponseReturnValue:
    """The search page; question and filters in the address, so that a search can be passed on."""
    q = request.args.get("q", "")
    with door() as d:
        demand(d, READERS)
    search_id = keep_question(q) if len(cleaned(q)) >= MIN_QUESTION else None
    with door() as d:
        results = find(d, q, narrowed(request.args), top=20)
        return render_page(d, "web/knowledge.html", active="knowledge", results=results, search_id=search_id)


@pages.get("/knowledge/suggest")
def suggest() -> ResponseReturnValue:
    """Titles for what is being typed: {"items": [{value, label, hint, href}]}."""
    with door() as d:
        demand(d, READERS)
        hits = suggesting.titles(d.session, index(), cleaned(request.args.get("q", "")), actor=d.actor, on=d.today)
        items = [
            {"value": hit.code, "label": hit.title, "hint": hit.type_label, "href": f"/knowledge/{hit.entry_id}"}
            for hit in hits
        ]
    return jsonify(items=items)


@pages.get("/knowledge/citable")
def citable() -> ResponseReturnValue:
    """What an answer may cite, for what is being typed: {"items": [{value "entry:version", label, hint}]}."""
    q = cleaned(request.args.get("q", ""))
    with door() as d:
        demand(d, READERS)
        hits = suggesting.titles(d.session, index(), q, actor=d.actor, on=d.today)
        found = [f"{hit.entry_id}:{hit.version}" for hit in hits] or [q]
        known = labelled(d, found)
    return jsonify(items=[{"value": value, "label": label, "hint": ""} for value, label in known])


@pages.post("/knowledge/asked")
def asked() -> ResponseReturnValue:
    """With scripts: a question that stands (`q`), or the answer taken to it (`citation`); {"search_id": n or null}.

    The desk's form comes along: it tells which words are the appeal's and not the agent's.
    """
    with door() as d:
        demand(d, READERS)
    q, known = request.form.get("q", ""), request.form.get("search_id", None, type=row_id)
    wordless = is_wordless(request.form, q)
    return jsonify(search_id=keep_question(q, search_id=known, citation=cited(), wordless=wordless))


@pages.post("/knowledge/missing")
def missing() -> ResponseReturnValue:
    """With scripts: 登记知识缺口并派给单位 from the desk; {"message"} in words, 422 for what is wrong."""
    try:
        with door(write=True) as d:
            demand(d, READERS)
            return jsonify(message=register_gap(d, submitted(OpenGap, request.form)))
    except Invalid as error:
        return jsonify(message=error.message), error.status


def register_gap(d: Door, posted: Mapping[str, Any]) -> str:
    """Open a gap; the sentence that says so. Raises Invalid, Forbidden.

    Nothing is handed on from the form of a sheltered appeal.
    """
    if is_sheltered(request.form):
        raise Invalid(SHELTERED, code="appeal_sheltered", field="question")
    gap = gaps.open_gap(d.session, checked(OpenGap(), posted), d.actor, d.now)
    return f"已登记知识缺口“{gap.question}”，由{gap.unit.name}补充"


def cited(name: str = "citation") -> tuple[int, int] | None:
    """The posted citation "entry:version"; None without one. Raises NotFound for anything else."""
    text = request.form.get(name, "")
    if not text:
        return None
    try:
        entry_id, version = text.split(":")
        return row_id(entry_id), row_id(version)
    except ValueError:
        raise NotFound("没有找到这条知识", code="kb_entry_not_found") from None
