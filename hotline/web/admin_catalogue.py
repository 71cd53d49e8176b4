"""派单目录, regions, enterprises and sources: everybody reads them, administrators keep them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from hotline.accounts.privacy import mask_name, mask_phone, normalise_phone, phone_lookup
from hotline.directory.models import Category, CategoryOwner, Enterprise, Region, Source, Unit
from hotline.directory.operations import close_source, end_owner, save_owner, save_source
from hotline.directory.queries import effective
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.pager import Pager
from hotline.web.admin import FormPage, found, record, run_form, show
from hotline.web.admin_forms import Ending, NewSource, OwnerForm, SourceForm

pages = Blueprint("admin_catalogue", __name__, template_folder="templates")

PAGE = 50
REGION_KINDS = {"CITY": "市", "COUNTY": "区县", "STREET": "镇街", "ZONE": "功能区"}


@dataclass(frozen=True)
class OwnerRow:
    """A row of the 派单目录 in names; region None = the whole city."""

    row: CategoryOwner
    region: Region | None
    unit: Unit
    support: list[Unit]


@pages.get("/directory/categories")
def categories() -> ResponseReturnValue:
    """The third level with its owners today."""
    q = request.args.get("q", "").strip()
    with door() as d:
        leaves = d.session.scalars(_leaves(q, d.today)).all()
        owners = _owners(d.session, [leaf.id for leaf in leaves], d.today)
        return show(d, "admin/categories.html", "categories", leaves=leaves, owners=owners, q=q)


def _leaves(q: str, day: date) -> Any:
    query = select(Category).where(Category.level == 3, effective(Category, day)).order_by(Category.code)
    if not q:
        return query
    led = select(CategoryOwner.category_id).join(Unit, Unit.id == CategoryOwner.unit_id)
    led = led.where(effective(CategoryOwner, day), or_(Unit.name.contains(q), Unit.short_name.contains(q)))
    names = [column.contains(q, autoescape=True) for column in (Category.full_name, Category.code)]
    return query.where(or_(*names, Category.initials.startswith(q.lower(), autoescape=True), Category.id.in_(led)))


def _owners(session: Session, category_ids: Sequence[int], day: date | None) -> dict[int, list[OwnerRow]]:
    """Category → its rows, city-wide first; `day` None gives those of all times, newest first."""
    query = select(CategoryOwner).where(CategoryOwner.category_id.in_(category_ids))
    if day is not None:
        query = query.where(effective(CategoryOwner, day))
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    regions = {region.id: region for region in session.scalars(select(Region))}
    found_rows: dict[int, list[OwnerRow]] = defaultdict(list)
    order = (CategoryOwner.region_id.is_not(None), CategoryOwner.region_id, CategoryOwner.effective_from.desc())
    for row in session.scalars(query.order_by(*order)):
        support = [units[one] for one in row.support_unit_ids]
        region = regions[row.region_id] if row.region_id else None
        found_rows[row.category_id].append(OwnerRow(row, region, units[row.unit_id], support))
    return found_rows


def _category(d: Door, code: str) -> Category:
    row: Category = found(d.session.scalar(select(Category).filter_by(code=code, level=3)))
    return row


@pages.get("/directory/categories/<code>")
def category(code: str) -> ResponseReturnValue:
    """One category and its owners of all times."""
    with door() as d:
        leaf = _category(d, code)
        owners = _owners(d.session, [leaf.id], None)[leaf.id]
        return show(d, "admin/category.html", "categories", leaf=leaf, owners=owners, today=d.today)


@pages.route("/directory/categories/<code>/owners", methods=["GET", "POST"])
def add_owner(code: str) -> ResponseReturnValue:
    """Who leads a category from a day on."""
    back = f"/directory/categories/{code}"

    def build(d: Door) -> FormPage:
        values = {"effective_from": d.today, "region_code": request.args.get("region", "")}
        lead = "新工单按登记当日的目录推荐主办单位；已派出的工单不变。"
        return FormPage(f"{_category(d, code).name}：主办单位", OwnerForm, "categories", back, values, lead=lead)

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "owner_given", save_owner(d.session, _category(d, code), data, data["effective_from"]))
        return back

    return run_form(build, save)


@pages.route("/directory/owners/<int:owner_id>/end", methods=["GET", "POST"])
def finish_owner(owner_id: int) -> ResponseReturnValue:
    """A region's own lead ends; the city-wide one takes over."""

    def target(d: Door) -> tuple[CategoryOwner, Category]:
        row = found(d.session.get(CategoryOwner, owner_id))
        return row, d.session.get_one(Category, row.category_id)

    def build(d: Door) -> FormPage:
        _, leaf = target(d)
        back, lead = f"/directory/categories/{leaf.code}", "此后该区域的诉求由全市主办单位办理。"
        values = {"effective_to": d.today}
        return FormPage(f"{leaf.name}：停用区域主办", Ending, "categories", back, values, lead=lead, submit="停用")

    def save(d: Door, data: dict[str, Any]) -> str:
        row, leaf = target(d)
        record(d, "owner_ended", end_owner(d.session, row, data["effective_to"]))
        return f"/directory/categories/{leaf.code}"

    return run_form(build, save)


