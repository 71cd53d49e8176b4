"""导入文件: read, preview with every mend and doubt, then one confirmation that stores all of it or nothing."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from werkzeug.utils import redirect

from hotline.accounts.models import Role
from hotline.directory.models import Category, Region, Unit
from hotline.directory.queries import by_code
from hotline.errors import DomainError, IllegalAction, Invalid, TooLarge
from hotline.knowledge import importing, uploads
from hotline.knowledge.content import Ownership, fingerprint
from hotline.knowledge.importing import Plan, Wishes
from hotline.knowledge.life import lines
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.models import MAX_DOC_NUMBER, MAX_TITLE, EntryType
from hotline.knowledge.operations import MAX_TEXT, Imported
from hotline.knowledge.schemas import Classification, day
from hotline.knowledge.uploads import KbUpload
from hotline.ticket.schemas import Form, checked, code, flag, line, reference, text
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.choices import form_fields
from hotline.web.kb_frame import say, show
from knowledge_base.formats import KINDS, MAX_BYTES
from knowledge_base.repair import LABELS, Repair, RepairKind

pages = Blueprint("kb_import", __name__, template_folder="templates")

AROUND, SAMPLES = 10, 3
"""Characters either side of a mend, and how many mends of a kind are shown."""
SHOWN = 300
"""So many entries stand on a preview; their number always does."""
ACCEPT = ",".join(f".{kind}" for kind in (*KINDS, "htm", "markdown"))
MODES = [("draft", "存为草稿，由单位初审、编辑复审"), ("publish", "直接发布（正式文件原文）")]


class ReadForm(Form):
    """What is to be imported: a file, or pasted text."""

    text = text("或粘贴正文", MAX_TEXT, rows=8, hint="有文件时以文件为准")


class ImportForm(Classification):
    """What the editor decides about an import; what is left empty is as the file says."""

    title = line("标题", MAX_TITLE)
    doc_number = line("文号", MAX_DOC_NUMBER, width=6)
    type = code(EntryType, "类型", width=6)
    effective_from = day("生效日期", width=6)
    expires_at = day("有效期至", hint="含当日", width=6)
    unit_code = reference("责任单位", "units", required=True)
    mode = fields.String(
        load_default="draft",
        validate=validate.OneOf([value for value, _ in MODES], error="请选择入库方式"),
        metadata={"label": "入库方式", "widget": "radio", "choices": MODES},
    )
    is_checked = flag("存疑之处已对照原文核对")

    class Meta(Form.Meta):
        fields = (
            *("title", "doc_number", "type", "effective_from", "expires_at", "unit_code", "category_code"),
            *("region_code", "audience", "is_public", "mode", "is_checked"),
        )


@pages.route("/knowledge/import", methods=["GET", "POST"])
def read() -> ResponseReturnValue:
    """Choose a file or paste a text; its words are kept for the preview, nothing else is stored."""
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            return redirect(f"/knowledge/import/{_keep()}", 303)
        except (Invalid, TooLarge) as error:
            refused = error
    with door() as d:
        demand(d, AUTHORS)
        values = submitted(ReadForm, request.form) if refused else {}
        errors = refused.by_field("file") if refused else {}
        shown = form_fields(d.session, ReadForm, d.today, values=values, errors=errors)
        named: dict[str, Any] = {"fields": [one for one in shown if one["name"] != "version"], "accept": ACCEPT}
        listed = _file_errors(errors) + error_list(ReadForm, {k: v for k, v in errors.items() if k != "file"})
        page = show(d, "web/kb_import.html", "import", errors=listed, limit=MAX_BYTES // 2**20, **named)
        return page, refused.status if refused else 200


def _file_errors(errors: Mapping[str, Any]) -> list[dict[str, str | None]]:
    return [{"name": "file", "label": "文件", "message": message} for message in errors.get("file", ())]


def _keep() -> int:
    """The file is read outside of any transaction: a long PDF must not hold up the others."""
    with door() as d:
        demand(d, AUTHORS)
        now = d.now
    upload = request.files.get("file")
    name = (upload.filename if upload and upload.filename else "") or "粘贴的正文.txt"
    if upload is not None and upload.filename:
        content = upload.stream.read(MAX_BYTES + 1)
    else:
        content = checked(ReadForm(), submitted(ReadForm, request.form))["text"].encode()
    if not content:
        raise Invalid("请选择文件或粘贴正文", code="file_empty", field="file")
    found = importing.read_upload(content, name)
    importing.plan(found, name, Wishes(), now)  # a file with nothing to import is refused here
    with door(write=True) as d:
        return uploads.keep(d.session, found, name, d.actor, d.now).id


@pages.route("/knowledge/import/<int:upload_id>", methods=["GET", "POST"])
def preview(upload_id: int) -> ResponseReturnValue:
    """What the file becomes. `confirm` stores it; any other button shows the preview again with what was chosen."""
    refused: DomainError | None = None
    if "confirm" in request.form:
        try:
            return redirect(_confirmed(upload_id), 303)
        except (Invalid, TooLarge, IllegalAction) as error:
            refused = error
    with door() as d:
        demand(d, AUTHORS)
        row = uploads.kept(d.session, upload_id, d.actor, d.now)
        return _preview_html(d, row, refused), refused.status if refused else 200


@pages.post("/knowledge/import/<int:upload_id>/drop")
def drop(upload_id: int) -> ResponseReturnValue:
    """放弃: the kept words go."""
    with door(write=True) as d:
        demand(d, AUTHORS)
        d.session.delete(uploads.kept(d.session, upload_id, d.actor, d.now))
    say("已放弃导入，没有保存任何条目")
    return redirect("/knowledge/import", 303)


def _confirmed(upload_id: int) -> str:
    """Store it all in one transaction; the upload goes with it, so that no second click imports it again."""
    with door() as d:
        demand(d, AUTHORS)
        row = uploads.kept(d.session, upload_id, d.actor, d.now)
        data = checked(ImportForm(), submitted(ImportForm, request.form))
        planned = importing.plan(uploads.words(row), row.name, _wishes(data), d.now)
    publishes = data["mode"] == "publish"
    with door(write=True) as d:
        row, owner = uploads.kept(d.session, upload_id, d.actor, d.now), _owner(d, data, planned)
        done = importing.store(d.session, planned, owner, d.actor, d.now, publishes=publishes)
        d.session.delete(row)
        kind = "发布" if publishes else "存为草稿"
        say(f"《{done.title}》已{kind} {len(done.created)} 条，重复跳过 {len(done.duplicates)} 条")
        return _after(done)


def _after(done: Imported) -> str:
    """One entry: to it; several: to the list of what came from the document."""
    if len(done.created) == 1:
        return f"/knowledge/{done.created[0].id}/work"
    return "/knowledge/desk"


def _owner(d: Door, data: Mapping[str, Any], planned: Plan) -> Ownership:
    category, region = data["category_code"], data["region_code"]
    return Ownership(
        unit_id=by_code(d.session, Unit, data["unit_code"], d.today).id,
        category_id=by_code(d.session, Category, category, d.today).id if category else None,
        region_code=by_code(d.session, Region, region, d.today).code if region else "",
        audience=lines(data["audience"]),
        is_public=data["is_public"],
        type=importing.type_of(planned, data["type"]),
    )


def _wishes(data: Mapping[str, Any]) -> Wishes:
    """Rejected are the kinds of repair whose box was cleared."""
    taken = set(request.form.getlist("repair"))
    rejected = {kind.value for kind in RepairKind} - taken
    given = {name: data[name] for name in ("title", "doc_number", "effective_from", "expires_at", "is_checked")}
    return Wishes(**given, rejected=frozenset(rejected))


def _preview_html(d: Door, row: KbUpload, refused: DomainError | None) -> str:
    values, errors = _typed(d), refused.by_field("") if refused else {}
    wishes = Wishes()
    if request.method == "POST":
        try:
            wishes = _wishes(checked(ImportForm(), submitted(ImportForm, request.form)))
        except Invalid as error:
            errors = errors or error.by_field("")
    planned = importing.plan(uploads.words(row), row.name, wishes, d.now)
    known = importing.existing(d.session, planned.parts)
    parts = [(part, known.get(fingerprint(part.content))) for part in planned.parts]
    return show(
        d,
        "web/kb_import_preview.html",
        "import",
        upload=row,
        plan=planned,
        parts=parts[:SHOWN],
        fresh=sum(code is None for _, code in parts),
        sentences=[doubt.sentence for doubt in planned.doubts],
        same=importing.same_number(d.session, planned.doc_number),
        repairs=repairs_shown(planned, wishes),
        fields=_fields(d, planned, values, errors),
        errors=error_list(ImportForm, errors),
    )


def _typed(d: Door) -> dict[str, Any]:
    if request.method == "POST":
        return submitted(ImportForm, request.form)
    unit = d.session.get(Unit, d.actor.unit_id) if Role.KB_EDITOR not in d.actor.roles else None
    return {"is_public": True, "unit_code": unit.code if unit else None, "mode": "draft"}


def _fields(d: Door, planned: Plan, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The form; each field says what the file says of it, and who may not publish is not asked."""
    said = {
        "title": f"不填则用“{planned.title}”",
        "doc_number": f"识别为 {planned.doc_number}" if planned.doc_number else "正文未写文号",
        "effective_from": f"不填则用 {planned.effective_from}",
        "expires_at": f"识别为 {planned.expires_at}" if planned.expires_at else "未写明，长期有效",
        "type": f"不填则为{importing.type_of(planned, None).label}",
    }
    left_out = {"is_checked"} if not planned.doubts and not values.get("is_checked") else set()
    left_out |= {"mode"} if Role.KB_EDITOR not in d.actor.roles or planned.is_template or planned.is_sheet else set()
    shown = form_fields(d.session, ImportForm, d.today, values=values, errors=errors)
    return [
        one | ({"hint": said[one["name"]]} if one["name"] in said else {})
        for one in shown
        if one["name"] not in left_out
    ]


def repairs_shown(planned: Plan, wishes: Wishes) -> list[dict[str, Any]]:
    """Each kind of repair: {kind, label, count, is_made, samples [(before, wrong, right, after)]}."""
    found: dict[RepairKind, list[Repair]] = {}
    for one in planned.repairs:
        found.setdefault(one.kind, []).append(one)
    return [
        {
            "kind": kind.value,
            "label": LABELS[kind],
            "count": len(made),
            "is_made": kind.value not in wishes.rejected,
            "samples": [_sample(planned.text, one) for one in made[:SAMPLES]],
        }
        for kind, made in found.items()
    ]


def _sample(text: str, one: Repair) -> tuple[str, str, str, str]:
    end = one.offset + len(one.before)
    return (
        text[max(0, one.offset - AROUND) : one.offset].rpartition("\n")[2],
        one.before.strip(),
        one.after.strip(),
        text[end : end + AROUND].partition("\n")[0],
    )
