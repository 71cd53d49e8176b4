"""自动派单 watched: a sample is judged by people, upheld objections count against it, and the figures of 30 days."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.dispatch.auto_rules import READERS, guard
from hotline.dispatch.models import AutoDispatch, Outcome
from hotline.errors import Conflict, Forbidden, Invalid, NotFound
from hotline.ticket.models import Ticket
from hotline.ticket.operations import session_of
from hotline.ticket.queries import scope

RECENT = timedelta(days=30)
MOST = 200
UNJUDGED = (AutoDispatch.is_sampled, AutoDispatch.is_right.is_(None), AutoDispatch.upheld_at.is_(None))
"""The conditions that a dispatch still waits for its auditor."""


def considered_by(actor: Actor) -> Select[AutoDispatch]:
    """What was considered, of the tickets this actor may see."""
    return select(AutoDispatch).join(Ticket, Ticket.id == AutoDispatch.ticket_id).where(scope(actor))


def to_check(session: Session, actor: Actor) -> list[AutoDispatch]:
    """Sampled dispatches that nobody has judged, neither an auditor nor the unit by an upheld objection."""
    loads = [joinedload(AutoDispatch.unit), joinedload(AutoDispatch.ticket).joinedload(Ticket.category)]
    query = considered_by(actor).where(*UNJUDGED).options(*loads).order_by(AutoDispatch.id)
    return list(session.scalars(query.limit(MOST)))


def judge(session: Session, row_id: int, data: Mapping[str, Any], actor: Actor, now: datetime) -> AutoDispatch:
    """An auditor's verdict. `data`: the fields of `schemas.AutoVerdict`.

    Raises Forbidden, NotFound for what this actor may not see or nobody sampled, Conflict when it was judged before,
    and Invalid for a 不准确 that says neither the right unit nor why.
    """
    if not READERS & actor.roles:
        raise Forbidden("您的岗位不能抽查自动派单", code="role_refused")
    query = considered_by(actor).where(AutoDispatch.id == row_id, AutoDispatch.is_sampled)
    row = session.scalar(query.with_for_update(of=AutoDispatch).execution_options(populate_existing=True))
    if row is None:
        raise NotFound("没有这件抽查，或您无权查看", code="row_not_found")
    if row.is_right is not None:
        raise Conflict("这件抽查刚被他人判定过", code="already_judged")
    row.right_unit_id = _right_unit(session, row, data, now)
    row.is_right, row.note = data["is_right"], data["note"]
    row.checked_by_id, row.checked_at = actor.account_id, now
    guard(session, row.rule_id, now)
    return row


def _right_unit(session: Session, row: AutoDispatch, data: Mapping[str, Any], now: datetime) -> int | None:
    """The unit it should have gone to. Raises Invalid."""
    if data["is_right"] is None:
        raise Invalid("请选择准确或不准确", code="no_verdict", field="is_right")
    code = "" if data["is_right"] else data["right_unit_code"]
    if not data["is_right"] and not code and not data["note"]:
        raise Invalid("判为不准确时，请选择应派单位或写明说明", code="why_wrong", field="note")
    if not code:
        return None
    unit = by_code(session, Unit, code, to_local(now).date(), field="right_unit_code")
    if unit.id == row.unit_id:
        raise Invalid("应派单位与已派单位相同，请判为准确或另选单位", code="same_unit", field="right_unit_code")
    return unit.id


def overturn(ticket: Ticket, unit_id: int, now: datetime) -> None:
    """An objection of this unit was upheld: if it had the ticket by itself (自动派单), that was wrong."""
    session = session_of(ticket)
    sent = select(AutoDispatch).filter_by(ticket_id=ticket.id, outcome=Outcome.SENT, unit_id=unit_id, upheld_at=None)
    row = session.scalar(sent.order_by(AutoDispatch.id.desc()).limit(1).with_for_update())
    if row is not None:
        row.upheld_at = now
        guard(session, row.rule_id, now)


@dataclass
class Figures:
    """What came of the tickets considered: sent, left by reason; of the sent: sampled, checked, right, upheld."""

    sent: int = 0
    left: Counter[Outcome] = field(default_factory=Counter)
    sampled: int = 0
    checked: int = 0
    right: int = 0
    upheld: int = 0

    @property
    def accuracy(self) -> float | None:
        """抽查准确率: right / checked; None when nothing was checked."""
        return None if not self.checked else self.right / self.checked

    @property
    def accuracy_text(self) -> str:
        """As people read it: "96.0%", "—" without a denominator."""
        return "—" if self.accuracy is None else f"{self.accuracy:.1%}"

    def add(self, outcome: Outcome, number: int, sampled: int, checked: int, right: int, upheld: int) -> None:
        """One more outcome with its counts."""
        if outcome is not Outcome.SENT:
            self.left[outcome] += number
            return
        self.sent += number
        self.sampled, self.checked = self.sampled + sampled, self.checked + checked
        self.right, self.upheld = self.right + right, self.upheld + upheld


def figures(session: Session, actor: Actor, now: datetime) -> tuple[Figures, dict[int, Figures]]:
    """All together, and rule id → its own: of the last 30 days and the tickets this actor may see."""
    marks = (AutoDispatch.is_sampled, AutoDispatch.checked_at.is_not(None), AutoDispatch.is_right.is_(True))
    counts = [func.count(case((mark, 1))) for mark in (*marks, AutoDispatch.upheld_at.is_not(None))]
    recent = considered_by(actor).where(AutoDispatch.at >= now - RECENT)
    query = recent.with_only_columns(AutoDispatch.rule_id, AutoDispatch.outcome, func.count(), *counts)
    total, by_rule = Figures(), dict[int, Figures]()
    for rule_id, outcome, *numbers in session.execute(query.group_by(AutoDispatch.rule_id, AutoDispatch.outcome)):
        for one in (total, by_rule.setdefault(rule_id, Figures())):
            one.add(outcome, *numbers)
    return total, by_rule


def why_left(session: Session, ticket: Ticket) -> str:
    """Why this ticket, as it stands, was not sent by itself; "" when it was not considered."""
    row = select(AutoDispatch).filter_by(ticket_id=ticket.id, ticket_version=ticket.version)
    found = session.scalar(row.order_by(AutoDispatch.id.desc()).limit(1))
    return found.reason if found and found.outcome is not Outcome.SENT else ""
