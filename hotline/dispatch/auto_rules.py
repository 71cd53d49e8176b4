"""自动派单: which rule counts for a ticket, and how rules are changed, switched off, and switch themselves off."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Role
from hotline.accounts.operations import audit
from hotline.accounts.queries import with_role
from hotline.directory.models import Category
from hotline.directory.operations import columns
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule, Outcome
from hotline.errors import Conflict, Forbidden
from hotline.messages.models import Audience, Notice
from hotline.ticket.models import Ticket, TicketStatus

EDITORS = frozenset({Role.SUPERVISOR})
"""Who may change and switch rules. Dispatchers read them."""
READERS = EDITORS | {Role.DISPATCHER}
"""Who reads the rules, and audits what was sent."""
CHANGED = "auto_dispatch_rule"
"""What the audit calls a change of a rule."""
WINDOW = 20
"""So many dispatches, the last ones judged, are weighed against a rule's floor."""
SAID = ("is_on", "bar", "sample", "floor")
"""What a rule says; the rest is who said it when."""
PREFIX = "auto_dispatch:"
TOPIC = PREFIX + "{rule}:{version}"


def rules(session: Session) -> list[AutoDispatchRule]:
    """All rules, by their category's code."""
    query = select(AutoDispatchRule).join(Category).options(joinedload(AutoDispatchRule.category))
    return list(session.scalars(query.order_by(Category.code)))


def rule_of(session: Session, category: Category) -> AutoDispatchRule | None:
    """A category's own rule."""
    return session.scalar(select(AutoDispatchRule).filter_by(category_id=category.id))


def covered(session: Session, own: Mapping[int, int]) -> dict[int, list[int]]:
    """Rule id → the ids of the categories for which it is the nearest. `own`: category id → the id of its rule."""
    topics: dict[int, list[int]] = defaultdict(list)
    parents = dict(session.execute(select(Category.id, Category.parent_id)).all())
    for topic in parents:
        at: int | None = topic
        while at is not None and at not in own:
            at = parents[at]
        if at is not None:
            topics[own[at]].append(topic)
    return topics


def waits(session: Session) -> ColumnElement[bool] | None:
    """The condition that a ticket is to be dispatched, falls under a rule that is on, and was not considered since
    either changed; None when no rule is on."""
    if session.scalar(select(AutoDispatchRule.id).filter_by(is_on=True).limit(1)) is None:
        return None
    found = rules(session)
    topics = covered(session, {rule.category_id: rule.id for rule in found})
    ways = [and_(Ticket.category_id.in_(topics[rule.id]), ~considered(rule)) for rule in found if rule.is_on]
    return and_(Ticket.status == TicketStatus.AWAITING_DISPATCH, or_(false(), *ways))


def considered(rule: AutoDispatchRule) -> ColumnElement[bool]:
    """The condition that a ticket was considered as it stands, under the rule as it stands."""
    this_state = (AutoDispatch.ticket_id == Ticket.id, AutoDispatch.ticket_version == Ticket.version)
    under = (AutoDispatch.rule_id == rule.id, AutoDispatch.rule_version == rule.version)
    return select(AutoDispatch.id).where(*this_state, *under).exists()


def nearest(session: Session, category: Category) -> AutoDispatchRule | None:
    """The rule that counts for a category, also one that is off; nobody changes it until the transaction ends."""
    at: Category | None = category
    while at is not None:
        own = select(AutoDispatchRule).filter_by(category_id=at.id).with_for_update(read=True)
        if rule := session.scalar(own.execution_options(populate_existing=True)):
            return rule
        at = session.get(Category, at.parent_id) if at.parent_id else None
    return None


def save_rule(
    session: Session, category: Category, data: Mapping[str, Any], actor: Actor, now: datetime
) -> AutoDispatchRule:
    """A category's first rule, or another one. `data`: the fields of `schemas.AutoDispatching`.

    Raises Forbidden, and Conflict for a form that has not seen the newest version.
    """
    check_editor(actor)
    rule = session.scalar(select(AutoDispatchRule).filter_by(category_id=category.id).with_for_update())
    check_seen(rule, data.get("version"))
    if rule is None:
        rule = AutoDispatchRule(category=category, is_on=False, version=0)
        session.add(rule)
    _change(session, rule, {name: data[name] for name in SAID}, actor, now, data["reason"])
    return rule


