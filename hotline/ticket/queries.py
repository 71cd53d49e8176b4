"""Which tickets an actor may see: `visible(actor)` is the only way to select tickets."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.errors import NotFound
from hotline.ticket.models import AppealType, Assignment, Consultation, TaskForce, TaskForceMember, Ticket
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
    return and_(or_(*ways), _impartial(actor))


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


def _impartial(actor: Actor) -> ColumnElement[bool]:
    """回避: never an appeal about oneself, one's unit or a unit above it, but for praise."""
    about_me = Ticket.respondent_account_id == actor.account_id
    about_us = Ticket.respondent_unit_id.in_(sorted(actor.avoids))
    not_me = or_(Ticket.respondent_account_id.is_(None), ~about_me)
    not_us = or_(Ticket.respondent_unit_id.is_(None), ~about_us)
    return or_(Ticket.appeal_type == AppealType.PRAISE, and_(not_me, not_us))


def get(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """One ticket by its number; `lock` takes its row for a change. Raises NotFound when not there for this actor."""
    query = visible(actor).where(Ticket.no == (number if is_number(number) else ""))
    if lock:
        query = query.with_for_update(of=Ticket).execution_options(populate_existing=True)
    ticket = session.scalar(query)
    if ticket is None:
        raise NotFound("没有找到这件工单，或您无权查看", code="ticket_not_found")
    return ticket


def hanging(session: Session, model: type[Any], ticket: Ticket) -> list[Any]:
    """The rows of one kind that hang on a ticket the caller already may see, oldest first."""
    return list(session.scalars(select(model).filter_by(ticket_id=ticket.id).order_by(model.id)))
