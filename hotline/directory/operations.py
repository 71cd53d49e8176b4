"""Editing the directory: units, sources, time rules (派单目录: `catalogue`). Rows end on a day; they are never deleted.

Each operation returns its `Change`, which the caller puts into the audit: the directory lies below the accounts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.directory.models import (
    CatalogueRow,
    Effective,
    Region,
    SlaProfile,
    Source,
    Unit,
    WorkingHours,
)
from hotline.directory.queries import by_code, effective
from hotline.directory.time import forget_calendar
from hotline.errors import Conflict, Invalid
from routing.profiles import SlaRules

Data = Mapping[str, Any]

UNIT_FIELDS = ("name", "short_name", "kind", "duty_phone", "duties", "sign_off_levels")
UNIT_COLUMNS = (*UNIT_FIELDS, "code", "parent_id", "region_id", "supervising_unit_id", "path", "effective_from")
SOURCE_COLUMNS = ("code", "name", "is_platform", "must_report_back", "webhook_url", "effective_from")


@dataclass(frozen=True)
class Change:
    """What one edit did: its subject ("unit:JRJ") and the columns before and after, as plain values."""

    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


def columns(row: object | None, names: Iterable[str]) -> dict[str, Any]:
    """A row's columns as plain values; {} for no row."""
    if row is None:
        return {}
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def save_unit(session: Session, unit: Unit | None, data: Data, day: date) -> Change:
    """Edit a unit, or add one (None). `data`: UNIT_FIELDS and parent_code, region_code, supervising_unit_code; a new
    unit's code. Raises Invalid for a tree with a loop or a unit that supervises itself."""
    before = columns(unit, UNIT_COLUMNS)
    if unit is None:
        _check_new_code(session, Unit, data["code"])
        unit = Unit(code=data["code"], effective_from=day)
        session.add(unit)
    for name in UNIT_FIELDS:
        setattr(unit, name, data[name])
    unit.region_id = _id_of(session, Region, data["region_code"], day)
    with session.no_autoflush:
        parent = _unit_or_none(session, data, "parent_code", day)
        supervisor = _unit_or_none(session, data, "supervising_unit_code", day)
    _check_place(unit, parent, supervisor)
    unit.parent_id = parent.id if parent else None
    unit.supervising_unit_id = supervisor.id if supervisor else None
    session.flush()
    _move_subtree(session, unit, parent)
    return Change(f"unit:{unit.code}", before, columns(unit, UNIT_COLUMNS))


def _check_new_code(session: Session, model: type[Unit] | type[Source], code: str) -> None:
    if session.scalar(select(model.id).where(model.code == code)) is not None:
        raise Invalid(f"代码“{code}”已被使用", code="code_taken", field="code")


def _unit_or_none(session: Session, data: Data, field: str, day: date) -> Unit | None:
    return by_code(session, Unit, data[field], day, field=field) if data.get(field) else None


def _id_of(session: Session, model: Any, code: str | None, day: date) -> int | None:
    return by_code(session, model, code, day).id if code else None


def _check_place(unit: Unit, parent: Unit | None, supervisor: Unit | None) -> None:
    """A complaint about a unit must never come back to it, nor to one below it."""
    if unit.id is None:
        return
    if parent is not None and unit.id in parent.chain_ids:
        raise Invalid("上级单位不能是本单位或其下级", code="unit_loop", field="parent_code")
    is_top = parent is None  # nobody stands above it: an office below, named for it, must do
    if supervisor is not None and unit.id in supervisor.chain_ids and not (is_top and supervisor.id != unit.id):
        raise Invalid("监督单位不能是本单位或其下级", code="supervises_itself", field="supervising_unit_code")


def supervise_by(session: Session, unit: Unit, code: str | None, day: date) -> Change:
    """Who handles complaints against a unit from now on. Raises Invalid for one that would judge itself."""
    before = columns(unit, UNIT_COLUMNS)
    supervisor = by_code(session, Unit, code, day, field="supervising_unit_code") if code else None
    parent = session.get(Unit, unit.parent_id) if unit.parent_id else None
    _check_place(unit, parent, supervisor)
    unit.supervising_unit_id = supervisor.id if supervisor else None
    session.flush()
    return Change(f"unit:{unit.code}", before, columns(unit, UNIT_COLUMNS))


