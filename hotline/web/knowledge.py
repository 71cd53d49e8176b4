"""Knowledge pages: search for everybody at work, articles with their versions, import and withdrawal for editors."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from marshmallow import fields
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from hotline.accounts.models import Role
from hotline.accounts.operations import audit
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid, TooLarge
from hotline.knowledge import operations, queries
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import MAX_DOC_NUMBER, MAX_TITLE, EntryStatus, KbEntryVersion
from hotline.knowledge.queries import Hit, State
from hotline.ticket.schemas import Form, checked, flag, line, reference, text
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.choices import form_fields
from hotline.web.navigation import render_page
from knowledge_base.search import MAX_QUESTION

pages = Blueprint("knowledge", __name__, template_folder="templates")

READERS = frozenset(Role) - {Role.ENTERPRISE, Role.SYSTEM}
EDITORS = frozenset({Role.KB_EDITOR})
MIN_QUESTION = 2
SPOKEN = 300
"""A clause longer than this many characters is not read out whole: its best sentence stands in."""
KINDS = {State.IN_FORCE: "ok", State.UPCOMING: "warn"}


@dataclass(frozen=True)
class Shown:
    """A hit as pages draw it: marked text, its state, and what "插入答复" writes and records."""

    hit: Hit
    title: Markup
    snippet: Markup
    kind: str
    answer: str
    basis: str

    @property
    def citation(self) -> str:
        """ "entry:version"."""
        return f"{self.hit.entry_id}:{self.hit.version}"

    @property
    def may_cite(self) -> bool:
        """Whether it answers today."""
        return self.hit.state is State.IN_FORCE


@dataclass(frozen=True)
class Results:
    """What a question found; `asked` False = nothing was asked yet, or too little."""

    q: str
    asked: bool
    hits: list[Shown]
    degraded: bool = False


def find(d: Door, q: str, top: int = 8) -> Results:
    """Search for whoever stands at the door. A question longer than the engine reads is cut, not refused."""
    text = q.replace("\x00", "").strip()[:MAX_QUESTION]
    if len(text) < MIN_QUESTION:
        return Results(text, False, [])
    holder: IndexHolder = current_app.extensions["knowledge"]
    found = queries.search(d.session, holder, text, actor=d.actor, on=d.today, top=top)
    return Results(text, True, [_shown(d.session, hit) for hit in found.hits], found.degraded)


def _shown(session: Session, hit: Hit) -> Shown:
    version = queries.replay(session, hit.entry_id, hit.version)
    return Shown(
        hit,
        title=marked(hit.title, hit.title_marks),
        snippet=marked(hit.snippet, hit.snippet_marks),
        kind=KINDS.get(hit.state, "bad"),
        answer=spoken(version, hit.snippet),
        basis=basis_of(version),
    )


def marked(text: str, marks: tuple[tuple[int, int], ...]) -> Markup:
    """The text with its marks, escaped."""
    parts, end = [], 0
    for start, stop in marks:
        parts.append(escape(text[end:start]) + Markup("<mark>") + escape(text[start:stop]) + Markup("</mark>"))
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def spoken(version: KbEntryVersion, snippet: str = "") -> str:
    """What is read out: the telephone answer, else the clause, else its best sentence."""
    short = version.full_text if len(version.full_text) <= SPOKEN or not snippet else snippet
    return version.phone_answer or short


def basis_of(version: KbEntryVersion) -> str:
    """《title》（number）place."""
    number = f"（{version.doc_number}）" if version.doc_number else ""
    return f"《{version.source_title or version.title}》{number}{version.place}"


@pages.get("/knowledge")
def search() -> ResponseReturnValue:
    """The search page; `q` in the address, so that a search can be passed on."""
    with door() as d:
        demand(d, READERS)
        results = find(d, request.args.get("q", ""), top=20)
        return render_page(d, "web/knowledge.html", active="knowledge", results=results, may_edit=_edits(d))


@pages.get("/knowledge/<int:entry_id>")
def article(entry_id: int) -> ResponseReturnValue:
    """One version of an entry (default: the newest), with all its versions."""
    with door() as d:
        demand(d, READERS)
        version = queries.entry(d.session, entry_id, request.args.get("version", type=int), actor=d.actor)
        values = {
            "version_": version,
            "state": queries.state_of(version, d.today),
            "versions": [(one, queries.state_of(one, d.today)) for one in reversed(version.entry.versions)],
            "unit": d.session.get_one(Unit, version.entry.unit_id),
            "basis": basis_of(version),
            "kinds": KINDS,
            "may_withdraw": _edits(d) and version.entry.status is EntryStatus.PUBLISHED,
        }
        return render_page(d, "web/knowledge_article.html", active="knowledge", **values)


@pages.get("/knowledge/import")
def import_form() -> ResponseReturnValue:
    """Paste or choose a text."""
    with door() as d:
        demand(d, EDITORS)
        return _import_page(d, MultiDict({"is_public": "1"}))


@pages.post("/knowledge/import")
def import_text() -> ResponseReturnValue:
    """First the preview, entry by entry; with `confirm`, the import. What was typed is kept whatever happens."""
    form: MultiDict[str, str] = request.form
    try:
        with door(write=True) as d:
            demand(d, EDITORS)
            form = _with_file(form)
            if "confirm" not in form:
                return _import_page(d, form, preview=_preview(d, form))
            done = _import(d, form)
    except (Invalid, TooLarge) as error:
        with door() as d:
            return _import_page(d, form, errors=error.by_field("text")), error.status
    flash(f"《{done.title}》已入库 {len(done.created)} 条，重复跳过 {len(done.duplicates)} 条", "ok")
    return redirect(f"/knowledge/{done.created[0].id}" if done.created else "/knowledge")


@pages.post("/knowledge/<int:entry_id>/withdraw")
def withdraw(entry_id: int) -> ResponseReturnValue:
    """撤回: it answers no more; tickets that cite it still show what it said."""
    reason = request.form.get("reason", "").replace("\x00", "").strip()
    with door(write=True) as d:
        demand(d, EDITORS)
        version = queries.entry(d.session, entry_id, actor=d.actor)
        if len(reason) < 2:
            raise Invalid("请填写撤回原因", code="reason_required", field="reason")
        operations.withdraw(d.session, version.entry)
        audit(d.session, d.actor, "kb_withdraw", f"kb:{version.entry.code}", d.now, reason)
    flash(f"{version.entry.code} 已撤回，不再作为答复依据", "ok")
    return redirect(f"/knowledge/{entry_id}")


def _edits(d: Door) -> bool:
    return bool(EDITORS & d.actor.roles)


def _with_file(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """The posted form with the uploaded text, if there is one, in place of the pasted. Raises Invalid, TooLarge."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return form
    data = upload.stream.read(operations.MAX_TEXT * 4 + 1)
    if len(data) > operations.MAX_TEXT * 4:
        raise TooLarge("文件过长，请拆分后再导入", code="text_too_long", field="text")
    return MultiDict(
        [*((name, text) for name, text in form.items(multi=True) if name != "text"), ("text", _text(data))]
    )


