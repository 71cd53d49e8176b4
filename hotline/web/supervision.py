"""督办台: what a supervisor watches over: task forces, objections to answer, habitual extensions, untold units."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from hotline.accounts.models import Role
from hotline.supervision import habits
from hotline.supervision.task_forces import members_of, open_decisions, task_force_of
from hotline.ticket import listing
from hotline.ticket.models import Ticket
from hotline.ui.door import Door, door
from hotline.ui.format import local_time
from hotline.web.access import demand
from hotline.web.navigation import render_page

pages = Blueprint("supervision", __name__, template_folder="templates")

READERS = frozenset({Role.SUPERVISOR, Role.AUDITOR})
SHOWN = 50
TILES = (
    ("task_force", "专班", "已成立专班、尚未结束的工单。"),
    ("ruling", "待审批", "延期、挂起、复核、审签和企业异议，等待裁定的工单。"),
    ("inner", "协办下派超期", "协办、下派单位或专班决定的落实单位，已过自己的时限。"),
    ("untold", "待电话告知", "已派单、尚未登记电话同步告知的工单。"),
)


@pages.get("/supervision")
def index() -> ResponseReturnValue:
    """The whole desk on one page."""
    with door() as d:
        demand(d, READERS)
        counts = listing.counts(d.session, d.actor, d.now, [view for view, *_ in TILES])
        return render_page(
            d,
            "web/supervision.html",
            active="supervision",
            tiles=[{"view": view, "label": label, "why": why, "count": counts[view]} for view, label, why in TILES],
            forces=[_force(ticket) for ticket in _tickets(d, "task_force")],
            late=[_late(row) for row in habits.last_minute(d.session, d.actor, d.now)],
            habits=habits.habitual(d.session, d.actor, d.now),
            days=habits.RECENT.days,
        )


def _tickets(d: Door, view: str) -> list[Ticket]:
    return [row.ticket for row in listing.page(d.session, d.actor, d.now, view=view, size=SHOWN).rows]


def _force(ticket: Ticket) -> dict[str, Any]:
    force = task_force_of(ticket)
    return {
        "no": ticket.no,
        "title": ticket.title,
        "name": force.name,
        "follower": force.follower.name,
        "members": "、".join(member.label for member in members_of(ticket)),
        "open": len(open_decisions(ticket)),
        "since": local_time(force.at),
    }


def _late(row: habits.LastMinute) -> dict[str, Any]:
    return {
        "no": row.ticket.no,
        "unit": row.unit,
        "at": local_time(row.extension.at),
        "left": f"{100 * row.left_share:.0f} %",
        "reason": row.extension.reason.label,
        "ruling": row.extension.ruling.label,
    }
