"""What units owe the knowledge base: answers to questions nothing answers (知识缺口), and the regulation behind a
closed consultation (依据报送). Both are done by naming a published entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES, Actor
from hotline.accounts.models import Role
from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import Conflict, Forbidden, Invalid, NotFound
from hotline.knowledge import clocks, people
from hotline.knowledge.access import OVERSEERS, WRITERS
from hotline.knowledge.citing import names_regulation
from hotline.knowledge.clocks import GAP, SUBMISSION, KbClock
from hotline.knowledge.duties import about_gap, about_submission
from hotline.knowledge.guards import belongs
from hotline.knowledge.history import record
from hotline.knowledge.life import entry_named
from hotline.knowledge.records import KnowledgeGap, SearchLog, Submission
from hotline.knowledge.searches import masked
from hotline.ticket.models import AppealType, Ticket
from hotline.ticket.operations import session_of

REGISTRARS = frozenset({*HOTLINE_ROLES, Role.KB_EDITOR})
Data = Mapping[str, Any]
Owed = TypeVar("Owed", KnowledgeGap, Submission)


def open_gap(session: Session, data: Data, actor: Actor, now: datetime) -> KnowledgeGap:
    """登记知识缺口并派给单位: its clock runs, all searches that asked it are covered. Raises Forbidden, Invalid."""
    if not actor.roles & REGISTRARS:
        raise Forbidden("只有热线人员和知识库编辑可以登记知识缺口", code="role_refused")
    unit = by_code(session, Unit, data["unit_code"], to_local(now).date())
    gap = KnowledgeGap(
        question=_question(data), note=data.get("text", ""), unit=unit, opened_by_id=actor.account_id, opened_at=now
    )
    session.add(gap)
    session.flush()
    asked = update(SearchLog).where(SearchLog.question == gap.question, SearchLog.gap_id.is_(None))
    session.execute(asked.values(gap_id=gap.id))
    clocks.start(session, GAP, gap.id, KbClock.GAP, now)
    told = people.answering(session, unit, to_local(now).date())
    record(session, about_gap(gap), actor, now, action="open", label="知识缺口", text=gap.note, told=told)
    return gap


def oblige_submission(ticket: Ticket, actor: Actor, now: datetime) -> Submission | None:
    """A consultation that a unit answered is closed: the unit submits its regulation, unless its reply names one."""
    session = session_of(ticket)
    if ticket.appeal_type is not AppealType.CONSULTATION or ticket.lead_unit is None:
        return None
    if names_regulation(session, ticket):
        return None
    if session.scalar(select(Submission.id).filter_by(ticket_id=ticket.id, round=ticket.round)) is not None:
        return None
    row = Submission(ticket_id=ticket.id, round=ticket.round, unit=ticket.lead_unit, opened_at=now)
    session.add(row)
    session.flush()
    clocks.start(session, SUBMISSION, row.id, KbClock.SUBMISSION, now)
    told = people.answering(session, row.unit, to_local(now).date())
    text = f"工单 {ticket.no} 已办结，请报送答复所依据的规定"
    record(session, about_submission(row), actor, now, action="open", label="报送依据", text=text, told=told)
    return row


def close_with(session: Session, row: KnowledgeGap | Submission, data: Data, actor: Actor, now: datetime) -> None:
    """Done: the entry that answers is named; it must be published. Raises Forbidden, Conflict, Invalid."""
    if not may_close(row, actor):
        raise Forbidden("只能由责任单位或知识库编辑办结", code="role_refused")
    if row.closed_at is not None:
        raise Conflict("这一项已经办结", code="illegal_action", status="CLOSED")
    entry = entry_named(session, data["entry_code"], "entry_code")
    if not entry.is_live:
        raise Invalid(f"{entry.code} 尚未发布或已不再有效", code="entry_not_live", field="entry_code")
    row.entry_id, row.closed_at, row.closed_by_id, row.answer = entry.id, now, actor.account_id, data.get("text", "")
    session.flush()
    kind, shown = (GAP, about_gap(row)) if isinstance(row, KnowledgeGap) else (SUBMISSION, about_submission(row))
    clocks.stop(session, kind, row.id, None, now)
    record(session, shown, actor, now, action="close", label="已补充知识", text=row.answer)


def get_owed(session: Session, model: type[Owed], actor: Actor, row_id: int) -> Owed:
    """One gap or submission, held for a change. Raises NotFound, also for who has nothing to do with it."""
    found = session.get(model, row_id, with_for_update=True) if row_id in ROW_IDS else None
    if found is None or not _concerns(found, actor):
        raise NotFound("没有找到这一项", code="not_found")
    return found


def owed_by(session: Session, model: type[Owed], actor: Actor, *, is_open: bool = True) -> list[Owed]:
    """The gaps or submissions that concern this actor, oldest first."""
    condition = model.closed_at.is_(None) if is_open else model.closed_at.is_not(None)
    rows = session.scalars(select(model).where(condition).order_by(model.id))
    return [row for row in rows if _concerns(row, actor)]


def may_close(row: KnowledgeGap | Submission, actor: Actor) -> bool:
    """The unit's own people, and the editors for everybody."""
    return Role.KB_EDITOR in actor.roles or bool(actor.roles & WRITERS and belongs(row.unit_id, actor))


def _concerns(row: KnowledgeGap | Submission, actor: Actor) -> bool:
    registered = isinstance(row, KnowledgeGap) and bool(actor.roles & REGISTRARS)
    return registered or bool(actor.roles & OVERSEERS) or may_close(row, actor)


def _question(data: Data) -> str:
    question = masked(data["question"])
    if len(question) < 2:
        raise Invalid("请写明缺少答案的问题", code="required", field="question")
    return question
