"""Which unit should get a ticket, why, and by when it would have to answer. A person decides."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.models import Category, Region, Unit
from hotline.directory.time import default_profile, rules_of, working_calendar
from hotline.ticket.catalogue import book, is_concerned, named_units, target
from hotline.ticket.models import OPEN, AppealType, Ticket, TicketStatus, Urgency
from hotline.ticket.queries import scope, visible
from hotline.ticket.similar import SimilarTickets, caller_keys
from routing.catalogue import Choice, Matter
from routing.deadlines import due, sentence
from routing.profiles import ClockName

RECENT = timedelta(days=90)
MAX_OTHERS = 4
MERGEABLE = frozenset(OPEN) - {TicketStatus.MERGED, TicketStatus.UNDER_REVIEW, TicketStatus.AWAITING_CALLBACK}


@dataclass(frozen=True)
class Proposal:
    """The unit to lead (None: a person must judge), the units to support, why, and other units to consider.

    `choice` is what the catalogue itself says, before 回避.
    """

    unit: Unit | None
    reason: str
    choice: Choice
    support: list[Unit] = field(default_factory=list)
    others: list[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class Deadline:
    """When an answer would be due if it were dispatched now, and the sentence that explains it."""

    due_at: datetime
    limit: str
    sentence: str


def propose(
    session: Session,
    actor: Actor,
    now: datetime,
    category: Category,
    region: Region,
    respondent: Unit | None = None,
    appeal_type: AppealType | None = None,
    on: date | None = None,
) -> Proposal:
    """Whom the catalogue names for this, or, where that one is complained of, its supervisor.

    The reason tells how often that unit closed such tickets lately; those counted are the ones this actor may see.
    `on`: the day whose catalogue counts, today unless told.
    """
    day = on or to_local(now).date()
    catalogue, matter = book(session, day, category), Matter(category.code, region.code, day, appeal_type)
    units = named_units(session, catalogue)
    found = target(session, catalogue, units, matter, respondent)
    closed, why = _closed_by(session, actor, now, category, region), found.reason
    if found.unit is not None and closed:
        why += f"；近 90 天同类 {closed.get(found.unit.id, 0)}/{sum(closed.values())} 件由其办结"
    others = dict.fromkeys(
        [*(units[code] for code in _named(found.choice) if code not in catalogue.closed), *_units(session, closed)]
    )
    fit = [unit for unit in others if unit != found.unit and not is_concerned(unit, respondent)]
    support = [units[code] for code in found.choice.support if code not in catalogue.closed]
    return Proposal(
        unit=found.unit,
        reason=why,
        choice=found.choice,
        support=[unit for unit in support if unit != found.unit and not is_concerned(unit, respondent)],
        others=fit[:MAX_OTHERS],
    )


def _named(choice: Choice) -> list[str]:
    """Who else the rows name: those that lead first, then those that stand behind them (兜底)."""
    leads, fallbacks = [row.lead for row in choice.rows], [row.fallback for row in choice.rows if row.fallback]
    return [*leads, *fallbacks]


def _closed_by(session: Session, actor: Actor, now: datetime, category: Category, region: Region) -> dict[int, int]:
    """Unit → how many such tickets it closed lately, the most first."""
    alike = (Ticket.category_id == category.id, Ticket.region_id == region.id, Ticket.status == TicketStatus.CLOSED)
    query = select(Unit.id, func.count()).join(Ticket, Ticket.lead_unit_id == Unit.id).where(scope(actor), *alike)
    query = query.where(Ticket.closed_at >= now - RECENT).group_by(Unit.id).order_by(func.count().desc(), Unit.id)
    return dict(session.execute(query).all())


def _units(session: Session, ids: Collection[int]) -> list[Unit]:
    return [session.get_one(Unit, unit_id) for unit_id in dict.fromkeys(ids)]


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


def repeated(session: Session, actor: Actor, now: datetime, ticket: Ticket, similar: SimilarTickets) -> list[Ticket]:
    """Open, unanswered tickets that this one may repeat: the same caller's first, then those of like text."""
    keys = caller_keys(ticket.phone_lookup, ticket.enterprise_id)
    alike = similar.find(session, actor, now, f"{ticket.title}\n{ticket.body}", keys=keys, but=ticket.id)
    masters = [one.ticket for one in alike if _may_take(one.ticket, now)]
    return list(dict.fromkeys([*mergeable(session, actor, now, ticket), *masters]))


def _may_take(master: Ticket, now: datetime) -> bool:
    return master.status in MERGEABLE and master.created_at >= now - RECENT
