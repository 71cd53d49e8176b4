"""Tickets beside a ticket: linked, of the same enterprise, merged into it with their feedback; none out of sight."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.ticket.merging import Feedback, feedback_of, feedbacks
from hotline.ticket.models import Ticket
from hotline.ticket.parts import latest_reply
from hotline.ticket.queries import visible
from hotline.ticket.view import knows_enterprise
from hotline.web.presenters import status_of

SAME_ENTERPRISE = 6
"""How many of the enterprise's other tickets are shown."""
MERGED = 20
"""How many of those merged into a ticket are listed on its page; the queue lists all."""
HALF_YEAR = timedelta(days=183)


def related(session: Session, ticket: Ticket, actor: Actor) -> list[tuple[str, list[dict[str, Any]]]]:
    """(heading, tickets) for every kind of relation that has any."""
    groups = [
        ("并入主单", Ticket.id == ticket.merged_into_id),
        ("关联的前序工单", Ticket.id == ticket.previous_id),
        ("后续工单", Ticket.previous_id == ticket.id),
    ]
    if ticket.enterprise_id is not None and knows_enterprise(ticket, actor):
        recent = Ticket.created_at >= ticket.created_at - HALF_YEAR
        named = ~Ticket.is_confidential & ~Ticket.is_anonymous  # a shielded ticket must not be linked to its enterprise
        groups.append(("同一企业近半年", (Ticket.enterprise_id == ticket.enterprise_id) & recent & named))
    found = [(heading, _tickets(session, ticket, actor, condition)) for heading, condition in groups]
    return [(heading, tickets) for heading, tickets in found if tickets]


def merged_into(session: Session, ticket: Ticket, actor: Actor) -> dict[str, Any] | None:
    """{total, feedback, tickets, more, waits} of what was merged into this one; None for nothing.

    `tickets` are the newest that the reader may see: the units see the numbers, not who raised them.
    """
    counted = feedbacks(session, ticket, actor)
    if not counted:
        return None
    query = visible(actor).where(Ticket.merged_into_id == ticket.id).order_by(Ticket.id.desc())
    seen = list(session.scalars(query.limit(MERGED + 1)))
    shown = [{"no": one.no, "title": one.title, "feedback": feedback_of(one).label} for one in seen[:MERGED]]
    waits = bool(counted[Feedback.AWAITED])
    words = feedback_words(counted)
    return {"total": counted.total(), "feedback": words, "tickets": shown, "more": len(seen) > MERGED, "waits": waits}


def feedback_words(counted: Counter[Feedback]) -> list[str]:
    """ "待回访 3" and so on, in the order of a ticket's way."""
    return [f"{one.label} {counted[one]}" for one in Feedback if counted[one]]


def shared_answer(session: Session, actor: Actor, master: Ticket | None) -> dict[str, Any] | None:
    """The answer that a master and those merged into it share, for whoever calls through them."""
    if master is None:
        return None
    answer, counted = latest_reply(master), feedbacks(session, master, actor)
    told = {"answer": answer.public_text, "basis": answer.legal_basis} if answer else {"answer": "", "basis": ""}
    return {"no": master.no, "title": master.title, "feedback": feedback_words(counted), **told}


def _tickets(session: Session, ticket: Ticket, actor: Actor, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = visible(actor).where(condition, Ticket.id != ticket.id).order_by(Ticket.id.desc()).limit(SAME_ENTERPRISE)
    return [{"no": one.no, "title": one.title, "status": status_of(one)} for one in session.scalars(query)]
