"""A change of the key of names and numbers: what stands under an older key is written anew under the present one.

Batches in id order, each a transaction of its own; rows that need nothing are left alone. So it may be broken off, run
again at any time, and run while the house is open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import JSON, Row, TableClause, Text, column, func, select, table
from sqlalchemy.orm import Session

from hotline.accounts.privacy import phone_lookup
from hotline.database import Base, Database, EncryptedText, Secrets
from hotline.errors import Unavailable

BATCH = 500
"""Rows a transaction: SQLite's writer is held for some 50 ms."""
LOOKED_UP = {"phone_lookup": "contact_phone"}
"""Columns of hashes → the column whose number they find again, wherever a table has both."""
JSON_SEALED = {("draft", "sealed")}
"""Columns that are JSON objects of ciphertexts."""


@dataclass(frozen=True)
class Place:
    """One table as it stands in the database: `columns` without our types, so that ciphertext is read and written."""

    columns: TableClause
    sealed: tuple[str, ...]


def rotate(database: Database, told: Callable[[str], None], batch: int = BATCH) -> int:
    """Bring every row under the present key; how many had to be written. `told` hears a line after each batch.

    Raises Unavailable (previous_key_missing) when a row stands under a key that nobody named.
    """
    return sum(written for place in _places() for written in _rotate(database, place, told, batch))


def _places() -> Iterator[Place]:
    for model in Base.metadata.sorted_tables:
        sealed = [
            column(one.name, JSON() if (model.name, one.name) in JSON_SEALED else Text())
            for one in model.columns
            if isinstance(one.type, EncryptedText) or (model.name, one.name) in JSON_SEALED
        ]
        if sealed:
            hashes = [column(name, Text()) for name in LOOKED_UP if name in model.columns]
            yield Place(table(model.name, column("id"), *sealed, *hashes), tuple(one.name for one in sealed))


def _rotate(database: Database, place: Place, told: Callable[[str], None], batch: int) -> Iterator[int]:
    """The number of rows written, batch by batch."""
    with database.transaction(write=False) as session:
        total = session.scalar(select(func.count()).select_from(place.columns)) or 0
    seen, after = 0, 0
    while True:
        with database.transaction() as session:
            rows = _next(session, place, after, batch)
            written = sum(_renew(session, database.secrets, place, row) for row in rows)
        if not rows:
            return
        seen, after = seen + len(rows), rows[-1].id
        told(f"{place.columns.name}：已检查 {seen}/{total} 行，本批更新 {written} 行")
        yield written


def _next(session: Session, place: Place, after: int, batch: int) -> list[Row[Any]]:
    key = place.columns.c.id
    query = select(place.columns).where(key > after).order_by(key).limit(batch).with_for_update()
    return list(session.execute(query).all())


def _renew(session: Session, secrets: Secrets, place: Place, row: Row[Any]) -> bool:
    """Write what of a row is not yet the present key's; whether there was anything."""
    stored = row._asdict()
    try:
        values = {name: _sealed_anew(secrets, stored[name]) for name in place.sealed}
        values |= {name: _hash(secrets, stored[of]) for name, of in LOOKED_UP.items() if name in stored}
    except InvalidToken:
        where = f"{place.columns.name} 第 {row.id} 行"
        message = f"{where}用现有的密钥都解不开；请把旧密钥写入 HOTLINE_PREVIOUS_PII_KEYS 后再运行"
        raise Unavailable(message, code="previous_key_missing") from None
    changes = {name: value for name, value in values.items() if value != stored[name]}
    if changes:
        session.execute(place.columns.update().where(place.columns.c.id == row.id).values(changes))
    return bool(changes)


def _sealed_anew(secrets: Secrets, value: Any) -> Any:
    """A ciphertext, or a JSON object of them, under the present key; what already is stays as it is."""
    if isinstance(value, dict):
        return {name: _sealed_anew(secrets, token) for name, token in value.items()}
    return value if value is None or secrets.is_current(value) else secrets.renew(value)


def _hash(secrets: Secrets, phone: str | None) -> str | None:
    """The look-up hash of an encrypted number; the columns' cipher is this database's."""
    return phone_lookup(secrets.decrypt(phone)) if phone else None
