"""The knowledge base over JSON: search, read, act. One documented route an action, from the same dict as the pages."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from hotline.api.access import bearer, json_body, once_for
from hotline.api.routes import refuse_others, route
from hotline.directory.models import Category, Unit
from hotline.directory.queries import by_code as directory_row
from hotline.errors import NotFound
from hotline.knowledge import corrections, gaps, queries, replies, searches, view
from hotline.knowledge import schemas as forms
from hotline.knowledge.actions import CREATING_ENTRY, ENTRY_ACTIONS, perform_on_entry
from hotline.knowledge.history import history_of_entry
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import EntryType, KbEntry
from hotline.knowledge.queries import Wanted
from hotline.knowledge.serving import index
from hotline.ticket.schemas import LINE, SHORT, Checked, code, line
from hotline.ui.door import Door, door

pages = Blueprint("api_knowledge", __name__, url_prefix="/api/v1/knowledge", description="知识库")


class Question(Checked):
    """What is asked, and what the answers are narrowed to."""

    q = line("问题", 2000, required=True)
    on = forms.day("日期", hint="不填为今天")
    region_code = line("区域", SHORT)
    unit_code = line("责任单位", SHORT)
    category_code = line("事项分类", SHORT)
    type = code(EntryType, "类型")
    audience = line("适用对象标签", LINE)
    top = fields.Integer(load_default=10, validate=validate.Range(1, 50, error="条数须在 1 至 50 之间"))


class Which(Checked):
    """Which version; the newest published one without it."""

    number = fields.Integer(load_default=None, allow_none=True, metadata={"label": "版本"})


class Chosen(Checked):
    """The answer a reader took."""

    search_id = fields.Integer(required=True, metadata={"label": "检索编号"})
    code = line("条目编号", SHORT, required=True)
    number = fields.Integer(required=True, metadata={"label": "版本"})


@pages.get("/search")
@bearer
@pages.arguments(Question, location="query")
@pages.response(200)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """What answers the question on that day, best first; `degraded` while the index is being repaired."""
    with door(write=True) as d:
        wanted, on = _wanted(d, asked), asked["on"] or d.today
        found = queries.search(d.session, index(), asked["q"], actor=d.actor, on=on, top=asked["top"], wanted=wanted)
        log_id = searches.log_search(d.session, asked["q"], found, d.now, is_public=False)
        hits = [view.hit_as_dict(hit) for hit in found.hits]
        return {"search_id": log_id, "degraded": found.degraded, "hits": hits}


@pages.post("/search/chosen")
@bearer
@pages.arguments(Chosen)
@pages.response(204)
def chosen(data: dict[str, Any]) -> None:
    """The reader took this answer: what is taken often is asked often."""
    with door(write=True) as d:
        entry = queries.by_code(d.session, data["code"], actor=d.actor)
        queries.entry(d.session, entry.id, data["number"], actor=d.actor)
        searches.choose(d.session, data["search_id"], (entry.id, data["number"]))


@pages.get("/hot")
@bearer
@pages.response(200)
def hot() -> dict[str, Any]:
    """The entries most cited and taken in the last 30 days."""
    with door() as d:
        rows = searches.hot_entries(d.session, d.actor, d.now)
        titles = [queries.entry(d.session, entry.id, actor=d.actor).title for entry, _ in rows]
        named = zip(rows, titles, strict=True)
        return {"entries": [{"code": entry.code, "title": title, "times": times} for (entry, times), title in named]}


@pages.get("/<code>")
@bearer
@pages.arguments(Which, location="query")
@pages.response(200)
def show(which: dict[str, Any], code: str) -> dict[str, Any]:
    """One entry in one version, with the caller's legal `actions`."""
    with door() as d:
        entry = queries.by_code(d.session, code, actor=d.actor)
        return _shown(d, entry, which["number"])


@pages.get("/<code>/versions")
@bearer
@pages.response(200)
def versions(code: str) -> dict[str, Any]:
    """Every version the caller may see, newest first."""
    with door() as d:
        entry = queries.by_code(d.session, code, actor=d.actor)
        return {"versions": view.versions_as_dict(entry, d.actor, d.today)}


@pages.get("/<code>/history")
@bearer
@pages.response(200)
def history(code: str) -> dict[str, Any]:
    """What happened to the entry, oldest first; for those who work on it."""
    with door() as d:
        entry = queries.by_code(d.session, code, actor=d.actor)
        if not queries.may_see_drafts(d.actor, entry):
            raise NotFound("没有找到这条知识，或您不能查看", code="kb_entry_not_found")
        return {"history": [view.history_as_dict(row) for row in history_of_entry(d.session, entry.id)]}


