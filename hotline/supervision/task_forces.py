"""专班: raised by a supervisor on a hard ticket, followed by one named person to its result.

Its members read the ticket; what it decides binds: the ticket is answered when every decision is carried out.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.messages.sending import tell_staff
from hotline.supervision.operations import hotline_account
from hotline.ticket.clocks import DECISION, start_decision
from hotline.ticket.ledger import entries
from hotline.ticket.models import Decision, TaskForce, TaskForceMember, Ticket
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import check_impartial, check_person, receiving_unit

LONGEST = timedelta(days=180)
"""A decision that is due later than this is a typing error."""


def raise_task_force(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """成立专班: members, and the named follower, who stays with the ticket until the task force ends."""
    follower = hotline_account(ticket, data["follower_login"])
    members = _members(ticket, data, now)
    if not members:
        raise Invalid("专班至少要有一个成员单位或成员", code="no_members", field="unit_codes")
    apply(ticket, "raise_task_force", actor, now, data, task_force_since=now, follower_id=follower.id)
    session, made = session_of(ticket), {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now}
    force = TaskForce(**made, name=data["name"], goal=data["text"], follower_id=follower.id)
    session.add(force)
    session.flush()
    session.add_all(TaskForceMember(**made, task_force_id=force.id, **member) for member in members)


def join_task_force(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """增加专班成员: units or persons; who is in it already is not counted twice."""
    members = _members(ticket, data, now)
    apply(ticket, "join_task_force", actor, now, data)
    session, force = session_of(ticket), task_force_of(ticket)
    known = {(member.unit_id, member.account_id) for member in members_of(ticket)}
    new = [one for one in members if (one.get("unit_id"), one.get("account_id")) not in known]
    if not new:
        raise Invalid("请选择尚未在专班中的单位或人员", code="no_members", field="unit_codes")
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now, "task_force_id": force.id}
    session.add_all(TaskForceMember(**made, **member) for member in new)


def leave_task_force(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """移出专班成员: who leaves no longer sees the ticket by it. Raises Invalid for the last one."""
    inside = members_of(ticket)
    leaving = next((member for member in inside if member.id == data["member"]), None)
    if leaving is None:
        raise Invalid("没有这个专班成员，请刷新后重选", code="unknown_member", field="member")
    if len(inside) == 1:
        raise Invalid("专班至少要保留一个成员；不再需要时请结束专班", code="no_members", field="member")
    apply(ticket, "leave_task_force", actor, now, data)
    leaving.left_at = now


def decide(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """专班决定: one unit has to carry it out by a time of its own, and becomes a member if it was none."""
    _check_due(data["due_at"], now)
    unit, account = receiving_unit(ticket, data["unit_code"], now)
    apply(ticket, "decide", actor, now, data)
    session, force = session_of(ticket), task_force_of(ticket)
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now, "task_force_id": force.id}
    decision = Decision(**made, unit_id=unit.id, handler_id=account.id, text=data["text"])
    session.add(decision)
    session.flush()
    start_decision(session, ticket, decision, data["due_at"], now)
    inside = members_of(ticket)
    if unit.id not in {member.unit_id for member in inside}:
        session.add(TaskForceMember(**made, unit_id=unit.id))
    if account.unit_id != unit.id and account.id not in {member.account_id for member in inside}:
        session.add(TaskForceMember(**made, account_id=account.id))  # it answers for a unit that has nobody


def _check_due(due_at: datetime | None, now: datetime) -> None:
    if due_at is not None and not now < due_at <= now + LONGEST:
        day = to_local(now + LONGEST)
        raise Invalid(f"完成时限须晚于现在、不晚于 {day:%Y-%m-%d}", code="bad_due_time", field="due_at")


def fulfil(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """落实专班决定: by the unit it binds; its clock stops. Raises Invalid for another unit's."""
    decision = _open_decision(ticket, data["decision"])
    if actor.unit_id != decision.unit_id and actor.account_id != decision.handler_id:
        raise Invalid("这项决定由其他单位落实", code="not_yours", field="decision")
    apply(ticket, "fulfil", actor, now, data)
    decision.done_at, decision.done_text = now, data["text"]
    _stop(ticket, decision, now)


def drop_decision(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """撤销专班决定."""
    decision = _open_decision(ticket, data["decision"])
    apply(ticket, "drop_decision", actor, now, data)
    decision.dropped_at = now
    _stop(ticket, decision, now)


def end_task_force(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """专班结束, with its result; its members no longer see the ticket by it, and are told while they still do."""
    force, session = task_force_of(ticket), session_of(ticket)
    apply(ticket, "end_task_force", actor, now, data, task_force_since=None)
    tell_staff(session, ticket, entries(session, ticket)[-1], now)
    force.ended_at, force.result = now, data["text"]
    for decision in open_decisions(ticket):  # of a ticket that has ended: nothing is owed any more
        decision.dropped_at = now


def task_force_of(ticket: Ticket) -> TaskForce:
    """The task force that stands now."""
    return session_of(ticket).scalars(select(TaskForce).filter_by(ticket_id=ticket.id, ended_at=None)).one()


def members_of(ticket: Ticket) -> list[TaskForceMember]:
    """Who sits in the task force that stands now, in the order they joined."""
    inside = (
        select(TaskForceMember)
        .filter_by(ticket_id=ticket.id, left_at=None)
        .join(TaskForce, TaskForce.id == TaskForceMember.task_force_id)
    )
    return list(session_of(ticket).scalars(inside.where(TaskForce.ended_at.is_(None)).order_by(TaskForceMember.id)))


def open_decisions(ticket: Ticket) -> list[Decision]:
    """What is still to be carried out, oldest first."""
    owed = select(Decision).filter_by(ticket_id=ticket.id, done_at=None, dropped_at=None).order_by(Decision.id)
    return list(session_of(ticket).scalars(owed))


def _open_decision(ticket: Ticket, number: int) -> Decision:
    found = next((one for one in open_decisions(ticket) if one.id == number), None)
    if found is None:
        raise Invalid("没有这项待落实的决定，请刷新后重选", code="unknown_decision", field="decision")
    return found


def _stop(ticket: Ticket, decision: Decision, now: datetime) -> None:
    deadlines.stop(session_of(ticket), Subject(DECISION, decision.id), None, now)


def _members(ticket: Ticket, data: Data, now: datetime) -> list[dict[str, Any]]:
    """The units and persons a form names, each once. Raises Invalid for who must keep out of it (回避)."""
    session, day = session_of(ticket), to_local(now).date()
    units = [by_code(session, Unit, code, day, field="unit_codes") for code in dict.fromkeys(data["unit_codes"])]
    for unit in units:
        check_impartial(ticket, unit, "unit_codes")
    people = [_person(ticket, login) for login in dict.fromkeys(data["member_logins"].replace("，", ",").split(","))]
    return [{"unit_id": unit.id} for unit in units] + [{"account_id": one.id} for one in people if one]


def _person(ticket: Ticket, login: str) -> Account | None:
    if not (login := login.strip()):
        return None
    account = session_of(ticket).scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None:
        raise Invalid(f"“{login}”不是在岗人员的工号", code="unknown_account", field="member_logins")
    check_person(ticket, account, "member_logins")
    return account
