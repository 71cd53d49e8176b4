"""派单目录 watched: gaps and overlaps, upheld objections, changes with the tickets to send on, supervising units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, AuditEntry
from hotline.accounts.operations import audit
from hotline.actions import perform
from hotline.directory.models import Category, Region, Unit
from hotline.directory.operations import supervise_by
from hotline.directory.queries import effective
from hotline.dispatch.catalogue_changes import CHANGED, EDITORS, MOVED, SENDERS, WATCHERS, moves_seen
from hotline.dispatch.catalogue_report import clues, problems
from hotline.errors import DomainError
from hotline.ticket.catalogue import TYPE_NAMES
from hotline.ticket.models import Ticket, TicketStatus
from hotline.ticket.operations import actions
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.admin import FormPage, found, record, run_form
from hotline.web.admin_forms import SupervisorForm
from hotline.web.catalogue_frame import page
from hotline.web.unit_load import shares
from routing.catalogue import number

pages = Blueprint("catalogue_watch", __name__, template_folder="templates")

Names = Mapping[str, Mapping[str, str]]
RECENT_CHANGES = 100
KINDS = {"gap": ("缺口", "bad"), "closed": ("单位不能接收", "bad"), "overlap": ("重叠", "warn")}
LABELS = {
    "category": "事项", "region": "区域", "appeal_type": "类型", "lead": "主办", "support": "协办", "fallback": "兜底",
    "legal_basis": "依据", "effective_from": "生效", "effective_to": "有效期至",
}  # fmt: skip
"""What the audit's plain rows are called on a page; the version is not one of them."""


@pages.get("/catalogue/problems")
def problem_list() -> ResponseReturnValue:
    """Where the catalogue has no target, names who cannot receive, or says two things at once."""
    with door() as d:
        demand(d, WATCHERS)
        listed = problems(d.session, d.today)
        counts = {kind: sum(one.kind == kind for one in listed) for kind in KINDS}
        return page(d, "catalogue_problems", "problems", problems=listed, kinds=KINDS, counts=counts)


@pages.get("/catalogue/objections")
def objections() -> ResponseReturnValue:
    """退单成立: the same dispatch, time and again to the wrong unit; one click leads to the filled form."""
    with door() as d:
        demand(d, SENDERS)
        values = {
            "clues": clues(d.session, d.actor, d.now),
            "by_category": shares(d, Ticket.category_id, Category),
            "by_region": shares(d, Ticket.region_id, Region),
        }
        return page(d, "catalogue_objections", "objections", number=number, types=TYPE_NAMES, **values)


@pages.get("/catalogue/changes")
def changes() -> ResponseReturnValue:
    """Who changed what, when and why."""
    with door() as d:
        demand(d, WATCHERS)
        query = select(AuditEntry).filter_by(action=CHANGED).order_by(AuditEntry.id.desc()).limit(RECENT_CHANGES)
        rows = [(row, _name(d.session, row.actor_id), _about(d.session, row)) for row in d.session.scalars(query)]
        return page(d, "catalogue_changes", "changes", rows=rows)


def _name(session: Session, account_id: int | None) -> str:
    account = session.get(Account, account_id) if account_id else None
    return account.name if account else "命令行"


def _about(session: Session, row: AuditEntry) -> str:
    """What a change was about: its row's name, or how many rows."""
    after = row.details["after"]
    if len(after) != 1:
        return f"{row.subject}：{len(after)} 项"
    code = after[0]["category"]
    name = session.scalar(select(Category.name).filter_by(code=code)) if code else "区域通则"
    region = session.scalar(select(Region.name).filter_by(code=after[0]["region"])) if after[0]["region"] else "全市"
    return f"{number(code) if code else ''} {name} · {region}".strip()


@dataclass(frozen=True)
class Sendable:
    """A ticket of a change: where it stands now, and whether this reader may send it on."""

    number: str
    status: str
    before: str
    after: str
    may_send: bool
    why: str


@pages.get("/catalogue/changes/<int:entry_id>")
def change(entry_id: int) -> ResponseReturnValue:
    """One change before and after, and the tickets it was about."""
    with door() as d:
        demand(d, WATCHERS)
        row = _change(d, entry_id)
        pairs, names = zip(row.details["before"], row.details["after"], strict=True), _names(d.session)
        values = {
            "about": _about(d.session, row),
            "by": _name(d.session, row.actor_id),
            "pairs": [list(_differences(names, *pair)) for pair in pairs],
            "tickets": list(_sendable(d, row)),
        }
        return page(d, "catalogue_change", "changes", row=row, **values)


def _change(d: Door, entry_id: int) -> AuditEntry:
    row: AuditEntry = found(d.session.scalar(select(AuditEntry).filter_by(id=entry_id, action=CHANGED)))
    return row


def _differences(names: Names, before: dict[str, Any], after: dict[str, Any]) -> Iterable[tuple[str, str, str, bool]]:
    """(label, before, after, whether it differs) of a row as the audit keeps it, in names."""
    for name, label in LABELS.items():
        old, new = (_text(names.get(name, {}), name, said.get(name)) for said in (before, after))
        yield label, old if before else "", new, bool(before) and old != new


