"""Which tickets an actor may see: `visible(actor)` is the only way to select tickets."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.errors import NotFound
from hotline.ticket.models import (
    AppealType,
    Assignment,
    Consultation,
    TaskForce,
    TaskForceMember,
    Ticket,
    TicketStatus,
)
from hotline.ticket.numbering import is_number

TIP_OFF_READERS = frozenset({Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK, Role.SUPERVISOR, Role.AUDITOR})


def visible(actor: Actor) -> Select[Ticket]:
    """The tickets this actor may see."""
    return select(Ticket).where(scope(actor))


@lru_cache(maxsize=512)
def scope(actor: Actor) -> ColumnElement[bool]:
    """The condition behind `visible`, for counts and joins over `Ticket`."""
    if Role.SYSTEM in actor.roles:
        return true()
    if Role.ENTERPRISE in actor.roles:
        return Ticket.id == actor.ticket_id
    ways = [_at_desk(actor), _at_unit(actor), _as_expert(actor), _in_task_force(actor)]
    return and_(or_(*ways), impartial(actor))


def _at_desk(actor: Actor) -> ColumnElement[bool]:
    if not actor.is_hotline and Role.AUDITOR not in actor.roles:
        return false()
    if actor.roles & TIP_OFF_READERS:
        return true()
    mine = or_(Ticket.created_by_id == actor.account_id, Ticket.follower_id == actor.account_id)
    return or_(Ticket.appeal_type != AppealType.TIP_OFF, mine)


def _at_unit(actor: Actor) -> ColumnElement[bool]:
    """Tickets assigned to the own unit or to oneself by name; a leader's also to units below.

    Named is who answers for a unit that has nobody of its own. A tip-off: leader and named handler only.
    """
    if not actor.is_unit or actor.unit_id is None:
        return false()
    leads = Role.UNIT_LEADER in actor.roles
    units = sorted(actor.unit_ids) if leads else [actor.unit_id]
    assigned = exists().where(
        Assignment.ticket_id == Ticket.id,
        or_(Assignment.unit_id.in_(units), Assignment.handler_id == actor.account_id),
        Assignment.ended_at.is_(None),
    )
    if leads:
        return assigned
    return and_(assigned, or_(Ticket.appeal_type != AppealType.TIP_OFF, Ticket.handler_id == actor.account_id))


def _as_expert(actor: Actor) -> ColumnElement[bool]:
    if Role.EXPERT not in actor.roles:
        return false()
    return exists().where(
        Consultation.ticket_id == Ticket.id,
        Consultation.expert_id == actor.account_id,
        Consultation.is_declined.is_(False),
        Consultation.withdrawn_at.is_(None),
        Ticket.appeal_type != AppealType.TIP_OFF,
    )


def _in_task_force(actor: Actor) -> ColumnElement[bool]:
    """Tickets on which one sits in the task force, by name or by one's unit, until it ends.

    A tip-off: those named, and leaders of a member unit.
    """
    ways = [TaskForceMember.account_id == actor.account_id]
    if actor.is_unit and actor.unit_id is not None:
        unit = TaskForceMember.unit_id == actor.unit_id
        open_to_all = Role.UNIT_LEADER in actor.roles
        ways.append(unit if open_to_all else and_(unit, Ticket.appeal_type != AppealType.TIP_OFF))
    return exists().where(
        TaskForceMember.ticket_id == Ticket.id,
        TaskForceMember.left_at.is_(None),
        TaskForce.id == TaskForceMember.task_force_id,
        TaskForce.ended_at.is_(None),
        or_(*ways),
    )


_CHILD = aliased(Ticket)


def impartial(actor: Actor) -> ColumnElement[bool]:
    """回避: never an appeal about oneself, one's unit or a unit above it, nor one into which such a one is merged."""
    answered_with_it = select(_CHILD.merged_into_id).where(
        _CHILD.status == TicketStatus.MERGED, _concerns(_CHILD, actor)
    )
    return and_(~_concerns(Ticket, actor), Ticket.id.not_in(answered_with_it))


def _concerns(ticket: type[Ticket], actor: Actor) -> ColumnElement[bool]:
    """`guards.is_conflicted` of one ticket as a condition, never NULL. Praise concerns nobody."""
    me = and_(ticket.respondent_account_id.is_not(None), ticket.respondent_account_id == actor.account_id)
    us = and_(ticket.respondent_unit_id.is_not(None), ticket.respondent_unit_id.in_(sorted(actor.avoids)))
    return and_(ticket.appeal_type != AppealType.PRAISE, or_(me, us))


def get(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """One ticket by its number; `lock` takes its row for a change. Raises NotFound when not there for this actor."""
    ticket = session.scalar(_by_number(actor, lock), {"number": number if is_number(number) else ""})
    if ticket is None:
        raise NotFound("没有找到这件工单，或您无权查看", code="ticket_not_found")
    return ticket


@lru_cache(maxsize=512)
def _by_number(actor: Actor, lock: bool) -> Select[Ticket]:
    """Built once for whoever works now: it stands at the beginning of every action."""
    query = visible(actor).where(Ticket.no == bindparam("number"))
    return query.with_for_update(of=Ticket).execution_options(populate_existing=True) if lock else query


def hanging(session: Session, model: type[Any], ticket: Ticket) -> list[Any]:
    """The rows of one kind that hang on a ticket the caller already may see, oldest first."""
    return list(session.scalars(select(model).filter_by(ticket_id=ticket.id).order_by(model.id)))
