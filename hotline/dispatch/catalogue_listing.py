"""派单目录 as a list: what it says on a day, narrowed as people look for it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select

from hotline.directory.catalogue import said_on
from hotline.directory.models import CatalogueRow, Category, Region, Unit

CITY_WIDE = "-"
"""The filter's word for rows of the whole city."""


@dataclass(frozen=True)
class Filters:
    """What is listed: by words, category (with all below it), region, unit, appeal type; and the day. "" = all."""

    day: date
    q: str = ""
    category: str = ""
    region: str = ""
    unit: str = ""
    kind: str = ""


def listed(filters: Filters) -> Select[CatalogueRow]:
    """The rows that count on that day and fit. The texts reach SQL as values only."""
    return said_on(filters.day, *_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = []
    if filters.q:
        texts = (Category.full_name, Category.code, CatalogueRow.legal_basis)
        names = [column.contains(filters.q, autoescape=True) for column in texts]
        units = select(Unit.id).where(
            or_(*(n.contains(filters.q, autoescape=True) for n in (Unit.name, Unit.short_name)))
        )
        initials = Category.initials.startswith(filters.q.lower(), autoescape=True)
        ways.append(or_(*names, initials, CatalogueRow.unit_id.in_(units)))
    if filters.category:
        ways.append(Category.code.startswith(filters.category, autoescape=True))
    if filters.region:
        is_wide = filters.region == CITY_WIDE
        ways.append(CatalogueRow.region_id.is_(None) if is_wide else Region.code == filters.region)
    if filters.unit:
        named = select(Unit.id).where(Unit.code == filters.unit)
        ways.append(or_(CatalogueRow.unit_id.in_(named), CatalogueRow.fallback_unit_id.in_(named)))
    if filters.kind:
        ways.append(CatalogueRow.appeal_type == filters.kind)
    return ways
