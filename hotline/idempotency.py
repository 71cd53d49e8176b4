"""Same key, one effect: the first answer to a create is kept and given again."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline.database import Base, UtcDateTime
from hotline.errors import Conflict, Invalid

MAX_KEY = 100


class IdempotencyRecord(Base):
    """The kept answer of one create: unique per owner (account, token or address) and key."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(MAX_KEY))
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def once(
    session: Session, owner: str, key: str | None, request: Any, now: datetime, create: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of `create()`, made at most once per (owner, key). `request` is what the key stands for.

    Without a key it just creates. Raises Conflict when the key was used for another request, or is in use now.
    """
    if not key:
        return create()
    if len(key) > MAX_KEY or "\x00" in key:
        raise Invalid(f"幂等键不能超过 {MAX_KEY} 个字符", code="idempotency_key_invalid")
    fingerprint = _fingerprint(request)
    record = session.scalar(select(IdempotencyRecord).filter_by(owner=owner, key=key))
    if record is None:
        record = _claim(session, owner, key, fingerprint, now)
        record.answer = create()
    elif record.fingerprint != fingerprint:
        raise Conflict("同一幂等键已用于另一份内容，请换用新的幂等键", code="idempotency_key_reused")
    return record.answer


def _claim(session: Session, owner: str, key: str, fingerprint: str, now: datetime) -> IdempotencyRecord:
    """Insert before the effect: of two racers the database lets one through."""
    record = IdempotencyRecord(owner=owner, key=key, fingerprint=fingerprint, answer={}, created_at=now)
    session.add(record)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("同一请求正在处理，请稍后重试", code="idempotency_in_progress") from None
    return record


def _fingerprint(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
