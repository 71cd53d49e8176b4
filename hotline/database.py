"""The database: base class, column types, and one transaction a door. SQLite and PostgreSQL alike."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, MetaData, Text, TypeDecorator, create_engine, event
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from hotline.config import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


ROW_IDS = range(1, 2**31)
"""What a row's id can be: a database refuses even to compare with a number that its column cannot hold."""
STATEMENTS = 2000
"""Compiled statements kept: an update names only the columns that changed, so there are more than the usual 500."""


class Base(DeclarativeBase):
    """Every table's base; constraint names are the same on both databases."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC without zone. A naive value is a programming error."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime at the database door")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Secrets:
    """Encrypts names and telephone numbers at rest and makes keyed hashes for looking them up."""

    def __init__(self, key: str, previous: tuple[str, ...] = ()) -> None:
        self._present, *older = (Fernet(_derive(k, b"encrypt")) for k in (key, *previous))
        self._fernet = MultiFernet([self._present, *older])
        self._lookup_key = _derive(key, b"look-up")

    def encrypt(self, plain: str) -> str:
        """Ciphertext, different at every call."""
        return self._fernet.encrypt(plain.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The plain text of `encrypt`."""
        return self._fernet.decrypt(token.encode()).decode()

    def is_current(self, token: str) -> bool:
        """Whether this ciphertext stands under the present key, not a previous one."""
        try:
            self._present.decrypt(token.encode())
        except InvalidToken:
            return False
        return True

    def renew(self, token: str) -> str:
        """The same plain text under the present key. Raises InvalidToken when no known key opens it."""
        return self._fernet.rotate(token.encode()).decode()

    def lookup(self, value: str) -> str:
        """Keyed SHA-256 (hex) of a normalised value: equal values meet, the value cannot be read back."""
        return hmac.new(self._lookup_key, value.encode(), hashlib.sha256).hexdigest()


def _derive(key: str, purpose: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(key.encode(), purpose, hashlib.sha256).digest())


class EncryptedText(TypeDecorator[str]):
    """Text that stands encrypted in the database. Masked display and audited unmasking: `accounts.privacy`."""

    impl = Text
    cache_ok = True
    secrets: Secrets  # set once by Database()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.secrets.encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.secrets.decrypt(value)


def enum_column(enum: type[Enum], name: str = "") -> SqlEnum:
    """A text column with a CHECK on the enum's values (non-native, so that a value can be added in a migration).

    `name` tells two such columns of one table apart.
    """
    return SqlEnum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda e: [member.value for member in e],
        name=name or enum.__name__.lower(),
    )


class Database:
    """The engine and its two kinds of transaction. One per process."""

    def __init__(self, settings: Settings) -> None:
        self.secrets = Secrets(settings.pii_key, settings.previous_pii_keys)
        EncryptedText.secrets = self.secrets
        self.engine = make_engine(settings.database_url)
        self._reading = sessionmaker(self.engine, expire_on_commit=False)
        self._writing = sessionmaker(self.engine.execution_options(write=True), expire_on_commit=False)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back on any error."""
        with (self._writing if write else self._reading).begin() as session:
            yield session


def make_engine(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL URL, set up as the house needs it."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=20, query_cache_size=STATEMENTS)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, query_cache_size=STATEMENTS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write door takes the writer's lock at once: a read that later turns into a write could not wait for it.
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
