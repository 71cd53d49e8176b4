"""派单目录 over JSON: what it says on a day and why, what is wrong with it, and changes after a dry run."""

from collections.abc import Collection
from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.accounts.operations import audit
from hotline.api.access import bearer
from hotline.directory.catalogue import name_of, plain
from hotline.directory.models import CatalogueRow, Region, Unit
from hotline.directory.queries import by_code, effective, leaf_category
from hotline.dispatch import catalogue_sheet as sheet
from hotline.dispatch.catalogue_changes import (
    CHANGED,
    EDITORS,
    SENDERS,
    WATCHERS,
    Changes,
    Effect,
    carry_out,
    effects,
    entry_of,
    moves_seen,
    verify,
)
from hotline.dispatch.catalogue_import import ImportPlan, carry_out_plan, exported, plan, plan_effects
from hotline.dispatch.catalogue_listing import Filters, listed
from hotline.dispatch.catalogue_report import Clue, clues, problems
from hotline.dispatch.load import loads
from hotline.dispatch.proposal import propose
from hotline.dispatch.schemas import CatalogueEnding, CatalogueEntry, CatalogueImport
from hotline.errors import Forbidden, Invalid, NotFound
from hotline.ticket.models import AppealType
from hotline.ticket.schemas import SHORT, Checked, checked, code, day, flag, line, reference
from hotline.ui.door import Door, door
from knowledge_base.formats import MAX_BYTES
from routing.catalogue import Row

pages = Blueprint("api_catalogue", __name__, url_prefix="/api/v1/catalogue", description="派单目录")

MOST = 200


class CatalogueListing(Checked):
    """Which rows of which day; `region` "-" asks for the city-wide ones."""

    q = line("关键词", SHORT)
    category = line("事项代码（含下级）", SHORT)
    region = line("区域代码", SHORT)
    unit = line("主办或兜底单位代码", SHORT)
    appeal_type = code(AppealType, "诉求类型")
    day = day("日期")
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000, error="页码须为正整数"))


class CatalogueQuestion(Checked):
    """Who would lead a matter."""

    category_code = reference("事项", "categories", required=True)
    region_code = reference("区域", "regions", required=True)
    appeal_type = code(AppealType, "诉求类型")
    respondent_unit_code = reference("被反映单位", "units")
    day = day("日期")


class NewRow(CatalogueEntry):
    """A row to put; `dry_run` only tells what it would do; `version`: the id of the row seen, if one is replaced."""

    dry_run = flag("只预览")


class RowEnding(CatalogueEnding):
    """A row to end; `dry_run` only tells what that would do."""

    dry_run = flag("只预览")


class CatalogueImporting(CatalogueImport):
    """What is decided about a sheet."""

    dry_run = flag("只预览")


