"""④ 反馈: the reply is reviewed, the enterprise called back; reworked if bad; rated; reviewed once on request."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.errors import Invalid
from hotline.feedback.models import CallbackAttempt
from hotline.knowledge.gaps import oblige_submission
from hotline.ticket.models import ContactResult, Rating, ReviewRequest, Ticket, TicketStatus
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import latest_reply, release_children

AGAIN = {
    "callback_tries": 0,
    "callback_valid": False,
    "satisfaction": None,
    "is_resolved": None,
    "unresolved_reason": None,
    "contacted_at": None,
}
"""What a new round forgets; the ledger remembers."""


def approve(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """审核通过: the total clock stops; tickets merged into this one get the same answer."""
    apply(ticket, "approve", actor, now, data)
    _rule_reply(ticket, Ruling.GRANTED, data)
    release_children(ticket, now)
    if ticket.status is TicketStatus.CLOSED:
        oblige_submission(ticket, actor, now)


def return_reply(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """审核退回: not to the point, no contact, no basis."""
    apply(ticket, "return_reply", actor, now, data)
    _rule_reply(ticket, Ruling.DENIED, data)


def callback(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """登记回访: the last valid one counts."""
    reached = data["result"] is ContactResult.REACHED
    said: dict[str, Any] = {name: data.get(name) for name in ("is_resolved", "satisfaction")} if reached else {}
    changes = {"callback_tries": ticket.callback_tries + 1, **({"callback_valid": True, **said} if reached else {})}
    apply(ticket, "callback", actor, now, data, **changes)
    answers = ("was_contacted", "is_resolved", "satisfaction", "process_satisfaction")
    heard = {name: data.get(name) for name in answers} if reached else {}
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now}
    session_of(ticket).add(CallbackAttempt(**made, **heard, result=data["result"], text=data.get("text", "")))


def rework(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """退回重办: a new round with a clock of its own; TOTAL keeps its start and its end."""
    apply(ticket, "rework", actor, now, data, round=ticket.round + 1, **AGAIN)


def close(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """办结; a consultation obliges its unit to submit the regulation. Raises Invalid for 未解决 without a reason."""
    said = data.get("is_resolved")
    resolved = ticket.is_resolved if said is None else said
    reason = data.get("unresolved_reason")
    if not resolved and reason is None:
        raise Invalid("未解决的工单须选择未解决原因", code="unresolved_reason_required", field="unresolved_reason")
    outcome = {"is_resolved": bool(resolved), "unresolved_reason": None if resolved else reason}
    apply(ticket, "close", actor, now, data, **outcome)
    oblige_submission(ticket, actor, now)


def rate(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """评价: one a ticket."""
    apply(ticket, "rate", actor, now, data, is_rated=True)
    row = Rating(ticket_id=ticket.id, by_id=actor.account_id, at=now, text=data.get("text", ""))
    row.satisfaction = data["satisfaction"]
    session_of(ticket).add(row)


def request_review(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """申请复核: once, within the profile's days."""
    changes = {"review_count": ticket.review_count + 1, "review_pending": True}
    apply(ticket, "request_review", actor, now, data, **changes)
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now}
    session_of(ticket).add(ReviewRequest(**made, text=data["text"]))


def grant_review(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """同意复核: handled again."""
    apply(ticket, "grant_review", actor, now, data, review_pending=False, round=ticket.round + 1, **AGAIN)
    _rule_review(ticket, Ruling.GRANTED, data, actor)


def deny_review(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """维持原答复."""
    apply(ticket, "deny_review", actor, now, data, review_pending=False)
    _rule_review(ticket, Ruling.DENIED, data, actor)


def reopen(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """重新办理 on a supervisor's word."""
    refused = {"refusal_reason": None} if ticket.status is TicketStatus.REFUSED else {}
    apply(ticket, "reopen", actor, now, data, round=ticket.round + 1, **AGAIN, **refused)


def _rule_reply(ticket: Ticket, ruling: Ruling, data: Data) -> None:
    answer = latest_reply(ticket)
    if answer is not None:
        answer.ruling, answer.ruling_text = ruling, data.get("text", "")


def _rule_review(ticket: Ticket, ruling: Ruling, data: Data, actor: Actor) -> None:
    pending = select(ReviewRequest).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING)
    for asked in session_of(ticket).scalars(pending):
        asked.ruling, asked.ruling_text, asked.ruled_by_id = ruling, data.get("text", ""), actor.account_id
