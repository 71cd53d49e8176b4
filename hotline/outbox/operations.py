"""Put effects into the outbox with the decision that wants them; send them after the commit."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hotline.database import Database
from hotline.outbox.models import OutboxMessage

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a message is one worker's own. Ten of them are leased at once, so one may take twelve seconds."""
KEEP = timedelta(days=30)
FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(hours=1)

INSERTS = {
    name: dialect.insert(OutboxMessage.__table__).on_conflict_do_nothing()
    for name, dialect in {"sqlite": sqlite, "postgresql": postgresql}.items()
}
"""Built once: every decision puts a row."""

Sender = Callable[[Database, OutboxMessage], None]
"""Does the effect of a (detached) message in its own transactions; raises when it could not. May be called again for
a message that was sent, when the worker died in between: `dedup_key` tells a receiver."""


@dataclass(frozen=True)
class Effect:
    """What `put_many` takes: kind, ids, and the key under which the effect happens once."""

    kind: str
    payload: Mapping[str, Any]
    dedup_key: str


def put(session: Session, kind: str, payload: Mapping[str, Any], dedup_key: str, now: datetime) -> None:
    """Ask for one effect after the commit; a second put of the same key is no second effect."""
    put_many(session, [Effect(kind, payload, dedup_key)], now)


def put_many(session: Session, effects: Iterable[Effect], now: datetime) -> None:
    """Ask for many effects in one statement."""
    rows = [{**vars(effect), "created_at": now, "available_at": now, "attempts": 0} for effect in effects]
    if rows:
        with session.no_autoflush:  # it refers to no row that might still wait
            session.execute(INSERTS[session.get_bind().dialect.name], rows)


def claim(session: Session, now: datetime, limit: int = 10) -> list[OutboxMessage]:
    """Up to `limit` unsent messages, the longest waiting first, ours until `now + LEASE`."""
    query = select(OutboxMessage).where(_ready(now)).order_by(OutboxMessage.available_at).limit(limit)
    messages = list(session.scalars(query.with_for_update(skip_locked=True)))
    for message in messages:
        message.leased_until = now + LEASE
        message.attempts += 1
    return messages


def mark_sent(session: Session, message_id: int, now: datetime) -> None:
    """It has left the house."""
    values = {"sent_at": now, "leased_until": None, "last_error": None}
    session.execute(update(OutboxMessage).filter_by(id=message_id).values(values))


def mark_failed(session: Session, message: OutboxMessage, error: str, now: datetime) -> None:
    """Keep the error in sight and try again later: 5 s, 10 s, 20 s … one hour."""
    values = {"available_at": now + _back_off(message.attempts), "leased_until": None, "last_error": error[:2000]}
    session.execute(update(OutboxMessage).filter_by(id=message.id).values(values))


def hasten(message: OutboxMessage, now: datetime) -> None:
    """Have a message tried at once, without waiting out its back-off. A lease stays: somebody is sending it now."""
    message.available_at = now


@dataclass(frozen=True)
class Backlog:
    """How many messages wait, how many of them have failed at least once, and since when the oldest waits."""

    waiting: int
    failed: int
    oldest: datetime | None


def backlog(session: Session) -> Backlog:
    """What has not left the house yet."""
    troubled = func.count(case((OutboxMessage.last_error.is_not(None), 1)))
    query = select(func.count(), troubled, func.min(OutboxMessage.created_at)).where(OutboxMessage.sent_at.is_(None))
    return Backlog(*session.execute(query).one())


def unsent(session: Session, *, attempts: int = 0, limit: int = 100) -> list[OutboxMessage]:
    """Messages that still wait, oldest first; with `attempts` only those that were tried so often."""
    waiting = (OutboxMessage.sent_at.is_(None), OutboxMessage.attempts >= attempts)
    return list(session.scalars(select(OutboxMessage).where(*waiting).order_by(OutboxMessage.id).limit(limit)))


def failed(session: Session, limit: int = 100) -> list[OutboxMessage]:
    """Messages that still wait and have failed at least once, oldest first."""
    waiting = (OutboxMessage.sent_at.is_(None), OutboxMessage.last_error.is_not(None))
    return list(session.scalars(select(OutboxMessage).where(*waiting).order_by(OutboxMessage.id).limit(limit)))


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether a message was ready to be sent at `now`."""
    return session.scalar(select(OutboxMessage.id).where(_ready(now)).limit(1)) is not None


def clean(session: Session, before: datetime, limit: int = 500) -> None:
    """Forget messages sent before this instant, a few at a time."""
    old = select(OutboxMessage.id).where(OutboxMessage.sent_at < before).limit(limit)
    session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(old)))


def deliver(
    database: Database, now: Callable[[], datetime], senders: Mapping[str, Sender], max_seconds: float = 30
) -> int:
    """Send what waits until nothing is left or the time is over; the number sent."""
    until, sent = now() + timedelta(seconds=max_seconds), 0
    while now() < until and (messages := _lease(database, now())):
        sent += sum([_send(database, message, senders, now) for message in messages])
    if sent:
        with database.transaction() as session:
            clean(session, now() - KEEP)
    return sent


def _lease(database: Database, now: datetime) -> list[OutboxMessage]:
    with database.transaction(write=False) as session:  # an idle house must not ask for SQLite's only writer
        if not is_waiting(session, now):
            return []
    with database.transaction() as session:
        return claim(session, now)


def _send(
    database: Database, message: OutboxMessage, senders: Mapping[str, Sender], now: Callable[[], datetime]
) -> bool:
    """Send one message between two transactions, so that a slow receiver holds no lock."""
    error = None
    try:
        if message.kind not in senders:
            raise LookupError(f"no sender for kind {message.kind!r}")
        senders[message.kind](database, message)
    except Exception as failure:  # whatever a sender raises must not stop the other messages
        log.exception("outbox message %s (%s) was not sent", message.id, message.kind)
        error = f"{type(failure).__name__}: {failure}"
    with database.transaction() as session:
        mark_sent(session, message.id, now()) if error is None else mark_failed(session, message, error, now())
    return error is None


def _ready(now: datetime) -> ColumnElement[bool]:
    free = or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until <= now)
    return and_(OutboxMessage.sent_at.is_(None), OutboxMessage.available_at <= now, free)


def _back_off(attempts: int) -> timedelta:
    doublings = min(attempts - 1, 20)
    return min(FIRST_RETRY * (1 << doublings), LAST_RETRY)
