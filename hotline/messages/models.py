"""Notices: to staff (in-box) and to enterprises (what an SMS gateway would send)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.database import Base, UtcDateTime, enum_column


class Audience(StrEnum):
    STAFF = "STAFF"
    ENTERPRISE = "ENTERPRISE"


class Notice(Base):
    """One notice to one person: an account, or the enterprise behind the ticket (`account_id` NULL).

    It is about one ledger row of a ticket, or about a `topic` of the house, of which each person hears once.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("ticket_id", "seq", "account_id"),
        UniqueConstraint("topic", "account_id"),
        CheckConstraint("(ticket_id IS NULL) = (seq IS NULL) AND (ticket_id IS NULL) <> (topic IS NULL)", name="about"),
        Index("ix_notice_account_id_read_at", "account_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    seq: Mapped[int | None]
    topic: Mapped[str | None] = mapped_column(String(40))
    audience: Mapped[Audience] = mapped_column(enum_column(Audience))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
