"""Effects that wait to leave the house."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.database import Base, UtcDateTime

UNSENT = text("sent_at IS NULL")


class OutboxMessage(Base):
    """One effect outside SQL. `payload` holds ids only: the sender reads the rest when it sends."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index("ix_outbox_message_unsent", "available_at", sqlite_where=UNSENT, postgresql_where=UNSENT),
        Index("ix_outbox_message_sent_at", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    dedup_key: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
