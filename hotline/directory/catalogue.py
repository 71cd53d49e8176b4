"""派单目录: rows are put and ended, never rewritten, so that what it said on a day can always be told.

Each operation returns its `Change`, which the caller puts into the audit.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.directory.models import CatalogueRow, Category, Region, RegionKind, Unit, is_needed
from hotline.directory.operations import Change
from hotline.directory.queries import effective
from hotline.errors import Conflict, Invalid
from routing.catalogue import Row, number

DAY = timedelta(days=1)
GENERAL = "区域通则"
"""What a row without a category is called."""
EVERYWHERE = "全市"


@dataclass(frozen=True)
class Entry:
    """What a row is to say. Category None: whatever arises in the region; region None: the whole city.

    `seen`: the id of the row that was on the form, so that nobody replaces what he has not seen.
    """

    category: Category | None
    region: Region | None
    appeal_type: str | None
    unit: Unit
    effective_from: date
    effective_to: date | None = None
    support: tuple[Unit, ...] = ()
    fallback: Unit | None = None
    legal_basis: str = ""
    seen: int | None = None

    @property
    def place(self) -> Region | None:
        """The region; None for the whole city, which is also what the city's own region means."""
        return self.region if self.region and self.region.kind is not RegionKind.CITY else None

    @property
    def slot(self) -> str:
        """What the row is about."""
        category_id, region_id = (one.id if one else None for one in (self.category, self.place))
        return slot_of(category_id, region_id, self.appeal_type)

    def as_row(self, serial: int) -> Row:
        """The engine's value of the row to be."""
        return Row(
            serial=serial,
            category=self.category.code if self.category else None,
            lead=self.unit.code,
            starts=self.effective_from,
            ends=self.effective_to,
            region=self.place.code if self.place else None,
            appeal_type=self.appeal_type,
            support=tuple(unit.code for unit in self.support),
            fallback=self.fallback.code if self.fallback else None,
        )


@dataclass(frozen=True)
class Signature:
    """Who changes the catalogue, when and why."""

    name: str
    now: datetime
    reason: str

    @property
    def today(self) -> date:
        """The local day."""
        return to_local(self.now).date()


def slot_of(category_id: int | None, region_id: int | None, appeal_type: str | None) -> str:
    """What a row is about, as one text."""
    return f"{category_id or '-'}/{region_id or '-'}/{appeal_type or '-'}"


def standing(session: Session, slot: str) -> CatalogueRow | None:
    """The last that is said about this and was not withdrawn before it began; it may have ended."""
    said = select(CatalogueRow).filter_by(slot=slot).order_by(CatalogueRow.version.desc()).limit(1)
    counted = said.where(
        or_(CatalogueRow.effective_to.is_(None), CatalogueRow.effective_to >= CatalogueRow.effective_from)
    )
    return session.scalar(counted.execution_options(populate_existing=True))


def _hold(session: Session, slot: str) -> None:
    """Keep others from changing what is said about this. Only then is it read: whoever waited sees the new state."""
    session.execute(select(CatalogueRow.id).filter_by(slot=slot).order_by(CatalogueRow.id).with_for_update())


def _next_version(session: Session, slot: str) -> int:
    return (session.scalar(select(func.max(CatalogueRow.version)).filter_by(slot=slot)) or 0) + 1


def put(session: Session, entry: Entry, signed: Signature) -> Change:
    """The next version of what the catalogue says; the one before ends the day before.

    Raises Invalid (units that exclude each other, a period that cannot be, nothing new, a change of the past) and
    Conflict (something is planned for later already).
    """
    _hold(session, entry.slot)
    last = standing(session, entry.slot)
    check(session, entry, last, signed.today)
    before = plain(session, last)
    if last is not None and (last.effective_to is None or last.effective_to >= entry.effective_from):
        _cut(last, entry.effective_from - DAY, signed)
    row = CatalogueRow(
        slot=entry.slot,
        version=_next_version(session, entry.slot),
        category=entry.category,
        region=entry.place,
        appeal_type=entry.appeal_type,
        unit=entry.unit,
        support_unit_ids=[unit.id for unit in entry.support],
        fallback=entry.fallback,
        legal_basis=entry.legal_basis,
        effective_from=entry.effective_from,
        effective_to=entry.effective_to,
        reason=signed.reason,
        recorded_by=signed.name,
        recorded_at=signed.now,
    )
    session.add(row)
    session.flush()
    return Change(f"catalogue:{row.slot}", before, plain(session, row))


def check(session: Session, entry: Entry, last: CatalogueRow | None, today: date) -> None:
    """Refuse what the catalogue must not say. `last`: the row that stands. Raises Invalid, Conflict."""
    is_told = entry.seen is not None and entry.seen in ROW_IDS
    seen = session.get(CatalogueRow, entry.seen) if is_told else None
    if seen is not None and seen.slot == entry.slot and seen is not last:
        raise Conflict("该安排刚被他人修改，请核对后重新提交", code="stale_version")
    _check_content(entry)
    if last is not None:  # what was never written down may begin in the past: nothing is overwritten
        _check_successor(entry, last, today)


def _check_content(entry: Entry) -> None:
    if entry.unit in entry.support:
        raise Invalid("主办单位不能同时协办", code="lead_supports", field="support_unit_codes")
    if entry.fallback is not None and entry.fallback in (entry.unit, *entry.support):
        raise Invalid("兜底单位不能是主办或协办单位", code="fallback_leads", field="fallback_unit_code")
    if entry.effective_to is not None and entry.effective_to < entry.effective_from:
        raise Invalid("有效期至不能早于生效日期", code="bad_period", field="effective_to")


