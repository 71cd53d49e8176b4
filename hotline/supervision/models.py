"""What passes from hand to hand: notes at the change of shift, and who stands in for whom while somebody is away."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, UtcDateTime


class ShiftNote(Base):
    """交接班: what the next shift must know, and who took it over. `numbers`: the tickets it is about."""

    __tablename__ = "shift_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    text: Mapped[str] = mapped_column(Text)
    numbers: Mapped[list[Any]] = mapped_column(default=list)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[Account] = relationship(foreign_keys="ShiftNote.by_id")
    taken_by: Mapped[Account | None] = relationship(foreign_keys="ShiftNote.taken_by_id")


class Substitution(Base):
    """代办: while one is away until `last_day`, another holds the work; what is still open then goes back.

    `numbers` are the tickets that passed over, `consultations` the experts' (ids); posts end and begin by their own
    days. `misfits`: what could not pass, at the beginning or at the end: [what, why].
    """

    __tablename__ = "substitution"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    substitute_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(200))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    numbers: Mapped[list[Any]] = mapped_column(default=list)
    consultations: Mapped[list[Any]] = mapped_column(default=list)
    misfits: Mapped[list[Any]] = mapped_column(default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    account: Mapped[Account] = relationship(foreign_keys="Substitution.account_id")
    substitute: Mapped[Account] = relationship(foreign_keys="Substitution.substitute_id")
