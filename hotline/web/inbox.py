"""通知: what the house told this person; reading is marked by the person."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select, update

from hotline.dispatch import auto_rules
from hotline.messages.models import Notice
from hotline.messages.sending import QUESTION
from hotline.supervision import advice_notices, kb_notices
from hotline.supervision.acknowledgements import acknowledge, to_confirm
from hotline.ticket.models import Ticket
from hotline.ticket.queries import scope
from hotline.ui.door import Door, door
from hotline.ui.helpers import row_id
from hotline.web.navigation import render_page

pages = Blueprint("inbox", __name__, template_folder="templates")

PLACES = (("/consultations", "专家咨询"), ("/dispatch", "自动派单"), ("/", "知识库"))
"""What the place is called to which a notice leads, by its path, the first that fits."""
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
    """A notice of a ticket that has left this person's sight keeps its time, but neither words nor link.

    One without a ticket is about the knowledge base or the house's calendar.
    """
    seen = or_(Notice.ticket_id.is_(None), scope(d.actor))
    query = select(Notice, Ticket.no, seen).outerjoin(Ticket, Ticket.id == Notice.ticket_id)
    query = query.where(Notice.account_id == d.actor.account_id).order_by(Notice.read_at.is_not(None), Notice.id.desc())
    rows = d.session.execute(query.limit(SHOWN)).all()
    topics = [notice.topic for notice, *_ in rows]
    leads = kb_notices.paths(d.session, topics) | advice_notices.paths(d.session, d.actor, topics)
    leads |= {topic: "/dispatch/auto" for topic in topics if topic and topic.startswith(auto_rules.PREFIX)}
    withdrawn = {topic for topic in topics if topic and topic.startswith(QUESTION)}  # a question that leads nowhere
    kept = advice_notices.reminders(d.session, topics) | withdrawn
    owed = to_confirm(d.session, d.actor, Notice.id.in_([notice.id for notice, *_ in rows]))
    return [
        _line(notice, number, is_visible, leads, kept) | {"is_owed": notice.id in owed}
        for notice, number, is_visible in rows
    ]


def _line(
    notice: Notice, number: str | None, is_visible: bool, leads: Mapping[str, str], kept: Collection[str | None]
) -> dict[str, Any]:
    is_shown = is_visible and (notice.topic in kept or not _has_left(notice, leads))
    gone = "工单已转出，不再由您办理" if notice.ticket_id else "邀请已转给其他专家"
    return {
        "id": notice.id,
        "no": number if is_shown else None,
        "title": notice.title if is_shown else gone,
        "text": notice.text if is_shown else "",
        "at": notice.created_at,
        "is_unread": notice.read_at is None,
        "is_calendar": notice.ticket_id is None and notice.topic not in {*leads, *kept} and is_shown,
        "path": (path := leads.get(notice.topic or "")),
        "place": next((name for prefix, name in PLACES if path and path.startswith(prefix)), ""),
    }


def _has_left(notice: Notice, leads: Mapping[str, str]) -> bool:
    """An invitation that went on to the next one is no longer this one's to read."""
    return bool(notice.topic and notice.topic.startswith(advice_notices.PREFIX) and notice.topic not in leads)


@pages.post("/inbox/read")
def read() -> ResponseReturnValue:
    """Mark one notice (`id`) or all of one's own as read."""
    chosen = request.form.get("id", 0, type=row_id) if "id" in request.form else None
    with door(write=True) as d:
        mine = update(Notice).where(Notice.account_id == d.actor.account_id, Notice.read_at.is_(None))
        d.session.execute((mine if chosen is None else mine.where(Notice.id == chosen)).values(read_at=d.now))
    return redirect("/inbox", 303)


@pages.post("/inbox/acknowledge")
def confirm() -> ResponseReturnValue:
    """确认收到 of one notice (`id`); back to where the button stood: the ticket (`from` = ticket) or the in-box."""
    chosen = request.form.get("id", 0, type=row_id)  # 0: no notice has it
    with door(write=True) as d:
        number = acknowledge(d.session, d.actor, chosen, d.now)
    flash(f"已确认收到：{number or '专家咨询'}", "ok")
    is_from_ticket = number is not None and request.form.get("from") == "ticket"
    return redirect(f"/tickets/{number}" if is_from_ticket else "/inbox", 303)
