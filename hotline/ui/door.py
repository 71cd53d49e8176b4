"""The door: one transaction a request, for pages and API alike; and the house behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from flask import current_app, g
from redis import Redis
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from hotline import queue
from hotline.accounts.actor import Actor, actor_of
from hotline.accounts.models import Account
from hotline.accounts.operations import log_in, password_hash, proven
from hotline.clock import to_local, utcnow
from hotline.config import Settings
from hotline.database import Database
from hotline.errors import Conflict, Unauthenticated, Unavailable

DEADLOCKS = ("40P01", "40001")
"""How PostgreSQL says that of two who wait for each other this one gave way."""


@dataclass
class House:
    """What one process has of the house: `app.extensions["hotline"]`."""

    settings: Settings
    database: Database

    @cached_property
    def redis(self) -> Redis:
        """The queue's connection; nothing is sent before the first use."""
        return queue.connect(self.settings.redis_url)

    def wake(self) -> None:
        """Have the outbox delivered now, not at the ticker's next tick. A dead Redis changes nothing."""
        queue.enqueue(self.redis, "notify", "hotline.jobs.deliver")


@dataclass(frozen=True)
class Door:
    """What a view works with: the transaction, who asks, and when."""

    session: Session
    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        """The local day of the request."""
        return to_local(self.now).date()

    @property
    def owner(self) -> str:
        """Whose idempotency keys come through this door."""
        return f"account:{self.actor.account_id}"


def house() -> House:
    """The house behind the running app."""
    found: House = current_app.extensions["hotline"]
    return found


@contextmanager
def door(*, write: bool = False) -> Iterator[Door]:
    """A transaction for whoever is logged in. Raises Unauthenticated for nobody.

    A unique constraint that says no is a lost race (Conflict), a full disk or a busy database is Unavailable: both are
    told in words and have changed nothing.
    """
    with transaction(write=write) as session:
        yield Door(session, current_actor(session), utcnow())


@contextmanager
def transaction(*, write: bool = False) -> Iterator[Session]:
    """A transaction for anybody: log-in, the public site."""
    try:
        with house().database.transaction(write=write) as session:
            yield session
    except IntegrityError as error:
        current_app.logger.warning("lost race: %s", error)
        raise Conflict("数据刚被他人修改，请刷新后重试", code="lost_race") from error
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in DEADLOCKS:
            raise Conflict("数据刚被他人修改，请刷新后重试", code="lost_race") from error
        current_app.logger.error("database unavailable: %s", error)
        raise Unavailable(
            "系统暂时无法保存，请稍后重试；您填写的内容仍在页面上", code="database_unavailable"
        ) from error
    if write:
        house().wake()


def let_in(login: str, password: str) -> Account:
    """The account behind login and password. Raises Unauthenticated with the sentence to show.

    The slow hash is computed between two transactions, so that a morning's log-ins do not hold up the writer.
    """
    settings = house().settings
    with transaction() as session:
        stored = password_hash(session, login)
    proof, lock = proven(stored, password), timedelta(minutes=settings.login_lock_minutes)
    with transaction(write=True) as session:
        result = log_in(session, login, proof, utcnow(), max_failures=settings.login_max_failures, lock=lock)
    if result.account is None:  # only now, so that the failure is counted
        raise Unauthenticated(result.refusal, code="login_refused")
    return result.account


def current_actor(session: Session) -> Actor:
    """The actor behind this request's account."""
    account_id = g.get("account_id")
    account = session.get(Account, account_id) if account_id else None
    if account is None or not account.is_active:
        raise Unauthenticated("请先登录", code="login_required")
    return actor_of(session, account)
