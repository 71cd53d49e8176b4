"""派单目录 of the demo city: leaves with their owners, the regions' own rows, rows for zones, streets, appeal types."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, actor_of
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.demo.categories import CATEGORIES
from hotline.demo.city import REGIONS
from hotline.demo.data import read
from hotline.demo.people import showcase
from hotline.directory.catalogue import Entry, slot_of
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.dispatch.catalogue_changes import Changes, carry_out

CITY, LAST = "449900", "SFB"
"""Rows for the city's own region hold everywhere; `LAST` takes what no other unit can."""
Ids = dict[str, int]


@dataclass(frozen=True)
class Row:
    """One row in codes; None: whatever arises, everywhere, of any type."""

    category: str | None
    owner: str
    region: str | None = None
    appeal_type: str | None = None
    support: tuple[str, ...] = ()
    fallback: str | None = None
    basis: str = ""


def rows() -> Iterator[Row]:
    """The whole catalogue."""
    yield from _leaves()
    yield from _regions()
    yield from _streets()
    yield from _others()


def _leaves() -> Iterator[Row]:
    document = read("catalogue")["document"]
    for leaf in CATEGORIES:
        if leaf.owner:
            basis = f"{document}第{int(leaf.code[:2])}类"
            yield Row(leaf.code, leaf.owner, support=leaf.support, basis=basis)
            for region, owner in leaf.by_region.items():
                support = tuple(code for code in leaf.support if code != owner)
                yield Row(leaf.code, owner, region, support=support, basis=basis)


def _others() -> Iterator[Row]:
    """Rows for single zones, for an appeal type, for a whole branch; `regions` makes one of each."""
    document = read("catalogue")["document"]
    for one in read("catalogue")["rows"]:
        said = {key: value for key, value in one.items() if key not in ("regions", "basis", "support")}
        for region in one.get("regions", [one.get("region")]):
            place = None if region == CITY else region
            support = tuple(one.get("support", ()))
            yield Row(**{**said, "region": place}, support=support, basis=document + one["basis"])


def _regions() -> Iterator[Row]:
    basis = read("catalogue")["zone_document"]
    for region in REGIONS:
        is_zone, is_city = region.kind == "ZONE", region.code == CITY
        if region.kind != "STREET":
            owner, fallback = (LAST, None) if is_city else (region.dispatch_unit, LAST)
            place = None if is_city else region.code
            yield Row(None, owner, place, fallback=fallback if is_zone else None, basis=basis if is_zone else "")


def _streets() -> Iterator[Row]:
    basis = read("catalogue")["street_document"]
    for group in read("catalogue")["streets"]:
        for category in group["categories"]:
            for region, owner in group["owners"].items():
                yield Row(category, owner, region, fallback=owner.split("-")[0], basis=basis)


def fill_catalogue(session: Session, categories: Ids, regions: Ids, units: Ids, now: datetime) -> None:
    """Store it as the first version of each row."""
    for one in rows():
        category_id, region_id = categories.get(one.category or ""), regions.get(one.region or "")
        row = CatalogueRow(category_id=category_id, region_id=region_id, appeal_type=one.appeal_type)
        row.slot = slot_of(category_id, region_id, one.appeal_type)
        row.unit_id, row.support_unit_ids = units[one.owner], [units[code] for code in one.support]
        row.fallback_unit_id = units[one.fallback] if one.fallback else None
        row.legal_basis, row.reason = one.basis, "建立目录"
        row.recorded_by, row.recorded_at = "系统初始化", now
        session.add(row)
    session.flush()


def amend(session: Session, now: datetime) -> None:
    """What was changed since, so that the catalogue has a past, and one row that waits for its day."""
    for change in read("catalogue")["amendments"]:
        at = now - timedelta(days=change["days_ago"])
        first = to_local(at).date() + timedelta(days=change["starts_in"])
        entry = _entry(session, change, first)
        carry_out(session, Changes(puts=(entry,)), _supervisor(session), change["reason"], at)


def _entry(session: Session, change: dict[str, Any], first: date) -> Entry:
    named = {name: _one(session, Unit, change.get(name)) for name in ("owner", "fallback")}
    return Entry(
        category=_one(session, Category, change["category"]),
        region=_one(session, Region, change["region"]),
        appeal_type=None,
        unit=named["owner"],
        fallback=named["fallback"],
        support=tuple(_one(session, Unit, code) for code in change["support"]),
        legal_basis=change["basis"],
        effective_from=first,
    )


def _one(session: Session, model: Any, code: str | None) -> Any:
    return session.scalars(select(model).filter_by(code=code)).one() if code else None


def _supervisor(session: Session) -> Actor:
    login = showcase()["SUPERVISOR"].login
    return actor_of(session, session.scalars(select(Account).filter_by(login=login)).one())
