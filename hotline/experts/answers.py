"""The answer: recorded, reviewed as the unit's word, credited to the expert, rated by whom it was given."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.experts import people
from hotline.experts.applying import apply, begin, conclude, create, record
from hotline.experts.guards import AdviceFacts
from hotline.experts.models import Expert
from hotline.experts.records import Advice, AdviceKind
from hotline.ticket.models import Consultation, Ruling, Ticket
from hotline.ticket.operations import session_of

Data = Mapping[str, Any]


def record_answer(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """记录答复: by the desk that heard it or by who gave it; marked as the unit's, and sent to its leader."""
    unit_id = advice.expert.unit_id if advice.expert else advice.unit_id
    said = {"answer": data["answer"], "legal_basis": data["legal_basis"]}
    row = apply(session, advice, "record_answer", actor, now, data, **said, answered_at=now, answered_for_id=unit_id)
    if advice.appointment is not None:
        advice.appointment.is_held = False
    if advice.call is not None:
        advice.call.summary = data.get("summary", "")
    _send_to_review(session, advice, row, actor, now)


def amend_answer(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """修改答复 after it was returned, by its author or another voice of the unit; its ticket has the new words too."""
    said: dict[str, Any] = {"answer": data["answer"], "legal_basis": data["legal_basis"]}
    if actor.account_id not in (people.account_id_of(advice), advice.officer_id):
        said["officer_id"] = actor.account_id  # who wrote it in the author's place does not review it
    row = apply(session, advice, "amend_answer", actor, now, data, **said, answered_at=now)
    if advice.consultation is not None:
        advice.consultation.answer, advice.consultation.legal_basis = advice.answer, advice.legal_basis
        advice.consultation.ruling = Ruling.PENDING
    _send_to_review(session, advice, row, actor, now)


def written_answer(ticket: Ticket, asked: Consultation, expert: Expert, actor: Actor, now: datetime) -> Advice:
    """The answer to a question in writing enters review; the ticket's own row has recorded it already."""
    session = session_of(ticket)
    advice = Advice(
        kind=AdviceKind.TICKET,
        ticket=ticket,
        ticket_id=ticket.id,
        consultation=asked,
        question=asked.question,
        category=ticket.category,
        region=ticket.region,
        unit_id=expert.unit_id,
        by_id=asked.by_id,
        at=asked.at,
        expert=expert,
        answer=asked.answer or "",
        legal_basis=asked.legal_basis,
        answered_at=now,
        answered_for_id=expert.unit_id,
    )
    row = create(session, advice, "written_answer", AdviceFacts(None, AdviceKind.TICKET), actor)
    begin(session, advice, row, actor, now, people.reviewers(session, advice, now), advice.answer)
    return advice


def approve(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """审核通过: the answer stands as the unit's and is credited to the expert."""
    row = apply(session, advice, "approve_advice", actor, now, data, reviewed_by_id=actor.account_id, reviewed_at=now)
    _rule_on_ticket(advice, Ruling.GRANTED)
    told = (people.account_of(advice), advice.officer, advice.by)
    conclude(session, advice, row, actor, now, text=data.get("text", ""), told=told)


def return_(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """退回修改, with the reason."""
    row = apply(session, advice, "return_advice", actor, now, data, was_returned=True)
    _rule_on_ticket(advice, Ruling.DENIED)
    told = people.owing(session, advice, now)
    conclude(session, advice, row, actor, now, text=data["text"], told=told)


def rate(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """评价: one of the five levels, once."""
    row = apply(session, advice, "rate_advice", actor, now, data, satisfaction=data["satisfaction"])
    conclude(session, advice, row, actor, now, text=data["satisfaction"].label)


def keep_as_knowledge(session: Session, advice: Advice, entry_id: int, actor: Actor, now: datetime) -> None:
    """沉淀为知识: which entry the answer has become a draft of."""
    advice.kb_entry_id = entry_id
    text = "答复已转为知识草稿"
    record(session, advice, actor, now, action="to_knowledge", label="沉淀为知识", before=advice.status, text=text)


def _rule_on_ticket(advice: Advice, ruling: Ruling) -> None:
    """The ticket's own row of a question in writing says how the unit ruled."""
    if advice.consultation is not None:
        advice.consultation.ruling = ruling


def _send_to_review(session: Session, advice: Advice, row: Any, actor: Actor, now: datetime) -> None:
    session.flush()
    session.refresh(advice)
    told = people.reviewers(session, advice, now)
    conclude(session, advice, row, actor, now, text=advice.answer, told=told)
