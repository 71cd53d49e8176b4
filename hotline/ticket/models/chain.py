"""The chain of responsibility: 专班 and what it decides, 会商, telephone notices, the enterprise's 异议."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, EncryptedText, UtcDateTime, enum_column
from hotline.directory.models import Unit
from hotline.ticket.models.codes import Ruling
from hotline.ticket.models.handling import OnTicket


class TaskForce(OnTicket, Base):
    """专班: raised by a supervisor on a hard ticket; one at a time, followed by one named person until its result."""

    __tablename__ = "task_force"
    __table_args__ = (
        Index(
            "uq_task_force_one_open",
            "ticket_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    name: Mapped[str] = mapped_column(String(60))
    goal: Mapped[str] = mapped_column(Text)
    follower_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str] = mapped_column(Text, default="")

    follower: Mapped[Account] = relationship(foreign_keys="TaskForce.follower_id")


class TaskForceMember(OnTicket, Base):
    """A unit of a task force (its handlers and leaders), or one person by name."""

    __tablename__ = "task_force_member"
    __table_args__ = (CheckConstraint("(unit_id IS NULL) <> (account_id IS NULL)", name="unit_or_person"),)

    task_force_id: Mapped[int] = mapped_column(ForeignKey("task_force.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit | None] = relationship(foreign_keys="TaskForceMember.unit_id")
    account: Mapped[Account | None] = relationship(foreign_keys="TaskForceMember.account_id")

    @property
    def label(self) -> str:
        """Who it is."""
        if self.account is not None:
            return f"{self.account.name}（{self.account.unit.short_name}）"
        return self.unit.short_name if self.unit is not None else ""


class Decision(OnTicket, Base):
    """What a task force decided: a unit has to carry it out by a time of its own before the ticket is answered."""

    __tablename__ = "decision"

    task_force_id: Mapped[int] = mapped_column(ForeignKey("task_force.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    text: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_text: Mapped[str] = mapped_column(Text, default="")
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship(foreign_keys="Decision.unit_id")
    handler: Mapped[Account | None] = relationship(foreign_keys="Decision.handler_id")

    @property
    def is_open(self) -> bool:
        """Whether it is still to be carried out."""
        return self.done_at is None and self.dropped_at is None


class Meeting(OnTicket, Base):
    """会商, or a meeting of the task force: who met, what was agreed, on what basis."""

    __tablename__ = "meeting"

    task_force_id: Mapped[int | None] = mapped_column(ForeignKey("task_force.id"))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attendees: Mapped[str] = mapped_column(Text)
    agreed: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text, default="")


class PhoneNotice(OnTicket, Base):
    """电话同步告知: the dispatch told to the unit by telephone as well, to whom, when and by which number."""

    __tablename__ = "phone_notice"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(EncryptedText)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, default="")

    unit: Mapped[Unit] = relationship(foreign_keys="PhoneNotice.unit_id")


class Dispute(OnTicket, Base):
    """异议: the enterprise objects to one extension or one pause, and how a supervisor answered."""

    __tablename__ = "dispute"
    __table_args__ = (CheckConstraint("(extension_id IS NULL) <> (pause_id IS NULL)", name="one_of_both"),)

    extension_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id"))
    pause_id: Mapped[int | None] = mapped_column(ForeignKey("pause.id"))
    text: Mapped[str] = mapped_column(Text)
    ruling: Mapped[Ruling] = mapped_column(enum_column(Ruling), default=Ruling.PENDING)
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ruling_text: Mapped[str] = mapped_column(Text, default="")