def _move_subtree(session: Session, unit: Unit, parent: Unit | None) -> None:
    """Give a unit and all below it the path of their place."""
    old, new = unit.path, f"{parent.path if parent else '/'}{unit.id}/"
    if old == new:
        return
    if old != "/":  # a new unit has nobody below it
        below = select(Unit).where(Unit.path.startswith(old, autoescape=True), Unit.id != unit.id).with_for_update()
        for one in session.scalars(below):
            one.path = new + one.path.removeprefix(old)
    unit.path = new
    session.flush()


def close_unit(session: Session, unit: Unit, last: date) -> Change:
    """A unit ends after `last`. Raises Conflict while units below it or rows of the 派单目录 live longer."""
    after = last + timedelta(days=1)
    below = session.scalars(select(Unit.short_name).filter_by(parent_id=unit.id).where(effective(Unit, after))).all()
    if below:
        raise Conflict(f"下级单位（{'、'.join(below)}）仍在用，请先调整", code="unit_has_children")
    named = or_(CatalogueRow.unit_id == unit.id, CatalogueRow.fallback_unit_id == unit.id)
    owned = session.scalars(select(CatalogueRow).where(named, effective(CatalogueRow, after))).all()
    if owned:
        first = owned[0].category.name if owned[0].category else "区域通则"
        raise Conflict(
            f"派单目录中仍有 {len(owned)} 项由其主办或兜底（如“{first}”），请先调整", code="unit_owns_categories"
        )
    return _end(unit, f"unit:{unit.code}", last)


def _end(row: Effective, subject: str, last: date) -> Change:
    if last < row.effective_from:
        raise Invalid("停用日期不能早于启用日期", code="bad_period", field="effective_to")
    before, row.effective_to = row.effective_to, last
    return Change(subject, {"effective_to": _plain(before)}, {"effective_to": _plain(last)})


def save_source(session: Session, source: Source | None, data: Data, day: date) -> Change:
    """Edit a source, or add one (None). `data`: code, name, is_platform, must_report_back, webhook_url."""
    before = columns(source, SOURCE_COLUMNS)
    if source is None:
        _check_new_code(session, Source, data["code"])
        source = Source(code=data["code"], effective_from=day)
        session.add(source)
    for name in ("name", "is_platform", "must_report_back"):
        setattr(source, name, data[name])
    source.webhook_url = data["webhook_url"] or None
    session.flush()
    return Change(f"source:{source.code}", before, columns(source, SOURCE_COLUMNS))


def close_source(source: Source, last: date) -> Change:
    """A source ends after `last`."""
    return _end(source, f"source:{source.code}", last)


def new_version(session: Session, profile: SlaProfile, name: str, rules: SlaRules, day: date) -> SlaProfile:
    """The next version of a profile, for tickets registered from now on. Raises Conflict for a stale form."""
    newest = newest_version(session, profile.code)
    if newest.id != profile.id:
        raise Conflict("该方案已有新版本，请在新版本上修改", code="stale_version")
    made = SlaProfile(code=profile.code, version=profile.version + 1, name=name, rules=rules.to_dict())
    made.is_default, made.effective_from = profile.is_default, day
    session.add(made)
    session.flush()
    return made


def newest_version(session: Session, code: str) -> SlaProfile:
    """The version that counts of a profile. Raises NoResultFound for an unknown code."""
    newest = select(SlaProfile).filter_by(code=code).order_by(SlaProfile.version.desc()).limit(1)
    return session.scalars(newest).one()


def make_default(session: Session, profile: SlaProfile) -> Change:
    """New tickets get this profile from now on."""
    others = list(session.scalars(select(SlaProfile).filter_by(is_default=True)))
    for other in others:
        other.is_default = False
    profile.is_default = True
    session.flush()
    before = {"default": [f"{one.code}:{one.version}" for one in others]}
    return Change(f"profile:{profile.code}:{profile.version}", before, {"default": True})


def set_hours(session: Session, weekly: Mapping[str, list[list[str]]], now: datetime) -> None:
    """Office hours from now on; the rows before stay as they were."""
    session.add(WorkingHours(weekly=dict(weekly), created_at=now))
    session.flush()
    forget_calendar(session)
