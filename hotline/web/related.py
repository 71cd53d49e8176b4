"""Tickets beside a ticket: merged, linked, of the same enterprise; only those the reader may see."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.ticket.models import Ticket
from hotline.ticket.queries import visible
from hotline.ticket.view import knows_enterprise
from hotline.web.presenters import status_of

SAME_ENTERPRISE = 6
"""How many of the enterprise's other tickets are shown."""
HALF_YEAR = timedelta(days=183)


def related(session: Session, ticket: Ticket, actor: Actor) -> list[tuple[str, list[dict[str, Any]]]]:
    """(heading, tickets) for every kind of relation that has any."""
    groups = [
        ("并入主单", Ticket.id == ticket.merged_into_id),
        ("已并入本单", Ticket.merged_into_id == ticket.id),
        ("关联的前序工单", Ticket.id == ticket.previous_id),
        ("后续工单", Ticket.previous_id == ticket.id),
    ]
    if ticket.enterprise_id is not None and knows_enterprise(ticket, actor):
        recent = Ticket.created_at >= ticket.created_at - HALF_YEAR
        named = ~Ticket.is_confidential & ~Ticket.is_anonymous  # a shielded ticket must not be linked to its enterprise
        groups.append(("同一企业近半年", (Ticket.enterprise_id == ticket.enterprise_id) & recent & named))
    found = [(heading, _tickets(session, ticket, actor, condition)) for heading, condition in groups]
    return [(heading, tickets) for heading, tickets in found if tickets]


def _tickets(session: Session, ticket: Ticket, actor: Actor, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = visible(actor).where(condition, Ticket.id != ticket.id).order_by(Ticket.id.desc()).limit(SAME_ENTERPRISE)
    return [{"no": one.no, "title": one.title, "status": status_of(one)} for one in session.scalars(query)]
