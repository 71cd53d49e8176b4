"""单位通讯录: everybody reads it, administrators keep it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.accounts.administration import appoint, end_post
from hotline.accounts.models import Account, Post, UnitPost
from hotline.accounts.queries import on_duty
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.directory.operations import UNIT_FIELDS, close_unit, save_unit
from hotline.directory.queries import effective
from hotline.supervision.handover import check_unit_is_free
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.web.admin import FormPage, found, record, run_form, servants, show
from hotline.web.admin_forms import Appointment, Ending, NewUnit, UnitForm

pages = Blueprint("admin_directory", __name__, template_folder="templates")

Holders = dict[int, dict[Post, list[Account]]]


@dataclass(frozen=True)
class UnitRow:
    """A unit in the tree: its depth, 0 for the top, and who holds its posts today."""

    unit: Unit
    depth: int
    posts: dict[Post, list[Account]]

    def names(self, *posts: str) -> str:
        """Who holds these posts, the deputy marked; "—" for nobody."""
        held = [(post, one.name) for post in posts for one in self.posts.get(Post(post), ())]
        return "、".join(name + ("（B角）" if post == Post.DEPUTY else "") for post, name in held) or "—"


@pages.get("/directory")
def units() -> ResponseReturnValue:
    """The tree of units with those who answer for them."""
    q, with_closed = typed(request.args.get("q", "")), "closed" in request.args
    with door() as d:
        rows = _rows(d.session, q, d.today, with_closed)
        return show(d, "admin/units.html", "units", rows=rows, q=q, with_closed=with_closed, today=d.today)


def _rows(session: Session, q: str, day: date, with_closed: bool) -> list[UnitRow]:
    query = select(Unit)
    if not with_closed:
        query = query.where(effective(Unit, day))
    if q:
        names = (Unit.name, Unit.short_name, Unit.code, Unit.duties, Unit.duty_phone)
        query = query.where(or_(*(name.contains(q, autoescape=True) for name in names)))
    posts = _holders(session, day)
    found_units = sorted(session.scalars(query), key=lambda unit: unit.chain)
    return [UnitRow(unit, 0 if q else len(unit.chain) - 1, posts.get(unit.id, {})) for unit in found_units]


def _holders(session: Session, day: date) -> Holders:
    held: Holders = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(select(UnitPost).where(on_duty(day)).order_by(UnitPost.id)):
        held[row.unit_id][row.post].append(row.account)
    return held


@pages.get("/directory/units/<code>")
def unit(code: str) -> ResponseReturnValue:
    """One unit: facts, posts of all times, units below, what it leads."""
    with door() as d:
        row = _unit(d, code)
        values: dict[str, Any] = {
            "unit": row,
            "region": row.region_id and d.session.get(Region, row.region_id),
            "parent": row.parent_id and d.session.get(Unit, row.parent_id),
            "supervisor": row.supervising_unit_id and d.session.get(Unit, row.supervising_unit_id),
            "children": d.session.scalars(
                select(Unit).filter_by(parent_id=row.id).where(effective(Unit, d.today))
            ).all(),
            "posts": _posts(d.session, row),
            "leads": _leads(d.session, row, d.today),
        }
        return show(d, "admin/unit.html", "units", today=d.today, **values)


def _unit(d: Door, code: str) -> Unit:
    row: Unit = found(d.session.scalar(select(Unit).filter_by(code=code)))
    return row


def _posts(session: Session, row: Unit) -> list[UnitPost]:
    mine = session.scalars(select(UnitPost).filter_by(unit_id=row.id))
    return sorted(mine, key=lambda one: (list(Post).index(one.post), -one.effective_from.toordinal()))


def _leads(session: Session, row: Unit, day: date) -> list[Category]:
    owned = select(Category).join(CatalogueRow, CatalogueRow.category_id == Category.id)
    owned = owned.where(CatalogueRow.unit_id == row.id, effective(CatalogueRow, day))
    return list(session.scalars(owned.order_by(Category.code).distinct()))


@pages.route("/directory/units/new", methods=["GET", "POST"])
def add_unit() -> ResponseReturnValue:
    """A new unit."""

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "unit_added", save_unit(d.session, None, data, d.today))
        return f"/directory/units/{data['code']}"

    values = {"parent_code": request.args.get("parent", ""), "sign_off_levels": 1}
    page = FormPage("新增单位", NewUnit, "units", "/directory", values)
    return run_form(lambda _: page, save, done="已新增单位，请为其指定联络员")


@pages.route("/directory/units/<code>/edit", methods=["GET", "POST"])
def edit_unit(code: str) -> ResponseReturnValue:
    """A unit's facts and its place in the tree."""

    def build(d: Door) -> FormPage:
        row = _unit(d, code)
        values = {name: getattr(row, name) for name in UNIT_FIELDS}
        places = {"parent_code": row.parent_id, "supervising_unit_code": row.supervising_unit_id}
        for name, unit_id in places.items():
            values[name] = d.session.get_one(Unit, unit_id).code if unit_id else ""
        values["region_code"] = d.session.get_one(Region, row.region_id).code if row.region_id else ""
        return FormPage(f"编辑{row.short_name}", UnitForm, "units", f"/directory/units/{code}", values)

    def save(d: Door, data: dict[str, Any]) -> str:
        record(d, "unit_edited", save_unit(d.session, _unit(d, code), data, d.today))
        return f"/directory/units/{code}"

    return run_form(build, save)


