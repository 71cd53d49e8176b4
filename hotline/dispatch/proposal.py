"""Which unit should get a ticket, why, how busy it is, and by when it would have to answer. A person decides."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.models import Category, CategoryOwner, Region, RegionKind, Unit, UnitKind
from hotline.directory.queries import effective, owner_of
from hotline.directory.time import default_profile, rules_of, working_calendar
from hotline.ticket.listing import condition_of
from hotline.ticket.models import OPEN, AppealType, Objection, Ticket, TicketStatus, Urgency
from hotline.ticket.queries import scope, visible
from routing.deadlines import due, sentence
from routing.profiles import ClockName

RECENT = timedelta(days=90)
MAX_OTHERS = 4
MERGEABLE = frozenset(OPEN) - {TicketStatus.MERGED, TicketStatus.UNDER_REVIEW, TicketStatus.AWAITING_CALLBACK}


@dataclass(frozen=True)
class Proposal:
    """The unit to lead (None: a person must judge), the units to support, why, and other units to consider."""

    unit: Unit | None
    reason: str
    support: list[Unit] = field(default_factory=list)
    others: list[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class Load:
    """What a unit has at hand: open tickets, those out of time, and its objections of the last 90 days."""

    open: int = 0
    overdue: int = 0
    objections: int = 0


@dataclass(frozen=True)
class Deadline:
    """When an answer would be due if it were dispatched now, and the sentence that explains it."""

    due_at: datetime
    limit: str
    sentence: str


def propose(
    session: Session, actor: Actor, now: datetime, category: Category, region: Region, respondent: Unit | None = None
) -> Proposal:
    """The catalogue's owner in this region, the zone's own unit, or, where that one is complained of, its supervisor.

    The reason tells how often that unit closed such tickets lately; those counted are the ones this actor may see.
    """
    day = to_local(now).date()
    owner = owner_of(session, category.id, region.id, day)
    lead, why = _lead(session, owner, category, region, now)
    closed = _closed_by(session, actor, now, category, region)
    others = [*([owner.unit_id] if owner else []), *closed]
    if lead is not None and _is_concerned(lead, respondent):
        others.insert(0, lead.id)
        lead, why = _supervisor(session, respondent, lead)
    if lead is not None and closed:
        why += f"；近 90 天同类 {closed.get(lead.id, 0)}/{sum(closed.values())} 件由其办结"
    support = _units(session, owner.support_unit_ids if owner else [])
    return Proposal(
        unit=lead,
        reason=why,
        support=[unit for unit in support if unit != lead and not _is_concerned(unit, respondent)],
        others=[unit for unit in _units(session, others) if unit != lead and not _is_concerned(unit, respondent)][
            :MAX_OTHERS
        ],
    )


def _lead(
    session: Session, owner: CategoryOwner | None, category: Category, region: Region, now: datetime
) -> tuple[Unit | None, str]:
    named = f"派单目录 {category.code} · {region.name}："
    if (owner is None or owner.region_id is None) and region.kind is RegionKind.ZONE:
        day = to_local(now).date()
        own = select(Unit).where(Unit.kind == UnitKind.ZONE, Unit.region_id == region.id, effective(Unit, day))
        if zone := session.scalar(own.limit(1)):
            return zone, f"{named}目录未单列，功能区事项由{zone.name}主办"
    if owner is None:
        return None, f"{named}没有登记承办单位，请派单员判断"
    unit = session.get_one(Unit, owner.unit_id)
    return unit, f"{named}由{unit.name}主办"


def _supervisor(session: Session, respondent: Unit | None, lead: Unit) -> tuple[Unit | None, str]:
    """回避: the complained-of unit's supervisor takes its place."""
    above = session.get(Unit, respondent.supervising_unit_id) if respondent and respondent.supervising_unit_id else None
    if above is None:
        return None, f"{lead.name}应当回避，且没有登记监督单位，请派单员判断"
    return above, f"{lead.name}是被反映单位或其下级，应当回避，由监督单位{above.name}主办"


def _is_concerned(unit: Unit, respondent: Unit | None) -> bool:
    return respondent is not None and respondent.is_above(unit)


def _closed_by(session: Session, actor: Actor, now: datetime, category: Category, region: Region) -> dict[int, int]:
    """Unit → how many such tickets it closed lately, the most first."""
    alike = (Ticket.category_id == category.id, Ticket.region_id == region.id, Ticket.status == TicketStatus.CLOSED)
    query = select(Unit.id, func.count()).join(Ticket, Ticket.lead_unit_id == Unit.id).where(scope(actor), *alike)
    query = query.where(Ticket.closed_at >= now - RECENT).group_by(Unit.id).order_by(func.count().desc(), Unit.id)
    return dict(session.execute(query).all())


def _units(session: Session, ids: Collection[int]) -> list[Unit]:
    return [session.get_one(Unit, unit_id) for unit_id in dict.fromkeys(ids)]


def loads(session: Session, actor: Actor, now: datetime, units: Collection[Unit]) -> dict[int, Load]:
    """Unit id → what it has at hand, of the tickets this actor may see."""
    ids = [unit.id for unit in units]
    mine = (scope(actor), Ticket.lead_unit_id.in_(ids), Ticket.status.in_(OPEN))
    counted = select(Ticket.lead_unit_id, func.count()).where(*mine).group_by(Ticket.lead_unit_id)
    still_open = dict(session.execute(counted).all())
    overdue = dict(session.execute(counted.where(condition_of("overdue", actor, now))).all())
    objected = select(Objection.unit_id, func.count()).join(Ticket, Ticket.id == Objection.ticket_id)
    objected = objected.where(scope(actor), Objection.unit_id.in_(ids), Objection.at >= now - RECENT)
    objections = dict(session.execute(objected.group_by(Objection.unit_id)).all())
    return {i: Load(still_open.get(i, 0), overdue.get(i, 0), objections.get(i, 0)) for i in ids}


def deadline(session: Session, now: datetime, appeal_type: AppealType, urgency: Urgency) -> Deadline | None:
    """The total clock of such a ticket if it were dispatched at `now`, by the default profile; None: it has none."""
    rules, calendar = rules_of(default_profile(session)), working_calendar(session)
    limit = rules.limit(ClockName.TOTAL, appeal_type, urgency)
    if limit is None:
        return None
    at = due(calendar, now, limit, day_ends=rules.day_ends).at
    return Deadline(at, limit.label, sentence(calendar, now, limit, at, day_ends=rules.day_ends))


def mergeable(session: Session, actor: Actor, now: datetime, ticket: Ticket) -> list[Ticket]:
    """Open, unanswered tickets of the same caller that this one may repeat, the newest first."""
    ways = []
    if ticket.enterprise_id is not None:
        ways.append(Ticket.enterprise_id == ticket.enterprise_id)
    if ticket.phone_lookup is not None:
        ways.append(Ticket.phone_lookup == ticket.phone_lookup)
    alike = visible(actor).where(or_(false(), *ways), Ticket.id != ticket.id, Ticket.status.in_(MERGEABLE))
    recent = alike.where(Ticket.created_at >= now - RECENT).order_by(Ticket.id.desc())
    return list(session.scalars(recent.limit(MAX_OTHERS)))
