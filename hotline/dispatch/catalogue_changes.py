"""Changing the 派单目录: which open tickets it would send elsewhere is said beforehand; then it is done and audited."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import AuditEntry, Role
from hotline.accounts.operations import audit
from hotline.clock import to_local
from hotline.directory.catalogue import Entry, Signature, as_row, check, check_end, end, put, rows_on, standing
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.directory.operations import Change
from hotline.directory.queries import by_code
from hotline.errors import Forbidden
from hotline.ticket.catalogue import book, book_of, matter_of, named_units, target
from hotline.ticket.models import Ticket, TicketStatus
from hotline.ticket.operations import Data
from hotline.ticket.queries import visible
from routing.catalogue import Catalogue

EDITORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
"""Who may change the catalogue."""
SENDERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
"""Who may send tickets on after a change, and sees which dispatches were wrong."""
WATCHERS = EDITORS | SENDERS
CHANGED, MOVED = "catalogue_changed", "catalogue_moved"
"""What the audit calls a change of the catalogue, and the tickets that somebody then sent after it."""
OPERATOR = Actor(name="命令行", roles=frozenset({Role.ADMIN}))
"""Whoever works at the command line, where nobody logs in."""
UNDECIDED = (TicketStatus.AWAITING_DISPATCH, TicketStatus.AWAITING_SIGN, TicketStatus.OBJECTED)
"""Where the unit is not settled: still to be dispatched, to be signed, or objected to."""


@dataclass(frozen=True)
class Changes:
    """What is to be said anew, and which rows are to end after which day."""

    puts: tuple[Entry, ...] = ()
    ends: tuple[tuple[CatalogueRow, date], ...] = ()

    @property
    def slots(self) -> frozenset[str]:
        """What the changes are about."""
        return frozenset([*(entry.slot for entry in self.puts), *(row.slot for row, _ in self.ends)])

    def settled(self, today: date) -> date:
        """The first day on which all of them count."""
        begins = [entry.effective_from for entry in self.puts] + [
            last + timedelta(days=last < date.max) for _, last in self.ends
        ]
        return max([today, *begins])


@dataclass(frozen=True)
class Effect:
    """An open ticket that the catalogue would send elsewhere: from whom, to whom (None: a person must judge)."""

    number: str
    status: TicketStatus
    before: Unit | None
    after: Unit | None

    def plain(self) -> list[Any]:
        """As the audit keeps it: number, status, unit codes before and after."""
        before, after = (unit.code if unit else None for unit in (self.before, self.after))
        return [self.number, self.status.value, before, after]


def entry_of(session: Session, data: Data, today: date) -> Entry:
    """A form's row. `data`: the fields of `schemas.CatalogueEntry`. Raises Invalid for codes nobody knows that day."""
    day = max(data["effective_from"], today)
    region = by_code(session, Region, data["region_code"], day) if data.get("region_code") else None
    category = by_code(session, Category, data["category_code"], day) if data.get("category_code") else None
    fallback = data.get("fallback_unit_code")
    return Entry(
        category=category,
        region=region,
        appeal_type=data["appeal_type"].value if data.get("appeal_type") else None,
        unit=by_code(session, Unit, data["unit_code"], day),
        effective_from=data["effective_from"],
        effective_to=data.get("effective_to"),
        support=tuple(
            by_code(session, Unit, one, day, field="support_unit_codes") for one in data["support_unit_codes"]
        ),
        fallback=by_code(session, Unit, fallback, day, field="fallback_unit_code") if fallback else None,
        legal_basis=data.get("legal_basis", ""),
        seen=data.get("version"),
    )


def verify(session: Session, changes: Changes, today: date) -> None:
    """Refuse beforehand what `carry_out` would refuse. Raises Invalid, Conflict."""
    for entry in changes.puts:
        check(session, entry, standing(session, entry.slot), today)
    for row, last in changes.ends:
        check_end(row, last, today)


def effects(session: Session, changes: Changes, now: datetime, reader: Actor) -> list[Effect]:
    """Which undecided tickets would have another unit once all changes count, by number. Changes nothing.

    Of those that the reader may see.

    A ticket to be dispatched counts when its proposal changes; one that was sent, when it lies where the catalogue had
    it and would now go to another.
    """
    day = changes.settled(to_local(now).date())
    old, new = book(session, day), changed_book(session, changes, day)
    units = named_units(session, old) | named_units(session, new)
    found = []
    for ticket in _undecided(session, reader):
        matter, about = matter_of(ticket, day), ticket.respondent_unit
        before, after = (target(session, one, units, matter, about).unit for one in (old, new))
        stands_there = ticket.lead_unit is None or ticket.lead_unit == before
        if before != after and stands_there:
            found.append(Effect(ticket.no, ticket.status, before, after))
    return found


def changed_book(session: Session, changes: Changes, day: date) -> Catalogue:
    """The catalogue of `day` as it would be with the changes. Nothing is stored."""
    kept = [as_row(session, row) for row in rows_on(session, day) if row.slot not in changes.slots]
    new = [row for at, entry in enumerate(changes.puts) if (row := entry.as_row(-1 - at)).in_force(day)]
    return book_of(session, day, [*kept, *new], list(session.scalars(select(Category))))


def _undecided(session: Session, reader: Actor) -> Iterator[Ticket]:
    loads = [joinedload(getattr(Ticket, name)) for name in ("category", "region", "lead_unit", "respondent_unit")]
    waiting = visible(reader).where(Ticket.status.in_(UNDECIDED)).options(*loads).order_by(Ticket.id)
    yield from session.scalars(waiting)


def carry_out(
    session: Session, changes: Changes, actor: Actor, reason: str, now: datetime, name: str = ""
) -> AuditEntry:
    """Make the changes, all of them or none, and record them with what they mean for open tickets.

    `name`: what the audit calls several changes at once. Raises Forbidden, and what `put` and `end` raise.
    """
    if not EDITORS & actor.roles:
        raise Forbidden("您的岗位不能修改派单目录", code="role_refused")
    moves = [effect.plain() for effect in effects(session, changes, now, SYSTEM)]
    signed = Signature(actor.name, now, reason)
    made = [end(session, row, last, signed) for row, last in changes.ends]
    made += [put(session, entry, signed) for entry in sorted(changes.puts, key=lambda entry: entry.effective_from)]
    subject = made[0].subject if len(made) == 1 else name
    return audit(session, actor, CHANGED, subject[:80], now, reason=reason, details=_details(made, moves))


def moves_seen(session: Session, entry: AuditEntry, reader: Actor) -> dict[str, tuple[Ticket, list[Any]]]:
    """Number → (ticket, its move) of those tickets of a change that the reader may see."""
    moves = {move[0]: move for move in entry.details["moves"]}
    seen = session.scalars(visible(reader).where(Ticket.no.in_(moves)).order_by(Ticket.id))
    return {ticket.no: (ticket, moves[ticket.no]) for ticket in seen}


def _details(made: list[Change], moves: list[list[Any]]) -> dict[str, Any]:
    return {"before": [one.before for one in made], "after": [one.after for one in made], "moves": moves}