@pages.get("/directory/regions")
def regions() -> ResponseReturnValue:
    """Regions and functional zones, with the units that sit there."""
    with door() as d:
        rows = d.session.scalars(select(Region).where(effective(Region, d.today)).order_by(Region.code)).all()
        names = {row.id: row.name for row in rows}
        units: dict[int, list[Unit]] = defaultdict(list)
        for unit in d.session.scalars(select(Unit).where(effective(Unit, d.today)).order_by(Unit.path)):
            units[unit.region_id or 0].append(unit)
        return show(d, "admin/regions.html", "regions", rows=rows, names=names, units=units, kinds=REGION_KINDS)


@pages.get("/directory/enterprises")
def enterprises() -> ResponseReturnValue:
    """Known enterprises by name, credit code or telephone; contacts are masked."""
    q, number = typed(request.args.get("q", "")), max(1, request.args.get("page", 1, type=int))
    with door() as d:
        condition = _enterprise_like(q)
        total = d.session.scalar(select(func.count()).select_from(Enterprise).where(condition)) or 0
        number = min(number, max(1, -(-total // PAGE)))
        page = Pager(number, total, PAGE, lambda one: "?" + urlencode({"q": q, "page": one}))
        query = select(Enterprise).where(condition).order_by(Enterprise.name).limit(PAGE).offset((page.page - 1) * PAGE)
        rows = [(one, mask_name(one.contact_name), mask_phone(one.contact_phone)) for one in d.session.scalars(query)]
        return show(d, "admin/enterprises.html", "enterprises", rows=rows, q=q, page=page)


def _enterprise_like(q: str) -> ColumnElement[bool]:
    if not q:
        return true()
    ways = [Enterprise.name.contains(q, autoescape=True), Enterprise.uscc == q.upper()]
    if len(normalise_phone(q)) >= 7:
        ways.append(Enterprise.phone_lookup == phone_lookup(q))
    return or_(*ways)


@pages.get("/directory/sources")
def sources() -> ResponseReturnValue:
    """Where appeals come from."""
    with door() as d:
        rows = d.session.scalars(select(Source).order_by(Source.effective_to.is_not(None), Source.id)).all()
        return show(d, "admin/sources.html", "sources", rows=rows, today=d.today)


def _source(d: Door, code: str) -> Source:
    row: Source = found(d.session.scalar(select(Source).filter_by(code=code)))
    return row


@pages.route("/directory/sources/new", methods=["GET", "POST"])
def add_source() -> ResponseReturnValue:
    """A new source."""

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "source_added", save_source(d.session, None, data, d.today))
        return "/directory/sources"

    return run_form(lambda _: FormPage("新增诉求来源", NewSource, "sources", "/directory/sources"), save)


@pages.route("/directory/sources/<code>/edit", methods=["GET", "POST"])
def edit_source(code: str) -> ResponseReturnValue:
    """A source's name, and how it is reported to."""

    def build(d: Door) -> FormPage:
        row = _source(d, code)
        values = {name: getattr(row, name) for name in ("name", "is_platform", "must_report_back", "webhook_url")}
        return FormPage(f"编辑来源“{row.name}”", SourceForm, "sources", "/directory/sources", values)

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "source_edited", save_source(d.session, _source(d, code), data, d.today))
        return "/directory/sources"

    return run_form(build, save)


@pages.route("/directory/sources/<code>/close", methods=["GET", "POST"])
def end_source(code: str) -> ResponseReturnValue:
    """No new tickets from a source."""

    def build(d: Door) -> FormPage:
        title, values = f"停用来源“{_source(d, code).name}”", {"effective_to": d.today}
        return FormPage(title, Ending, "sources", "/directory/sources", values, submit="停用", is_danger=True)

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "source_closed", close_source(_source(d, code), data["effective_to"]))
        return "/directory/sources"

    return run_form(build, save, done="已停用")
