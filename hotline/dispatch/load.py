"""How busy a unit is and how often a dispatch to it was wrong: what a dispatcher weighs beside the proposal."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from hotline.accounts.actor import Actor
from hotline.directory.models import Unit
from hotline.ticket.listing import condition_of
from hotline.ticket.models import OPEN, Assignment, AssignmentKind, Objection, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.queries import scope

RECENT = timedelta(days=90)


@dataclass(frozen=True)
class Load:
    """What a unit leads: open tickets, those due today and those out of time; and of the last 90 days the tickets
    dispatched to it, its objections to them (退单) and those upheld."""

    open: int = 0
    due_today: int = 0
    overdue: int = 0
    dispatched: int = 0
    objections: int = 0
    upheld: int = 0

    @property
    def accuracy(self) -> float | None:
        """派单准确率: 1 − upheld objections / dispatched; None when nothing was dispatched."""
        return None if not self.dispatched else 1 - self.upheld / self.dispatched

    @property
    def accuracy_text(self) -> str:
        """As people read it: "96.0%", "—" without a denominator."""
        return "—" if self.accuracy is None else f"{self.accuracy:.1%}"


def loads(session: Session, actor: Actor, now: datetime, units: Collection[Unit]) -> dict[int, Load]:
    """Unit id → what it has at hand, of the tickets this actor may see."""
    ids = [unit.id for unit in units]
    at_hand = {unit_id: counts for unit_id, *counts in session.execute(_at_hand(actor, now, ids))}
    sent = {
        unit_id: counts
        for unit_id, *counts in session.execute(_sent(actor, now, Assignment.unit_id, Assignment.unit_id.in_(ids)))
    }
    return {unit_id: Load(*at_hand.get(unit_id, (0, 0, 0)), *sent.get(unit_id, (0, 0, 0))) for unit_id in ids}


def total(found: Collection[Load]) -> Load:
    """All units together."""
    names = ("open", "due_today", "overdue", "dispatched", "objections", "upheld")
    return Load(*(sum(getattr(one, name) for one in found) for name in names))


def _at_hand(actor: Actor, now: datetime, ids: list[int]) -> Select[*tuple[Any, ...]]:
    timed = [func.count(case((condition_of(view, actor, now), 1))) for view in ("today", "overdue")]
    mine = (scope(actor), Ticket.lead_unit_id.in_(ids), Ticket.status.in_(OPEN))
    return select(Ticket.lead_unit_id, func.count(), *timed).where(*mine).group_by(Ticket.lead_unit_id)


def dispatched_by(session: Session, actor: Actor, now: datetime, column: InstrumentedAttribute[int]) -> dict[int, Load]:
    """What was dispatched of late and what became of it, by a column of the ticket or the assignment."""
    found = session.execute(_sent(actor, now, column))
    return {key: Load(dispatched=sent, objections=said, upheld=right) for key, sent, said, right in found}


def _sent(
    actor: Actor, now: datetime, by: InstrumentedAttribute[int], *conditions: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Dispatches of late, and what became of them; each counts once, however often it was objected to."""
    became = [_objected(), _objected(Objection.ruling == Ruling.GRANTED)]
    columns = [func.count(case((condition, 1))) for condition in became]
    query = select(by, func.count(), *columns).select_from(Assignment).join(Ticket, Ticket.id == Assignment.ticket_id)
    recent = (scope(actor), Assignment.at >= now - RECENT, Assignment.kind == AssignmentKind.LEAD)
    return query.where(*recent, *conditions).group_by(by)


def _objected(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the unit objected to this dispatch, while it had the ticket."""
    same = (Objection.ticket_id == Assignment.ticket_id, Objection.unit_id == Assignment.unit_id)
    meanwhile = (
        Objection.at >= Assignment.at,
        or_(Assignment.ended_at.is_(None), Objection.at <= Assignment.ended_at),
    )
    return exists().where(*same, *meanwhile, *conditions)
