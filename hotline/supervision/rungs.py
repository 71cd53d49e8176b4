"""What a rung of the ladder does to a ticket: one ledger row, a notice, and sometimes an action of the clock's own."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.database import Base
from hotline.deadlines.sweep import Fired
from hotline.experts.clocks import ADVICE
from hotline.experts.records import Advice
from hotline.handling import operations as handling
from hotline.handling import rulings
from hotline.outbox.operations import Effect, put_many
from hotline.supervision import operations as supervision
from hotline.ticket.clocks import ASSIGNMENT, CONSULTATION, DECISION
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Assignment, Consultation, Decision, Ticket
from hotline.ticket.operations import Data
from routing.profiles import ClockName

LEDGER = Base.metadata.tables[LedgerEntry.__tablename__]
"""Written past the ORM: a sweep writes thousands of rows."""
SUBJECTS: dict[str, Any] = {ASSIGNMENT: Assignment, CONSULTATION: Consultation, DECISION: Decision}
"""Kinds of subject that hang on a ticket and fire into its ledger."""
WHOSE: dict[str, Select[int, int, int]] = {
    ASSIGNMENT: select(Assignment.id, Assignment.unit_id, Assignment.handler_id),
    DECISION: select(Decision.id, Decision.unit_id, Decision.handler_id),
    CONSULTATION: select(Consultation.id, Account.unit_id, Consultation.expert_id.label("handler_id")).join(
        Consultation.expert
    ),
}
"""Those that others than the lead owe, a unit or an expert: their rungs reach them and their unit's people."""


def _supervise(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    if ticket.supervised_since is None:
        supervision.supervise(ticket, data, actor, now)


EFFECTS: dict[str, Callable[[Ticket, Data, Actor, datetime], None]] = {
    "sign_by_default": handling.sign_by_default,
    "supervise": _supervise,
    "resume": rulings.resume,
}
"""What the clock does itself, counted from the rung's own time (`counts_from`), however late the sweep comes by. Other
effects of a ladder are notices (`messages`)."""
TURNING = frozenset({"resume"})
"""Effects that set other clocks of the ticket going."""


def lock(kind: str) -> Callable[[Session, Collection[int]], Collection[int]]:
    """A lock for subjects of this kind: their tickets, without waiting."""

    def take(session: Session, ids: Collection[int]) -> Collection[int]:
        tickets = tickets_of(session, kind, ids)
        free = select(Ticket.id).where(Ticket.id.in_(set(tickets.values()))).with_for_update(skip_locked=True)
        got = set(session.scalars(free))
        return [subject for subject, ticket in tickets.items() if ticket in got]

    return take


def fire(kind: str) -> Callable[[Session, Sequence[Fired], datetime], None]:
    """A handler for subjects of this kind: bulk rows first, then the rare effects one by one."""

    def handle(session: Session, fired: Sequence[Fired], now: datetime) -> None:
        tickets = tickets_of(session, kind, {one.clock.subject_id for one in fired})
        by_ticket = [(tickets[one.clock.subject_id], one) for one in fired if one.clock.subject_id in tickets]
        _write(session, by_ticket, concerned(session, kind, {one.clock.subject_id for one in fired}), now)
        for ticket_id, one in by_ticket:
            if one.rung.effect in EFFECTS:
                ticket = session.get_one(Ticket, ticket_id, populate_existing=True)
                EFFECTS[one.rung.effect](ticket, {"text": sentence(one), "counts_from": one.rung_due_at}, SYSTEM, now)
                session.flush()

    return handle


def tickets_of(session: Session, kind: str, ids: Collection[int]) -> dict[int, int]:
    """The ticket of each subject; a subject of the knowledge base has none, nor has a call of a draft."""
    if kind == ADVICE:
        on_tickets = select(Advice.id, Advice.ticket_id).where(Advice.id.in_(ids), Advice.ticket_id.is_not(None))
        return {row.id: row.ticket_id for row in session.execute(on_tickets)}
    if kind not in SUBJECTS:
        return {one: one for one in ids} if kind == "ticket" else {}
    model = SUBJECTS[kind]
    return {
        row.id: row.ticket_id for row in session.execute(select(model.id, model.ticket_id).where(model.id.in_(ids)))
    }


def concerned(session: Session, kind: str, ids: Collection[int]) -> dict[int, dict[str, int | None]]:
    """Whose each subject is: {unit_id, handler_id}; what is the lead's own is not named."""
    if kind not in WHOSE:
        return {}
    rows = session.execute(WHOSE[kind].where(SUBJECTS[kind].id.in_(ids)))
    return {row.id: {"unit_id": row.unit_id, "handler_id": row.handler_id} for row in rows}


def sentence(one: Fired) -> str:
    """The rung in words, with the time it was due, not the time the sweep came by."""
    clock = ClockName(one.clock.name).label
    due = to_local(one.clock.due_at).strftime("%Y-%m-%d %H:%M")
    fell = to_local(one.rung_due_at).strftime("%m-%d %H:%M")
    return f"{one.rung.name.label}（{fell}）：“{clock}”应于 {due} 前完成"


def _write(
    session: Session,
    by_ticket: Sequence[tuple[int, Fired]],
    whose: Mapping[int, dict[str, int | None]],
    now: datetime,
) -> None:
    session.flush()
    columns = select(Ticket.id, Ticket.status, Ticket.last_seq).where(Ticket.id.in_({t for t, _ in by_ticket}))
    known = {row.id: row for row in session.execute(columns)}
    used: Counter[int] = Counter()
    rows, notices = [], []
    for ticket_id, one in by_ticket:
        used[ticket_id] += 1
        row = _row(known[ticket_id], used[ticket_id], one, whose.get(one.clock.subject_id, {}), now)
        rows.append(row)
        notices.append(_notice(row))
    session.execute(insert(LEDGER), rows)
    last = [{"id": ticket_id, "last_seq": known[ticket_id].last_seq + count} for ticket_id, count in used.items()]
    session.execute(update(Ticket), last)
    put_many(session, notices, now)


def _row(ticket: Any, nth: int, one: Fired, whose: dict[str, int | None], now: datetime) -> dict[str, Any]:
    """One ledger row. Of what another unit is late with, the lead, who stays answerable, hears as well."""
    one.told += [{"whom": whom, "channels": list(one.rung.channels)} for whom in one.rung.whom]
    if whose and one.rung_due_at >= one.clock.due_at:
        one.told.append({"whom": "lead_handler", "channels": ["inbox"]})
    return {
        "ticket_id": ticket.id,
        "seq": ticket.last_seq + nth,
        "action": "rung",
        "label": one.rung.name.label,
        "from_status": ticket.status,
        "to_status": ticket.status,
        "actor_id": None,
        "actor_name": SYSTEM.name,
        "unit_id": None,
        "at": now,
        "text": sentence(one),
        "data": {
            "clock": one.clock.name,
            "rung": str(one.rung.name),
            "due_at": one.rung_due_at.isoformat(),
            "told": one.told,
            "effect": one.rung.effect,
            "acknowledge": one.rung.acknowledge,
            "firing": [one.clock.id, one.rung_index],
            **whose,
        },
        "changes": {},
    }


def _notice(row: dict[str, Any]) -> Effect:
    ids = {"ticket_id": row["ticket_id"], "seq": row["seq"]}
    return Effect("ticket_event", ids, f"ticket:{row['ticket_id']}:{row['seq']}")
