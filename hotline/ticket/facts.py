"""What guards may know of a ticket: plain values, made once a request."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Integer, bindparam, literal_column, select, union_all
from sqlalchemy.orm import Session, aliased

from hotline.accounts.models import Post
from hotline.accounts.queries import holders
from hotline.clock import to_local
from hotline.database import UtcDateTime
from hotline.deadlines.models import Clock, ClockState
from hotline.ticket.clocks import INNER, TOTALS
from hotline.ticket.models import (
    AppealType,
    Assignment,
    Consultation,
    Decision,
    Dispute,
    Extension,
    Pause,
    Reply,
    Ruling,
    Satisfaction,
    TaskForce,
    TaskForceMember,
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
    waiting_unit_ids: frozenset[int] = frozenset()
    """Units that sent their part further down and have not heard from there."""
    awaited_expert_ids: frozenset[int] = frozenset()
    signer_ids: frozenset[int] = frozenset()
    """Who wrote the reply that is being signed off, or signed a level of it."""
    due_signer_ids: frozenset[int] = frozenset()
    """Who holds the post whose turn it is to sign, where a unit signs at several levels; empty: any leader's."""
    follower_id: int | None = None
    has_task_force: bool = False
    member_ids: frozenset[int] = frozenset()
    member_unit_ids: frozenset[int] = frozenset()
    decided_unit_ids: frozenset[int] = frozenset()
    decided_handler_ids: frozenset[int] = frozenset()
    """Who still has to carry out what the task force decided."""
    is_disputed: bool = False
    disputes_pause: bool = False
    disputable: bool = False
    """Whether an extension or a running pause was granted to which nobody has objected yet."""
    has_children: bool = False
    objection_count: int = 0
    max_objections: int = 2
    objection_open: bool = False
    extension_count: int = 0
    extension_max_count: int = 1
    extension_pending: bool = False
    is_overdue: bool = False
    """Whether the running total or rework clock has run out."""
    pause_count: int = 0
    pause_max_count: int = 2
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
        pause_max_count=rules.pause_max_count,
        is_paused=ticket.paused_since is not None,
        sign_off_levels=lead.sign_off_levels if lead else 0,
        callback_tries_needed=rules.callback_tries,
        review_open=_open(ticket.review_until, now),
        is_supervised=ticket.supervised_since is not None,
        has_task_force=ticket.task_force_since is not None,
        is_disputed=ticket.disputed_since is not None,
        **kept,
        **_hanging(session, ticket, now),
        **(_task_force(session, ticket) if ticket.task_force_since else {}),
        **(_disputes(session, ticket) if ticket.extension_count or ticket.paused_since else {}),
    )


_SAME_NAME = tuple(name for name in Facts.__dataclass_fields__ if name in Ticket.__mapper__.columns)


def _open(until: datetime | None, now: datetime) -> bool:
    return until is not None and now <= until


_TICKET, _NOW = bindparam("ticket_id", type_=Integer), bindparam("now", type_=UtcDateTime)
# One question for all that hangs on a ticket, built once: it is asked before every action.
_INNER = (Assignment.ticket_id == _TICKET, Assignment.kind.in_(INNER), Assignment.ended_at.is_(None))
_AWAITED = (*_INNER, Assignment.answered_at.is_(None))
_PARENT = aliased(Assignment)
_HANGING: CompoundSelect[str, int] = union_all(
    select(literal_column("'part'").label("what"), Assignment.unit_id.label("id")).where(*_INNER),
    select(literal_column("'part_by'"), Assignment.handler_id).where(*_INNER),
    select(literal_column("'awaited'"), Assignment.unit_id).where(*_AWAITED),
    select(literal_column("'awaited_by'"), Assignment.handler_id).where(*_AWAITED),
    select(literal_column("'waiting'"), _PARENT.unit_id)
    .join(Assignment, Assignment.parent_id == _PARENT.id)
    .where(*_AWAITED),
    select(literal_column("'expert'"), Consultation.expert_id).where(
        Consultation.ticket_id == _TICKET,
        Consultation.answered_at.is_(None),
        Consultation.is_declined.is_(False),
        Consultation.withdrawn_at.is_(None),
    ),
    select(literal_column("'child'"), Ticket.id).where(
        Ticket.merged_into_id == _TICKET, Ticket.status == TicketStatus.MERGED
    ),
    select(literal_column("'pause'"), Pause.id).where(Pause.ticket_id == _TICKET, Pause.ruling == Ruling.GRANTED),
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
        "waiting_unit_ids": frozenset(found["waiting"]),
        "awaited_expert_ids": frozenset(found["expert"]),
        "has_children": bool(found["child"]),
        "pause_count": len(found["pause"]),
        "is_overdue": bool(found["overdue"]),
        **(_signing(session, ticket, now) if ticket.sign_offs_left else {}),
    }


