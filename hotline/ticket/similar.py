"""Open tickets on what may be the same matter. The index is this process's own, derived from the database."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.ticket.models import OPEN, Ticket
from hotline.ticket.queries import scope, visible
from routing.similar import Similar, SimilarIndex

log = logging.getLogger(__name__)

Cut = Callable[[str], Sequence[str]]
Sessions = Callable[[], AbstractContextManager[Session]]
DAYS = 90
ROOM = 50_000
"""Tickets of DAYS days that a large city may have; older ones give way. About 40 MB."""
BATCH = 200
"""New tickets that a question takes along, a tenth of a second at most; more are left to the next ones."""
LATE = 100
"""Numbers below the highest that are looked at again: of two transactions the later number may be seen first."""
ASKED = 40
"""Hits that are looked up, since not everybody may see all, and many are closed."""
SHOWN = 5


@dataclass(frozen=True)
class Alike:
    """A ticket that may be about the same matter, and why: alike 0 to 1, or the same caller."""

    ticket: Ticket
    alike: float
    is_same_caller: bool


class SimilarTickets:
    """One per process; safe between threads."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._index = SimilarIndex(ROOM)
        self._known: set[int] = set()
        self._highest = 0
        self._following = threading.Lock()

    def follow(self, session: Session, now: datetime, most: int = BATCH) -> int:
        """Take in up to `most` tickets that came since, oldest first; how many those were."""
        with self._following:
            newest = Ticket.created_at >= now - timedelta(days=DAYS), Ticket.id > self._highest - LATE
            known = Ticket.id.not_in(self._known)
            columns = (
                Ticket.id,
                Ticket.created_at,
                Ticket.title,
                Ticket.body,
                Ticket.phone_lookup,
                Ticket.enterprise_id,
            )
            query = select(*columns).where(scope(SYSTEM), *newest, known).order_by(Ticket.id).limit(most)
            rows = session.execute(query).all()
            for id, created_at, title, body, phone, enterprise in rows:
                self._index.add(id, created_at, self._cut(f"{title}\n{body}"), caller_keys(phone, enterprise))
                self._highest = max(self._highest, id)
                self._known.add(id)
            self._known = {id for id in self._known if id > self._highest - LATE}
            return len(rows)

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
        """Open tickets this actor may see, of the last DAYS days, by the same caller or of like text, `but` one."""
        self.follow(session, now)
        found = {one.id: one for one in self._index.find(self._cut(text), now, DAYS, keys, ASKED) if one.id != but}
        query = visible(actor).where(Ticket.id.in_(found), Ticket.status.in_(OPEN))
        seen = {ticket.id: ticket for ticket in session.scalars(query)}
        return [_alike(seen[id], one) for id, one in found.items() if id in seen][:SHOWN]


def caller_keys(phone_lookup: str | None, enterprise_id: int | None) -> list[str]:
    """What stands for a caller in the index."""
    told = (("phone", phone_lookup), ("enterprise", enterprise_id))
    return [f"{name}:{value}" for name, value in told if value is not None]


def _alike(ticket: Ticket, found: Similar) -> Alike:
    return Alike(ticket, found.alike, found.is_same_caller)
