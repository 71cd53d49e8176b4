"""What an agent has typed but not yet registered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.database import Base, UtcDateTime


class Draft(Base):
    """A form on an agent's desk, saved every few seconds; not a ticket. `key` tells several drafts apart."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(100))
    sealed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"form": ciphertext}: a draft holds the caller's name and number."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
