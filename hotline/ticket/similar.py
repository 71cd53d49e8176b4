"""Open tickets on what may be the same matter. The index is this process's own, derived from the database."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.merging import merged_counts
from hotline.ticket.models import OPEN, Ticket, TicketStatus
from hotline.ticket.models.codes import ENDS
from hotline.ticket.queries import scope, visible
from routing.similar import Similar, SimilarIndex, Star

log = logging.getLogger(__name__)

Cut = Callable[[str], Sequence[str]]
Sessions = Callable[[], AbstractContextManager[Session]]
DAYS = 90
ROOM = 50_000
"""Tickets of DAYS days that a large city may have; older ones give way. About 55 MB."""
BATCH = 200
"""New tickets that a question takes along, a tenth of a second at most; more are left to the next ones."""
LATE = 100
"""Numbers below the highest that are looked at again: of two transactions the later number may be seen first."""
ASKED, MOST = 40, 400
"""Hits that are looked up at a time, until there are SHOWN that the reader may see, and in all."""
SHOWN = 5
WHILE = timedelta(minutes=1)
KEPT = 4
"""Groupings that are kept, one for each set of tickets in sight."""
REWORDING = ("amend", "supplement")
"""What changes a ticket's title or body."""
COLUMNS = (
    *(Ticket.id, Ticket.created_at, Ticket.title, Ticket.body),
    *(Ticket.phone_lookup, Ticket.enterprise_id, Ticket.status),
)


@dataclass(frozen=True)
class Alike:
    """A ticket that may be about the same matter, and why: alike 0 to 1, or the same caller."""

    ticket: Ticket
    alike: float
    is_same_caller: bool


