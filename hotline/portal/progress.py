"""What an enterprise may see of its ticket, chosen field by field: what is not named here is not shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines.queries import clocks_of
from hotline.experts.appointments import may_book
from hotline.messages.models import Audience, Notice
from hotline.portal import words
from hotline.ticket.clocks import subject_of
from hotline.ticket.facts import disputable
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Attachment, Dispute, Extension, Pause, Rating, Reply, Ticket, TicketStatus
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import actions
from hotline.ticket.queries import hanging
from hotline.ticket.view import total_clock

WORDS = {
    "done": "已完成",
    "now": "进行中",
    "yours": "等您处理",
    "ended": "到此结束",
    "skipped": "无需进行",
    "todo": "未开始",
}
STEPS = ("受理", "转办", "办理", "反馈", "评价")
RECEIVED, RATED = 0, 4
"""Where a ticket that stands there waits for the enterprise: to supplement, to rate."""
OBJECT = "如有异议，可点“提出异议”写明理由，督办员将在规定时限内答复；也可致电 12345。"


@dataclass(frozen=True)
class Step:
    """One of the five; `state` is a key of WORDS. yours: now, and it waits for the enterprise."""

    label: str
    state: str
    at: datetime | None = None

    @property
    def word(self) -> str:
        """The state in a word: never by colour alone."""
        return WORDS[self.state]


@dataclass(frozen=True)
class Told:
    """One thing the enterprise is told: when, what, by whom."""

    at: datetime
    title: str
    text: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Offer:
    """One action that is open to the enterprise now."""

    action: str
    label: str
    is_primary: bool


def view(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> dict[str, Any]:
    """The ticket page's variables: plain values, and only what the enterprise may read."""
    rating = next(iter(hanging(session, Rating, ticket)), None)
    return {
        **head(session, ticket, now),
        "title": ticket.title,
        "steps": steps(ticket, rating),
        "rating": rating and Told(rating.at, rating.satisfaction.label, rating.text),
        "replies": replies(session, ticket),
        "events": events(session, ticket),
        "notices": notices(session, ticket),
        "files": files(session, ticket),
        "offers": offers(ticket, actor, now),
        "refusal": refusal(ticket),
        "may_book": may_book(ticket),
        "review_until": words.day_and_time(ticket.review_until) if ticket.review_until else "",
    }


