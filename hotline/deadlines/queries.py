"""Questions about clocks."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.subjects import Subject

MAX_ATTEMPTS = 8
"""After so many failures (about four minutes) a clock waits for a person."""

# A literal, not a parameter: only then do both databases see that the partial index serves.
RUNNING = Clock.state == literal_column("'RUNNING'")


def clocks_of(session: Session, subject: Subject, names: Collection[str] | None = None) -> list[Clock]:
    """The subject's clocks of any state, in the order they were started; `names` picks some."""
    query = select(Clock).filter_by(subject_kind=subject.kind, subject_id=subject.id).order_by(Clock.id)
    return list(session.scalars(query if names is None else query.where(Clock.name.in_(names))))


def health(session: Session, now: datetime) -> float:
    """Seconds by which the oldest rung that has not fired is overdue; 0 when none is."""
    oldest = session.scalar(select(func.min(Clock.next_fire_at)).where(RUNNING, Clock.next_fire_at <= now))
    return (now - oldest).total_seconds() if oldest else 0.0


def stuck(session: Session) -> list[Clock]:
    """Clocks that failed too often and now wait for a person (`operations.retry`). Each is an alarm."""
    query = select(Clock).where(RUNNING, Clock.next_fire_at.is_not(None), Clock.attempts >= MAX_ATTEMPTS)
    return list(session.scalars(query.order_by(Clock.next_fire_at)))


def is_stuck(clock: Clock) -> bool:
    """Whether one clock, held for a change, is among them."""
    return clock.state is ClockState.RUNNING and clock.next_fire_at is not None and clock.attempts >= MAX_ATTEMPTS


def ready(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition under which the sweep takes a clock."""
    rested = or_(Clock.retry_at.is_(None), Clock.retry_at <= now)
    return and_(RUNNING, Clock.next_fire_at <= now, Clock.attempts < MAX_ATTEMPTS, rested)


def is_due(session: Session, now: datetime) -> bool:
    """Whether the sweep would find anything at `now`."""
    # The order asks for nothing but the index, also when PostgreSQL's statistics are old.
    return session.scalar(select(Clock.id).where(ready(now)).order_by(Clock.next_fire_at).limit(1)) is not None
