"""What guards may know of a ticket: plain values, made once a request."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Integer, bindparam, literal_column, select, union_all
from sqlalchemy.orm import Session

from hotline.database import UtcDateTime
from hotline.deadlines.models import Clock, ClockState
from hotline.ticket.clocks import INNER, TOTALS
from hotline.ticket.models import (
    AppealType,
    Assignment,
    Consultation,
    Reply,
    Satisfaction,
    Ticket,
    TicketStatus,
    UnitSignOff,
)
from routing.profiles import SlaRules


@dataclass(frozen=True)
class Facts:
    """A ticket as guards see it. `status` None: not yet created.

    `*_open` facts are true while a time window that counts at `now` is open.
    """

    status: TicketStatus | None
    appeal_type: AppealType
    ticket_id: int | None = None
    wants_callback: bool = True
    respondent_unit_id: int | None = None
    respondent_account_id: int | None = None
    lead_unit_id: int | None = None
    handler_id: int | None = None
    support_unit_ids: frozenset[int] = frozenset()
    support_handler_ids: frozenset[int] = frozenset()
    awaited_unit_ids: frozenset[int] = frozenset()
    awaited_handler_ids: frozenset[int] = frozenset()
    awaited_expert_ids: frozenset[int] = frozenset()
    signer_ids: frozenset[int] = frozenset()
    """Who wrote the reply that is being signed off, or signed a level of it."""
    has_children: bool = False
    objection_count: int = 0
    max_objections: int = 2
    objection_open: bool = False
    extension_count: int = 0
    extension_max_count: int = 1
    extension_pending: bool = False
    is_overdue: bool = False
    """Whether the running total or rework clock has run out."""
    pause_pending: bool = False
    is_paused: bool = False
    sign_off_levels: int = 0
    sign_offs_left: int = 0
    callback_tries: int = 0
    callback_tries_needed: int = 3
    callback_valid: bool = False
    satisfaction: Satisfaction | None = None
    review_open: bool = False
    review_count: int = 0
    review_pending: bool = False
    is_rated: bool = False
    is_supervised: bool = False


def facts_of(session: Session, ticket: Ticket, rules: SlaRules, now: datetime) -> Facts:
    """The facts of a ticket at `now`."""
    kept = {name: getattr(ticket, name) for name in _SAME_NAME}
    lead = ticket.lead_unit
    return Facts(
        ticket_id=ticket.id,
        max_objections=rules.max_objections,
        objection_open=_open(ticket.objection_until, now),
        extension_max_count=rules.extension_max_count,
        is_paused=ticket.paused_since is not None,
        sign_off_levels=lead.sign_off_levels if lead else 0,
        callback_tries_needed=rules.callback_tries,
        review_open=_open(ticket.review_until, now),
        is_supervised=ticket.supervised_since is not None,
        **kept,
        **_hanging(session, ticket, now),
    )


_SAME_NAME = tuple(name for name in Facts.__dataclass_fields__ if name in Ticket.__mapper__.columns)


def _open(until: datetime | None, now: datetime) -> bool:
    return until is not None and now <= until


_TICKET, _NOW = bindparam("ticket_id", type_=Integer), bindparam("now", type_=UtcDateTime)
# One question for all that hangs on a ticket, built once: it is asked before every action.
_INNER = (Assignment.ticket_id == _TICKET, Assignment.kind.in_(INNER), Assignment.ended_at.is_(None))
_AWAITED = (*_INNER, Assignment.answered_at.is_(None))
_HANGING: CompoundSelect[str, int] = union_all(
    select(literal_column("'part'").label("what"), Assignment.unit_id.label("id")).where(*_INNER),
    select(literal_column("'part_by'"), Assignment.handler_id).where(*_INNER),
    select(literal_column("'awaited'"), Assignment.unit_id).where(*_AWAITED),
    select(literal_column("'awaited_by'"), Assignment.handler_id).where(*_AWAITED),
    select(literal_column("'expert'"), Consultation.expert_id).where(
        Consultation.ticket_id == _TICKET, Consultation.answered_at.is_(None), Consultation.is_declined.is_(False)
    ),
    select(literal_column("'child'"), Ticket.id).where(
        Ticket.merged_into_id == _TICKET, Ticket.status == TicketStatus.MERGED
    ),
    select(literal_column("'overdue'"), Clock.id).where(
        Clock.subject_kind == "ticket",
        Clock.subject_id == _TICKET,
        Clock.name.in_(TOTALS),
        Clock.state == ClockState.RUNNING,
        Clock.due_at < _NOW,
    ),
)


def _hanging(session: Session, ticket: Ticket, now: datetime) -> dict[str, Any]:
    found: dict[str, set[int]] = defaultdict(set)
    for what, key in session.execute(_HANGING, {"ticket_id": ticket.id, "now": now}):
        found[what].add(key)
    return {
        "support_unit_ids": frozenset(found["part"]),
        "support_handler_ids": frozenset(found["part_by"]),
        "awaited_unit_ids": frozenset(found["awaited"]),
        "awaited_handler_ids": frozenset(found["awaited_by"]),
        "awaited_expert_ids": frozenset(found["expert"]),
        "has_children": bool(found["child"]),
        "is_overdue": bool(found["overdue"]),
        "signer_ids": _signers(session, ticket) if ticket.sign_offs_left else frozenset(),
    }


def _signers(session: Session, ticket: Ticket) -> frozenset[int]:
    reply = session.scalars(select(Reply).filter_by(ticket_id=ticket.id).order_by(Reply.id.desc()).limit(1)).one()
    signed = session.scalars(select(UnitSignOff.by_id).filter_by(reply_id=reply.id))
    return frozenset(person for person in (reply.by_id, *signed) if person is not None)