def _check_successor(entry: Entry, last: CatalogueRow, today: date) -> None:
    if says_the_same(last, entry):
        raise Invalid("与现有安排相同，没有变化", code="nothing_changed")
    if entry.effective_to is not None and is_needed(entry.category, entry.place, entry.appeal_type):
        raise Conflict("全市主办单位不能停用，请不填有效期至", code="owner_needed", field="effective_to")
    if last.effective_from > entry.effective_from:
        raise Conflict(f"自 {last.effective_from} 起已有安排，请选更晚的日期", code="owner_taken")
    if entry.effective_from < today:
        raise Invalid("不能改写过去：生效日期不能早于今天", code="past_is_past", field="effective_from")


def says_the_same(row: CatalogueRow, entry: Entry) -> bool:
    """Whether a row in force, or planned, already says this for this time on."""
    said = (row.unit_id, row.support_unit_ids, row.fallback_unit_id, row.legal_basis, row.effective_to)
    fallback_id = entry.fallback.id if entry.fallback else None
    wanted = (entry.unit.id, [unit.id for unit in entry.support], fallback_id, entry.legal_basis, entry.effective_to)
    return said == wanted and row.effective_from <= entry.effective_from


def check_end(row: CatalogueRow, last: date, today: date) -> None:
    """Refuse what would rewrite the past or leave a category without a lead. Raises Invalid, Conflict."""
    if row.effective_to is not None and row.effective_to <= last:
        raise Conflict("该安排届时已经结束", code="already_ended")
    if row.is_needed:
        raise Conflict("全市主办单位不能停用，请指定新的主办单位", code="owner_needed")
    if last < today and row.effective_from <= today:
        raise Invalid("最后有效日不能早于今天", code="past_is_past", field="effective_to")


def end(session: Session, row: CatalogueRow, last: date, signed: Signature) -> Change:
    """A row ends after `last`; one that has not begun by then is withdrawn. Raises Invalid, Conflict."""
    _hold(session, row.slot)
    session.refresh(row)
    check_end(row, last, signed.today)
    before = plain(session, row)
    _cut(row, max(last, row.effective_from - DAY), signed)
    session.flush()
    return Change(f"catalogue:{row.slot}", before, plain(session, row))


def _cut(row: CatalogueRow, last: date, signed: Signature) -> None:
    row.effective_to = last
    row.ended_by, row.ended_at, row.ended_reason = signed.name, signed.now, signed.reason


def plain(session: Session, row: CatalogueRow | None) -> dict[str, Any]:
    """What a row says, in codes and days as text: for the audit, the API and comparisons. {} for no row."""
    if row is None:
        return {}
    return {
        "category": row.category.code if row.category else None,
        "region": row.region.code if row.region else None,
        "appeal_type": row.appeal_type,
        "lead": row.unit.code,
        "support": [unit.code for unit in support_of(session, row)],
        "fallback": row.fallback.code if row.fallback else None,
        "legal_basis": row.legal_basis,
        "effective_from": row.effective_from.isoformat(),
        "effective_to": row.effective_to.isoformat() if row.effective_to else None,
        "version": row.version,
    }


def name_of(said: CatalogueRow | Entry) -> str:
    """Number and name, as people speak of a row: "4.2.1 贷款贴息兑付 · 湾东区"."""
    what = f"{number(said.category.code)} {said.category.name}" if said.category else GENERAL
    return f"{what} · {said.region.name if said.region else EVERYWHERE}"


def said_on(day: date, *conditions: Any) -> Select[CatalogueRow]:
    """The rows that count on this day, in the order of their numbers, the city-wide ones first."""
    return sorted_rows(effective(CatalogueRow, day), *conditions)


def sorted_rows(*conditions: Any) -> Select[CatalogueRow]:
    """Rows of all times, in the same order, with what they name."""
    query = select(CatalogueRow).outerjoin(CatalogueRow.category).outerjoin(CatalogueRow.region)
    eager = [contains_eager(CatalogueRow.category), contains_eager(CatalogueRow.region)]
    query = query.options(*eager, joinedload(CatalogueRow.unit), joinedload(CatalogueRow.fallback))
    order = (Category.code.is_(None), Category.code, Region.code.is_not(None), Region.code, CatalogueRow.id)
    return query.where(*conditions).order_by(*order)


def rows_on(session: Session, day: date, *conditions: Any) -> list[CatalogueRow]:
    """What the catalogue says on this day."""
    return list(session.scalars(said_on(day, *conditions)))


def support_of(session: Session, row: CatalogueRow) -> list[Unit]:
    """A row's supporting units, in its order."""
    return [session.get_one(Unit, unit_id) for unit_id in row.support_unit_ids]


def as_row(session: Session, row: CatalogueRow) -> Row:
    """A stored row as the engine's value."""
    return Row(
        serial=row.id,
        category=row.category.code if row.category else None,
        lead=row.unit.code,
        starts=row.effective_from,
        ends=row.effective_to,
        region=row.region.code if row.region else None,
        appeal_type=row.appeal_type,
        support=tuple(unit.code for unit in support_of(session, row)),
        fallback=row.fallback.code if row.fallback else None,
    )