@pages.post("/<code>/corrections")
@bearer
@pages.arguments(forms.Report)
@pages.response(201)
def report(data: dict[str, Any], code: str) -> dict[str, Any]:
    """纠错."""
    with door(write=True) as d:
        entry = queries.by_code(d.session, code, actor=d.actor)

        def make() -> dict[str, Any]:
            return view.correction_as_dict(corrections.report(d.session, entry.id, data, d.actor, d.now))

        return once_for(d, make)


@pages.post("/corrections/<int:correction_id>/answer")
@bearer
@pages.arguments(forms.AnswerCorrection)
@pages.response(200)
def answer(data: dict[str, Any], correction_id: int) -> dict[str, Any]:
    """The owning unit's answer to a correction."""
    with door(write=True) as d:
        row = corrections.get_correction(d.session, d.actor, correction_id)
        corrections.answer(d.session, row, data, d.actor, d.now)
        return view.correction_as_dict(row)


@pages.post("/<code>/feedback")
@bearer
@pages.arguments(forms.Feedback)
@pages.response(204)
def feedback(data: dict[str, Any], code: str) -> None:
    """有用 / 过期 / 有误; the last word of an account counts."""
    with door(write=True) as d:
        entry = queries.by_code(d.session, code, actor=d.actor)
        corrections.rate(d.session, entry.id, data, d.actor, d.now)


@pages.post("/gaps")
@bearer
@pages.arguments(forms.OpenGap)
@pages.response(201)
def open_gap(data: dict[str, Any]) -> dict[str, Any]:
    """登记知识缺口并派给单位."""
    with door(write=True) as d:
        return once_for(d, lambda: view.owed_as_dict(gaps.open_gap(d.session, data, d.actor, d.now)))


@pages.post("/gaps/<int:gap_id>/close")
@bearer
@pages.arguments(forms.NameEntry)
@pages.response(200)
def close_gap(data: dict[str, Any], gap_id: int) -> dict[str, Any]:
    """The entry that fills a gap."""
    with door(write=True) as d:
        row = gaps.get_owed(d.session, gaps.KnowledgeGap, d.actor, gap_id)
        gaps.close_with(d.session, row, data, d.actor, d.now)
        return view.owed_as_dict(row)


@pages.post("/submissions/<int:submission_id>/close")
@bearer
@pages.arguments(forms.NameEntry)
@pages.response(200)
def close_submission(data: dict[str, Any], submission_id: int) -> dict[str, Any]:
    """The entry that holds the regulation a consultation was answered by."""
    with door(write=True) as d:
        row = gaps.get_owed(d.session, gaps.Submission, d.actor, submission_id)
        gaps.close_with(d.session, row, data, d.actor, d.now)
        return view.owed_as_dict(row)


@pages.post("/new/from_reply")
@bearer
@pages.arguments(forms.FromReply)
@pages.response(201)
def from_reply(data: dict[str, Any]) -> dict[str, Any]:
    """转为知识草稿: the approved answer of a ticket, without what could name the enterprise."""
    with door(write=True) as d:
        return once_for(d, lambda: _shown(d, replies.draft_from_reply(d.session, d.actor, data["number"], d.now)))


def _wanted(d: Door, asked: dict[str, Any]) -> Wanted:
    unit, category, tag = asked["unit_code"], asked["category_code"], asked["audience"]
    return Wanted(
        region_code=asked["region_code"] or None,
        unit_id=directory_row(d.session, Unit, unit, d.today).id if unit else None,
        category_id=directory_row(d.session, Category, category, d.today).id if category else None,
        type=asked["type"],
        audience=frozenset({tag}) if tag else None,
    )


def _shown(d: Door, entry: KbEntry, number: int | None = None) -> dict[str, Any]:
    """The entry as its actor sees it."""
    d.session.flush()
    version = queries.entry(d.session, entry.id, number, actor=d.actor)
    return view.entry_as_dict(d.session, entry, version, d.actor, d.today)


def _draft(action: str) -> Callable[[], dict[str, Any]]:
    """A route that makes an entry."""

    def create() -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            return once_for(d, lambda: _shown(d, perform_on_entry(d.session, d.actor, action, payload, d.now)))

    return create


def _act(action: str) -> Callable[[str], dict[str, Any]]:
    """A route that takes one row of the entry's table."""

    def act(code: str) -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            return _shown(d, perform_on_entry(d.session, d.actor, action, payload, d.now, code))

    return act


LABELS = {row.action: row.label for row in TABLE}

for _name, _spec in CREATING_ENTRY.items():
    route(pages, f"/new/{_name}", _name, LABELS[_name], _spec.schema, _draft(_name), 201)
for _name, _spec in ENTRY_ACTIONS.items():
    route(pages, f"/<code>/actions/{_name}", _name, LABELS[_name], _spec.schema, _act(_name), 200)
refuse_others(pages, "<code>")
