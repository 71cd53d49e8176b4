"""Seeing what is masked: only with a reason, only for those who may, always kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.operations import audit
from hotline.errors import Forbidden, Invalid
from hotline.ticket.models import Ticket
from hotline.ticket.view import may_unmask


def unmask(session: Session, ticket: Ticket, actor: Actor, reason: str, now: datetime) -> dict[str, str]:
    """The full name and number of a ticket the actor may see. Raises Forbidden, Invalid without a reason."""
    if len(reason.strip()) < 2:
        raise Invalid("请填写查看原因", code="reason_required", field="reason")
    if not may_unmask(ticket, actor):
        raise Forbidden("您无权查看诉求人的完整信息", code="unmask_refused")
    audit(session, actor, "unmask", f"ticket:{ticket.no}", now, reason.strip())
    return {"contact_name": ticket.contact_name or "", "contact_phone": ticket.contact_phone or ""}
