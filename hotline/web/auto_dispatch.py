"""自动派单: its rules, changed after a preview; its figures; and the audit of the sample, one after the other."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.directory.models import Category
from hotline.directory.queries import by_code
from hotline.dispatch import auto_audit
from hotline.dispatch.auto import Helpers
from hotline.dispatch.auto_preview import backtest, forecast
from hotline.dispatch.auto_rules import (
    CHANGED,
    EDITORS,
    READERS,
    SAID,
    WINDOW,
    check_seen,
    rule_of,
    rules,
    save_rule,
    switch_off,
)
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule, Outcome
from hotline.dispatch.schemas import AutoDispatching, AutoRule, AutoVerdict
from hotline.errors import Conflict, Invalid, NotFound
from hotline.ticket.operations import actions
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.ui.helpers import row_id
from hotline.web.access import demand
from hotline.web.admin import FormPage, found
from hotline.web.choices import form_fields
from hotline.web.form_page import loaded
from hotline.web.navigation import render_page
from hotline.web.rule_change import Effects, RuleChange, Shift, run_change

pages = Blueprint("auto_dispatch", __name__, template_folder="templates")

HOME = "/dispatch/auto"
CHANGES = 10
LEAD = (
    "目录指明的单位与学习模型一致、且把握达到门槛的工单自动派出；举报、保密、特急、反映单位或个人、可能重复、退回过的，"
    "以及任何存疑的，都留给派单员。离工单最近的规则生效，下级分类可以单独停用。"
)


@pages.get("/dispatch/auto")
def index() -> ResponseReturnValue:
    """The switch, the figures of 30 days, the rules, and the next dispatch to audit (or the one of `row`)."""
    with door() as d:
        demand(d, READERS)
        return _page(d, request.args.get("row", 0, type=row_id), judged=request.args.get("judged", 0, type=row_id))


def _page(d: Door, at: int = 0, *, judged: int = 0, errors: Any = None, values: Any = None, message: str = "") -> str:
    total, by_rule = auto_audit.figures(d.session, d.actor, d.now)
    known = rules(d.session)
    left = [(outcome.label, total.left[outcome]) for outcome in Outcome if total.left[outcome]]
    return render_page(
        d,
        "web/auto_dispatch.html",
        active="dispatch",
        rows=[(rule, by_rule.get(rule.id, auto_audit.Figures())) for rule in known],
        is_on=sum(rule.is_on for rule in known),
        edits=bool(EDITORS & d.actor.roles),
        total=total,
        left=left,
        days=auto_audit.RECENT.days,
        window=WINDOW,
        wrong=_wrong(d, judged),
        message=message,
        changes=_changes(d),
        **_audit(d, at, errors or {}, values or {}),
    )


def _audit(d: Door, at: int, errors: Any, values: Any) -> dict[str, Any]:
    """The sampled dispatch on the desk (None: all are judged), those beside it, and the form for 不准确."""
    waiting = auto_audit.to_check(d.session, d.actor)
    place = next((place for place, row in enumerate(waiting) if row.id == at), 0)
    fields = form_fields(d.session, AutoVerdict, d.today, values=values, errors=errors)
    return {
        "one": waiting[place] if waiting else None,
        "place": place,
        "many": len(waiting),
        "previous": waiting[place - 1].id if place else None,
        "following": waiting[place + 1].id if place + 1 < len(waiting) else None,
        "fields": [field for field in fields if field["name"] not in ("is_right", "version")],
        "errors": error_list(AutoVerdict, errors),
    }


def _wrong(d: Door, row_id_: int) -> dict[str, Any] | None:
    """The ticket just judged wrong, and whether this reader may still send it elsewhere."""
    query = auto_audit.considered_by(d.actor).where(AutoDispatch.id == row_id_, AutoDispatch.is_right.is_(False))
    row = d.session.scalar(query)
    if row is None:
        return None
    may_send = any(one.action == "redispatch" for one in actions(row.ticket, d.actor, d.now))
    return {"no": row.ticket.no, "may_send": may_send, "unit": row.right_unit}


def _changes(d: Door) -> list[tuple[AuditEntry, str, str]]:
    """The newest changes of rules: entry, category, what is now said."""
    query = select(AuditEntry).filter_by(action=CHANGED).order_by(AuditEntry.id.desc()).limit(CHANGES)
    names = {f"category:{rule.category.code}": rule.category.name for rule in rules(d.session)}
    return [(entry, names.get(entry.subject, ""), _said(entry.details["after"])) for entry in d.session.scalars(query)]


def _said(values: dict[str, Any]) -> str:
    state = "启用" if values["is_on"] else "停用"
    return f"{state}，门槛 {values['bar']}%，抽查 {values['sample']}%，下限 {values['floor']}%"


@pages.post("/dispatch/auto/<int:row>/verdict")
def verdict(row: int) -> ResponseReturnValue:
    """准确 or 不准确; then the next one. Who comes second is told."""
    try:
        with door(write=True) as d:
            demand(d, READERS)
            judged = auto_audit.judge(d.session, row, loaded(AutoVerdict), d.actor, d.now)
            told, is_right = f"{judged.ticket.no} 已判{'准确' if judged.is_right else '不准确'}", judged.is_right
    except Invalid as error:
        with door() as d:
            values = submitted(AutoVerdict, request.form)
            return _page(d, row, errors=error.by_field("note"), values=values), error.status
    except (Conflict, NotFound) as error:
        with door() as d:
            return _page(d, message=error.message), error.status
    flash(told, "ok")
    return redirect(HOME if is_right else f"{HOME}?judged={row}", 303)


@pages.post("/dispatch/auto/off")
def off() -> ResponseReturnValue:
    """停用 of one `rule`, or of all without one: one click."""
    chosen = request.form.get("rule", 0, type=row_id) if "rule" in request.form else None
    with door(write=True) as d:
        number = switch_off(d.session, chosen, d.actor, d.now, "一键停用")
    flash(f"已停用 {number} 条自动派单规则" if number else "没有启用中的规则", "ok")
    return redirect(HOME, 303)


@pages.route("/dispatch/auto/rules/new", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """A rule for a category without one."""

    def build(d: Door) -> FormPage:
        return FormPage("新增自动派单规则", AutoRule, "catalogue", HOME, {"version": 0}, lead=LEAD, submit="预览影响")

    def plan(d: Door, data: dict[str, Any]) -> RuleChange:
        return _planned(d, by_code(d.session, Category, data["category_code"], d.today), data)

    return run_change(build, plan, EDITORS)


@pages.route("/dispatch/auto/rules/<int:rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> ResponseReturnValue:
    """Another bar, share or floor, or the switch."""

    def rule_at(d: Door) -> AutoDispatchRule:
        rule: AutoDispatchRule = found(d.session.get(AutoDispatchRule, rule_id))
        return rule

    def build(d: Door) -> FormPage:
        rule = rule_at(d)
        values = {name: getattr(rule, name) for name in (*SAID, "version")}
        title = f"自动派单：{rule.category.name}"
        return FormPage(title, AutoDispatching, "catalogue", HOME, values, lead=LEAD, submit="预览影响")

    return run_change(build, lambda d, data: _planned(d, rule_at(d).category, data), EDITORS)


def _planned(d: Door, category: Category, data: dict[str, Any]) -> RuleChange:
    check_seen(rule_of(d.session, category), data["version"])
    return RuleChange(
        title=f"{category.name}：{'启用' if data['is_on'] else '停用'}自动派单",
        lines=[("分类", category.full_name), ("规则", _said(data)), ("原因", data["reason"])],
        promise="确认后立即按此执行，改动前后和原因留痕；随时可以一键停用。学习模型学过下面这些已办结工单，实际的一致率会低一些。",
        effects=lambda d: _effects(d, category, data["bar"]) if data["is_on"] else Effects([], []),
        carry_out=lambda d: _saved(d, category, data),
        columns=("诉求", "现在", "启用后"),
        submit="确认",
        nothing="没有等待派单的工单随之变化",
    )


def _saved(d: Door, category: Category, data: dict[str, Any]) -> str:
    save_rule(d.session, category, data, d.actor, d.now)
    return HOME


def _effects(d: Door, category: Category, bar: int) -> Effects:
    helpers = Helpers.of(current_app.extensions)
    shifts = [
        Shift(ticket.no, ticket.title, "待派单", found.unit.short_name, found.outcome.label, "run", "send")
        if found.outcome is Outcome.SENT and found.unit
        else Shift(ticket.no, ticket.title, "待派单", "留给人工", found.outcome.label, "off", "person")
        for ticket, found in forecast(d.session, d.actor, category, bar, helpers, d.now)
    ]
    sent = sum(shift.kind == "run" for shift in shifts)
    past = backtest(d.session, d.actor, category, bar, helpers.models, d.now)
    return Effects(
        shifts,
        [
            ("等待中将自动派出", sent, "件", None),
            ("等待中留给人工", len(shifts) - sent, "件", None),
            ("近 90 天已办结", past.closed, "件", None),
            ("其中会自动派出", past.sent_text, "", None),
            ("与最终办结单位一致", past.right_text, "", None),
        ],
    )
