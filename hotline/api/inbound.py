"""What other platforms send in: idempotent by their own number, told back through the outbox."""

from typing import Any

from flask_smorest import Blueprint
from sqlalchemy import or_

from hotline.accounts.actor import SYSTEM
from hotline.actions import perform
from hotline.api.access import bearer, json_body
from hotline.directory.models import Source
from hotline.directory.queries import by_code
from hotline.intake.operations import submit
from hotline.intake.schemas import Submission
from hotline.ticket.facts import Facts
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import Ticket
from hotline.ticket.queries import scope, visible
from hotline.ticket.schemas import SHORT, Action, line
from hotline.ui.door import Door, door
from hotline.workflow import choose

pages = Blueprint("api_inbound", __name__, url_prefix="/api/v1/inbound", description="平台转入")


class Inbound(Submission):
    """A platform's appeal: its own number is what makes a second sending harmless.

    A due time that has passed is taken as it is: the sender is a machine, and cannot be asked whether it means it.
    """

    class Meta(Submission.Meta):
        exclude = ("imposed_due_confirmed",)

    source_code = line("诉求来源", SHORT, required=True)
    external_no = line("来源平台编号", 64, required=True)


INBOUND = Action(submit, Inbound)


@pages.post("")
@bearer
@pages.doc(requestBody={"required": True, "content": {"application/json": {"schema": Inbound}}})
@pages.response(200)
def receive() -> dict[str, Any]:
    """Register an appeal once: the same `source_code` and `external_no` give the same ticket.

    Forbidden (403) for who may not register: the answer's query code opens the enterprise's own page.
    """
    payload = json_body()
    data, asked = INBOUND.load(payload), {**payload, "imposed_due_confirmed": True}
    with door(write=True) as d:
        choose(TABLE, "submit", Facts(status=None, appeal_type=data["appeal_type"]), d.actor)
        ticket = _known(d, data) or perform(d.session, d.actor, "submit", asked, d.now)
        return {"no": ticket.no, "query_code": ticket.query_code, "status": ticket.status.value}


def _known(d: Door, data: dict[str, Any]) -> Ticket | None:
    """The ticket of this number, if the caller may see it or sent it: who sent it may since have to keep out of it."""
    source = by_code(d.session, Source, data["source_code"], d.today)
    query = visible(SYSTEM).where(Ticket.source_id == source.id, Ticket.external_no == data["external_no"])
    query = query.where(or_(scope(d.actor), Ticket.created_by_id == d.actor.account_id))
    found: Ticket | None = d.session.scalar(query)
    return found
