"""Catalogue sheets that were read and wait for a decision: their rows are kept for a day, for their owner."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline.accounts.actor import Actor
from hotline.database import ROW_IDS, Base, UtcDateTime
from hotline.dispatch.catalogue_sheet import Line
from hotline.errors import NotFound
from hotline.ticket.schemas import typed

KEPT = timedelta(days=1)
MAX_NAME = 120


class CatalogueUpload(Base):
    """The lines of one sheet before its import."""

    __tablename__ = "catalogue_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    rows: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    @property
    def lines(self) -> list[Line]:
        """The lines as they were read."""
        return [Line(number, cells) for number, cells in self.rows]


def keep(session: Session, lines: list[Line], name: str, actor: Actor, now: datetime) -> CatalogueUpload:
    """Keep a sheet's lines until they are imported, and forget those nobody came back for."""
    session.execute(delete(CatalogueUpload).where(CatalogueUpload.created_at < now - KEPT))
    rows = [[line.number, line.cells] for line in lines]
    row = CatalogueUpload(account_id=actor.account_id, name=typed(name, MAX_NAME), rows=rows, created_at=now)
    session.add(row)
    session.flush()
    return row


def kept(session: Session, upload_id: int, actor: Actor, now: datetime) -> CatalogueUpload:
    """An upload of this actor's, held for a change. Raises NotFound when it was imported, given up or is too old."""
    mine = select(CatalogueUpload).filter_by(id=upload_id, account_id=actor.account_id).with_for_update()
    row = session.scalar(mine) if upload_id in ROW_IDS else None
    if row is None or row.created_at < now - KEPT:
        raise NotFound("这份预览已经导入、放弃或超过一天，请重新上传", code="upload_gone")
    return row