def check_editor(actor: Actor) -> None:
    """Raises Forbidden for who may not change rules."""
    if not EDITORS & actor.roles:
        raise Forbidden("您的岗位不能修改自动派单规则", code="role_refused")


def check_seen(rule: AutoDispatchRule | None, seen: int | None) -> None:
    """Raises Conflict when somebody has changed the rule since it was `seen` (None: told by nobody)."""
    if seen == 0 and rule is not None:
        raise Conflict("这个分类已有自动派单规则，请在列表中修改", code="rule_exists")
    if seen is not None and seen != (rule.version if rule else 0):
        raise Conflict("这条规则刚被他人修改，您的内容已保留，请核对后再提交", code="stale_version")


def switch_off(session: Session, rule_id: int | None, actor: Actor, now: datetime, reason: str) -> int:
    """Switch one rule off, or (None) all; how many were on. Raises Forbidden."""
    check_editor(actor)
    on = select(AutoDispatchRule).filter_by(is_on=True).order_by(AutoDispatchRule.id).with_for_update()
    found = list(session.scalars(on if rule_id is None else on.filter_by(id=rule_id)))
    for rule in found:
        _change(session, rule, {"is_on": False}, actor, now, reason)
    return len(found)


def _change(
    session: Session, rule: AutoDispatchRule, values: Mapping[str, Any], actor: Actor, now: datetime, reason: str
) -> None:
    before = columns(rule, SAID) if rule.version else {}
    if values["is_on"] and not rule.is_on:
        rule.on_since = now
    for name, value in values.items():
        setattr(rule, name, value)
    rule.version, rule.changed_by, rule.changed_at = rule.version + 1, actor.name, now
    session.flush()
    details = {"before": before, "after": columns(rule, SAID)}
    audit(session, actor, CHANGED, f"category:{rule.category.code}", now, reason=reason, details=details)


def tolerated(rule: AutoDispatchRule) -> int:
    """How many of the last WINDOW judged may be wrong."""
    return WINDOW * (100 - rule.floor) // 100


def guard(session: Session, rule_id: int, now: datetime) -> None:
    """Switch a rule off when too many of the last WINDOW judged, sent since it was switched on, were wrong.

    Fewer than WINDOW count as if the rest were right: one mistake among the first three says little.
    """
    session.flush()
    rule = session.get_one(AutoDispatchRule, rule_id, with_for_update=True, populate_existing=True)
    if not rule.is_on:
        return
    wrong = sum(wrong for _, wrong in session.execute(_last_judged(rule)))
    if wrong > tolerated(rule):
        why = f"最近 {WINDOW} 件已判定的自动派单中 {wrong} 件不准确，低于 {rule.floor}% 的下限，自动停用"
        _change(session, rule, {"is_on": False}, SYSTEM, now, why)
        _tell(session, rule, why, now)


IS_WRONG: ColumnElement[bool] = or_(AutoDispatch.is_right.is_(False), AutoDispatch.upheld_at.is_not(None))
"""Of a dispatch: judged wrong by an auditor, or objected to with success."""
IS_JUDGED: ColumnElement[bool] = or_(AutoDispatch.is_right.is_not(None), AutoDispatch.upheld_at.is_not(None))


def _last_judged(rule: AutoDispatchRule) -> Any:
    """(id, 1 when wrong) of the last judged ones."""
    sent = (AutoDispatch.rule_id == rule.id, AutoDispatch.outcome == Outcome.SENT, AutoDispatch.at >= rule.on_since)
    judged_at = func.coalesce(AutoDispatch.upheld_at, AutoDispatch.checked_at)
    query = select(AutoDispatch.id, case((IS_WRONG, 1), else_=0)).where(*sent, IS_JUDGED)
    return query.order_by(judged_at.desc(), AutoDispatch.id.desc()).limit(WINDOW)


def _tell(session: Session, rule: AutoDispatchRule, why: str, now: datetime) -> None:
    """One notice to each supervisor."""
    said = {"topic": TOPIC.format(rule=rule.id, version=rule.version), "audience": Audience.STAFF, "created_at": now}
    for account in with_role(session, Role.SUPERVISOR):
        title = f"自动派单已停用：{rule.category.name}"
        session.add(Notice(**said, account_id=account.id, title=title, text=f"{why}。请查看抽查结果，改进后再启用。"))
