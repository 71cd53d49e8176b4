"""What is wrong with the 派单目录, and what upheld objections (退单成立) say about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.catalogue import as_row, rows_on
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.directory.queries import effective
from hotline.dispatch.load import RECENT
from hotline.ticket.catalogue import TYPE_NAMES, book, book_of
from hotline.ticket.models import Assignment, AssignmentKind, Objection, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.queries import scope
from routing.catalogue import EVERYWHERE, Catalogue, Gap, Matter, Row, number

MANY = 3
"""So many upheld objections to the same dispatch ask whether the row is wrong."""


@dataclass(frozen=True)
class Problem:
    """Something to mend. `kind`: gap, closed or overlap; codes name what it is about, None: any."""

    kind: str
    text: str
    category: str | None
    region: str | None
    appeal_type: str | None = None


def problems(session: Session, day: date) -> list[Problem]:
    """Gaps, units that cannot receive, and overlaps of this day, in this order."""
    catalogue = book(session, day)
    open_regions = set(session.scalars(select(Region.code).where(effective(Region, day))))
    gaps = [_gap(catalogue, gap, day) for gap in catalogue.gaps(day, TYPE_NAMES) if gap.place.code in open_regions]
    return [*gaps, *_closed(catalogue, day), *_overlaps(session, catalogue, day)]


def _gap(catalogue: Catalogue, gap: Gap, day: date) -> Problem:
    kind = gap.appeal_types[0] if gap.appeal_types else None
    why = catalogue.explain(Matter(gap.topic.code, gap.place.code, day, kind), gap.choice)
    types = "、".join(TYPE_NAMES[one] for one in gap.appeal_types)
    text = f"{gap.topic.name} · {gap.place.name}" + (f"（{types}）" if types else "") + f"：{why.partition('：')[2]}"
    return Problem("gap", text, gap.topic.code, gap.place.code, kind)


def _closed(catalogue: Catalogue, day: date) -> Iterator[Problem]:
    for row, unit in catalogue.broken(day):
        role = "主办" if unit == row.lead else "兜底" if unit == row.fallback else "协办"
        text = f"{row_name(catalogue, row)}：{role}单位{catalogue.names.get(unit, unit)}已停用或无人接收"
        yield Problem("closed", text, *row.key)


def _overlaps(session: Session, catalogue: Catalogue, day: date) -> Iterator[Problem]:
    """Rows planned for later count here as well."""
    later = select(CatalogueRow).where(CatalogueRow.effective_to.is_(None) | (CatalogueRow.effective_to >= day))
    rows = [as_row(session, row) for row in session.scalars(later)]
    whole = book_of(session, day, rows, session.scalars(select(Category)))
    for one, other in whole.overlaps(day):
        leads = "、".join(dict.fromkeys(whole.names[row.lead] for row in (one, other)))
        since = max(one.starts, other.starts)
        yield Problem("overlap", f"{row_name(catalogue, one)}：自 {since} 起有两项安排（{leads}）", *one.key)


def row_name(catalogue: Catalogue, row: Row) -> str:
    """A row as people speak of it: "4.2.1 贷款贴息兑付 · 湾东区 · 投诉"."""
    what = f"{number(row.category)} {catalogue.topics[row.category].name}" if row.category else "区域通则"
    place = catalogue.places[row.region].name if row.region else EVERYWHERE
    return " · ".join(filter(None, (what, place, TYPE_NAMES.get(row.appeal_type or ""))))


@dataclass(frozen=True)
class Clue:
    """The same dispatch objected to with success, and where it then went. `row`: what the catalogue still says."""

    category: Category
    region: Region
    unit: Unit
    next_unit: Unit
    count: int
    row: CatalogueRow | None

    @property
    def is_pressing(self) -> bool:
        """Whether the catalogue still sends such tickets to the unit that was right to object, time and again."""
        return self.row is not None and self.count >= MANY

    @property
    def appeal_type(self) -> str | None:
        """The type of appeal that the row is for; None: any."""
        return self.row.appeal_type if self.row else None


def clues(session: Session, actor: Actor, now: datetime) -> list[Clue]:
    """Upheld objections of the last 90 days by category, region, unit and row, the most frequent first.

    Counted are those to tickets this actor may see.
    """
    day = to_local(now).date()
    catalogue = book(session, day)
    rows = {row.id: row for row in rows_on(session, day)}
    counted: Counter[tuple[Any, ...]] = Counter()
    for category_id, region_id, unit_id, next_id, kind, count in session.execute(_upheld(actor, now)):
        category, region = session.get_one(Category, category_id), session.get_one(Region, region_id)
        unit, later = session.get_one(Unit, unit_id), session.get_one(Unit, next_id)
        choice = catalogue.choose(Matter(category.code, region.code, day, kind))
        row = rows.get(choice.row.serial) if choice.row and choice.unit == unit.code else None
        counted[category, region, unit, later, row] += count
    return [
        Clue(category, region, unit, later, count, row)
        for (category, region, unit, later, row), count in counted.most_common()
    ]


def _upheld(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    """An objection is upheld by a redispatch, whose assignment begins at the very time of the ruling."""
    by = (Ticket.category_id, Ticket.region_id, Objection.unit_id, Assignment.unit_id, Ticket.appeal_type)
    query = select(*by, func.count()).select_from(Objection).join(Ticket, Ticket.id == Objection.ticket_id)
    sent = (Assignment.ticket_id == Ticket.id) & (Assignment.at == Objection.ruled_at)
    sent &= Assignment.unit_id != Objection.unit_id
    query = query.join(Assignment, sent & (Assignment.kind == AssignmentKind.LEAD))
    upheld = (Objection.ruling == Ruling.GRANTED, Objection.ruled_at >= now - RECENT, scope(actor))
    return query.where(*upheld).group_by(*by).order_by(*by)
