"""Queues: saved views over the tickets an actor may see, with counts, search and pages."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.accounts.privacy import normalise_phone, phone_lookup
from hotline.clock import to_local
from hotline.deadlines.models import Clock, ClockState
from hotline.directory.models import Category, Enterprise, Unit
from hotline.ticket.clocks import ASSIGNMENT, DECISION, TOTALS
from hotline.ticket.merging import master_numbers, merged_counts
from hotline.ticket.models import (
    OPEN,
    AppealType,
    Assignment,
    AssignmentKind,
    Consultation,
    Decision,
    PhoneNotice,
    Ticket,
    TicketStatus,
)
from hotline.ticket.numbering import is_number
from hotline.ticket.parts import asked_of
from hotline.ticket.queries import scope, visible
from hotline.ticket.schemas import typed
from hotline.ticket.view import nearest_clock, total_clock

S = TicketStatus
VIEWS: dict[str, str] = {
    "mine": "我的待办",
    "open": "全部在办",
    "today": "今日到期",
    "due": "即将超期",
    "overdue": "已超期",
    "dispatch": "待派单",
    "supplement": "待补充",
    "objected": "退单待裁定",
    "sign": "待签收",
    "handling": "办理中",
    "review": "答复待审核",
    "callback": "待回访",
    "ruling": "待审批",
    "supervised": "督办中",
    "task_force": "专班",
    "inner": "协办下派超期",
    "untold": "待电话告知",
    "expert": "待专家答复",
    "closed": "已办结",
    "all": "全部",
}
"""Saved views and their names, in the order of the tabs."""
STATUS_VIEWS = {
    "dispatch": (S.AWAITING_DISPATCH,),
    "supplement": (S.AWAITING_SUPPLEMENT,),
    "objected": (S.OBJECTED,),
    "sign": (S.AWAITING_SIGN,),
    "handling": (S.HANDLING,),
    "review": (S.UNDER_REVIEW,),
    "callback": (S.AWAITING_CALLBACK,),
    "closed": tuple(status for status in S if status.is_end),
    "open": OPEN,
}


@dataclass(frozen=True)
class Filters:
    """What a list shows. `q`: number, enterprise, telephone or words of the title; `unit`: code of the lead unit;
    `category`: code of any level; `status`, `kind`: codes of status and type;
    `master`: number of a ticket, for it and those merged into it. Empty = all."""

    view: str
    q: str = ""
    unit: str = ""
    category: str = ""
    status: str = ""
    kind: str = ""
    master: str = ""


@dataclass(frozen=True)
class Row:
    """A ticket and its clock that runs out first; of an ended ticket the total clock; None when it never had one.

    `merged`: how many it has taken in; `master_no`: into which it was merged, if the reader may see that.
    """

    ticket: Ticket
    clock: Clock | None
    merged: int = 0
    master_no: str = ""


@dataclass(frozen=True)
class Page:
    """One page of a view; `total` counts all of its tickets."""

    rows: list[Row]
    total: int
    number: int
    size: int


def page(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    page: int = 1,
    size: int = 50,
    newest: bool = False,
    **filters: str,
) -> Page:
    """A page of a view, nearest due first, then newest; or newest first. `filters`: those of Filters."""
    condition = and_(scope(actor), _condition(Filters(**filters), actor, now))
    total = session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0
    loads = [joinedload(getattr(Ticket, name)) for name in ("category", "region", "enterprise", "lead_unit", "handler")]
    loads.append(joinedload(Ticket.follower))
    query = select(Ticket).where(condition).options(*loads)
    found = session.scalars(_ordered(query, newest).limit(size).offset((page - 1) * size)).unique().all()
    clocks = _clocks(session, [ticket.id for ticket in found])
    merged, masters = merged_counts(session, clocks, actor), master_numbers(session, found, actor)
    rows = [
        Row(
            ticket,
            nearest_clock(clocks[ticket.id]) or total_clock(clocks[ticket.id]),
            merged.get(ticket.id, 0),
            masters.get(ticket.merged_into_id or 0, ""),
        )
        for ticket in found
    ]
    return Page(rows, total, page, size)


def _ordered(query: Select[Ticket], newest: bool) -> Select[Ticket]:
    if newest:
        return query.order_by(Ticket.id.desc())
    due = _due().subquery()
    query = query.outerjoin(due, due.c.subject_id == Ticket.id)
    return query.order_by(due.c.due_at.is_(None), due.c.due_at, Ticket.id.desc())


def _clocks(session: Session, ids: list[int]) -> defaultdict[int, list[Clock]]:
    """All clocks of a page's tickets in one question."""
    clocks: defaultdict[int, list[Clock]] = defaultdict(list, {id: [] for id in ids})
    query = select(Clock).where(Clock.subject_kind == "ticket", Clock.subject_id.in_(ids)).order_by(Clock.id)
    for clock in session.scalars(query):
        clocks[clock.subject_id].append(clock)
    return clocks


def count(session: Session, actor: Actor, now: datetime, view: str) -> int:
    """How many tickets a view holds for this actor."""
    return counts(session, actor, now, [view])[view]


def counts(session: Session, actor: Actor, now: datetime, views: Iterable[str]) -> dict[str, int]:
    """How many tickets each view holds for this actor, in one walk over the tickets."""
    names = list(views)
    if not names:
        return {}
    columns = [func.count(case((condition_of(view, actor, now), 1))) for view in names]
    found = session.execute(select(*columns).select_from(Ticket).where(scope(actor))).one()
    return dict(zip(names, found, strict=True))


