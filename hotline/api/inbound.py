"""What other platforms send in: idempotent by their own number, told back through the outbox."""

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import fields, validate

from hotline.actions import Action, load, perform
from hotline.api.access import bearer
from hotline.clock import to_local
from hotline.directory.models import Source
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.intake.operations import submit
from hotline.intake.schemas import Submission
from hotline.ticket.models import Ticket
from hotline.ticket.queries import visible
from hotline.ui.door import Door, door

pages = Blueprint("api_inbound", __name__, url_prefix="/api/v1/inbound", description="平台转入")


class Inbound(Submission):
    """A platform's appeal: its own number is what makes a second sending harmless."""

    source_code = fields.String(required=True, validate=validate.Length(1, 60), metadata={"label": "来源"})
    external_no = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "来源平台编号"})


INBOUND = Action(submit, Inbound)


@pages.post("")
@bearer
@pages.doc(requestBody={"required": True, "content": {"application/json": {"schema": Inbound}}})
@pages.response(200)
def receive() -> dict[str, Any]:
    """Register an appeal once: the same `source_code` and `external_no` give the same ticket."""
    payload = request.get_json(silent=True)
    if not isinstance(payload, dict):
        raise Invalid("请求内容须是 JSON 对象", code="json_required")
    data = load(INBOUND, payload)
    with door(write=True) as d:
        ticket = _known(d, data) or perform(d.session, d.actor, "submit", payload, d.now)
        return {"no": ticket.no, "query_code": ticket.query_code, "status": ticket.status.value}


def _known(d: Door, data: dict[str, Any]) -> Ticket | None:
    source = by_code(d.session, Source, data["source_code"], to_local(d.now).date())
    query = visible(d.actor).where(Ticket.source_id == source.id, Ticket.external_no == data["external_no"])
    found: Ticket | None = d.session.scalar(query)
    return found
