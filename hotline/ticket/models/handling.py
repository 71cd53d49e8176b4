"""What hangs on a ticket while units handle it: assignments, objections, contacts, extensions, pauses and so on."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, EncryptedText, UtcDateTime, enum_column
from hotline.directory.models import Unit
from hotline.ticket.models.codes import (
    AssignmentKind,
    ContactResult,
    ExtensionReason,
    ObjectionReason,
    PauseReason,
    Ruling,
)


class OnTicket:
    """A row that belongs to one ticket and was made by somebody at some time."""

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Assignment(OnTicket, Base):
    """A unit's part in a ticket: 主办 one at a time, 协办 and 下派 with inner due times, 知悉 without."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("ix_assignment_unit_id_ended_at", "unit_id", "ended_at"),
        Index(
            "uq_assignment_one_lead",
            "ticket_id",
            unique=True,
            sqlite_where=text("kind = 'LEAD' AND ended_at IS NULL"),
            postgresql_where=text("kind = 'LEAD' AND ended_at IS NULL"),
        ),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    """The part of the unit that sent it further down; None: the lead's own. The parent stays answerable for it."""
    kind: Mapped[AssignmentKind] = mapped_column(enum_column(AssignmentKind))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    task: Mapped[str] = mapped_column(Text, default="")
    opinion: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    handler: Mapped[Account | None] = relationship(foreign_keys="Assignment.handler_id")

    @property
    def is_awaited(self) -> bool:
        """Whether this unit still owes its inner answer."""
        inner = self.kind in (AssignmentKind.SUPPORT, AssignmentKind.DELEGATE)
        return inner and self.answered_at is None and self.ended_at is None


class Objection(OnTicket, Base):
    """退单: why the unit says it is not its ticket, and how that was ruled."""

    __tablename__ = "objection"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    reason: Mapped[ObjectionReason] = mapped_column(enum_column(ObjectionReason))
    legal_basis: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    suggested_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ruling_text: Mapped[str] = mapped_column(Text, default="")

    unit: Mapped[Unit] = relationship(foreign_keys="Objection.unit_id")
    suggested_unit: Mapped[Unit | None] = relationship(foreign_keys="Objection.suggested_unit_id")


class Contact(OnTicket, Base):
    """先行联系: proof that the unit spoke with the enterprise."""

    __tablename__ = "contact"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    result: Mapped[ContactResult] = mapped_column(enum_column(ContactResult))
    text: Mapped[str] = mapped_column(Text, default="")


class Extension(OnTicket, Base):
    """延期: asked for before expiry, with basis; ruled by a supervisor.

    `agreed_*` (上级同意: who, reference number, day) stand together or not at all.
    """

    __tablename__ = "extension"
    __table_args__ = (
        CheckConstraint(
            "(agreed_by IS NULL) = (agreed_on IS NULL) AND (agreed_ref IS NULL) = (agreed_on IS NULL)",
            name="agreed_in_full",
        ),
    )

    reason: Mapped[ExtensionReason] = mapped_column(enum_column(ExtensionReason))
    legal_basis: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    working_days: Mapped[int] = mapped_column(Integer)
    agreed_by: Mapped[str | None] = mapped_column(String(60))
    agreed_ref: Mapped[str | None] = mapped_column(String(120))
    agreed_on: Mapped[date | None] = mapped_column(Date)
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ruling_text: Mapped[str] = mapped_column(Text, default="")


class Pause(OnTicket, Base):
    """挂起: the total clock stands still while something outside the unit's power is awaited."""

    __tablename__ = "pause"

    reason: Mapped[PauseReason] = mapped_column(enum_column(PauseReason))
    legal_basis: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ruling_text: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consultation(OnTicket, Base):
    """A question put to a policy expert, and the answer, which is a unit's word."""

    __tablename__ = "consultation"

    expert_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ruling: Mapped[Ruling | None] = mapped_column(enum_column(Ruling))
    """How the unit ruled its expert's answer: until GRANTED it is no word of the unit. None: no answer yet."""
    is_declined: Mapped[bool] = mapped_column(Boolean, default=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the ticket was answered, ended or left the house without it."""

    expert: Mapped[Account] = relationship(foreign_keys="Consultation.expert_id")


class Attachment(OnTicket, Base):
    """A file under the uploads folder, named by its SHA-256; served only to those who may see the ticket."""

    __tablename__ = "attachment"

    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether the enterprise sees it too."""