def _names(session: Session) -> Names:
    """What people call the codes of each field."""
    units = dict(session.execute(select(Unit.code, Unit.name)).all())
    regions = dict(session.execute(select(Region.code, Region.name)).all())
    categories = dict(session.execute(select(Category.code, Category.full_name)).all())
    return {
        **dict.fromkeys(("lead", "support", "fallback"), units),
        "region": regions,
        "category": categories,
        "appeal_type": dict(TYPE_NAMES),
    }


def _text(names: Mapping[str, str], name: str, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(names.get(one, one) for one in value)
    empty = {"region": "全市", "effective_to": "长期", "category": "区域通则", "appeal_type": "全部类型"}
    return names.get(value, value) if value else empty.get(name, "")


def _sendable(d: Door, row: AuditEntry) -> Iterable[Sendable]:
    """The tickets of a change that this reader may see, as they stand now."""
    names = dict(d.session.execute(select(Unit.code, Unit.short_name)).all())
    for no, (ticket, (_, _, before, after)) in moves_seen(d.session, row, d.actor).items():
        why = _obstacle(d, ticket, before, after)
        shown = names.get(before, "人工判断"), names.get(after, "人工判断")
        yield Sendable(no, ticket.status.label, *shown, not why, why)


def _obstacle(d: Door, ticket: Ticket, before: str | None, after: str | None) -> str:
    """Why this ticket is not to be sent on from here; "" when it is."""
    if ticket.status is TicketStatus.AWAITING_DISPATCH:
        return "待派单，派单台按新目录建议"
    if ticket.lead_unit is None or ticket.lead_unit.code != before:
        return "已另行处理"
    if after is None:
        return "新目录没有承办单位，请人工判断"
    may = any(one.action == "redispatch" for one in actions(ticket, d.actor, d.now))
    return "" if may else "已签收或您的岗位不能改派"


@pages.post("/catalogue/changes/<int:entry_id>/move")
def move(entry_id: int) -> ResponseReturnValue:
    """改派 of the tickets somebody has ticked, each by the table's own action, each in a transaction of its own."""
    with door() as d:
        demand(d, SENDERS)
        row = _change(d, entry_id)
        after = {one[0]: one[3] for one in row.details["moves"]}
        wanted = [one.number for one in _sendable(d, row) if one.may_send]
        reason = f"派单目录变更（{_about(d.session, row)}）：{row.reason}"
    ticked = [number for number in request.form.getlist("number") if number in wanted]
    told = {number: _sent(number, after[number], reason) for number in ticked}
    refused = {number: why for number, why in told.items() if why}
    with door(write=True) as d:
        details = {"moved": [number for number in told if number not in refused], "refused": refused}
        audit(d.session, d.actor, MOVED, f"change:{entry_id}", d.now, details=details)
    flash(f"已改派 {len(told) - len(refused)} 件", "ok" if not refused else "warn")
    for number_, why in refused.items():
        flash(f"{number_} 未改派：{why}", "bad")
    return redirect(f"/catalogue/changes/{entry_id}", 303)


def _sent(ticket_no: str, unit_code: str, reason: str) -> str:
    """What kept it from being sent; "" for nothing."""
    try:
        with door(write=True) as d:
            perform(d.session, d.actor, "redispatch", {"unit_code": unit_code, "text": reason}, d.now, number=ticket_no)
    except DomainError as error:
        return error.message
    return ""


@pages.get("/catalogue/supervisors")
def supervisors() -> ResponseReturnValue:
    """Who handles complaints against each unit."""
    with door() as d:
        units = sorted(d.session.scalars(select(Unit).where(effective(Unit, d.today))), key=lambda unit: unit.chain)
        rows = [(unit, d.session.get(Unit, unit.supervising_unit_id or 0)) for unit in units]
        return page(d, "catalogue_supervisors", "supervisors", rows=rows)


@pages.route("/catalogue/supervisors/<code>", methods=["GET", "POST"])
def supervisor(code: str) -> ResponseReturnValue:
    """Another unit to handle complaints against this one."""

    def target(d: Door) -> Unit:
        unit: Unit = found(d.session.scalar(select(Unit).filter_by(code=code)))
        return unit

    def build(d: Door) -> FormPage:
        unit = target(d)
        above = d.session.get(Unit, unit.supervising_unit_id) if unit.supervising_unit_id else None
        lead = "投诉、举报该单位的工单由监督单位办理；不能是本单位或其下级。"
        values = {"supervising_unit_code": above.code if above else ""}
        title = f"{unit.short_name}的监督单位"
        return FormPage(title, SupervisorForm, "catalogue", "/catalogue/supervisors", values, lead=lead)

    def save(d: Door, data: dict[str, Any]) -> str:
        unit = target(d)
        record(d, "unit_edited", supervise_by(d.session, unit, data["supervising_unit_code"], d.today))
        return "/catalogue/supervisors"

    return run_form(build, save, EDITORS)