def head(session: Session, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Number, kind, holder and due time: nothing personal, so that it may be printed."""
    wording = words.STATUS[ticket.status]
    return {
        "no": ticket.no,
        "type_label": ticket.appeal_type.label,
        "category": ticket.category.full_name,
        "received_at": ticket.received_at,
        "status_label": wording.label,
        "status_kind": wording.kind,
        "status_text": words.status_text(ticket),
        "holder": words.holder(ticket),
        "due": words.due_text(ticket, total_clock(clocks_of(session, subject_of(ticket))), now),
        "closed_at": ticket.closed_at,
    }


def steps(ticket: Ticket, rating: Rating | None) -> list[Step]:
    """受理→转办→办理→反馈→评价, each with its state and when it was done."""
    ended, reached = _ended_at(ticket), words.STATUS[ticket.status].step
    times = (
        ticket.received_at,
        ticket.dispatched_at,
        ticket.signed_at,
        ticket.closed_at,
        rating.at if rating else None,
    )
    numbered = enumerate(zip(STEPS, times, strict=True))
    return [Step(label, *_stand(ticket, n, ended, reached, at)) for n, (label, at) in numbered]


def _ended_at(ticket: Ticket) -> int | None:
    """The step at which a ticket stopped that was never answered."""
    if not ticket.status.is_end or ticket.status is TicketStatus.CLOSED:
        return None
    return 2 if ticket.signed_at else 1 if ticket.dispatched_at else 0


def _stand(ticket: Ticket, n: int, ended: int | None, reached: int, at: datetime | None) -> tuple[str, datetime | None]:
    if ended is not None:
        return ("done", at) if n < ended else ("ended", ticket.closed_at) if n == ended else ("skipped", None)
    if n > reached:
        return "todo", None
    if n == reached:
        return ("done", at) if n == RATED and at else ("yours" if n in (RECEIVED, RATED) else "now", None)
    needless = ticket.status is TicketStatus.CLOSED and n in (1, 2) and at is None
    return ("skipped", None) if needless else ("done", at)


def replies(session: Session, ticket: Ticket) -> list[Told]:
    """The public text of replies that passed the hotline's review, newest first."""
    granted = [reply for reply in hanging(session, Reply, ticket) if reply.ruling is Ruling.GRANTED]
    return [_replied(reply) for reply in reversed(granted)]


def _replied(reply: Reply) -> Told:
    title = "重新办理后的答复" if reply.round else "答复"
    return Told(reply.at, title, reply.public_text, by=reply.unit.name if reply.unit else "热线")


def events(session: Session, ticket: Ticket) -> list[Told]:
    """What happened on the way that the enterprise must know of, newest first."""
    about = disputable(session, ticket) if ticket.status is TicketStatus.HANDLING else None
    asked = [_extended(row, about) for row in hanging(session, Extension, ticket) if row.ruling is Ruling.GRANTED]
    paused = [_paused(row, about) for row in hanging(session, Pause, ticket) if row.ruling is Ruling.GRANTED]
    disputes = [told for row in hanging(session, Dispute, ticket) for told in _disputed(row)]
    found = [*asked, *paused, *disputes, *_from_ledger(session, ticket)]
    return sorted(found, key=lambda told: told.at, reverse=True)


def _extended(row: Extension, about: Extension | Pause | None) -> Told:
    text = f"经批准延长 {row.working_days} 个工作日，原因：{row.reason.label}。\n{row.text}"
    return Told(row.ruled_at or row.at, "延期办理", text, note=OBJECT if row is about else "")


def _disputed(row: Dispute) -> Iterator[Told]:
    """What the enterprise objected, and what it was answered."""
    yield Told(row.at, "您的异议", row.text, note="" if row.ruled_at else "督办员正在研究，将在规定时限内答复。")
    if row.ruled_at is not None:
        upheld = row.ruling is Ruling.GRANTED
        yield Told(row.ruled_at, "异议成立" if upheld else "异议未被采纳", row.ruling_text)


def _paused(row: Pause, about: Extension | Pause | None) -> Told:
    until = f"已于 {words.day_and_time(row.ended_at)} 恢复办理。" if row.ended_at else "等待期间不计入办理时限。"
    return Told(
        row.ruled_at or row.at,
        "暂停计时",
        f"原因：{row.reason.label}。{until}\n{row.text}",
        note=OBJECT if row is about else "",
    )


TITLES = {"interim": "办理进展", "return_for_supplement": "请您补充", "deny_review": "复核结果：维持原答复"}
"""The only rows of the ledger whose text is written to the enterprise."""


def _from_ledger(session: Session, ticket: Ticket) -> list[Told]:
    mine = select(LedgerEntry).filter_by(ticket_id=ticket.id).where(LedgerEntry.action.in_(TITLES))
    rows = session.scalars(mine.order_by(LedgerEntry.seq))
    return [Told(row.at, TITLES[row.action], row.text) for row in rows if _is_public(row)]


def _is_public(row: LedgerEntry) -> bool:
    return row.action != "interim" or row.data.get("is_public") is True


def notices(session: Session, ticket: Ticket) -> list[Told]:
    """What was sent to the enterprise, newest first; without the titles, which are the desk's words."""
    sent = select(Notice).filter_by(ticket_id=ticket.id, audience=Audience.ENTERPRISE, account_id=None)
    return [Told(row.created_at, "", row.text) for row in session.scalars(sent.order_by(Notice.seq.desc()))]


def files(session: Session, ticket: Ticket) -> list[Attachment]:
    """Attachments meant for the enterprise."""
    return [row for row in hanging(session, Attachment, ticket) if row.is_public]


def offers(ticket: Ticket, actor: Actor, now: datetime) -> list[Offer]:
    """What the enterprise may do now, by the table; the first of what is awaited of it stands out."""
    open_now = {row.action for row in actions(ticket, actor, now)}
    wanted = {"supplement", "rate"}
    return [Offer(name, doing.label, name in wanted) for name, doing in words.DOING.items() if name in open_now]


def refusal(ticket: Ticket) -> dict[str, str] | None:
    """Why it was not accepted, and where the matter belongs by law."""
    if ticket.status is not TicketStatus.REFUSED or ticket.refusal_reason is None:
        return None
    return {"reason": ticket.refusal_reason.label, "route": ticket.legal_route}
