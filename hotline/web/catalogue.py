"""派单目录: everybody reads it, supervisors and administrators change it; nothing is rewritten."""

from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from hotline.directory.catalogue import Entry, name_of, standing, support_of
from hotline.directory.models import CatalogueRow, Region, Unit
from hotline.dispatch.catalogue_changes import EDITORS, Changes, entry_of, verify
from hotline.dispatch.catalogue_listing import Filters, listed
from hotline.dispatch.schemas import CatalogueEnding, CatalogueEntry
from hotline.ticket.catalogue import TYPE_NAMES, book
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.helpers import row_id
from hotline.ui.pager import Pager
from hotline.web.admin import FormPage, found
from hotline.web.catalogue_frame import ANY_TYPE, change_of, page, shown
from hotline.web.choices import offered
from hotline.web.rule_change import RuleChange, run_change
from routing.catalogue import Matter

pages = Blueprint("catalogue", __name__, template_folder="templates")

SIZE = 50
ABOUT = ("category_code", "region_code", "appeal_type")
"""The fields that say what a row is about; with others it is another row."""


def _filters(values: MultiDict[str, str], today: date) -> Filters:
    texts = {name: typed(values.get(name, ""), 60) for name in ("q", "category", "region", "unit", "kind")}
    try:
        day = date.fromisoformat(values.get("day", ""))
    except ValueError:
        day = today
    return Filters(**texts, day=day)


@pages.get("/catalogue")
def rows() -> ResponseReturnValue:
    """What the catalogue says on a day."""
    with door() as d:
        filters = _filters(request.args, d.today)
        query = listed(filters)
        total = d.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-total // SIZE)))
        said = {name: value for name, value in asdict(filters).items() if value}
        pager = Pager(number, total, SIZE, lambda at: "/catalogue?" + urlencode({**said, "page": at}))
        found_rows = shown(d.session, d.session.scalars(query.limit(SIZE).offset((number - 1) * SIZE)))
        lists = {name: offered(d.session, name, d.today) for name in ("regions", "units", "topics")}
        kinds = list(TYPE_NAMES.items())
        return page(d, "catalogue", "rows", rows=found_rows, filters=filters, pager=pager, kinds=kinds, lists=lists)


@pages.get("/catalogue/rows/<int:row_id>")
def row(row_id: int) -> ResponseReturnValue:
    """One row with all that was ever said about the same, and what it leads to today."""
    with door() as d:
        one: CatalogueRow = found(d.session.get(CatalogueRow, row_id))
        versions = select(CatalogueRow).filter_by(slot=one.slot).order_by(CatalogueRow.version.desc())
        values = {"one": shown(d.session, [one])[0], "versions": shown(d.session, d.session.scalars(versions))}
        return page(d, "catalogue_row", "rows", **values, said=_answer(d, one), has_lead=one.is_needed)


def _answer(d: Door, one: CatalogueRow) -> str | None:
    """What a ticket of this row's kind would be told today; a region's own row answers for no single matter."""
    if one.category is None or one.category.level != 3:
        return None
    city = d.session.scalar(select(Region.code).order_by(Region.id).limit(1))
    region = one.region.code if one.region else city
    if region is None:
        return None
    catalogue = book(d.session, d.today, one.category)
    matter = Matter(one.category.code, region, d.today, one.appeal_type)
    return catalogue.explain(matter, catalogue.choose(matter))


