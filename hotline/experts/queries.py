"""Which consultations an actor may see: `visible(actor)` is the only way to select them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.database import ROW_IDS
from hotline.errors import NotFound
from hotline.experts.guards import facts_of
from hotline.experts.lifecycle import TABLE
from hotline.experts.models import Expert
from hotline.experts.records import (
    ENDS,
    Advice,
    AdviceEvent,
    AdviceKind,
    AdviceReader,
    AdviceStatus,
    Invitation,
    Response,
)
from hotline.ticket.models import AppealType, Ticket
from hotline.workflow import Transition, available

WATCHERS = frozenset({Role.TEAM_LEADER, Role.SUPERVISOR, Role.REVIEWER, Role.AUDITOR, Role.DISPATCHER})
OFFERED = (Response.PENDING, Response.ACCEPTED)


def visible(actor: Actor) -> Select[Advice]:
    """The consultations this actor may see."""
    if Role.ENTERPRISE in actor.roles:
        own = and_(Advice.ticket_id == actor.ticket_id, Advice.kind == AdviceKind.APPOINTMENT)
        return select(Advice).where(own if actor.ticket_id else false())
    return select(Advice).where(or_(*_ways(actor)), _impartial(actor))


def _ways(actor: Actor) -> list[ColumnElement[bool]]:
    ways = [Advice.by_id == actor.account_id, Advice.officer_id == actor.account_id]
    told = exists().where(AdviceReader.advice_id == Advice.id, AdviceReader.account_id == actor.account_id)
    ways.append(and_(told, Advice.status.not_in(ENDS), _not_tip_off(actor)))
    if actor.roles & WATCHERS:
        ways.append(_not_tip_off(actor))
    if Role.AGENT in actor.roles:
        ways.append(and_(Advice.kind == AdviceKind.APPOINTMENT, _not_tip_off(actor)))
    if Role.EXPERT in actor.roles:
        ways += [_as_expert(actor), _as_stand_in(Advice.answered_for_id == actor.unit_id, AdviceStatus.RETURNED)]
    if Role.UNIT_LEADER in actor.roles:
        ours = select(Expert.id).where(Expert.unit_id.in_(sorted(actor.unit_ids)))
        ways += [Advice.answered_for_id.in_(sorted(actor.unit_ids)), _as_stand_in(Advice.expert_id.in_(ours))]
    return ways


def _as_stand_in(ours: ColumnElement[bool], *statuses: AdviceStatus) -> ColumnElement[bool]:
    """What another voice of the unit may end or amend when its own expert cannot."""
    return and_(ours, Advice.status.in_(statuses or (AdviceStatus.CONFIRMED, AdviceStatus.RETURNED)))


def _as_expert(actor: Actor) -> ColumnElement[bool]:
    """What was offered to him and not given to somebody else, and what he took."""
    mine = select(Expert.id).filter_by(account_id=actor.account_id).scalar_subquery()
    offered = exists().where(
        Invitation.advice_id == Advice.id, Invitation.expert_id == mine, Invitation.response.in_(OFFERED)
    )
    return or_(Advice.expert_id == mine, offered)


def _not_tip_off(actor: Actor) -> ColumnElement[bool]:
    ticket = aliased(Ticket)
    tip_off = exists().where(ticket.id == Advice.ticket_id, ticket.appeal_type == AppealType.TIP_OFF)
    return ~tip_off


def _impartial(actor: Actor) -> ColumnElement[bool]:
    """回避: neither by what was complained of when the expert was asked for, nor by the ticket as it stands today."""
    avoids, ticket = sorted(actor.avoids), aliased(Ticket)
    not_us = or_(Advice.respondent_unit_id.is_(None), Advice.respondent_unit_id.not_in(avoids))
    not_me = or_(Advice.respondent_account_id.is_(None), Advice.respondent_account_id != actor.account_id)
    today = exists().where(
        ticket.id == Advice.ticket_id,
        ticket.appeal_type != AppealType.PRAISE,
        or_(ticket.respondent_unit_id.in_(avoids), ticket.respondent_account_id == actor.account_id),
    )
    return and_(not_us, not_me, ~today)


def get_advice(session: Session, actor: Actor, advice_id: int, *, lock: bool = False) -> Advice:
    """One consultation; `lock` takes its row for a change. Raises NotFound when not there for this actor."""
    query = visible(actor).where(Advice.id == (advice_id if advice_id in ROW_IDS else 0))
    if lock:
        query = query.with_for_update(of=Advice)
    advice = session.scalar(query.execution_options(populate_existing=True))
    if advice is None:
        raise NotFound("没有找到这次咨询，或您无权查看", code="advice_not_found")
    return advice


def actions_on(advice: Advice, actor: Actor, now: datetime) -> list[Transition]:
    """The rows this actor may take now, one for each action. Who would be next does not matter for a button."""
    rows = available(TABLE, facts_of(advice, now), actor)
    return list({row.action: row for row in reversed(rows)}.values())[::-1]


def of_draft(session: Session, account_id: int, draft_key: str) -> Advice | None:
    """The newest consultation of an agent's draft."""
    mine = select(Advice).filter_by(by_id=account_id, draft_key=draft_key).order_by(Advice.id.desc()).limit(1)
    return session.scalar(mine.execution_options(populate_existing=True))


def call_of_ticket(session: Session, actor: Actor, ticket_id: int) -> Advice | None:
    """The newest call for an expert on this ticket that the actor may see."""
    calls = visible(actor).where(Advice.ticket_id == ticket_id, Advice.kind == AdviceKind.CALL)
    newest = calls.order_by(Advice.id.desc()).limit(1)
    return session.scalar(newest.execution_options(populate_existing=True))


def waiting(session: Session, actor: Actor, statuses: Collection[AdviceStatus] | None = None) -> list[Advice]:
    """What has not ended, oldest first; `statuses` picks some."""
    query = visible(actor).order_by(Advice.at, Advice.id)
    chosen = Advice.status.in_(statuses) if statuses else Advice.status.not_in(ENDS)
    return list(session.scalars(query.where(chosen)))


def ended(session: Session, actor: Actor, limit: int = 30) -> list[Advice]:
    """The newest of those that have ended."""
    query = visible(actor).where(Advice.status.in_(ENDS)).order_by(Advice.id.desc())
    return list(session.scalars(query.limit(limit)))


def owed_by(session: Session, actor: Actor, now: datetime) -> list[Advice]:
    """What waits for this very actor: an invitation, a call, a booking, an answer, a review."""
    return [one for one in waiting(session, actor) if actions_on(one, actor, now)]


def events(session: Session, advice: Advice) -> list[AdviceEvent]:
    """Everything that happened to it, oldest first."""
    return list(session.scalars(select(AdviceEvent).filter_by(advice_id=advice.id).order_by(AdviceEvent.id)))