def _text(data: bytes) -> str:
    """Plain text as Windows and others save it. Raises Invalid for anything else."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid("只能导入 txt 纯文本文件（UTF-8 或 GB18030 编码）", code="not_text", field="text")


def _date(label: str, hint: str) -> fields.Date:
    meta = {"label": label, "hint": hint, "width": 6}
    wrong: dict[str, Any] = {"invalid": f"{label}应写作 2026-03-18 的样子"}
    return fields.Date(load_default=None, allow_none=True, metadata=meta, error_messages=wrong)


class ImportForm(Form):
    """A policy to be split into entries by article; what is left out is read from the text."""

    text = text("正文", operations.MAX_TEXT, required=True, rows=14, hint="按“第…条”自动拆分为条目")
    title = line("文件标题", MAX_TITLE, hint="不填则从正文识别", width=6)
    doc_number = line("文号", MAX_DOC_NUMBER, hint="不填则从正文识别", width=6)
    effective_from = _date("生效日期", "不填则从正文识别")
    expires_at = _date("有效期至", "含当日；不填为长期有效")
    unit_code = reference("责任单位", "units", required=True, width=6)
    is_public = flag("公众可见", True)


@dataclass(frozen=True)
class Preview:
    """What an import would make: its title, (title, text) of each entry, and the titles it would skip."""

    title: str
    entries: list[tuple[str, str]]
    duplicates: list[str]


def _preview(d: Door, form: MultiDict[str, str]) -> Preview:
    """The import itself, undone again: so the preview cannot promise anything else."""
    undone = d.session.begin_nested()
    done = _import(d, form)
    entries = [(entry.versions[0].title, entry.versions[0].full_text) for entry in done.created]
    undone.rollback()
    return Preview(done.title, entries, done.duplicates)


def _import(d: Door, form: MultiDict[str, str]) -> operations.Imported:
    data = checked(ImportForm(), submitted(ImportForm, form))
    unit = by_code(d.session, Unit, data["unit_code"], d.today)
    owner = operations.Ownership(unit_id=unit.id, is_public=data["is_public"])
    given = {name: data[name] or None for name in ("title", "doc_number", "effective_from", "expires_at")}
    return operations.import_text(d.session, data["text"], owner, author_id=d.actor.account_id, now=d.now, **given)


def _import_page(
    d: Door, form: MultiDict[str, str], *, preview: Preview | None = None, errors: dict[str, Any] | None = None
) -> str:
    shown = form_fields(d.session, ImportForm, d.today, values=submitted(ImportForm, form), errors=errors)
    values = {"fields": shown, "errors": error_list(ImportForm, errors or {}), "preview": preview}
    return render_page(d, "web/knowledge_import.html", active="knowledge", **values)