@pages.route("/catalogue/new", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """A new row, or the next version of one; `row` in the address fills the form from it."""
    return run_change(_form, _planned, EDITORS)


def _form(d: Door) -> FormPage:
    old = found(d.session.get(CatalogueRow, request.args.get("row", 0, type=row_id))) if "row" in request.args else None
    values: dict[str, Any] = _values(d, old) if old else {"effective_from": d.today}
    said = {name: text for name, text in request.args.items() if name in CatalogueEntry().fields}
    is_same = old is not None and all(values.get(name, "") == said.get(name, values.get(name, "")) for name in ABOUT)
    values |= said
    values["support_unit_codes"] = [
        one for one in values.get("support_unit_codes", ()) if one != values.get("unit_code")
    ]
    title = f"修改“{name_of(old)}”" if old and is_same else "新增派单安排"
    back = f"/catalogue/rows/{old.id}" if old else "/catalogue"
    lead = "自生效日期起，同一事项、区域、类型换成新的安排，原安排保留在历史中。确认前会列出哪些在办工单随之变化。"
    return FormPage(title, CatalogueEntry, "catalogue", back, values, lead=lead, submit="预览影响")


def _values(d: Door, old: CatalogueRow) -> dict[str, Any]:
    return {
        "version": old.id,
        "category_code": old.category.code if old.category else "",
        "region_code": old.region.code if old.region else "",
        "appeal_type": old.appeal_type or "",
        "unit_code": old.unit.code,
        "support_unit_codes": [unit.code for unit in support_of(d.session, old)],
        "fallback_unit_code": old.fallback.code if old.fallback else "",
        "legal_basis": old.legal_basis,
        "effective_from": max(d.today, old.effective_from),
    }


def _planned(d: Door, data: dict[str, Any]) -> RuleChange:
    entry = entry_of(d.session, data, d.today)
    changes, last = Changes(puts=(entry,)), standing(d.session, entry.slot)
    verify(d.session, changes, d.today)
    before = _said(d, last) if last else {}
    lines = [(label, _compared(before.get(label), text)) for label, text in _entry_said(entry).items()]
    title = f"{name_of(entry)}：{'变更' if last else '新增'}派单安排"
    return change_of(title, lines, changes, data["reason"], name_of(entry))


def _compared(before: str | None, after: str) -> str:
    return after if before in (None, after) else f"{before or '（空）'} → {after or '（空）'}"


def _said(d: Door, row: CatalogueRow) -> dict[str, str]:
    """A row's content by its labels."""
    support = support_of(d.session, row)
    return _content(row.unit, support, row.fallback, row.legal_basis, row.effective_to)


def _entry_said(entry: Entry) -> dict[str, str]:
    what = {"诉求类型": TYPE_NAMES.get(entry.appeal_type or "", ANY_TYPE), "生效日期": entry.effective_from.isoformat()}
    return what | _content(entry.unit, entry.support, entry.fallback, entry.legal_basis, entry.effective_to)


def _content(unit: Unit, support: Any, fallback: Unit | None, basis: str, last: date | None) -> dict[str, str]:
    return {
        "主办单位": unit.name,
        "协办单位": "、".join(one.name for one in support),
        "兜底单位": fallback.name if fallback else "",
        "法律依据": basis,
        "有效期至": last.isoformat() if last else "长期",
    }


@pages.route("/catalogue/rows/<int:row_id>/end", methods=["GET", "POST"])
def finish(row_id: int) -> ResponseReturnValue:
    """A row ends; what is more general takes over."""

    def build(d: Door) -> FormPage:
        one = found(d.session.get(CatalogueRow, row_id))
        lead = "停用后由更一般的安排（上级区域、全市、上级事项或兜底单位）接替；尚未生效的安排即撤销。"
        values = {"effective_to": d.today}
        back = f"/catalogue/rows/{row_id}"
        return FormPage(
            f"停用“{name_of(one)}”", CatalogueEnding, "catalogue", back, values, lead=lead, submit="预览影响"
        )

    def plan(d: Door, data: dict[str, Any]) -> RuleChange:
        one = found(d.session.get(CatalogueRow, row_id))
        changes = Changes(ends=((one, data["effective_to"]),))
        verify(d.session, changes, d.today)
        lines = [("主办单位", one.unit.name), ("最后有效日", data["effective_to"].isoformat())]
        return change_of(f"停用“{name_of(one)}”", lines, changes, data["reason"], name_of(one))

    return run_change(build, plan, EDITORS)
