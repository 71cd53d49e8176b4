"""What guards may know of a ticket: plain values, made once a request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.ticket.models import (
    AppealType,
    Assignment,
    AssignmentKind,
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
    awaited_unit_ids: frozenset[int] = frozenset()
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


def facts_of(session: Session, ticket: Ticket, rules: SlaRules, now: datetime, *, is_overdue: bool) -> Facts:
    """The facts of a ticket at `now`; `is_overdue`: its total or rework clock has run out."""
    kept = {name: getattr(ticket, name) for name in _SAME_NAME}
    lead = ticket.lead_unit
    return Facts(
        ticket_id=ticket.id,
        max_objections=rules.max_objections,
        objection_open=_open(ticket.objection_until, now),
        extension_max_count=rules.extension_max_count,
        is_overdue=is_overdue,
        is_paused=ticket.paused_since is not None,
        sign_off_levels=lead.sign_off_levels if lead else 0,
        callback_tries_needed=rules.callback_tries,
        review_open=_open(ticket.review_until, now),
        is_supervised=ticket.supervised_since is not None,
        **kept,
        **_assigned(session, ticket),
        **_people(session, ticket),
    )


_SAME_NAME = tuple(name for name in Facts.__dataclass_fields__ if name in Ticket.__mapper__.columns)


def _open(until: datetime | None, now: datetime) -> bool:
    return until is not None and now <= until


def _assigned(session: Session, ticket: Ticket) -> dict[str, Any]:
    if ticket.lead_unit_id is None:
        return {}
    parts = session.scalars(select(Assignment).filter_by(ticket_id=ticket.id, ended_at=None)).all()
    inner = [part for part in parts if part.kind in (AssignmentKind.SUPPORT, AssignmentKind.DELEGATE)]
    return {
        "support_unit_ids": frozenset(part.unit_id for part in inner),
        "awaited_unit_ids": frozenset(part.unit_id for part in inner if part.is_awaited),
    }


def _people(session: Session, ticket: Ticket) -> dict[str, Any]:
    asked = select(Consultation.expert_id).filter_by(ticket_id=ticket.id, answered_at=None, is_declined=False)
    children = select(Ticket.id).filter_by(merged_into_id=ticket.id, status=TicketStatus.MERGED).limit(1)
    return {
        "awaited_expert_ids": frozenset(session.scalars(asked)),
        "has_children": session.scalar(children) is not None,
        "signer_ids": _signers(session, ticket) if ticket.sign_offs_left else frozenset(),
    }


def _signers(session: Session, ticket: Ticket) -> frozenset[int]:
    reply = session.scalars(select(Reply).filter_by(ticket_id=ticket.id).order_by(Reply.id.desc()).limit(1)).one()
    signed = session.scalars(select(UnitSignOff.by_id).filter_by(reply_id=reply.id))
    return frozenset(person for person in (reply.by_id, *signed) if person is not None)
