"""集中诉求 over JSON: groups of open tickets on one matter, and merging many at one go with a result for each."""

from typing import Any

from flask import current_app
from flask_smorest import Blueprint

from hotline.actions import perform_each
from hotline.api.access import bearer, json_body, once_for
from hotline.dispatch import mass
from hotline.dispatch.schemas import MassMerge
from hotline.ticket.schemas import checked
from hotline.ticket.view import summary
from hotline.ui.door import Door, door

pages = Blueprint("api_mass", __name__, url_prefix="/api/v1/mass", description="集中诉求")


@pages.get("")
@bearer
@pages.response(200)
def index() -> dict[str, Any]:
    """The groups that the caller may merge, the largest first."""
    with door() as d:
        found = mass.groups(d.session, d.actor, d.now, current_app.extensions["similar"])
        return {"days": mass.DAYS, "least": mass.LEAST, "groups": [_group(d, group) for group in found]}


def _group(d: Door, group: mass.Group) -> dict[str, Any]:
    unit = group.proposal.unit if group.proposal else group.master.lead_unit
    return {
        "master_no": group.master.no,
        "title": group.master.title,
        "total": group.total,
        "enterprises": group.enterprises,
        "words": group.words,
        "first_at": group.first.isoformat(),
        "latest_at": group.latest.isoformat(),
        "unit": unit.name if unit else None,
        "tickets": [
            {**summary(line.ticket, d.actor), "may_merge": line.movable, "merged": line.merged} for line in group.lines
        ],
    }


@pages.post("/merge")
@bearer
@pages.doc(requestBody={"required": True, "content": {"application/json": {"schema": MassMerge}}})
@pages.response(200)
def merge() -> dict[str, Any]:
    """Merge `nos` into `master_no`: each by itself, so that one that cannot be merged stops no other."""
    data = checked(MassMerge(), json_body())
    with door(write=True) as d:
        mass.check_role(d.actor)
        return once_for(d, lambda: _merged(d, data))


def _merged(d: Door, data: dict[str, Any]) -> dict[str, Any]:
    told = {"master_no": data["master_no"], "text": data["text"]}
    refusals = perform_each(d.session, d.actor, "merge", data["nos"], told, d.now)
    results = [{"no": no, "merged": not why, "message": why or "已并入"} for no, why in refusals.items()]
    return {"master_no": data["master_no"], "results": results}
