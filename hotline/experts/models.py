"""The expert pool: who may be asked, in which fields, and who is on duty when."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, EncryptedText, UtcDateTime, enum_column
from hotline.directory.models import Category, Region, Unit
from hotline.labelled import Labelled
from routing.experts import Presence as EnginePresence


class Presence(Labelled):
    ONLINE = "ONLINE", "在线"
    BUSY = "BUSY", "忙碌"
    OFFLINE = "OFFLINE", "离线"

    @property
    def ranked(self) -> EnginePresence:
        """The same as the ranking has it."""
        return EnginePresence[self.name]


LANGUAGES = {"zh": "普通话", "yue": "粤语", "en": "英语", "pt": "葡萄牙语", "ja": "日语", "ko": "韩语"}
LANGUAGE_CODES = {label: code for code, label in LANGUAGES.items()}
"""As tickets name a language → as the pool keeps it; what is not in it is asked of nobody."""


class Expert(Base):
    """An account in the pool, recommended by a unit for a time. `max_parallel` is the most work in hand at once."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint("max_parallel BETWEEN 1 AND 50", name="parallel"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), default="")
    languages: Mapped[list[Any]] = mapped_column(default=lambda: ["zh"])
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    max_parallel: Mapped[int] = mapped_column(Integer, default=3)
    work_phone: Mapped[str | None] = mapped_column(EncryptedText)
    presence: Mapped[Presence] = mapped_column(enum_column(Presence), default=Presence.OFFLINE)
    presence_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship(lazy="joined")
    unit: Mapped[Unit] = relationship(lazy="joined")
    fields: Mapped[list["ExpertField"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ExpertField.id"
    )


class ExpertField(Base):
    """One field: a category with all below it, how well (1 了解 to 3 精通), in one region or (NULL) everywhere."""

    __tablename__ = "expert_field"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        UniqueConstraint("expert_id", "category_id", "region_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), index=True)
    level: Mapped[int] = mapped_column(Integer)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))

    category: Mapped[Category] = relationship(lazy="joined")
    region: Mapped[Region | None] = relationship(lazy="joined")


class RosterShift(Base):
    """值班: one expert on one local day from `starts` to `ends`; 替班 by `substitute` (B角) while `is_absent`."""

    __tablename__ = "roster_shift"
    __table_args__ = (
        UniqueConstraint("expert_id", "day", "starts"),
        CheckConstraint("ends > starts", name="hours"),
        CheckConstraint("substitute_id IS NULL OR substitute_id <> expert_id", name="another"),
        CheckConstraint("substitute_id IS NOT NULL OR NOT is_absent", name="covered"),
        Index("ix_roster_shift_day", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    is_absent: Mapped[bool] = mapped_column(default=False)

    expert: Mapped[Expert] = relationship(foreign_keys="RosterShift.expert_id", lazy="joined")
    substitute: Mapped[Expert | None] = relationship(foreign_keys="RosterShift.substitute_id", lazy="joined")

    @property
    def acting(self) -> Expert:
        """Who answers in this shift: the substitute while the expert is absent."""
        return self.substitute if self.is_absent and self.substitute else self.expert
