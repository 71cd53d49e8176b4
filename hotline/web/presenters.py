"""Tickets as pages show them: rows of a list, the head and the facts of one ticket. Masked, in Chinese."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.accounts.privacy import mask_name, mask_phone
from hotline.clock import to_local
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import clocks_of
from hotline.experts.clocks import AdviceClock
from hotline.knowledge.clocks import KbClock
from hotline.ticket.clocks import imposed_sentence, subject_of
from hotline.ticket.listing import Row
from hotline.ticket.models import RespondentKind, Ticket, TicketStatus, Urgency
from hotline.ticket.view import enterprise_name, explanation, knows_enterprise, may_unmask, nearest_clock, total_clock
from hotline.ui.due import badge
from hotline.ui.format import local_time
from routing.deadlines import Limit
from routing.profiles import ClockName

S = TicketStatus
STATUS_LOOK: dict[TicketStatus, tuple[str, str]] = {
    S.AWAITING_SUPPLEMENT: ("warn", "pencil-square"),
    S.AWAITING_DISPATCH: ("warn", "inbox"),
    S.AWAITING_SIGN: ("warn", "envelope"),
    S.OBJECTED: ("bad", "arrow-return-left"),
    S.HANDLING: ("run", "arrow-repeat"),
    S.UNDER_REVIEW: ("run", "clipboard-check"),
    S.AWAITING_CALLBACK: ("run", "telephone-outbound"),
    S.MERGED: ("off", "intersect"),
    S.AWAITING_EXTERNAL: ("run", "box-arrow-up-right"),
    S.CLOSED: ("ok", "check-circle"),
    S.REFUSED: ("off", "x-circle"),
    S.TRANSFERRED: ("off", "telephone-forward"),
    S.WITHDRAWN: ("off", "arrow-counterclockwise"),
}
MOVES = {
    "extension": "批准延期",
    "pause": "挂起期间顺延",
    "imposed": "上级要求提前",
    "recompute": "规则调整后重算",
}
STATES = {ClockState.RUNNING: "计时中", ClockState.PAUSED: "挂起中", ClockState.STOPPED: "已停止"}

Shown = dict[str, Any]


def clock_label(name: str) -> str:
    """What a clock is called, a ticket's, the knowledge base's or a consultation's."""
    if name.startswith("ADVICE_"):
        return AdviceClock(name).label
    return KbClock(name).label if name.startswith("KB_") else ClockName(name).label


def status_of(ticket: Ticket) -> Shown:
    """{label, kind, icon} for macro status_badge."""
    kind, icon = STATUS_LOOK[ticket.status]
    return {"label": ticket.status.label, "kind": kind, "icon": icon}


def flags_of(ticket: Ticket) -> list[Shown]:
    """What is unusual about a ticket: [{label, kind, icon}], the most pressing first."""
    marks = (
        (ticket.urgency is not Urgency.NORMAL, ticket.urgency.label, "bad", "lightning-fill"),
        (ticket.supervised_since, "督办", "bad", "flag-fill"),
        (ticket.task_force_since, "专班", "bad", "people-fill"),
        (ticket.disputed_since, "异议待答", "warn", "chat-left-dots"),
        (ticket.urged_count, f"催单 {ticket.urged_count}", "warn", "bell-fill"),
        (ticket.round, f"重办 {ticket.round}", "warn", "arrow-clockwise"),
        (ticket.extension_pending, "延期待批", "warn", "hourglass-split"),
        (ticket.pause_pending, "挂起待批", "warn", "hourglass-split"),
        (ticket.paused_since, "已挂起", "off", "pause-circle"),
        (ticket.review_pending, "复核待批", "warn", "hourglass-split"),
        (ticket.is_confidential, "身份保密", "off", "lock-fill"),
        (ticket.is_anonymous, "匿名", "off", "incognito"),
    )
    return [{"label": label, "kind": kind, "icon": icon} for holds, label, kind, icon in marks if holds]


def taken_in(merged: int) -> list[Shown]:
    """That a ticket answers for others too."""
    return [{"label": f"并入 {merged} 件", "kind": "run", "icon": "intersect"}] if merged else []


def _called_together(row: Row) -> bool:
    """Whether others may be called about the same answer."""
    return row.ticket.status is S.AWAITING_CALLBACK and bool(row.master_no)


def person_of(ticket: Ticket) -> str:
    """Who must act now: the unit's handler while it is there, else who follows it at the hotline."""
    return ticket.handler.name if is_at_unit(ticket) and ticket.handler else ticket.follower.name


def is_at_unit(ticket: Ticket) -> bool:
    """Whether the next step is the lead unit's, not the hotline's."""
    return ticket.status in (S.AWAITING_SIGN, S.HANDLING) and ticket.lead_unit is not None


def list_row(session: Session, row: Row, actor: Actor, now: datetime) -> Shown:
    """One line of a list; nothing here asks the database again."""
    ticket, clock = row.ticket, row.clock
    return {
        "no": ticket.no,
        "title": ticket.title,
        "kind": ticket.appeal_type.label,
        "category": ticket.category.name,
        "enterprise": enterprise_name(ticket, actor) or "—",
        "region": ticket.region.name,
        "status": status_of(ticket),
        "flags": [*taken_in(row.merged), *flags_of(ticket)],
        "together": f"/queue?view=callback&master={row.master_no}" if _called_together(row) else "",
        "due": badge(session, clock, now),
        "clock": ClockName(clock.name).label if clock and clock.state is ClockState.RUNNING else "",
        "unit": ticket.lead_unit.short_name if ticket.lead_unit else "—",
        "person": person_of(ticket),
        "received": to_local(ticket.received_at).strftime("%m-%d %H:%M"),
    }


