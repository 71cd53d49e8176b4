"""Queues: saved views over the tickets an actor may see, with counts, search and pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.accounts.privacy import normalise_phone, phone_lookup
from hotline.deadlines.models import Clock, ClockState
from hotline.directory.models import Enterprise
from hotline.ticket.clocks import TOTALS
from hotline.ticket.models import OPEN, Consultation, Ticket, TicketStatus
from hotline.ticket.numbering import is_number
from hotline.ticket.queries import scope

S = TicketStatus
VIEWS: dict[str, str] = {
    "mine": "我的待办",
    "open": "全部在办",
    "due": "即将超期",
    "overdue": "已超期",
    "dispatch": "待派单",
    "objected": "退单待裁定",
    "sign": "待签收",
    "handling": "办理中",
    "review": "答复待审核",
    "callback": "待回访",
    "ruling": "待审批",
    "supervised": "督办中",
    "expert": "待专家答复",
    "closed": "已办结",
    "all": "全部",
}
"""Saved views and their names, in the order of the tabs."""
STATUS_VIEWS = {
    "dispatch": (S.AWAITING_DISPATCH, S.AWAITING_SUPPLEMENT),
    "objected": (S.OBJECTED,),
    "sign": (S.AWAITING_SIGN,),
    "handling": (S.HANDLING,),
    "review": (S.UNDER_REVIEW,),
    "callback": (S.AWAITING_CALLBACK,),
    "closed": tuple(status for status in S if status.is_end),
    "open": OPEN,
}


@dataclass(frozen=True)
class Row:
    """A ticket and the instant its nearest total or stage clock runs out; None when none runs."""

    ticket: Ticket
    due_at: datetime | None


@dataclass(frozen=True)
class Page:
    """One page of a view; `total` counts all of its tickets."""

    rows: list[Row]
    total: int
    number: int
    size: int


def page(
    session: Session, actor: Actor, now: datetime, *, view: str, q: str = "", page: int = 1, size: int = 50
) -> Page:
    """A page of a view, nearest due first, then newest. `q`: number, enterprise, telephone or words of the title."""
    condition = and_(scope(actor), condition_of(view, actor, now), matching(q))
    total = session.scalar(_counting(condition)) or 0
    due = _due().subquery()
    loads = [joinedload(getattr(Ticket, n)) for n in ("category", "region", "enterprise", "lead_unit", "handler")]
    query = select(Ticket, due.c.due_at).outerjoin(due, due.c.subject_id == Ticket.id).where(condition).options(*loads)
    query = query.order_by(due.c.due_at.is_(None), due.c.due_at, Ticket.id.desc())
    found = session.execute(query.limit(size).offset((page - 1) * size)).unique()
    return Page([Row(ticket, due_at) for ticket, due_at in found], total, page, size)


def count(session: Session, actor: Actor, now: datetime, view: str) -> int:
    """How many tickets a view holds for this actor."""
    return session.scalar(_counting(and_(scope(actor), condition_of(view, actor, now)))) or 0


def _counting(condition: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(Ticket).where(condition)


def _due() -> Select[int, datetime]:
    running = (Clock.subject_kind == "ticket", Clock.state == ClockState.RUNNING)
    return select(Clock.subject_id, func.min(Clock.due_at).label("due_at")).where(*running).group_by(Clock.subject_id)


def condition_of(view: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """What a view asks of a ticket."""
    if view in STATUS_VIEWS:
        return Ticket.status.in_(STATUS_VIEWS[view])
    if view in ("due", "overdue"):
        return _timed(view, now)
    others = {
        "mine": and_(Ticket.status.in_(OPEN), _mine(actor)),
        "ruling": or_(Ticket.extension_pending, Ticket.pause_pending, Ticket.review_pending, Ticket.sign_offs_left > 0),
        "supervised": and_(Ticket.status.in_(OPEN), Ticket.supervised_since.is_not(None)),
        "expert": Ticket.id.in_(
            select(Consultation.ticket_id).filter_by(expert_id=actor.account_id, answered_at=None, is_declined=False)
        ),
    }
    return others.get(view, true())


def _timed(view: str, now: datetime) -> ColumnElement[bool]:
    """By the total or rework clock: out of time, or past the 80 % rung (催办) and not yet out."""
    late = Clock.due_at < now if view == "overdue" else and_(Clock.due_at >= now, Clock.next_rung >= 2)
    running = select(Clock.subject_id).where(
        Clock.subject_kind == "ticket", Clock.name.in_(TOTALS), Clock.state == ClockState.RUNNING, late
    )
    return Ticket.id.in_(running)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return or_(Ticket.handler_id == actor.account_id, Ticket.follower_id == actor.account_id)


def matching(q: str) -> ColumnElement[bool]:
    """A search over what people know of a ticket. The text reaches SQL as a value only."""
    text = q.replace("\x00", "").strip()[:100]
    if not text:
        return true()
    if is_number(text.upper()):
        return Ticket.no == text.upper()
    ways = [Ticket.title.contains(text, autoescape=True), Ticket.external_no == text]
    digits = normalise_phone(text)
    if len(digits) >= 7 and digits.isdigit():
        ways.append(Ticket.phone_lookup == phone_lookup(text))
    known = select(Enterprise.id).where(or_(Enterprise.name.contains(text, autoescape=True), Enterprise.uscc == text))
    return or_(*ways, Ticket.enterprise_id.in_(known))
