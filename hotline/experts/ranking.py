"""From stored rows to the ranking's plain values, and back: who of the pool would be asked, in order, and why."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from hotline.clock import to_local
from hotline.directory.models import Category, Region, Unit
from hotline.experts import roster
from hotline.experts.guards import respondents_of
from hotline.experts.models import Expert, ExpertField
from hotline.experts.pool import loads, meeting
from hotline.experts.records import Advice, AdviceKind, AdviceStatus, Invitation
from hotline.ticket.models import AppealType, Ticket
from routing.experts import Candidate, Duty, Presence, Skill, Wanted, rank, refusal

REVIEWED = (AdviceStatus.DONE, AdviceStatus.RETURNED)


@dataclass(frozen=True)
class Place:
    """One expert in the order, with the sentence that says why."""

    expert: Expert
    why: str


def ordered(session: Session, wanted: Wanted, now: datetime, *, lock: bool = False) -> list[Place]:
    """Who is asked, first to last. `lock` holds the pool, so that nobody gets more work than he can take meanwhile."""
    experts = {one.id: one for one in _pool(session, lock)}
    return [Place(experts[one.key], one.why) for one in rank(_candidates(session, experts, now), wanted)]


def _wanted(session: Session, advice: Advice, now: datetime, later: bool) -> list[Wanted]:
    """What a consultation asks for; once for each unit complained of, since one may have changed meanwhile."""
    units, people = respondents_of(advice)
    person = session.scalar(select(Expert.id).where(Expert.account_id.in_(people))) if people else None
    common: dict[str, Any] = {
        "day": to_local(now).date(),
        "categories": category_codes(session, advice.category),
        "regions": region_codes(session, advice.region),
        "language": advice.language,
        "respondent": person,
        "tried": frozenset(one.expert_id for one in advice.invitations),
        "live": advice.kind is AdviceKind.CALL,
        "later": later,
    }
    return [Wanted(**common, respondent_unit=unit) for unit in units or (None,)]


def next_place(session: Session, advice: Advice, now: datetime) -> Place | None:
    """Who is invited next; the pool is held until the transaction ends."""
    return next(iter(places(session, advice, now, lock=True)), None)


def places(session: Session, advice: Advice, now: datetime, *, later: bool = False, lock: bool = False) -> list[Place]:
    """Who may be asked for a consultation (a stored one, or one that is about to be made), first to last."""
    lists = [ordered(session, wanted, now, lock=lock) for wanted in _wanted(session, advice, now, later)]
    allowed = set.intersection(*({place.expert.id for place in found} for found in lists))
    return [place for place in lists[0] if place.expert.id in allowed]


def judged(session: Session, ticket: Ticket, now: datetime) -> tuple[list[Place], list[Place]]:
    """Who may be asked in writing on this ticket, first to last, and who may not, each with the reason."""
    asked = Advice(kind=AdviceKind.TICKET, ticket=None, category=ticket.category, region=ticket.region, language="")
    asked.respondent_unit_id, asked.respondent_account_id = _complained(ticket)
    [wanted] = _wanted(session, asked, now, later=False)
    experts = {one.id: one for one in _pool(session, lock=False)}
    all_ = _candidates(session, experts, now)
    refused = [(one.key, why) for one in all_ if (why := refusal(one, wanted))]
    return (
        [Place(experts[one.key], one.why) for one in rank(all_, wanted)],
        [Place(experts[key], why) for key, why in refused],
    )


def _complained(ticket: Ticket) -> tuple[int | None, int | None]:
    if ticket.appeal_type is AppealType.PRAISE:
        return None, None
    return ticket.respondent_unit_id, ticket.respondent_account_id


def category_codes(session: Session, category: Category | None) -> tuple[str, ...]:
    """The code of a category and of those above it, narrowest first."""
    codes: list[str] = []
    while category is not None:
        codes.append(category.code)
        category = session.get(Category, category.parent_id) if category.parent_id else None
    return tuple(codes)


def region_codes(session: Session, region: Region | None) -> tuple[str, ...]:
    """The code of a region and of those above it, narrowest first."""
    codes: list[str] = []
    while region is not None:
        codes.append(region.code)
        region = session.get(Region, region.parent_id) if region.parent_id else None
    return tuple(codes)


def _pool(session: Session, lock: bool) -> list[Expert]:
    """Everybody, held in one order by all who hold them."""
    query = select(Expert).order_by(Expert.id)
    if lock:
        query = query.with_for_update(of=Expert).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _candidates(session: Session, experts: dict[int, Expert], now: datetime) -> list[Candidate]:
    load, meets, last = loads(session, now), meeting(session, now), _last_invited(session)
    reviewed, adopted = _records(session)
    acting, standing_by = roster.on_duty(session, now)
    supervised = _supervised(session)
    return [
        Candidate(
            key=one.id,
            skills=tuple(_skill(field) for field in one.fields),
            avoids=_avoids(one, supervised),
            languages=frozenset(one.languages),
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            presence=Presence[one.presence.name],
            duty=Duty.ON if one.id in acting else Duty.SUBSTITUTE if one.id in standing_by else Duty.OFF,
            load=load[one.id],
            max_parallel=one.max_parallel,
            meets=one.id in meets,
            reviewed=reviewed[one.id],
            adopted=adopted[one.id],
            last_invited_at=last.get(one.id),
        )
        for one in experts.values()
        if one.account.is_active
    ]


def _avoids(expert: Expert, supervised: Mapping[int, set[int]]) -> frozenset[int]:
    """回避: the account's unit, the recommending one and all above them, but for those they are there to supervise."""
    units = (expert.account.unit, expert.unit)
    return frozenset().union(*(unit.chain_ids - supervised.get(unit.id, set()) for unit in units))


def _supervised(session: Session) -> dict[int, set[int]]:
    """Unit id → the units it supervises."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    query = select(Unit.supervising_unit_id, Unit.id).where(Unit.supervising_unit_id.is_not(None))
    for supervisor, unit in session.execute(query):
        found[supervisor or 0].add(unit)
    return found


def _skill(field: ExpertField) -> Skill:
    return Skill(field.category.code, field.level, field.region.code if field.region else None, field.category.name)


def _last_invited(session: Session) -> dict[int, datetime]:
    query = select(Invitation.expert_id, func.max(Invitation.at)).group_by(Invitation.expert_id)
    return dict(session.execute(query).all())


def _records(session: Session) -> tuple[Counter[int], Counter[int]]:
    """Expert id → answers reviewed, and of these passed without being returned."""
    passed = case((Advice.was_returned, 0), else_=1)
    query = select(Advice.expert_id, func.count(), func.sum(passed)).where(Advice.status.in_(REVIEWED))
    rows = session.execute(query.where(Advice.expert_id.is_not(None)).group_by(Advice.expert_id)).all()
    return Counter({key: count for key, count, _ in rows}), Counter({key: int(good) for key, _, good in rows})
