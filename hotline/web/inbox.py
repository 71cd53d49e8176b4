"""通知: what the house told this person; reading is marked by the person."""

from typing import Any

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select, update

from hotline.messages.models import Notice
from hotline.ticket.models import Ticket
from hotline.ticket.queries import scope
from hotline.ui.door import Door, door
from hotline.ui.helpers import row_id
from hotline.web.navigation import render_page

pages = Blueprint("inbox", __name__, template_folder="templates")

SHOWN = 100
"""The newest ones; what is older stands in the tickets themselves."""


@pages.get("/inbox")
def index() -> ResponseReturnValue:
    """The newest notices, unread ones first."""
    with door() as d:
        notices = _notices(d)
        unread = sum(1 for one in notices if one["is_unread"])
        return render_page(d, "web/inbox.html", active="inbox", notices=notices, unread=unread, limit=SHOWN)


def _notices(d: Door) -> list[dict[str, Any]]:
    """A notice of a ticket that has left this person's sight keeps its time, but neither words nor link."""
    query = select(Notice, Ticket.no, scope(d.actor)).join(Ticket, Ticket.id == Notice.ticket_id)
    query = query.where(Notice.account_id == d.actor.account_id).order_by(Notice.read_at.is_not(None), Notice.id.desc())
    return [
        {
            "id": notice.id,
            "no": number if is_visible else None,
            "title": notice.title if is_visible else "工单已转出，不再由您办理",
            "text": notice.text if is_visible else "",
            "at": notice.created_at,
            "is_unread": notice.read_at is None,
        }
        for notice, number, is_visible in d.session.execute(query.limit(SHOWN))
    ]


@pages.post("/inbox/read")
def read() -> ResponseReturnValue:
    """Mark one notice (`id`) or all of one's own as read."""
    chosen = request.form.get("id", 0, type=row_id) if "id" in request.form else None
    with door(write=True) as d:
        mine = update(Notice).where(Notice.account_id == d.actor.account_id, Notice.read_at.is_(None))
        d.session.execute((mine if chosen is None else mine.where(Notice.id == chosen)).values(read_at=d.now))
    return redirect("/inbox", 303)
