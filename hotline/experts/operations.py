"""政策专家: a question by ticket, an answer with its basis, or on to another expert."""

from datetime import datetime

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account, Role
from hotline.accounts.queries import by_login
from hotline.deadlines import operations as deadlines
from hotline.deadlines.subjects import Subject
from hotline.directory.time import working_calendar
from hotline.errors import Conflict
from hotline.experts.answers import written_answer
from hotline.experts.pool import own, take_on
from hotline.ticket.clocks import CONSULTATION, rules_for
from hotline.ticket.models import Consultation, Ruling, Ticket
from hotline.ticket.operations import Data, announce, apply, session_of
from hotline.ticket.parts import asked_of, check_person
from routing.profiles import ClockName


def ask_expert(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """请专家解答: the expert sees this ticket and owes an answer in time.

    Raises Invalid (回避, no such expert, out of the pool, hands full).
    """
    expert = _expert(ticket, data)
    apply(ticket, "ask_expert", actor, now, data)
    _ask(ticket, expert, data["question"], actor, now)


def expert_answer(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """专家答复: on the ticket at once as 待审核, and sent to the unit's leader, whose word it becomes.

    Raises NotFound for who is not in the pool.
    """
    expert = own(session_of(ticket), actor)
    apply(ticket, "expert_answer", actor, now, data)
    asked = _mine(ticket, actor)
    asked.answer, asked.legal_basis, asked.answered_at = data["answer"], data["legal_basis"], now
    asked.ruling = Ruling.PENDING
    deadlines.stop(session_of(ticket), Subject(CONSULTATION, asked.id), None, now)
    announce(session_of(ticket), ticket, now)
    written_answer(ticket, asked, expert, actor, now)


def expert_decline(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """转其他专家: who declines no longer sees the ticket."""
    expert = _expert(ticket, data)
    apply(ticket, "expert_decline", actor, now, data)
    asked = _mine(ticket, actor)
    asked.is_declined = True
    deadlines.stop(session_of(ticket), Subject(CONSULTATION, asked.id), None, now)
    _ask(ticket, expert, asked.question, actor, now)
    announce(session_of(ticket), ticket, now)


def _expert(ticket: Ticket, data: Data) -> Account:
    expert = by_login(session_of(ticket), data["expert_login"], Role.EXPERT, "expert_login")
    check_person(ticket, expert, "expert_login")
    if session_of(ticket).scalar(asked_of(expert.id).filter_by(ticket_id=ticket.id)) is not None:
        raise Conflict(f"已向{expert.name}提出咨询，尚未答复", code="already_asked", field="expert_login")
    return expert


def _ask(ticket: Ticket, expert: Account, question: str, actor: Actor, now: datetime) -> None:
    session, rules = session_of(ticket), rules_for(ticket)
    take_on(session, expert.id, now, "expert_login")
    asked = Consultation(ticket_id=ticket.id, expert_id=expert.id, question=question, by_id=actor.account_id, at=now)
    session.add(asked)
    session.flush()
    limit = rules.limit(ClockName.CONSULTATION, ticket.appeal_type, ticket.urgency)
    if limit is not None:
        deadlines.start(
            session,
            Subject(CONSULTATION, asked.id),
            ClockName.CONSULTATION,
            started_at=now,
            limit=limit,
            profile_id=ticket.profile_id,
            ladder=rules.ladder(ClockName.CONSULTATION, limit.unit),
            calendar=working_calendar(session),
            day_ends=rules.day_ends,
            now=now,
        )


def _mine(ticket: Ticket, actor: Actor) -> Consultation:
    mine = asked_of(actor.account_id).filter_by(ticket_id=ticket.id).order_by(Consultation.id).limit(1)
    return session_of(ticket).scalars(mine).one()