class Followed:
    """Row ids seen so far, in rising order but for the LATE: of two transactions the later id may be seen first."""

    def __init__(self) -> None:
        self.highest = 0
        self._known: set[int] = set()

    def unseen(self, column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """What a query must ask of the ids to bring only new ones."""
        return and_(column > self.highest - LATE, column.not_in(self._known))

    def saw(self, ids: Iterable[int]) -> None:
        """These need not be read again."""
        self._known |= set(ids)
        self.highest = max(self._known, default=self.highest)
        self._known = {id for id in self._known if id > self.highest - LATE}


class SimilarTickets:
    """One per process; safe between threads. Holds the open tickets as they read now."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._index = SimilarIndex(ROOM)
        self._tickets, self._changes = Followed(), Followed()
        self._following = threading.Lock()
        self._counts: dict[int | None, tuple[datetime, int]] = {}
        self._stars: dict[tuple[int, frozenset[int], int], list[Star]] = {}

    def follow(self, session: Session, now: datetime, most: int = BATCH) -> int:
        """Take in up to `most` tickets that came since, oldest first, and what changed; how many came."""
        with self._following:
            if not self._changes.highest:  # before the first tickets are read: from here on their changes are followed
                self._changes.highest = session.scalar(select(func.max(LedgerEntry.id))) or 0
            taken = self._take_new(session, now, most)
            self._take_changed(session, now, most)
            return taken

    def _take_new(self, session: Session, now: datetime, most: int) -> int:
        since = Ticket.created_at >= now - timedelta(days=DAYS)
        query = select(*COLUMNS).where(scope(SYSTEM), since, self._tickets.unseen(Ticket.id))
        rows = session.execute(query.order_by(Ticket.id).limit(most)).all()
        self._take(rows)
        self._tickets.saw(row.id for row in rows)
        return len(rows)

    def _take_changed(self, session: Session, now: datetime, most: int) -> None:
        """Tickets that now read otherwise, have ended, or are open again."""
        turned = or_(LedgerEntry.to_status.in_(ENDS), LedgerEntry.from_status.in_(ENDS))
        changed = select(LedgerEntry.id, LedgerEntry.ticket_id).where(self._changes.unseen(LedgerEntry.id))
        changed = changed.where(or_(LedgerEntry.action.in_(REWORDING), turned)).order_by(LedgerEntry.id).limit(most)
        entries = session.execute(changed).all()
        recent = Ticket.created_at >= now - timedelta(days=DAYS)
        query = select(*COLUMNS).where(scope(SYSTEM), recent, Ticket.id.in_({row.ticket_id for row in entries}))
        self._take(session.execute(query).all())
        self._changes.saw(row.id for row in entries)

    def _take(self, rows: Iterable[Any]) -> None:
        for id, created_at, title, body, phone, enterprise, status in rows:
            if status in ENDS:
                self._index.discard(id)
            else:
                self._index.add(id, created_at, self._cut(f"{title}\n{body}"), caller_keys(phone, enterprise))

    def catch_up(self, sessions: Sessions, now: datetime) -> None:
        """Take in all there are, a short transaction each batch; for a thread of its own at the start. Never raises."""
        try:
            taken = BATCH
            while taken == BATCH:
                with sessions() as session:
                    taken = self.follow(session, now, BATCH)
        except SQLAlchemyError as error:
            log.warning("the index of similar tickets starts incomplete, questions fill it: %s", error)

    def find(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        text: str,
        *,
        keys: Sequence[str] = (),
        but: int | None = None,
    ) -> list[Alike]:
        """Open tickets this actor may see, of the last DAYS days, by the same caller or of like text, `but` one.

        In the place of a merged one stands its master; a ticket into which others are merged comes first.
        """
        self.follow(session, now)
        hits = self._index.find(self._cut(text), now, DAYS, keys, MOST)
        found: dict[int, Alike] = {}
        for start in range(0, len(hits), ASKED):
            for alike in _seen(session, actor, hits[start : start + ASKED]):
                found.setdefault(alike.ticket.id, alike)
            if len(found) > SHOWN:
                break
        shown = [one for id, one in found.items() if id != but][:SHOWN]
        masters = merged_counts(session, [one.ticket.id for one in shown], actor)
        return sorted(shown, key=lambda one: one.ticket.id not in masters)

    def stars(self, session: Session, now: datetime, ids: Collection[int], least: int) -> list[Star]:
        """Which of these tickets are on one matter, at least `least` together. Kept until a ticket comes or goes."""
        self.follow(session, now)
        key = (self._index.revision, frozenset(ids), least)
        kept = self._stars.get(key)
        if kept is None:
            self._stars = {**dict(list(self._stars.items())[1 - KEPT :]), key: (kept := self._index.stars(ids, least))}
        return kept

    def lately(self, who: int | None, now: datetime, count: Callable[[], int]) -> int:
        """A count for the rail, which every page shows: made anew for each person after WHILE."""
        at, kept = self._counts.get(who, (now - WHILE, 0))
        if not timedelta(0) <= now - at < WHILE:
            self.counted(who, now, kept := count())
        return kept

    def counted(self, who: int | None, now: datetime, count: int) -> None:
        """What was just counted anyhow."""
        self._counts[who] = (now, count)

    def joining(self, ticket: Ticket, others: Iterable[Ticket]) -> list[str]:
        """The words of this ticket that most of the others hold too."""
        return self._index.joining(self._cut(_text(ticket)), [_text(one) for one in others])


def _text(ticket: Ticket) -> str:
    return f"{ticket.title}\n{ticket.body}"


def _seen(session: Session, actor: Actor, hits: Iterable[Similar]) -> Iterator[Alike]:
    """Of these hits the open ones that this actor may see, or their masters."""
    found = {one.id: one for one in hits}
    query = visible(actor).where(Ticket.id.in_(found), Ticket.status.in_(OPEN))
    tickets = {ticket.id: ticket for ticket in session.scalars(query)}
    merged = {id: ticket.merged_into_id for id, ticket in tickets.items() if ticket.status is TicketStatus.MERGED}
    masters = {one.id: one for one in session.scalars(visible(actor).where(Ticket.id.in_(merged.values())))}
    for id, hit in found.items():
        if id in tickets:
            yield Alike(masters.get(merged.get(id) or 0, tickets[id]), hit.alike, hit.is_same_caller)


def caller_keys(phone_lookup: str | None, enterprise_id: int | None) -> list[str]:
    """What stands for a caller in the index."""
    told = (("phone", phone_lookup), ("enterprise", enterprise_id))
    return [f"{name}:{value}" for name, value in told if value is not None]
