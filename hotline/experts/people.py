"""Who answers for a consultation at each moment, whom its rungs reach, and which unit's duty officer steps in."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import actor_of
from hotline.accounts.models import Account, Post, Role
from hotline.accounts.queries import holders, responsible_for, with_role
from hotline.clock import to_local
from hotline.directory.models import Category, Region, RegionKind, Unit
from hotline.errors import Invalid
from hotline.experts.guards import facts_of, impartial
from hotline.experts.records import Advice, AdviceStatus
from hotline.ticket.catalogue import book, named_units, target
from routing.catalogue import Matter

POSTS = {
    "liaison": (Post.LIAISON, Post.DEPUTY),
    "deputy": (Post.DEPUTY, Post.LIAISON),
    "unit_leader": (Post.LEADER, Post.CHIEF),
    "unit_chief": (Post.CHIEF, Post.LEADER),
}


def unit_for(
    session: Session,
    category: Category | None,
    region: Region | None,
    respondent: Unit | None,
    home: int,
    now: datetime,
) -> Unit:
    """The unit that answers for the matter: by the catalogue, of a complained-of one its supervisor, else the hotline
    (`home`)."""
    unit = _leading(session, category, region, respondent, now) or session.get_one(Unit, home)
    if respondent is None or not respondent.is_above(unit):
        return unit
    return session.get_one(Unit, respondent.supervising_unit_id or home)


def _leading(
    session: Session, category: Category | None, region: Region | None, respondent: Unit | None, now: datetime
) -> Unit | None:
    """Whom the catalogue leads to, whatever the type of the appeal; without a region as for the whole city."""
    place = region or session.scalar(select(Region).filter_by(kind=RegionKind.CITY).order_by(Region.id).limit(1))
    if category is None or place is None:
        return None
    day = to_local(now).date()
    catalogue = book(session, day, category)
    matter = Matter(category.code, place.code, day)
    return target(session, catalogue, named_units(session, catalogue), matter, respondent).unit


def officer_for(session: Session, advice: Advice, now: datetime) -> Account | None:
    """值班人员: who answers for the unit and has no part in the complaint; else a supervisor of the hotline."""

    def may(account: Account) -> bool:
        return is_impartial(session, advice, account, now)

    try:
        return responsible_for(session, advice.unit, to_local(now).date(), may)
    except Invalid:
        return next(filter(may, with_role(session, Role.SUPERVISOR)), None)


def account_of(advice: Advice) -> Account | None:
    """The account of the expert who took it, if one did."""
    return advice.expert.account if advice.expert else None


def account_id_of(advice: Advice) -> int | None:
    """Its id."""
    return advice.expert.account_id if advice.expert else None


def is_impartial(session: Session, advice: Advice, account: Account, now: datetime) -> bool:
    """Whether this person may have to do with the consultation (回避)."""
    return impartial(facts_of(advice, now), actor_of(session, account)) is None


def owing(session: Session, advice: Advice, now: datetime) -> list[Account]:
    """Who answers for what the consultation waits for now; never nobody while the hotline has a supervisor."""
    found = [one for one in _first(session, advice, now) if one and _may_act(session, advice, one, now)]
    return found or _instead(session, advice, now) or with_role(session, Role.SUPERVISOR)


def _may_act(session: Session, advice: Advice, account: Account, now: datetime) -> bool:
    return account.is_active and is_impartial(session, advice, account, now)


def _instead(session: Session, advice: Advice, now: datetime) -> list[Account]:
    """The unit's leaders, for the expert who has gone or must keep out of it."""
    return reviewers(session, advice, now) if advice.status in (AdviceStatus.CONFIRMED, AdviceStatus.RETURNED) else []


def _first(session: Session, advice: Advice, now: datetime) -> Iterable[Account | None]:
    if advice.invitation:
        return (advice.invitation.expert.account,)
    if advice.status is AdviceStatus.ON_DUTY_OFFICER:
        return (advice.officer,)
    if advice.status is AdviceStatus.UNDER_REVIEW:
        return reviewers(session, advice, now)
    return (account_of(advice) or advice.officer,)


def reviewers(session: Session, advice: Advice, now: datetime) -> list[Account]:
    """The leaders of the unit whose word the answer is, nearest first; the hotline's reviewers where it has none."""
    unit = advice.answered_for or advice.unit
    taken = {advice.expert.account_id if advice.expert else None, advice.officer_id}
    leaders = [one for one in with_role(session, Role.UNIT_LEADER) if one.id not in taken]
    for unit_id in reversed(unit.chain):
        near = [one for one in leaders if one.unit_id == unit_id and is_impartial(session, advice, one, now)]
        if near:
            return near
    return [one for one in with_role(session, Role.REVIEWER) if is_impartial(session, advice, one, now)]


def reached(session: Session, advice: Advice, whom: Iterable[str], now: datetime) -> list[Account]:
    """The accounts behind a rung's words, each once, without those complained of."""
    found = [account for word in whom for account in _behind(session, advice, word, now)]
    impartial_ = [one for one in found if is_impartial(session, advice, one, now)]
    return list({one.id: one for one in impartial_ or with_role(session, Role.SUPERVISOR)}.values())


def _behind(session: Session, advice: Advice, word: str, now: datetime) -> list[Account]:
    if word == "handler":
        return owing(session, advice, now)
    if word == "supervisor":
        return with_role(session, Role.SUPERVISOR)
    unit = advice.expert.unit if advice.expert else advice.unit
    return holders(session, unit.chain, POSTS[word], to_local(now).date())[:1]
