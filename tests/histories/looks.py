"""What the house has in its tables, read past its own mapping: some cheap looks after every step."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any, NamedTuple

TICKETS = """
SELECT t.id, t.no, t.status, unit.code, handler.login, follower.login, t.round, t.sign_offs_left,
       t.supervised_since IS NOT NULL, t.task_force_since IS NOT NULL, t.disputed_since IS NOT NULL, t.merged_into_id
FROM ticket t JOIN account follower ON follower.id = t.follower_id
LEFT JOIN unit ON unit.id = t.lead_unit_id LEFT JOIN account handler ON handler.id = t.handler_id
"""
PARTS = """
SELECT part.ticket_id, part.kind, unit.code, part.kind <> 'LEAD' AND part.answered_at IS NULL
FROM assignment part JOIN unit ON unit.id = part.unit_id WHERE part.ended_at IS NULL
"""
CLOCKS = """
SELECT coalesce(part.ticket_id, question.ticket_id, decision.ticket_id, clock.subject_id), clock.subject_kind,
       coalesce(unit.code, expert.login), clock.name, clock.state, clock.started_at, clock.due_at
FROM clock LEFT JOIN assignment part ON clock.subject_kind = 'assignment' AND part.id = clock.subject_id
LEFT JOIN consultation question ON clock.subject_kind = 'consultation' AND question.id = clock.subject_id
LEFT JOIN decision ON clock.subject_kind = 'decision' AND decision.id = clock.subject_id
LEFT JOIN unit ON unit.id = coalesce(part.unit_id, decision.unit_id)
LEFT JOIN account expert ON expert.id = question.expert_id
WHERE clock.subject_kind IN ('ticket', 'assignment', 'consultation', 'decision') ORDER BY clock.id
"""
MEMBERS = """
SELECT member.ticket_id, unit.code, member.id FROM task_force_member member JOIN unit ON unit.id = member.unit_id
JOIN task_force force ON force.id = member.task_force_id WHERE member.left_at IS NULL AND force.ended_at IS NULL
"""
DECISIONS = """
SELECT decision.ticket_id, unit.code, decision.id FROM decision JOIN unit ON unit.id = decision.unit_id
WHERE decision.done_at IS NULL AND decision.dropped_at IS NULL ORDER BY decision.id
"""
BY_THE_HOUSE = """
SELECT t.no, row.action FROM ledger_entry row JOIN ticket t ON t.id = row.ticket_id
WHERE row.actor_id IS NULL AND row.at = ? ORDER BY row.id
"""
LEDGER = "SELECT seq, from_status, to_status, changes FROM ledger_entry WHERE ticket_id = ? ORDER BY seq"
DUE = "SELECT 1 FROM clock WHERE next_fire_at <= ? AND state = 'RUNNING' LIMIT 1"


class TicketSeen(NamedTuple):
    """A ticket's row, with codes and logins in the place of ids."""

    id: int
    no: str
    status: str
    lead: str | None
    handler: str | None
    follower: str
    round: int
    unsigned: int
    is_supervised: int
    has_force: int
    is_disputed: int
    master_id: int | None


class PartSeen(NamedTuple):
    """What a unit has to do with a ticket."""

    ticket_id: int
    kind: str
    unit: str
    is_awaited: bool


class ClockSeen(NamedTuple):
    """A clock of a ticket, or of what hangs on it; whose it is then: a unit, or an expert."""

    ticket_id: int
    kind: str
    whose: str | None
    name: str
    state: str
    started_at: str
    due_at: str


class HangingSeen(NamedTuple):
    """A seat in the task force, or a decision to be carried out."""

    ticket_id: int
    unit: str
    id: int


class RowSeen(NamedTuple):
    """A row of the ledger."""

    seq: int
    from_status: str | None
    to_status: str
    changes: dict[str, Any]


class Look:
    """Everything at this instant."""

    def __init__(self, connection: Connection) -> None:
        self.tickets = {row[1]: TicketSeen._make(row) for row in connection.execute(TICKETS)}
        self._parts = [PartSeen._make(row) for row in connection.execute(PARTS)]
        self._members = [HangingSeen._make(row) for row in connection.execute(MEMBERS)]
        self._decisions = [HangingSeen._make(row) for row in connection.execute(DECISIONS)]
        self._clocks = [ClockSeen._make(row) for row in connection.execute(CLOCKS)]

    def parts(self, ticket: TicketSeen) -> list[PartSeen]:
        return [part for part in self._parts if part.ticket_id == ticket.id]

    def members(self, ticket: TicketSeen) -> list[HangingSeen]:
        return [member for member in self._members if member.ticket_id == ticket.id]

    def decisions(self, ticket: TicketSeen) -> list[HangingSeen]:
        return [decision for decision in self._decisions if decision.ticket_id == ticket.id]

    def clocks(self, ticket_id: int, kind: str = "ticket") -> list[ClockSeen]:
        return [clock for clock in self._clocks if clock.ticket_id == ticket_id and clock.kind == kind]


def done_by_the_house(connection: Connection, now: datetime) -> Iterator[tuple[str, str]]:
    """(number, action) of what it wrote itself at this instant."""
    return iter(connection.execute(BY_THE_HOUSE, (stored(now),)).fetchall())


def ledger_of(connection: Connection, ticket_id: int) -> Iterator[RowSeen]:
    """Oldest first."""
    for *row, changes in connection.execute(LEDGER, (ticket_id,)).fetchall():
        yield RowSeen(*row, json.loads(changes))


def is_anything_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(DUE, (stored(now),)).fetchone() is not None


def stored(at: datetime) -> str:
    """An instant as SQLite keeps it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def driver(connection: Any) -> Connection:
    """SQLite's own connection below SQLAlchemy's."""
    own: Connection = connection.connection.driver_connection
    return own