def _due() -> Select[int, datetime]:
    running = (Clock.subject_kind == "ticket", Clock.state == ClockState.RUNNING)
    return select(Clock.subject_id, func.min(Clock.due_at).label("due_at")).where(*running).group_by(Clock.subject_id)


def _condition(filters: Filters, actor: Actor, now: datetime) -> ColumnElement[bool]:
    return and_(condition_of(filters.view, actor, now), matching(filters.q, actor), *_chosen(filters, actor))


def _chosen(filters: Filters, actor: Actor) -> list[ColumnElement[bool]]:
    """The drop-downs. The texts reach SQL as values only."""
    conditions: list[ColumnElement[bool]] = []
    if filters.unit:
        conditions.append(Ticket.lead_unit_id.in_(select(Unit.id).where(Unit.code == filters.unit)))
    if filters.category:
        below = select(Category.id).where(Category.code.startswith(filters.category, autoescape=True))
        conditions.append(Ticket.category_id.in_(below))
    if filters.status:
        conditions.append(Ticket.status == filters.status)
    if filters.kind:
        conditions.append(Ticket.appeal_type == filters.kind)
    if filters.master:
        master = visible(actor).where(Ticket.no == filters.master).with_only_columns(Ticket.id).correlate(None)
        conditions.append(or_(Ticket.no == filters.master, Ticket.merged_into_id.in_(master)))
    return conditions


def condition_of(view: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """What a view asks of a ticket."""
    if view in STATUS_VIEWS:
        return Ticket.status.in_(STATUS_VIEWS[view])
    if view in ("due", "overdue", "today"):
        return _timed(view, now)
    others = {
        "mine": and_(Ticket.status.in_(OPEN), _mine(actor)),
        "ruling": or_(
            Ticket.extension_pending,
            Ticket.pause_pending,
            Ticket.review_pending,
            Ticket.sign_offs_left > 0,
            Ticket.disputed_since.is_not(None),
        ),
        "task_force": Ticket.task_force_since.is_not(None),
        "inner": Ticket.id.in_(_inner_overdue(now)),
        "untold": and_(Ticket.status.in_((S.AWAITING_SIGN, S.HANDLING)), _untold()),
        "supervised": and_(Ticket.status.in_(OPEN), Ticket.supervised_since.is_not(None)),
        "expert": Ticket.id.in_(asked_of(actor.account_id).with_only_columns(Consultation.ticket_id)),
    }
    return others.get(view, true())


def _inner_overdue(now: datetime) -> CompoundSelect[int]:
    """Tickets of which a supporting or delegated unit, or one bound by a task force, is late with its part."""
    late = (Clock.state == ClockState.RUNNING, Clock.due_at < now)
    parts = select(Assignment.ticket_id).join(
        Clock, and_(Clock.subject_kind == ASSIGNMENT, Clock.subject_id == Assignment.id)
    )
    decided = select(Decision.ticket_id).join(
        Clock, and_(Clock.subject_kind == DECISION, Clock.subject_id == Decision.id)
    )
    return parts.where(*late).union(decided.where(*late))


def _untold() -> ColumnElement[bool]:
    """Nobody has rung the lead up since it got the ticket ("124": 电话同步告知)."""
    told = exists().where(
        PhoneNotice.ticket_id == Ticket.id,
        PhoneNotice.unit_id == Ticket.lead_unit_id,
        PhoneNotice.at >= Assignment.at,
    )
    return exists().where(
        Assignment.ticket_id == Ticket.id,
        Assignment.kind == AssignmentKind.LEAD,
        Assignment.ended_at.is_(None),
        ~told,
    )


def _timed(view: str, now: datetime) -> ColumnElement[bool]:
    """By the total or rework clock: out of time, or on this local day, or past the 80 % rung (催办) and not yet out."""
    midnight = to_local(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    late = {
        "overdue": Clock.due_at < now,
        "today": and_(Clock.due_at >= now, Clock.due_at <= midnight),
        "due": and_(Clock.due_at >= now, Clock.next_rung >= 2),
    }[view]
    running = select(Clock.subject_id).where(
        Clock.subject_kind == "ticket", Clock.name.in_(TOTALS), Clock.state == ClockState.RUNNING, late
    )
    return Ticket.id.in_(running)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return or_(Ticket.handler_id == actor.account_id, Ticket.follower_id == actor.account_id)


def matching(q: str, actor: Actor) -> ColumnElement[bool]:
    """A search over what people know of a ticket. The text reaches SQL as a value only.

    Whoever may not know the enterprise behind a ticket does not find it by name, code or telephone either.
    """
    text = typed(q, 100)
    if not text:
        return true()
    if is_number(text.upper()):
        return Ticket.no == text.upper()
    ways = [Ticket.title.contains(text, autoescape=True), Ticket.external_no == text]
    known = select(Enterprise.id).where(or_(Enterprise.name.contains(text, autoescape=True), Enterprise.uscc == text))
    who: list[ColumnElement[bool]] = [Ticket.enterprise_id.in_(known)]
    digits = normalise_phone(text)
    if len(digits) >= 7 and digits.isdigit():
        who.append(Ticket.phone_lookup == phone_lookup(text))
    return or_(*ways, and_(or_(*who), _identified(actor)))


def _identified(actor: Actor) -> ColumnElement[bool]:
    """`view.knows_enterprise` as a condition."""
    if actor.is_hotline or actor.roles & {Role.AUDITOR, Role.SYSTEM}:
        return true()
    return and_(~Ticket.is_confidential, ~Ticket.is_anonymous, Ticket.appeal_type != AppealType.TIP_OFF)
