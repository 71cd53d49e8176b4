"""派单目录 as a file: exported for anybody who edits it, imported after a preview of every line."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request
from flask.typing import ResponseReturnValue

from hotline.accounts.operations import audit
from hotline.clock import to_local
from hotline.directory.catalogue import name_of, support_of
from hotline.directory.models import CatalogueRow
from hotline.dispatch import catalogue_sheet as sheet
from hotline.dispatch.catalogue_changes import EDITORS
from hotline.dispatch.catalogue_import import ImportPlan, Planned, carry_out_plan, exported, plan, plan_effects
from hotline.dispatch.catalogue_uploads import CatalogueUpload, keep, kept
from hotline.dispatch.schemas import CatalogueImport
from hotline.errors import Conflict, DomainError, Invalid, TooLarge
from hotline.ticket.catalogue import TYPE_NAMES
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.catalogue_frame import page
from hotline.web.choices import form_fields
from knowledge_base.formats import MAX_BYTES

pages = Blueprint("catalogue_files", __name__, template_folder="templates")

SHOWN = 200
"""So many lines of a kind stand on a preview; their number always does."""


@pages.get("/catalogue/export.xlsx")
def export() -> ResponseReturnValue:
    """Every row in force or planned."""
    with door(write=True) as d:
        demand(d, EDITORS)
        lines = exported(d.session, d.today)
        audit(d.session, d.actor, "export", "catalogue", d.now, f"导出派单目录 {len(lines)} 项")
        name = f"dispatch-catalogue-{to_local(d.now):%Y%m%d-%H%M}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(sheet.write(lines), mimetype=sheet.MIME, headers=headers)


@pages.route("/catalogue/import", methods=["GET", "POST"])
def read() -> ResponseReturnValue:
    """Choose a file; its lines are kept for the preview, nothing else is stored."""
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            return redirect(f"/catalogue/import/{_keep()}", 303)
        except (Invalid, TooLarge) as error:
            refused = error
    with door() as d:
        demand(d, EDITORS)
        html = page(d, "catalogue_import", "import", refused=refused.message if refused else None)
        return html, refused.status if refused else 200


def _keep() -> int:
    """The file is read outside of any transaction."""
    with door() as d:
        demand(d, EDITORS)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Invalid("请选择 xlsx 文件", code="file_missing", field="file")
    lines = sheet.read(upload.stream.read(MAX_BYTES + 1))
    with door(write=True) as d:
        return keep(d.session, lines, upload.filename, d.actor, d.now).id


@pages.route("/catalogue/import/<int:upload_id>", methods=["GET", "POST"])
def preview(upload_id: int) -> ResponseReturnValue:
    """What the sheet does, line by line. `confirm` does it; any other button only looks again."""
    refused: DomainError | None = None
    if "confirm" in request.form:
        try:
            return redirect(_confirmed(upload_id), 303)
        except (Invalid, Conflict) as error:
            refused = error
    with door() as d:
        demand(d, EDITORS)
        row = kept(d.session, upload_id, d.actor, d.now)
        return _preview_html(d, row, refused), refused.status if refused else 200


@pages.post("/catalogue/import/<int:upload_id>/drop")
def drop(upload_id: int) -> ResponseReturnValue:
    """放弃: the kept lines go."""
    with door(write=True) as d:
        demand(d, EDITORS)
        d.session.delete(kept(d.session, upload_id, d.actor, d.now))
    flash("已放弃导入，没有保存任何内容", "run")
    return redirect("/catalogue/import", 303)


def _confirmed(upload_id: int) -> str:
    """All of it in one transaction; the upload goes with it, so that no second click imports it again."""
    with door(write=True) as d:
        demand(d, EDITORS)
        row = kept(d.session, upload_id, d.actor, d.now)
        data = checked(CatalogueImport(), submitted(CatalogueImport, request.form))
        planned = plan(d.session, row.lines, d.today, is_complete=data["is_complete"])
        if planned.fingerprint != request.form.get("seen"):
            raise Conflict("预览之后目录或选项有变化，请核对后再确认", code="stale_preview")
        entry = carry_out_plan(d.session, planned, row.name, d.actor, data["reason"], d.now)
        d.session.delete(row)
        d.session.flush()
        flash(f"已导入“{row.name}”：{said(planned)}", "ok")
        return f"/catalogue/changes/{entry.id}"


def said(planned: ImportPlan) -> str:
    """What an import does, in numbers."""
    counts = [(len(planned.of(kind)), word) for kind, word in (("new", "新增"), ("changed", "变更"), ("ended", "停用"))]
    counts[2] = (counts[2][0] + len(planned.missing), "停用")
    return "、".join(f"{word} {count} 项" for count, word in counts)


def _preview_html(d: Door, row: CatalogueUpload, refused: DomainError | None) -> str:
    is_complete = "is_complete" in request.form
    planned = plan(d.session, row.lines, d.today, is_complete=is_complete)
    errors = refused.by_field("") if refused else {}
    typed = submitted(CatalogueImport, request.form) if request.method == "POST" else {}
    fields = form_fields(d.session, CatalogueImport, d.today, values=typed, errors=errors)
    values: dict[str, Any] = {
        "upload": row,
        "plan": planned,
        "counts": [(kind, word, len(planned.of(kind))) for kind, word in KINDS.items()],
        "lines": {kind: [_line(d, one) for one in planned.of(kind)[:SHOWN]] for kind in KINDS},
        "missing": [name_of(one) for one in planned.missing[:SHOWN]],
        "effects": plan_effects(d.session, planned, d.now, d.actor),
        "has_work": planned.has_work,
        "fields": fields,
        "errors": error_list(CatalogueImport, errors),
    }
    return page(d, "catalogue_preview", "import", **values)


KINDS = {"new": "新增", "changed": "变更", "ended": "停用", "same": "不变"}


def _line(d: Door, one: Planned) -> dict[str, Any]:
    """A line with what it says, before and after."""
    entry, old = one.entry, one.before
    new = [entry.unit.name, _names(entry.support), entry.fallback.name if entry.fallback else "", entry.legal_basis]
    before = _before(d, old) if old else ["", "", "", ""]
    labels = ("主办", "协办", "兜底", "依据")
    return {
        "number": one.line,
        "name": name_of(entry),
        "kind": TYPE_NAMES.get(entry.appeal_type or "", ""),
        "differences": [row for row in zip(labels, before, new, strict=True) if row[1] != row[2]],
        "period": f"{entry.effective_from} 起" + (f"至 {entry.effective_to}" if entry.effective_to else ""),
    }


def _before(d: Door, old: CatalogueRow) -> list[str]:
    fallback = old.fallback.name if old.fallback else ""
    return [old.unit.name, _names(support_of(d.session, old)), fallback, old.legal_basis]


def _names(units: Any) -> str:
    return "、".join(unit.name for unit in units)
