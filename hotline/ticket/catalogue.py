"""派单目录 as those who ask it need it: the stored rows as the engine's value, and who cannot receive today."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, UnitPost
from hotline.accounts.queries import on_duty
from hotline.directory.catalogue import as_row, rows_on
from hotline.directory.models import CatalogueRow, Category, Region, RegionKind, Unit
from hotline.ticket.models import AppealType, Ticket
from routing.catalogue import Catalogue, Choice, Matter, Place, Row, Topic, catalogue_of

TYPE_NAMES: Mapping[str, str] = {kind.value: kind.label for kind in AppealType}


def book(session: Session, day: date, category: Category | None = None) -> Catalogue:
    """The catalogue as it stands on this day; of one category only what can serve it."""
    topics = list(_above(session, category)) if category else list(session.scalars(select(Category)))
    ids = [topic.id for topic in topics]
    asked = or_(CatalogueRow.category_id.in_(ids), CatalogueRow.category_id.is_(None)) if category else true()
    return book_of(session, day, (as_row(session, row) for row in rows_on(session, day, asked)), topics)


def book_of(session: Session, day: date, rows: Iterable[Row], topics: Iterable[Category]) -> Catalogue:
    """A catalogue of these rows on the city's trees, as of this day."""
    said = tuple(rows)
    named = {unit for row in said for unit in (row.lead, *row.support, row.fallback) if unit}
    units = list(session.scalars(select(Unit).where(Unit.code.in_(named))))
    places = session.scalars(select(Region).order_by(Region.code)).all()
    codes = {place.id: place.code for place in places}
    return catalogue_of(
        said,
        _topics(topics, day),
        (Place(p.code, p.name, codes.get(p.parent_id or 0), p.kind is RegionKind.ZONE) for p in places),
        {**{unit.code: unit.name for unit in units}, **TYPE_NAMES},
        closed(session, units, day),
    )


def _topics(categories: Iterable[Category], day: date) -> Iterator[Topic]:
    """The taxonomy as the engine has it; a leaf that has ended has no matters any more."""
    found = list(categories)
    codes = {one.id: one.code for one in found}
    for one in sorted(found, key=lambda one: one.code):
        is_open = one.effective_from <= day and (one.effective_to is None or day <= one.effective_to)
        yield Topic(one.code, one.name, codes.get(one.parent_id or 0), is_leaf=one.level == 3 and is_open)


def _above(session: Session, category: Category | None) -> Iterator[Category]:
    """The category, then those above it."""
    while category is not None:
        yield category
        category = session.get(Category, category.parent_id) if category.parent_id else None


def closed(session: Session, units: Collection[Unit], day: date) -> frozenset[str]:
    """The codes of those units that cannot receive on this day: ended, or with nobody there nor above them."""
    manned = select(UnitPost.unit_id).join(Account).where(on_duty(day), Account.is_active).distinct()
    people = set(session.scalars(manned))
    return frozenset(unit.code for unit in units if not (_is_open(unit, day) and people.intersection(unit.chain)))


def _is_open(unit: Unit, day: date) -> bool:
    return unit.effective_from <= day and (unit.effective_to is None or day <= unit.effective_to)


def matter_of(ticket: Ticket, day: date) -> Matter:
    """What the catalogue is asked about a ticket."""
    return Matter(ticket.category.code, ticket.region.code, day, ticket.appeal_type.value)


@dataclass(frozen=True)
class Target:
    """The unit that catalogue and 回避 lead to (None: a person must judge), why, and the catalogue's own choice."""

    unit: Unit | None
    reason: str
    choice: Choice


def target(
    session: Session, catalogue: Catalogue, units: Mapping[str, Unit], matter: Matter, respondent: Unit | None
) -> Target:
    """Where a matter goes: to whom the catalogue names or, where that one is complained of, to its supervisor.

    `units`: the catalogue's own (`named_units`).
    """
    choice = catalogue.choose(matter)
    unit = units.get(choice.unit or "")
    if unit is None or not is_concerned(unit, respondent):
        return Target(unit, catalogue.explain(matter, choice), choice)
    above = session.get(Unit, respondent.supervising_unit_id) if respondent and respondent.supervising_unit_id else None
    if above is None:
        return Target(None, f"{unit.name}应当回避，且没有登记监督单位，请派单员判断", choice)
    return Target(above, f"{unit.name}是被反映单位或其下级，应当回避，由监督单位{above.name}主办", choice)


def is_concerned(unit: Unit, respondent: Unit | None) -> bool:
    """Whether a complaint about `respondent` concerns this unit, so that it must keep out (回避)."""
    return respondent is not None and respondent.is_above(unit)


def named_units(session: Session, catalogue: Catalogue) -> dict[str, Unit]:
    """Code → unit, of all the units a catalogue names."""
    return {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.code.in_(list(catalogue.names))))}