class CatalogueFile(CatalogueImporting):
    """The whole multipart form, for the documentation."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


def _demand(d: Door, roles: Collection[str]) -> None:
    if not d.actor.roles & frozenset(roles):
        raise Forbidden("您的岗位不能使用这个接口", code="role_refused")


def _row(d: Door, row: CatalogueRow) -> dict[str, Any]:
    return {"id": row.id, "name": name_of(row), **plain(d.session, row)}


@pages.get("/rows")
@bearer
@pages.arguments(CatalogueListing, location="query")
@pages.response(200)
def rows(asked: dict[str, Any]) -> dict[str, Any]:
    """What the catalogue says on a day (today unless told), in the order of its numbers."""
    with door() as d:
        names = ("q", "category", "region", "unit")
        kind = asked["appeal_type"].value if asked["appeal_type"] else ""
        filters = Filters(asked["day"] or d.today, **{name: asked[name] for name in names}, kind=kind)
        found = d.session.scalars(listed(filters).limit(MOST).offset((asked["page"] - 1) * MOST))
        return {"day": filters.day.isoformat(), "page": asked["page"], "rows": [_row(d, row) for row in found]}


@pages.get("/rows/<int:row_id>")
@bearer
@pages.response(200)
def versions(row_id: int) -> dict[str, Any]:
    """All that was ever said about what this row is about, the newest first: who, when and why."""
    with door() as d:
        one = _found(d, row_id)
        found = select(CatalogueRow).filter_by(slot=one.slot).order_by(CatalogueRow.version.desc())
        return {"versions": [_row(d, row) | _signed(row) for row in d.session.scalars(found)]}


def _found(d: Door, row_id: int) -> CatalogueRow:
    row = d.session.get(CatalogueRow, row_id)
    if row is None:
        raise NotFound("没有找到这项安排", code="row_not_found")
    return row


def _signed(row: CatalogueRow) -> dict[str, Any]:
    ended_at = row.ended_at.isoformat() if row.ended_at else None
    recorded = {"recorded_by": row.recorded_by, "recorded_at": row.recorded_at.isoformat(), "reason": row.reason}
    return {**recorded, "ended_by": row.ended_by, "ended_at": ended_at, "ended_reason": row.ended_reason}


@pages.get("/choice")
@bearer
@pages.arguments(CatalogueQuestion, location="query")
@pages.response(200)
def choice(asked: dict[str, Any]) -> dict[str, Any]:
    """Who would lead such a matter on a day, and why, as the desks are told; `unit` null: a person must judge."""
    with door() as d:
        on = asked["day"] or d.today
        category = leaf_category(d.session, asked["category_code"], on)
        region = by_code(d.session, Region, asked["region_code"], on)
        about = asked["respondent_unit_code"]
        respondent = by_code(d.session, Unit, about, on, field="respondent_unit_code") if about else None
        found = propose(d.session, d.actor, d.now, category, region, respondent, asked["appeal_type"], on)
        said: Row | None = found.choice.row
        return {
            "unit": found.unit.code if found.unit else None,
            "support": [unit.code for unit in found.support],
            "way": found.choice.way.value,
            "reason": found.reason,
            "row_id": said.serial if said else None,
        }


@pages.post("/rows")
@bearer
@pages.arguments(NewRow)
@pages.response(201)
def put(data: dict[str, Any]) -> dict[str, Any]:
    """A new row, or the next version of one; a dry run tells which open tickets it would send elsewhere."""
    with door(write=not data["dry_run"]) as d:
        _demand(d, EDITORS)
        return _changed(d, Changes(puts=(entry_of(d.session, data, d.today),)), data)


@pages.post("/rows/<int:row_id>/end")
@bearer
@pages.arguments(RowEnding)
@pages.response(200)
def end(data: dict[str, Any], row_id: int) -> dict[str, Any]:
    """A row ends after a day; what is more general takes over."""
    with door(write=not data["dry_run"]) as d:
        _demand(d, EDITORS)
        return _changed(d, Changes(ends=((_found(d, row_id), data["effective_to"]),)), data)


def _changed(d: Door, changes: Changes, data: dict[str, Any]) -> dict[str, Any]:
    verify(d.session, changes, d.today)
    moved = [_effect(one) for one in effects(d.session, changes, d.now, d.actor)]
    if data["dry_run"]:
        return {"dry_run": True, "tickets": moved}
    entry = carry_out(d.session, changes, d.actor, data["reason"], d.now)
    d.session.flush()
    return {"change_id": entry.id, "tickets": moved, **{name: entry.details[name] for name in ("before", "after")}}


def _effect(effect: Effect) -> dict[str, Any]:
    number, status, before, after = effect.plain()
    return {"no": number, "status": status, "before": before, "after": after}


@pages.get("/changes")
@bearer
@pages.response(200)
def changes() -> dict[str, Any]:
    """The last hundred changes: who, when, why, before and after, and the tickets they were about."""
    with door() as d:
        _demand(d, WATCHERS)
        found = select(AuditEntry).filter_by(action=CHANGED).order_by(AuditEntry.id.desc()).limit(100)
        return {"changes": [_change(d, entry) for entry in d.session.scalars(found)]}


def _change(d: Door, entry: AuditEntry) -> dict[str, Any]:
    moves = [move for _, move in moves_seen(d.session, entry, d.actor).values()]
    return {"id": entry.id, "at": entry.at.isoformat(), "reason": entry.reason, **entry.details, "moves": moves}


@pages.get("/problems")
@bearer
@pages.response(200)
def problem_list() -> dict[str, Any]:
    """Gaps (leaf × region without a target), units that cannot receive, and overlaps, as of today."""
    with door() as d:
        _demand(d, WATCHERS)
        return {"problems": [vars(one) for one in problems(d.session, d.today)]}


@pages.get("/objections")
@bearer
@pages.response(200)
def objections() -> dict[str, Any]:
    """Upheld objections of the last 90 days by category, region and unit, with where the tickets then went."""
    with door() as d:
        _demand(d, SENDERS)
        return {"rows": [_clue(one) for one in clues(d.session, d.actor, d.now)]}


def _clue(clue: Clue) -> dict[str, Any]:
    codes = {name: getattr(clue, name).code for name in ("category", "region", "unit", "next_unit")}
    return {**codes, "appeal_type": clue.appeal_type, "count": clue.count, "row_id": clue.row.id if clue.row else None}


@pages.get("/load")
@bearer
@pages.response(200)
def load() -> dict[str, Any]:
    """What each unit has at hand, how right its dispatches were (`accuracy` null: none), and this host's model."""
    with door() as d:
        _demand(d, SENDERS)
        units = list(d.session.scalars(select(Unit).where(effective(Unit, d.today)).order_by(Unit.code)))
        found = loads(d.session, d.actor, d.now, units)
        told = [{"unit": unit.code, **vars(found[unit.id]), "accuracy": found[unit.id].accuracy} for unit in units]
        learned = current_app.extensions["suggestions"].learned()
        return {"rows": told, "learned": vars(learned) if learned else None}