def head(session: Session, ticket: Ticket, clocks: list[Clock], now: datetime) -> Shown:
    """The head of a ticket's page: status, total clock, nearest stage clock, who is answerable."""
    total = total_clock(clocks)
    nearest = nearest_clock(clocks)
    stage = nearest if nearest is not total else None
    return {
        "status": status_of(ticket),
        "flags": flags_of(ticket),
        "due": badge(session, total, now) if total else None,
        "stage": {"label": ClockName(stage.name).label, "due": badge(session, stage, now)} if stage else None,
        "person": person_of(ticket),
        "unit": ticket.lead_unit.short_name if is_at_unit(ticket) and ticket.lead_unit else "热线",
        "follower": ticket.follower.name,
        "late_above": _late_above(ticket, now),
    }


def _late_above(ticket: Ticket, now: datetime) -> str:
    """That a time set from above has passed while the ticket is open; '' otherwise."""
    due_at = ticket.imposed_due_at
    if due_at is None or due_at > now or ticket.status.is_end:
        return ""
    return imposed_sentence(due_at, now)


def clock_rows(session: Session, clocks: list[Clock], now: datetime) -> list[Shown]:
    """The clocks with why they are due when they are, those that run first."""
    order = sorted(clocks, key=lambda clock: (clock.state is ClockState.STOPPED, clock.due_at))
    return [
        {
            "label": ClockName(clock.name).label + (f"（第 {clock.round + 1} 次）" if clock.round else ""),
            "due": badge(session, clock, now),
            "is_stopped": clock.state is ClockState.STOPPED,
            "state": STATES[clock.state],
            "limit": Limit.parse(clock.limit).label,
            "why": explanation(session, clock),
            "moves": [_move(move) for move in clock.moves],
        }
        for clock in order
    ]


def _move(move: Shown) -> Shown:
    at, was, becomes = (local_time(datetime.fromisoformat(move[name])) for name in ("at", "from", "to"))
    return {"label": MOVES.get(move["kind"], move["kind"]), "at": at, "from": was, "to": becomes, "why": move["reason"]}


def facts(ticket: Ticket) -> list[tuple[str, Any]]:
    """What was registered of the appeal: (label, value)."""
    outcome = {True: "已解决", False: "未解决"}.get(ticket.is_resolved) if ticket.is_resolved is not None else None
    unresolved = f"（{ticket.unresolved_reason.label}）" if ticket.unresolved_reason else ""
    pairs = (
        ("诉求类型", ticket.appeal_type.label),
        ("事项分类", ticket.category.full_name),
        ("涉及区域", ticket.region.name + (f" · {ticket.place}" if ticket.place else "")),
        ("被反映对象", respondent(ticket)),
        ("诉求来源", ticket.source.name + ("（须回传办理结果）" if ticket.must_report_back else "")),
        ("来源编号", ticket.external_no),
        ("上级时限", ticket.imposed_due_at and local_time(ticket.imposed_due_at)),
        ("主办单位", ticket.lead_unit and ticket.lead_unit.name),
        ("经办人", ticket.handler and ticket.handler.name),
        ("受理时间", local_time(ticket.received_at)),
        ("派单时间", ticket.dispatched_at and local_time(ticket.dispatched_at)),
        ("转往", ticket.transferred_to),
        ("不予受理", ticket.refusal_reason and ticket.refusal_reason.label),
        ("法定途径", ticket.legal_route),
        ("是否解决", outcome and outcome + unresolved),
        ("满意度", ticket.satisfaction and ticket.satisfaction.label),
        ("办结时间", ticket.closed_at and local_time(ticket.closed_at)),
    )
    return [(label, value) for label, value in pairs if value]


def respondent(ticket: Ticket) -> str:
    """Whom the complaint is about."""
    if ticket.respondent_kind is None:
        return ""
    if ticket.respondent_kind is RespondentKind.UNIT and ticket.respondent_unit:
        return ticket.respondent_unit.name
    return f"{ticket.respondent_name}（{ticket.respondent_kind.label}）"


def party(session: Session, ticket: Ticket, actor: Actor) -> Shown:
    """Who raised it: the enterprise as this reader may know it, the contact masked."""
    known = ticket.enterprise if knows_enterprise(ticket, actor) else None
    return {
        "enterprise": enterprise_name(ticket, actor),
        "uscc": known.uscc if known else None,
        "details": "，".join(part for part in (known.industry, known.address) if part) if known else "",
        "tags": known.tags if known else [],
        "name": mask_name(ticket.contact_name),
        "phone": mask_phone(ticket.contact_phone),
        "call_time": ticket.call_time,
        "language": ticket.language,
        "wants_callback": ticket.wants_callback,
        "may_unmask": bool(ticket.contact_phone or ticket.contact_name) and may_unmask(ticket, actor),
        "registered_by": _registrar(session, ticket),
    }


def _registrar(session: Session, ticket: Ticket) -> str:
    account = session.get(Account, ticket.created_by_id) if ticket.created_by_id else None
    return account.name if account else "企业自助或平台转来"


def clocks(session: Session, ticket: Ticket) -> list[Clock]:
    """Every clock of the ticket, in the order they were started."""
    return clocks_of(session, subject_of(ticket))
