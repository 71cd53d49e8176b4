"""Files that were read for an import and wait for a decision: only their words are kept, for a day, for their owner."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline.accounts.actor import Actor
from hotline.database import ROW_IDS, Base, UtcDateTime
from hotline.errors import NotFound
from hotline.ticket.ledger import plain
from knowledge_base.formats import Extracted, QaRow

KEPT = timedelta(days=1)
MAX_NAME = 120


class KbUpload(Base):
    """The words of one file (`Extracted` as plain values) before its import."""

    __tablename__ = "kb_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def keep(session: Session, found: Extracted, name: str, actor: Actor, now: datetime) -> KbUpload:
    """Keep a file's words until they are imported, and forget those nobody came back for."""
    session.execute(delete(KbUpload).where(KbUpload.created_at < now - KEPT))
    row = KbUpload(account_id=actor.account_id, name=name[:MAX_NAME], content=plain(asdict(found)), created_at=now)
    session.add(row)
    session.flush()
    return row


def kept(session: Session, upload_id: int, actor: Actor, now: datetime) -> KbUpload:
    """An upload of this actor's, held for a change. Raises NotFound when it was imported, given up or is too old."""
    mine = select(KbUpload).filter_by(id=upload_id, account_id=actor.account_id).with_for_update()
    row = session.scalar(mine) if upload_id in ROW_IDS else None
    if row is None or row.created_at < now - KEPT:
        raise NotFound("这份预览已经入库、放弃或超过一天，请重新上传", code="upload_gone")
    return row


def words(row: KbUpload) -> Extracted:
    """The file's words as they were read."""
    values = row.content.items()
    said: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values}
    return Extracted(**said | {"qa_rows": tuple(_row(one) for one in row.content["qa_rows"])})


def _row(said: dict[str, Any]) -> QaRow:
    days = {name: date.fromisoformat(said[name]) if said[name] else None for name in ("effective_from", "expires_at")}
    return QaRow(**{**said, **days, "variants": tuple(said["variants"])})
