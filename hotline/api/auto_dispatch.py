"""自动派单 over JSON: rules with a dry run, what came of each ticket, the figures, and verdicts on the sample."""

from typing import Any

from flask import current_app
from flask_smorest import Blueprint
from marshmallow import fields, validate

from hotline.api.access import bearer, once_for
from hotline.directory.models import Category
from hotline.directory.queries import by_code
from hotline.dispatch import auto_audit
from hotline.dispatch.auto import Decision, Helpers
from hotline.dispatch.auto_preview import backtest, forecast
from hotline.dispatch.auto_rules import READERS, check_editor, check_seen, rule_of, rules, save_rule, switch_off
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule, Outcome
from hotline.dispatch.schemas import AutoDispatching, AutoVerdict
from hotline.errors import Forbidden, NotFound
from hotline.ticket.models import Ticket
from hotline.ticket.schemas import LINE, Checked, code, flag, line, reference
from hotline.ui.door import Door, door

pages = Blueprint("api_auto_dispatch", __name__, url_prefix="/api/v1/dispatch/auto", description="自动派单")

MOST = 100


class PutRule(AutoDispatching):
    """What a category's rule is to say; `dry_run` only tells what it would do."""

    dry_run = flag("只预览")


class SwitchOff(Checked):
    """停用: one category's rule, or all."""

    category_code = reference("事项（不填即全部）", "topics")
    reason = line("原因", LINE, required=True)


class Listing(Checked):
    """Which of those considered."""

    outcome = code(Outcome, "结果")
    to_check = flag("只列待抽查")
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000, error="页码须为正整数"))


def _demand(d: Door) -> None:
    if not READERS & d.actor.roles:
        raise Forbidden("您的岗位不能使用这个接口", code="role_refused")


@pages.get("/rules")
@bearer
@pages.response(200)
def rule_list() -> dict[str, Any]:
    """All rules, and the figures of the last 30 days; a rate of nothing is null."""
    with door() as d:
        _demand(d)
        total, by_rule = auto_audit.figures(d.session, d.actor, d.now)
        found = [(rule, by_rule.get(rule.id, auto_audit.Figures())) for rule in rules(d.session)]
        return {"rules": [_rule(rule) | {"figures": _figures(one)} for rule, one in found], "total": _figures(total)}


def _rule(rule: AutoDispatchRule) -> dict[str, Any]:
    said = {name: getattr(rule, name) for name in ("is_on", "bar", "sample", "floor", "version", "changed_by")}
    return {"category_code": rule.category.code, **said, "changed_at": rule.changed_at.isoformat()}


def _figures(found: auto_audit.Figures) -> dict[str, Any]:
    left = {outcome.value: number for outcome, number in found.left.items()}
    return {**vars(found), "left": left, "accuracy": found.accuracy}


@pages.put("/rules/<code>")
@bearer
@pages.arguments(PutRule)
@pages.response(200)
def put_rule(data: dict[str, Any], code: str) -> dict[str, Any]:
    """A category's first rule or another one; `version` (0: none yet) is refused when it is stale."""
    with door(write=not data["dry_run"]) as d:
        check_editor(d.actor)
        category = by_code(d.session, Category, code, d.today)
        if not data["dry_run"]:
            return _rule(save_rule(d.session, category, data, d.actor, d.now))
        check_seen(rule_of(d.session, category), data["version"])
        return {"dry_run": True, **_preview(d, category, data["bar"])}


def _preview(d: Door, category: Category, bar: int) -> dict[str, Any]:
    """What would become of the tickets that wait, and of those closed in 90 days."""
    helpers = Helpers.of(current_app.extensions)
    waiting = forecast(d.session, d.actor, category, bar, helpers, d.now)
    return {
        "waiting": [_forecast(ticket, found) for ticket, found in waiting],
        "closed": vars(backtest(d.session, d.actor, category, bar, helpers.models, d.now)),
    }


def _forecast(ticket: Ticket, found: Decision) -> dict[str, Any]:
    unit = found.unit.code if found.unit and found.outcome is Outcome.SENT else None
    return {"no": ticket.no, "outcome": found.outcome.value, "unit": unit, "reason": found.reason}


@pages.post("/off")
@bearer
@pages.arguments(SwitchOff)
@pages.response(200)
def off(data: dict[str, Any]) -> dict[str, Any]:
    """Switch off at once; how many rules were on."""
    with door(write=True) as d:
        rule_id = _rule_id(d, data["category_code"]) if data["category_code"] else None
        return {"switched_off": switch_off(d.session, rule_id, d.actor, d.now, data["reason"])}


def _rule_id(d: Door, category_code: str) -> int:
    rule = rule_of(d.session, by_code(d.session, Category, category_code, d.today))
    if rule is None:
        raise NotFound("这个分类没有自动派单规则", code="rule_not_found")
    return rule.id


@pages.get("")
@bearer
@pages.arguments(Listing, location="query")
@pages.response(200)
def listing(asked: dict[str, Any]) -> dict[str, Any]:
    """What came of the tickets considered, of those the caller may see, the newest first."""
    with door() as d:
        _demand(d)
        query = auto_audit.considered_by(d.actor).order_by(AutoDispatch.id.desc())
        if asked["outcome"]:
            query = query.where(AutoDispatch.outcome == asked["outcome"])
        if asked["to_check"]:
            query = query.where(*auto_audit.UNJUDGED)
        found = d.session.scalars(query.limit(MOST).offset((asked["page"] - 1) * MOST))
        return {"page": asked["page"], "rows": [_row(row) for row in found]}


def _row(row: AutoDispatch) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("id", "reason", "confidence", "is_sampled", "is_right", "note")}
    units = {name: unit.code if unit else None for name, unit in (("unit", row.unit), ("right_unit", row.right_unit))}
    times = {name: at.isoformat() if at else None for name, at in _times(row).items()}
    checked_by = row.checked_by.login if row.checked_by else None
    return {"no": row.ticket.no, "outcome": row.outcome.value, **said, **units, **times, "checked_by": checked_by}


def _times(row: AutoDispatch) -> dict[str, Any]:
    return {"at": row.at, "checked_at": row.checked_at, "upheld_at": row.upheld_at}


@pages.post("/<int:row_id>/verdict")
@bearer
@pages.arguments(AutoVerdict)
@pages.response(200)
def verdict(data: dict[str, Any], row_id: int) -> dict[str, Any]:
    """准确 or 不准确, with the right unit or why."""
    with door(write=True) as d:

        def make() -> dict[str, Any]:
            return _row(auto_audit.judge(d.session, row_id, data, d.actor, d.now))

        return once_for(d, make)
