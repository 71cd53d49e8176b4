"""What is answered and how it was received: replies, sign-offs, citations, ratings, review requests."""

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, enum_column
from hotline.directory.models import Unit
from hotline.ticket.models.codes import Ruling, Satisfaction
from hotline.ticket.models.handling import OnTicket


class Reply(OnTicket, Base):
    """A unit's answer in one round: what the enterprise reads, and what stays inside."""

    __tablename__ = "reply"

    round: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    public_text: Mapped[str] = mapped_column(Text)
    internal_note: Mapped[str] = mapped_column(Text, default="")
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    is_true: Mapped[bool | None] = mapped_column(Boolean)
    """诉求属实, as the unit found it."""
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruling_text: Mapped[str] = mapped_column(Text, default="")

    unit: Mapped[Unit | None] = relationship()
    by: Mapped[Account | None] = relationship(foreign_keys="Reply.by_id")


class UnitSignOff(OnTicket, Base):
    """One level of the unit's own sign-off of one reply."""

    __tablename__ = "unit_sign_off"
    __table_args__ = (UniqueConstraint("reply_id", "level"),)

    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    level: Mapped[int] = mapped_column(Integer)
    is_granted: Mapped[bool] = mapped_column(Boolean)
    text: Mapped[str] = mapped_column(Text, default="")


class Citation(OnTicket, Base):
    """Which knowledge entry, in which version, a reply stood on. One that was internal is not shown to enterprises."""

    __tablename__ = "citation"
    __table_args__ = (UniqueConstraint("ticket_id", "reply_id", "entry_id", "entry_version"),)

    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"))
    entry_id: Mapped[int] = mapped_column(Integer)
    entry_version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    doc_number: Mapped[str] = mapped_column(String(80), default="")
    is_internal: Mapped[bool] = mapped_column(Boolean, default=False)


class Rating(OnTicket, Base):
    """好差评: one a ticket, by the enterprise itself."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("ticket_id"),)

    satisfaction: Mapped[Satisfaction] = mapped_column(enum_column(Satisfaction))
    text: Mapped[str] = mapped_column(Text, default="")


class ReviewRequest(OnTicket, Base):
    """申请复核 by the enterprise, and the ruling."""

    __tablename__ = "review_request"

    text: Mapped[str] = mapped_column(Text)
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ruling_text: Mapped[str] = mapped_column(Text, default="")
