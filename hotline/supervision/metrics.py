"""What stands open, and how callbacks judged the work: every number with the tickets it was counted from.

响应率, 解决率 and 满意率 are asked in 回访 and divided by valid callbacks only; of a ticket called several times the
last valid callback in the window counts. 满意率 weighs 基本满意 with 0.9 and is not 好评率, where it would count fully.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines import queries as deadlines
from hotline.directory.models import Unit
from hotline.directory.time import working_calendar
from hotline.feedback.models import CallbackAttempt
from hotline.supervision.recompute import provisional_years
from hotline.ticket import listing
from hotline.ticket.models import OPEN, ContactResult, Satisfaction, Ticket, TicketStatus
from hotline.ticket.queries import scope

FAIRLY_WEIGHT = 0.9
"""基本满意 in 满意率: the weight is local practice."""
SATISFIED = (Satisfaction.VERY_SATISFIED, Satisfaction.SATISFIED)


@dataclass(frozen=True)
class Share:
    """`top` (perhaps weighted) out of `of` tickets."""

    top: float
    of: int

    @property
    def percent(self) -> str:
        """'82.5'; '—' when there is nothing to divide by, never 0 or 100."""
        return f"{100 * self.top / self.of:.1f}" if self.of else "—"


@dataclass(frozen=True)
class Rates:
    """What valid callbacks of a window said."""

    response: Share
    resolution: Share
    satisfaction: Share


def rates(session: Session, actor: Actor, since: datetime, until: datetime) -> Rates:
    """响应率, 解决率, 满意率 over the callbacks of [since, until) on tickets the actor may see."""
    counted = _counted(actor, since, until)
    of, contacted, resolved, satisfied, fairly = session.execute(
        select(
            func.count(),
            _count_if(CallbackAttempt.was_contacted.is_(True)),
            _count_if(CallbackAttempt.is_resolved.is_(True)),
            _count_if(CallbackAttempt.satisfaction.in_(SATISFIED)),
            _count_if(CallbackAttempt.satisfaction == Satisfaction.FAIRLY_SATISFIED),
        ).where(counted)
    ).one()
    return Rates(Share(contacted, of), Share(resolved, of), Share(satisfied + FAIRLY_WEIGHT * fairly, of))


def counted_callbacks(
    session: Session, actor: Actor, since: datetime, until: datetime
) -> list[tuple[Ticket, CallbackAttempt]]:
    """The tickets behind `rates` with the callback that counted, newest first."""
    query = select(Ticket, CallbackAttempt).join(CallbackAttempt, CallbackAttempt.ticket_id == Ticket.id)
    found = session.execute(query.where(_counted(actor, since, until)).order_by(CallbackAttempt.id.desc()))
    return [(ticket, attempt) for ticket, attempt in found]


def _counted(actor: Actor, since: datetime, until: datetime) -> ColumnElement[bool]:
    last: Select[int] = (
        select(func.max(CallbackAttempt.id))
        .join(Ticket, Ticket.id == CallbackAttempt.ticket_id)
        .where(scope(actor), CallbackAttempt.result == ContactResult.REACHED)
        .where(CallbackAttempt.at >= since, CallbackAttempt.at < until)
        .group_by(CallbackAttempt.ticket_id)
    )
    return CallbackAttempt.id.in_(last)


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def by_stage(session: Session, actor: Actor) -> list[tuple[TicketStatus, int]]:
    """How many open tickets rest in each status, in the order of the loop."""
    query = select(Ticket.status, func.count()).where(scope(actor), Ticket.status.in_(OPEN)).group_by(Ticket.status)
    found = {row[0]: row[1] for row in session.execute(query)}
    return [(status, found[status]) for status in OPEN if status in found]


@dataclass(frozen=True)
class UnitLoad:
    """What a unit leads: open tickets, and those out of time."""

    code: str
    name: str
    open: int
    overdue: int


def by_unit(session: Session, actor: Actor, now: datetime) -> list[UnitLoad]:
    """The load of every unit that leads an open ticket, the most overdue first."""
    late = _count_if(listing.condition_of("overdue", actor, now))
    query = select(Unit.code, Unit.short_name, func.count(), late).join(Ticket, Ticket.lead_unit_id == Unit.id)
    query = query.where(and_(scope(actor), Ticket.status.in_(OPEN))).group_by(Unit.id, Unit.code, Unit.short_name)
    loads = [UnitLoad(*row) for row in session.execute(query)]
    return sorted(loads, key=lambda load: (-load.overdue, -load.open, load.code))


@dataclass(frozen=True)
class ClockHealth:
    """Seconds by which the oldest rung is late; clocks that wait for a person; open clocks on an unknown calendar."""

    late_seconds: float
    stuck: int
    provisional: int
    years: tuple[int, ...]


def clock_health(session: Session, now: datetime) -> ClockHealth:
    """Whether time itself is in order."""
    spans, calendar = provisional_years(session), working_calendar(session)
    unknown = tuple(sorted(year for year in set().union(*spans) if not calendar.covers(year)))
    late, stuck = deadlines.health(session, now), len(deadlines.stuck(session))
    return ClockHealth(late, stuck, len(spans) if unknown else 0, unknown)
