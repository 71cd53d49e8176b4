"""导入文件 over JSON: a multipart form with the file and what is decided about it; a dry run stores nothing."""

from collections import Counter
from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import fields

from hotline.api.access import bearer
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Forbidden, Invalid
from hotline.idempotency import once
from hotline.knowledge import importing
from hotline.knowledge import schemas as forms
from hotline.knowledge.content import Ownership, fingerprint
from hotline.knowledge.importing import Plan, Wishes
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.models import MAX_DOC_NUMBER, MAX_TITLE
from hotline.ticket.ledger import plain
from hotline.ticket.schemas import Checked, checked, flag, line
from hotline.ui.door import Door, door
from knowledge_base.formats import MAX_BYTES

pages = Blueprint("api_kb_imports", __name__, url_prefix="/api/v1/knowledge", description="知识库导入")


class Importing(Checked):
    """What is decided about a file; what is left out is as the file says. `reject`: kinds of repairs, with commas."""

    unit_code = line("责任单位", 60, required=True)
    title = line("标题", MAX_TITLE)
    doc_number = line("文号", MAX_DOC_NUMBER)
    effective_from = forms.day("生效日期")
    expires_at = forms.day("有效期至")
    reject = line("不采用的修复", 60)
    is_public = flag("公众可见", True)
    is_checked = flag("存疑之处已核对")
    publishes = flag("直接发布")
    dry_run = flag("只预览")


class ImportBody(Importing):
    """The whole multipart form, for the documentation."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


@pages.post("/imports")
@bearer
@pages.doc(requestBody={"required": True, "content": {"multipart/form-data": {"schema": ImportBody}}})
@pages.response(201)
def import_file() -> dict[str, Any]:
    """The `file` of a multipart form becomes entries, all of them or none."""
    data = checked(Importing(), request.form.to_dict())
    upload = request.files.get("file")
    if upload is None:
        raise Invalid("请上传文件（字段名 file）", code="file_missing", field="file")
    with door() as d:
        _demand(d)
        now = d.now
    name = upload.filename or "file.txt"
    planned = importing.plan(importing.read_upload(upload.stream.read(MAX_BYTES + 1), name), name, _wishes(data), now)
    with door(write=not data["dry_run"]) as d:
        if data["dry_run"]:
            return _shown(d, planned)
        key, what = request.headers.get("Idempotency-Key"), {"name": name, **plain(data), "text": planned.text}
        return once(d.session, d.owner, key, what, d.now, lambda: _stored(d, planned, data))


def _demand(d: Door) -> None:
    """Who may not draft is told before a long file is read."""
    if not d.actor.roles & AUTHORS:
        raise Forbidden("您的岗位不能导入知识", code="role_refused")


def _wishes(data: dict[str, Any]) -> Wishes:
    given = {name: data[name] for name in ("title", "doc_number", "effective_from", "expires_at", "is_checked")}
    rejected = frozenset(kind.strip() for kind in data["reject"].split(",") if kind.strip())
    return Wishes(**given, rejected=rejected)


def _shown(d: Door, planned: Plan) -> dict[str, Any]:
    """A plan in plain values: `entries` with the code of the one that says the same already."""
    known = importing.existing(d.session, planned.parts)
    said = {name: plain(getattr(planned, name)) for name in ("title", "doc_number", "effective_from", "expires_at")}
    return {
        **said,
        "is_template": planned.is_template,
        "repairs": dict(Counter(one.kind.value for one in planned.repairs)),
        "doubts": [{"code": one.code, "message": one.message, "excerpt": one.excerpt} for one in planned.doubts],
        "warnings": list(planned.warnings),
        "entries": [
            {"place": part.place, "title": part.content.title, "duplicate_of": known.get(fingerprint(part.content))}
            for part in planned.parts
        ],
    }


def _stored(d: Door, planned: Plan, data: dict[str, Any]) -> dict[str, Any]:
    unit_id = by_code(d.session, Unit, data["unit_code"], d.today).id
    owner = Ownership(unit_id=unit_id, is_public=data["is_public"], type=importing.type_of(planned, None))
    shown = _shown(d, planned)
    done = importing.store(d.session, planned, owner, d.actor, d.now, publishes=data["publishes"])
    return {**shown, "created": [entry.code for entry in done.created], "duplicates": done.duplicates}
