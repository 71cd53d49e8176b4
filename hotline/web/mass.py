"""集中诉求: groups of open tickets on one matter; one press merges those that are ticked, with a result for each."""

import secrets
from typing import Any

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from hotline.actions import perform_each
from hotline.dispatch import mass
from hotline.dispatch.schemas import MassMerge
from hotline.errors import Conflict, Invalid
from hotline.idempotency import once
from hotline.ticket.models import Ticket
from hotline.ticket.queries import visible
from hotline.ticket.schemas import checked
from hotline.ticket.view import enterprise_name
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list
from hotline.web.navigation import render_page
from hotline.web.presenters import status_of

pages = Blueprint("mass", __name__, template_folder="templates")


@pages.get("/dispatch/mass")
def index() -> ResponseReturnValue:
    """The groups there are now."""
    with door() as d:
        return _page(d)


@pages.post("/dispatch/mass")
def merge() -> ResponseReturnValue:
    """Merge what is ticked; whoever was faster with one of them stops only that one."""
    typed = {"master_no": request.form.get("master_no", ""), "nos": request.form.getlist("nos"),
             "text": request.form.get("text", "")}  # fmt: skip
    try:
        with door(write=True) as d:
            mass.check_role(d.actor)
            answer = once(
                d.session, d.owner, request.form.get("idempotency_key"), typed, d.now, lambda: _merge(d, typed)
            )
    except (Invalid, Conflict) as error:
        with door() as d:
            errors = error_list(MassMerge, error.by_field("_"))
            return _page(d, typed=typed, errors=errors), error.status
    with door() as d:
        return _page(d, results=_results(d, answer["results"]), master_no=answer["master_no"])


def _merge(d: Door, typed: dict[str, Any]) -> dict[str, Any]:
    data = checked(MassMerge(), typed)
    numbers = [number for number in data["nos"] if number != data["master_no"]]
    if not numbers:
        raise Invalid("除主单外，请至少再勾选一件要并入的工单", code="nothing_ticked", field="nos")
    told = {"master_no": data["master_no"], "text": data["text"]}
    return {**told, "results": perform_each(d.session, d.actor, "merge", numbers, told, d.now)}


def _results(d: Door, told: dict[str, str]) -> list[dict[str, str]]:
    """Row by row: why not, and where such a ticket stands now."""
    stands = {one.no: one.status.label for one in d.session.scalars(visible(d.actor).where(Ticket.no.in_(told)))}
    return [{"no": no, "why": why, "status": stands.get(no, "")} for no, why in told.items()]


def _page(d: Door, **values: Any) -> str:
    found = mass.groups(d.session, d.actor, d.now, current_app.extensions["similar"])
    shown = [{"group": group, "rows": [_row(d, line) for line in group.lines]} for group in found]
    limits = {"days": mass.DAYS, "least": mass.LEAST, "key": secrets.token_urlsafe(12)}
    return render_page(d, "web/mass.html", active="mass", groups=shown, **limits, **{"typed": None, **values})


def _row(d: Door, line: mass.Line) -> dict[str, Any]:
    ticket = line.ticket
    return {
        "no": ticket.no,
        "title": ticket.title,
        "enterprise": enterprise_name(ticket, d.actor) or "—",
        "region": ticket.region.name,
        "status": status_of(ticket),
        "unit": ticket.lead_unit.short_name if ticket.lead_unit else "未派单",
        "at": ticket.created_at,
        "movable": line.movable,
        "merged": line.merged,
    }
