"""确认收到: which rungs somebody has to confirm, who did, and what nobody has confirmed yet.

The person confirms his notice; the notice leads to its ledger row, and that row names the firing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, tuple_, update
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock, ClockState, Firing
from hotline.deadlines.queries import RUNNING
from hotline.errors import Conflict
from hotline.experts.clocks import ADVICE
from hotline.experts.records import AdviceEvent
from hotline.experts.rungs import PASSED_UP, RUNG
from hotline.messages.models import Notice
from hotline.supervision.advice_notices import PREFIX, event_id
from hotline.supervision.rungs import SUBJECTS, tickets_of
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Ticket
from hotline.ticket.queries import scope

AT_UNIT = frozenset({"handler", "liaison", "deputy", "unit_leader", "unit_chief"})
"""What a rung calls the unit's people. Where it tells them, they confirm it; a supervisor only got a copy."""
LISTED = 200
"""So many unconfirmed rungs are read for a list, those that wait longest."""

Key = tuple[int, int]
"""A firing: its clock's id and the rung's index."""


@dataclass(frozen=True)
class Asked:
    """What has to be confirmed: the firing, and the rung in words."""

    key: Key
    words: str


def to_confirm(session: Session, actor: Actor, among: ColumnElement[bool]) -> dict[int, Asked]:
    """The actor's own notices `among` (a condition over Notice) that wait for his 确认收到, by notice id."""
    query = (
        select(Notice.id, LedgerEntry.data, LedgerEntry.text)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .join(LedgerEntry, and_(LedgerEntry.ticket_id == Notice.ticket_id, LedgerEntry.seq == Notice.seq))
        .where(among, scope(actor), Notice.account_id == actor.account_id, LedgerEntry.action.in_(("rung", "pass_on")))
    )
    asked = {
        row.id: Asked(_key(row.data), row.text)
        for row in session.execute(query)
        if row.data.get("acknowledge") and _is_his(row.data, actor)
    }
    asked |= _of_advice(session, actor, among)
    live = _unconfirmed(session, [one.key for one in asked.values()]) if asked else set()
    return {notice: one for notice, one in asked.items() if one.key in live}


def _of_advice(session: Session, actor: Actor, among: ColumnElement[bool]) -> dict[int, Asked]:
    """The same of experts' consultations: whoever was told may confirm, also who does not see the rest of it."""
    mine = select(Notice.id, Notice.topic).where(among, Notice.account_id == actor.account_id)
    events = {row.id: event_id(row.topic) for row in session.execute(mine.where(Notice.topic.startswith(PREFIX)))}
    query = select(AdviceEvent.id, AdviceEvent.data, AdviceEvent.text).where(AdviceEvent.id.in_(set(events.values())))
    rows = {row.id: row for row in session.execute(query.where(AdviceEvent.action.in_((RUNG, PASSED_UP))))}
    return {
        notice: Asked(_key(rows[event].data), rows[event].text)
        for notice, event in events.items()
        if event in rows and rows[event].data.get("acknowledge")
    }


def _key(data: dict[str, list[int]]) -> Key:
    clock_id, rung = data["firing"]
    return clock_id, rung


def _is_his(data: dict[str, list[dict[str, str]]], actor: Actor) -> bool:
    return actor.is_unit or not AT_UNIT & {told["whom"] for told in data["told"]}


def _unconfirmed(session: Session, keys: Collection[Key]) -> set[Key]:
    """Of these firings, those that nobody has confirmed and whose clock has not stopped."""
    query = select(Firing.clock_id, Firing.rung).join(Clock, Clock.id == Firing.clock_id)
    query = query.where(Clock.state != ClockState.STOPPED, Firing.acknowledged_at.is_(None))
    found = session.execute(query.where(tuple_(Firing.clock_id, Firing.rung).in_(list(keys))))
    return {(row.clock_id, row.rung) for row in found}


def acknowledge(session: Session, actor: Actor, notice_id: int, now: datetime) -> str | None:
    """确认收到 of one's own notice, which is read by that; the ticket's number, None for an expert's consultation.

    Raises Conflict when none is wanted.
    """
    asked = to_confirm(session, actor, Notice.id == notice_id).get(notice_id)
    if asked is None or actor.account_id is None:
        raise Conflict("这条提醒已有人确认，或者不再需要确认", code="nothing_to_acknowledge")
    clock_id, rung = asked.key
    firing = select(Firing).filter_by(clock_id=clock_id, rung=rung).with_for_update()
    deadlines.acknowledge(session.scalars(firing).one(), actor.account_id, now)
    session.execute(update(Notice).filter_by(id=notice_id, read_at=None).values(read_at=now))
    return session.scalar(
        select(Ticket.no).join(Notice, Notice.ticket_id == Ticket.id).where(Notice.id == notice_id, scope(actor))
    )


def confirmed(session: Session, keys: Collection[Key]) -> dict[Key, tuple[int, datetime]]:
    """Who confirmed which of these firings, and when: firing → (account id, instant)."""
    query = select(Firing).where(tuple_(Firing.clock_id, Firing.rung).in_(list(keys)))
    return {
        (row.clock_id, row.rung): (row.acknowledged_by, row.acknowledged_at)
        for row in session.scalars(query)
        if row.acknowledged_by is not None and row.acknowledged_at is not None
    }


@dataclass(frozen=True)
class Unconfirmed:
    """A rung on a running clock that nobody has confirmed. `whom`: the ladder's words for those who were told."""

    ticket: Ticket
    clock: str
    rung: str
    fired_at: datetime
    whom: list[str]


def unconfirmed(session: Session, actor: Actor) -> list[Unconfirmed]:
    """What waits for 确认收到 on tickets the actor may see, longest first; at most LISTED are read."""
    query = select(Firing, Clock).join(Clock, Clock.id == Firing.clock_id)
    query = query.where(Firing.must_acknowledge, Firing.acknowledged_at.is_(None), RUNNING)
    query = query.where(
        Clock.subject_kind.in_(("ticket", *SUBJECTS, ADVICE))
    )  # the knowledge base's rungs are told by its own notices
    rows = session.execute(query.order_by(Firing.fired_at, Firing.id).limit(LISTED)).all()
    tickets = tickets_behind(session, actor, [clock for _, clock in rows])
    return [
        Unconfirmed(ticket, clock.name, firing.name, firing.fired_at, [told["whom"] for told in firing.told])
        for firing, clock in rows
        if (ticket := tickets.get((clock.subject_kind, clock.subject_id))) is not None
    ]


def tickets_behind(session: Session, actor: Actor, clocks: Iterable[Clock]) -> dict[tuple[str, int], Ticket]:
    """(subject kind, id) → the ticket behind it, as far as the actor may see it."""
    subjects: dict[str, set[int]] = {}
    for clock in clocks:
        subjects.setdefault(clock.subject_kind, set()).add(clock.subject_id)
    owners = {(kind, one): no for kind, ids in subjects.items() for one, no in tickets_of(session, kind, ids).items()}
    seen = session.scalars(select(Ticket).where(Ticket.id.in_(set(owners.values())), scope(actor)))
    by_id = {ticket.id: ticket for ticket in seen}
    return {subject: by_id[owner] for subject, owner in owners.items() if owner in by_id}
