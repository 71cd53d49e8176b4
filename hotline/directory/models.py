"""What the city consists of: regions, units, categories, enterprises, sources, time rules, with effective dates."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.database import Base, EncryptedText, UtcDateTime, enum_column
from routing.profiles import APPEAL_TYPES


class Effective:
    """Valid from one day to another, both inclusive; an open end is None."""

    effective_from: Mapped[date] = mapped_column(Date, default=date(2020, 1, 1))
    effective_to: Mapped[date | None] = mapped_column(Date)


class RegionKind(StrEnum):
    CITY = "CITY"
    COUNTY = "COUNTY"
    STREET = "STREET"
    ZONE = "ZONE"  # a functional area without a county code of its own


class Region(Effective, Base):
    """A place: GB/T 2260 codes where they exist, own codes for functional zones."""

    __tablename__ = "region"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[RegionKind] = mapped_column(enum_column(RegionKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))


class UnitKind(StrEnum):
    CITY_GOV = "CITY_GOV"
    BUREAU = "BUREAU"
    DISTRICT = "DISTRICT"
    DISTRICT_BUREAU = "DISTRICT_BUREAU"
    STREET = "STREET"
    ZONE = "ZONE"
    UTILITY = "UTILITY"
    HOTLINE = "HOTLINE"

    @property
    def label(self) -> str:
        return UNIT_KIND_LABELS[self]


UNIT_KIND_LABELS = {
    UnitKind.CITY_GOV: "市政府",
    UnitKind.BUREAU: "市直部门",
    UnitKind.DISTRICT: "区政府",
    UnitKind.DISTRICT_BUREAU: "区直部门",
    UnitKind.STREET: "镇街",
    UnitKind.ZONE: "功能区",
    UnitKind.UTILITY: "公用企业",
    UnitKind.HOTLINE: "热线",
}


class Unit(Effective, Base):
    """A unit in the tree. `path` ("/1/5/12/") names its ancestors and itself by id."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    short_name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[UnitKind] = mapped_column(enum_column(UnitKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    path: Mapped[str] = mapped_column(String(120), index=True, default="/")
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    supervising_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    """Who handles complaints against this unit."""
    duty_phone: Mapped[str] = mapped_column(String(32), default="")
    duties: Mapped[str] = mapped_column(Text, default="")
    sign_off_levels: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (CheckConstraint("supervising_unit_id <> id", name="supervised_by_another"),)

    @property
    def chain(self) -> tuple[int, ...]:
        """The ids from the top of the tree down to this unit; sorting by them draws the tree."""
        return tuple(int(part) for part in self.path.split("/") if part)

    @property
    def chain_ids(self) -> frozenset[int]:
        """The ids of this unit and all above it."""
        return frozenset(self.chain)

    def is_above(self, unit: "Unit") -> bool:
        """Whether a complaint about this unit concerns that one: the same or below, unless it is there to supervise."""
        return self.id in unit.chain_ids and unit.id != self.supervising_unit_id


class Category(Effective, Base):
    """A node of the three-level taxonomy; tickets are filed under leaves (level 3)."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    initials: Mapped[str] = mapped_column(String(30), default="")
    level: Mapped[int] = mapped_column(Integer)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    full_name: Mapped[str] = mapped_column(String(200))

    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 3", name="three_levels"),)


def is_needed(category: Category | None, region: Region | None, appeal_type: str | None) -> bool:
    """Whether every matter of a category relies on what is said about this: the whole city, any type."""
    is_general = region is None and appeal_type is None
    return is_general and category is not None and category.level == 3


class CatalogueRow(Effective, Base):
    """派单目录: one version of who leads a category in a region for an appeal type; None: any of them.

    What it says is never changed: a change ends the row and starts the next version of its `slot`. A row that ends
    before it begins was withdrawn in time and never counted.
    """

    __tablename__ = "catalogue_row"
    __table_args__ = (
        UniqueConstraint("slot", "version"),  # of two who replace the same row at once one loses
        CheckConstraint(f"appeal_type IN ({', '.join(repr(one) for one in sorted(APPEAL_TYPES))})", name="appeal_type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(60))
    """What the row is about, as one text: "12/3/HELP", "12/-/-"."""
    version: Mapped[int] = mapped_column(Integer, default=1)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    appeal_type: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    support_unit_ids: Mapped[list[Any]] = mapped_column(default=list)
    fallback_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(40))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_reason: Mapped[str] = mapped_column(Text, default="")

    category: Mapped[Category | None] = relationship()
    region: Mapped[Region | None] = relationship()
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    fallback: Mapped[Unit | None] = relationship(foreign_keys=[fallback_unit_id])

    @property
    def is_withdrawn(self) -> bool:
        """Whether it ended before it began, so that it never counted."""
        return self.effective_to is not None and self.effective_to < self.effective_from

    @property
    def is_needed(self) -> bool:
        """Whether it is a category's lead for the whole city and any type: such a row is replaced, never just ended."""
        return is_needed(self.category, self.region, self.appeal_type)


class Enterprise(Base):
    """An enterprise we have heard of. `uscc` is optional: foreign or unregistered callers have none."""

    __tablename__ = "enterprise"

    id: Mapped[int] = mapped_column(primary_key=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    address: Mapped[str] = mapped_column(String(200), default="")
    industry: Mapped[str] = mapped_column(String(60), default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    contact_name: Mapped[str | None] = mapped_column(EncryptedText)
    contact_phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_lookup: Mapped[str | None] = mapped_column(String(64), index=True)

    region: Mapped[Region | None] = relationship()


class Source(Effective, Base):
    """Where appeals come from; a platform's tickets keep its number and must be reported back."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    is_platform: Mapped[bool] = mapped_column(Boolean, default=False)
    must_report_back: Mapped[bool] = mapped_column(Boolean, default=False)
    webhook_url: Mapped[str | None] = mapped_column(String(300))


class SlaProfile(Effective, Base):
    """时限方案: one version of a set of time rules (`routing.profiles.SlaRules` as JSON)."""

    __tablename__ = "sla_profile"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(Integer, default=1)
    name: Mapped[str] = mapped_column(String(60))
    rules: Mapped[dict[str, Any]]
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)


class DayKind(StrEnum):
    HOLIDAY = "HOLIDAY"
    MAKEUP = "MAKEUP"  # 调休上班


class CalendarYear(Base):
    """A year whose State Council notice has been imported; other years are 暂定."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice: Mapped[str] = mapped_column(String(200))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CalendarDay(Base):
    """A day that differs from its weekday."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[DayKind] = mapped_column(enum_column(DayKind))


class WorkingHours(Base):
    """Office hours by weekday ({"mon": [["08:30", "12:00"], …]}); the row with the latest start counts."""

    __tablename__ = "working_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    weekly: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
