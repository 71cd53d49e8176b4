"""会商: who met about a matter that crosses units, what was agreed and on what basis; a task force's meetings too."""

from datetime import datetime

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.errors import Invalid
from hotline.ticket.models import Meeting, TaskForce, Ticket
from hotline.ticket.operations import Data, apply, session_of


def confer(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """登记会商. While a task force stands, it is that one's meeting, and `agreed` its minutes."""
    held_at = data["held_at"] or now
    if held_at > now:
        raise Invalid("会商时间不能晚于现在", code="in_future", field="held_at")
    apply(ticket, "confer", actor, now, data)
    session = session_of(ticket)
    force = session.scalar(select(TaskForce.id).filter_by(ticket_id=ticket.id, ended_at=None))
    said = {name: data[name] for name in ("attendees", "agreed", "legal_basis")}
    made = {"ticket_id": ticket.id, "by_id": actor.account_id, "at": now, "held_at": held_at, "task_force_id": force}
    session.add(Meeting(**made, **said))