@pages.get("/export")
@bearer
@pages.response(200, content_type=sheet.MIME)
def export() -> Response:
    """Every row in force or planned, as an xlsx sheet that `import` takes."""
    with door(write=True) as d:
        _demand(d, EDITORS)
        lines = exported(d.session, d.today)
        audit(d.session, d.actor, "export", "catalogue", d.now, f"导出派单目录 {len(lines)} 项")
    return Response(sheet.write(lines), mimetype=sheet.MIME)


@pages.post("/import")
@bearer
@pages.doc(requestBody={"required": True, "content": {"multipart/form-data": {"schema": CatalogueFile}}})
@pages.response(201)
def import_file() -> dict[str, Any]:
    """The `file` of a multipart form against the catalogue: all of it or nothing; a dry run tells line by line."""
    with door() as d:
        _demand(d, EDITORS)
    data = checked(CatalogueImporting(), request.form.to_dict())
    upload = request.files.get("file")
    if upload is None:
        raise Invalid("请上传文件（字段名 file）", code="file_missing", field="file")
    lines = sheet.read(upload.stream.read(MAX_BYTES + 1))
    with door(write=not data["dry_run"]) as d:
        planned = plan(d.session, lines, d.today, is_complete=data["is_complete"])
        said = _planned(d, planned)
        if data["dry_run"]:
            return said
        entry = carry_out_plan(d.session, planned, upload.filename or "xlsx", d.actor, data["reason"], d.now)
        d.session.flush()
        return said | {"change_id": entry.id}


def _planned(d: Door, planned: ImportPlan) -> dict[str, Any]:
    lines = [{"line": one.line, "kind": one.kind, "name": name_of(one.entry)} for one in planned.planned]
    return {
        "lines": [one for one in lines if one["kind"] != "same"],
        "same": len(planned.of("same")),
        "missing": [name_of(row) for row in planned.missing],
        "errors": [{"line": number, "message": text} for number, text in planned.errors],
        "tickets": [_effect(one) for one in plan_effects(d.session, planned, d.now, d.actor)],
    }
