"""What nobody confirms is passed on: 联络员 → B角 → 分管领导 → 主要领导 → 督办员, step by step until somebody does."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.deadlines.models import Clock, ClockState, Firing
from hotline.deadlines.sweep import next_pass
from hotline.directory.time import working_calendar
from hotline.experts import rungs as advice_rungs
from hotline.experts.clocks import ADVICE
from hotline.supervision.rungs import SUBJECTS, concerned, lock, tickets_of
from hotline.ticket import ledger
from hotline.ticket.models import Ticket
from hotline.ticket.operations import announce
from hotline.ticket.queries import visible
from routing.profiles import ClockName

ORDER = ("handler", "liaison", "deputy", "unit_leader", "unit_chief", "supervisor")
"""Whom a unit's rung reaches, one above the other; the words of a ladder."""
LAST = ORDER[-1]
BATCH = 100


def next_above(told: Collection[str]) -> str | None:
    """The next one above those told already; None when the supervisor has heard of it, or is above nobody."""
    reached = [ORDER.index(word) for word in told if word in ORDER[:-1]]
    above = ORDER[max(reached) + 1] if reached else LAST
    return None if above in told else above


def _waiting(now: datetime) -> ColumnElement[bool]:
    passed = Clock.subject_kind.in_(("ticket", *SUBJECTS, ADVICE))
    owed = and_(Firing.must_acknowledge, Firing.acknowledged_at.is_(None), Firing.pass_at <= now)
    return and_(owed, Clock.state != ClockState.STOPPED, passed)


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether a rung waits to be passed on."""
    due = select(Firing.id).join(Clock, Clock.id == Firing.clock_id).where(_waiting(now))
    return session.scalar(due.limit(1)) is not None


def pass_on(session: Session, now: datetime) -> int:
    """Pass on what has waited long enough: one ledger row and one notice each; how many. Safe to run twice."""
    due = select(Firing, Clock).join(Clock, Clock.id == Firing.clock_id).where(_waiting(now))
    due = due.order_by(Firing.pass_at, Firing.id).limit(BATCH).with_for_update(of=Firing, skip_locked=True)
    rows = session.execute(due).all()
    return sum(_pass(session, firing, clock, now) for firing, clock in rows)


def _pass(session: Session, firing: Firing, clock: Clock, now: datetime) -> bool:
    """False: somebody works on the ticket or consultation just now; the next round comes by."""
    take = advice_rungs.lock if clock.subject_kind == ADVICE else lock(clock.subject_kind)
    if not take(session, [clock.subject_id]):
        return False
    above = next_above({told["whom"] for told in firing.told})
    if above is None:
        firing.pass_at = None
        return False
    told = [{"whom": above, "channels": ["inbox"], "passed_on": True}]
    firing.told, firing.pass_at = [*firing.told, *told], None if above == LAST else _again(session, clock, now)
    if clock.subject_kind == ADVICE:
        key = [firing.clock_id, firing.rung]
        advice_rungs.pass_up(session, clock.subject_id, above, key, clock.name, now)
    else:
        _write(session, firing, clock, told, now)
    return True


def _again(session: Session, clock: Clock, now: datetime) -> datetime:
    return next_pass(working_calendar(session), clock, now)


def _write(session: Session, firing: Firing, clock: Clock, told: list[dict[str, Any]], now: datetime) -> None:
    [ticket_id] = tickets_of(session, clock.subject_kind, [clock.subject_id]).values()
    ticket = session.scalars(
        visible(SYSTEM).where(Ticket.id == ticket_id).execution_options(populate_existing=True)
    ).one()
    about = concerned(session, clock.subject_kind, [clock.subject_id]).get(clock.subject_id, {})
    data = {"told": told, "acknowledge": True, "firing": [firing.clock_id, firing.rung], **about}
    text = f"“{ClockName(clock.name).label}”的提醒尚无人确认收到，转告上一级"
    row: dict[str, Any] = {"action": "pass_on", "label": "逐级转告", "before": ticket.status}
    ledger.append(session, ticket, SYSTEM, now, **row, text=text, data=data)
    announce(session, ticket, now)