def _task_force(session: Session, ticket: Ticket) -> dict[str, Any]:
    members = select(TaskForceMember.unit_id, TaskForceMember.account_id).join(
        TaskForce, TaskForce.id == TaskForceMember.task_force_id
    )
    members = members.where(TaskForceMember.ticket_id == ticket.id, TaskForce.ended_at.is_(None))
    inside = session.execute(members.where(TaskForceMember.left_at.is_(None))).all()
    owed = select(Decision.unit_id, Decision.handler_id).filter_by(ticket_id=ticket.id, done_at=None, dropped_at=None)
    decided = session.execute(owed).all()
    return {
        "member_unit_ids": frozenset(row.unit_id for row in inside if row.unit_id),
        "member_ids": frozenset(row.account_id for row in inside if row.account_id),
        "decided_unit_ids": frozenset(row.unit_id for row in decided),
        "decided_handler_ids": frozenset(row.handler_id for row in decided if row.handler_id),
    }


def _disputes(session: Session, ticket: Ticket) -> dict[str, Any]:
    last = latest_dispute(session, ticket)
    return {
        "disputable": disputable(session, ticket) is not None,
        "disputes_pause": last is not None and last.pause_id is not None,
    }


def disputable(session: Session, ticket: Ticket) -> Extension | Pause | None:
    """What the enterprise may object to: the pause that lasts, else the newest extension; each once."""
    pauses = select(Pause).filter_by(ticket_id=ticket.id, ruling=Ruling.GRANTED, ended_at=None)
    extensions = select(Extension).filter_by(ticket_id=ticket.id, ruling=Ruling.GRANTED).order_by(Extension.id.desc())
    heard = select(Dispute.pause_id, Dispute.extension_id).filter_by(ticket_id=ticket.id)
    known = {("pause", row.pause_id) for row in session.execute(heard)}
    known |= {("extension", row.extension_id) for row in session.execute(heard)}
    granted: list[Extension | Pause] = [*session.scalars(pauses), *session.scalars(extensions.limit(1))]
    return next((row for row in granted if (row.__tablename__, row.id) not in known), None)


def latest_dispute(session: Session, ticket: Ticket) -> Dispute | None:
    """The newest objection of the enterprise to an extension or a pause."""
    return session.scalar(select(Dispute).filter_by(ticket_id=ticket.id).order_by(Dispute.id.desc()).limit(1))


def _signing(session: Session, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """分管领导 first, 主要领导 last: those who hold the post and have not had the reply in hand already."""
    signers, unit = _signers(session, ticket), ticket.lead_unit
    if unit is None or unit.sign_off_levels < 2:
        return {"signer_ids": signers}
    post = Post.CHIEF if ticket.sign_offs_left == 1 else Post.LEADER
    posted = {account.id for account in holders(session, [unit.id], [post], to_local(now).date())}
    return {"signer_ids": signers, "due_signer_ids": frozenset(posted - signers)}


def _signers(session: Session, ticket: Ticket) -> frozenset[int]:
    reply = session.scalars(select(Reply).filter_by(ticket_id=ticket.id).order_by(Reply.id.desc()).limit(1)).one()
    signed = session.scalars(select(UnitSignOff.by_id).filter_by(reply_id=reply.id))
    return frozenset(person for person in (reply.by_id, *signed) if person is not None)
