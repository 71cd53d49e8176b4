"""Plays the history of the demo city into the database: through `perform()`, with the sweep at its proper times."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, actor_of, enterprise
from hotline.accounts.models import Account
from hotline.actions import perform, sweep_context
from hotline.database import Database
from hotline.deadlines.models import Clock
from hotline.deadlines.queries import RUNNING
from hotline.deadlines.sweep import SweepContext, sweep
from hotline.demo.history import Event
from hotline.demo.steps import ENTERPRISE, PASS_ADVICE
from hotline.directory.models import Category, SlaProfile, Source, Unit
from hotline.experts.actions import perform_on_advice
from hotline.experts.records import Advice, AdviceStatus
from hotline.outbox.models import OutboxMessage
from hotline.ticket.models import Decision

Progress = Callable[[int, int], None]
"""Told how many steps are done, of how many."""

RECENT = timedelta(minutes=10)
"""Notices younger than this are really delivered."""

UNCITED = timedelta(days=20)
"""So recent replies cite nothing: their units still owe the regulation (依据报送), as in a house at work."""

BATCH = 1000
"""Steps a transaction: few enough to keep the session small, many enough to spare the disk."""


def no_progress(done: int, total: int) -> None:
    """For callers who do not watch."""


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Looking for cycles in a session full of rows costs a tenth of the time; they are dropped between batches."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


NEXT = select(func.min(Clock.next_fire_at)).where(RUNNING)
"""When the next rung falls due."""


@dataclass
class Player:
    """Performs events in order of time. `tickets`: (story, ticket of the story) → number and id.

    `entries`: a policy's name → the code that replies cite; those of the last days cite nothing yet (`UNCITED`).
    """

    database: Database
    actors: dict[str, Actor]
    entries: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None
    tickets: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)

    def play(self, events: Sequence[Event], now: datetime, progress: Progress = no_progress) -> None:
        """All of it, up to `now`. Each rung fires at its own time, before whatever was done after it."""
        self.until = now
        for start in range(0, len(events), BATCH):
            with without_garbage_collection(), self.database.transaction() as session:
                self._play(session, events[start : start + BATCH])
            progress(min(start + BATCH, len(events)), len(events))
        with self.database.transaction() as session:
            catch_up(session, now, sweep_context(session))
            forget_notices(session, now)

    def _play(self, session: Session, events: Sequence[Event]) -> None:
        context = sweep_context(session)
        directory = [session.scalars(select(model)).all() for model in (SlaProfile, Unit, Account, Category, Source)]
        for event in events:
            catch_up(session, event.at, context)
            self._perform(session, event)
        del directory  # a session keeps nothing by itself: held here, so that each row is read once a batch

    def _perform(self, session: Session, event: Event) -> None:
        step, key = event.step, (event.story, event.step.ticket)
        number, ticket_id = self.tickets.get(key, (None, None))
        actor = enterprise(ticket_id) if step.who == ENTERPRISE and ticket_id else self.actors[step.who]
        payload = step.payload
        if step.action == "merge":
            payload = {**payload, "master_no": self.tickets[event.story, 0][0]}
        if step.action == PASS_ADVICE:
            return _pass_advice(session, actor, ticket_id, event.at)
        if step.action == "fulfil":
            payload = {**payload, "decision": self._decision(session, ticket_id)}
        if step.action == "reply":
            payload = {**payload, "citations": self._cited(payload["citations"], event.at)}
        ticket = perform(session, actor, step.action, payload, event.at, number=number)
        self.tickets[key] = ticket.no, ticket.id

    def _cited(self, names: Sequence[str], at: datetime) -> list[str]:
        is_recent = self.until is not None and at > self.until - UNCITED
        return [] if is_recent else [self.entries[name] for name in names]

    def _decision(self, session: Session, ticket_id: int | None) -> int | None:
        newest = select(func.max(Decision.id)).filter_by(ticket_id=ticket_id)
        return session.scalar(newest)


def _pass_advice(session: Session, actor: Actor, ticket_id: int | None, at: datetime) -> None:
    """The expert's written answer is no ticket's matter: it passes by its own table."""
    waiting = select(Advice.id).filter_by(ticket_id=ticket_id, status=AdviceStatus.UNDER_REVIEW)
    for advice_id in session.scalars(waiting).all():
        perform_on_advice(session, actor, PASS_ADVICE, {}, at, advice_id)


def player_for(database: Database, entries: dict[str, str] | None = None) -> Player:
    """A player who knows everybody in the directory, and the entries that replies cite."""
    with database.transaction(write=False) as session:
        actors = {account.login: actor_of(session, account) for account in session.scalars(select(Account))}
    return Player(database, actors, entries or {})


def catch_up(session: Session, until: datetime, context: SweepContext) -> None:
    """Sweep at every instant up to `until` at which a rung falls due, as the ticker would have."""
    while (at := _next_due(session)) is not None and at <= until:
        sweep(session, at, context)


def _next_due(session: Session) -> datetime | None:
    session.flush()
    found: datetime | None = session.connection().scalar(NEXT)  # below the ORM: it is asked before every step
    return found


def forget_notices(session: Session, now: datetime) -> None:
    """Take the notices of the invented past for sent: nobody is to get a year's messages on the first morning."""
    old = update(OutboxMessage).where(OutboxMessage.sent_at.is_(None), OutboxMessage.created_at < now - RECENT)
    session.execute(old.values(sent_at=OutboxMessage.created_at))