@pages.route("/directory/units/<code>/close", methods=["GET", "POST"])
def end_unit(code: str) -> ResponseReturnValue:
    """停用: refused while the unit has open tickets, people, units below it or categories."""

    def build(d: Door) -> FormPage:
        lead = "停用后不能再派单给该单位，历史工单和统计不受影响。"
        values = {"effective_to": d.today}
        title = f"停用{_unit(d, code).short_name}"
        return FormPage(
            title, Ending, "units", f"/directory/units/{code}", values, lead=lead, submit="停用", is_danger=True
        )

    def save(d: Door, data: dict[str, Any]) -> str:
        row = _unit(d, code)
        check_unit_is_free(d.session, row)
        record(d, "unit_closed", close_unit(d.session, row, data["effective_to"]))
        return f"/directory/units/{code}"

    return run_form(build, save, done="已停用")


@pages.route("/directory/units/<code>/posts", methods=["GET", "POST"])
def add_post(code: str) -> ResponseReturnValue:
    """Give a post to somebody of the unit."""

    def build(d: Door) -> FormPage:
        row = _unit(d, code)
        values = {"effective_from": d.today, "post": request.args.get("post", "")}
        choices = {"account_login": servants(d.session, row)}
        lead = "联络员收到派单和提醒；分管领导、主要领导依次收到红牌、督办和提级。"
        return FormPage(
            f"{row.short_name}：任职",
            Appointment,
            "units",
            f"/directory/units/{code}",
            values,
            choices=choices,
            lead=lead,
        )

    def save(d: Door, data: dict[str, Any]) -> str:
        account = found(d.session.scalar(select(Account).filter_by(login=data["account_login"])))
        appoint(d.session, _unit(d, code), Post(data["post"]), account, data["effective_from"], d.actor, d.now)
        return f"/directory/units/{code}"

    return run_form(build, save)


@pages.route("/directory/posts/<int:post_id>/end", methods=["GET", "POST"])
def finish_post(post_id: int) -> ResponseReturnValue:
    """Somebody leaves a post."""

    def target(d: Door) -> tuple[UnitPost, str]:
        row = found(d.session.get(UnitPost, post_id))
        return row, f"/directory/units/{d.session.get_one(Unit, row.unit_id).code}"

    def build(d: Door) -> FormPage:
        row, back = target(d)
        title = f"结束{row.account.name}的{row.post.label}任职"
        return FormPage(title, Ending, "units", back, {"effective_to": d.today}, submit="结束任职")

    def save(d: Door, data: dict[str, Any]) -> str:
        row, back = target(d)
        end_post(d.session, row, data["effective_to"], d.actor, d.now)
        return back

    return run_form(build, save)
