"""沉淀为知识: from a ticket's page, its approved reply becomes a draft."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from hotline.accounts.actor import Actor
from hotline.errors import Forbidden, Invalid
from hotline.idempotency import once
from hotline.knowledge import replies
from hotline.knowledge.guards import VersionFacts, own_unit
from hotline.knowledge.lifecycle import AUTHORS
from hotline.ticket.models import Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.parts import latest_reply
from hotline.ticket.view import stays_inside
from hotline.ui.door import Door, door
from hotline.web.kb_frame import say, show

pages = Blueprint("kb_from_reply", __name__, template_folder="templates")


def may_turn(ticket: Ticket, actor: Actor) -> bool:
    """Whether this actor may turn the ticket's reply into a draft: an author of the unit whose approved reply it is."""
    reply = latest_reply(ticket)
    if reply is None or reply.ruling is not Ruling.GRANTED or stays_inside(ticket) or not actor.roles & AUTHORS:
        return False
    unit_id = reply.unit_id or actor.unit_id or 0
    return own_unit(VersionFacts(status=None, unit_id=unit_id), actor) is None


@pages.post("/tickets/<no>/knowledge")
def from_reply(no: str) -> ResponseReturnValue:
    """沉淀为知识: the ticket's approved reply becomes a draft; straight on to writing it up."""
    try:
        with door(write=True) as d:
            key = request.form.get("idempotency_key")
            made = once(d.session, d.owner, key, {"from_reply": no}, d.now, lambda: _turned(d, no))
    except (Invalid, Forbidden) as error:
        with door() as d:
            return show(d, "web/kb_refused.html", "entries", message=error.message, back=f"/tickets/{no}"), error.status
    say("已转为知识草稿，请补充问法和有效期后提交初审")
    return redirect(f"/knowledge/{made['id']}/edit", 303)


def _turned(d: Door, no: str) -> dict[str, Any]:
    return {"id": replies.draft_from_reply(d.session, d.actor, no, d.now).id}
