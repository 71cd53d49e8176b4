"""Regions, enterprises and sources: everybody reads them, administrators keep them (派单目录: `catalogue`)."""

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select, true

from hotline.accounts.privacy import mask_name, mask_phone, normalise_phone, phone_lookup
from hotline.directory.models import Enterprise, Region, Source, Unit
from hotline.directory.operations import close_source, save_source
from hotline.directory.queries import effective
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.pager import Pager
from hotline.web.admin import FormPage, found, record, run_form, show
from hotline.web.admin_forms import Ending, NewSource, SourceForm

pages = Blueprint("admin_catalogue", __name__, template_folder="templates")

PAGE = 50
REGION_KINDS = {"CITY": "市", "COUNTY": "区县", "STREET": "镇街", "ZONE": "功能区"}


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
