"""The dispatch desk: one ticket after the other, each with a proposed unit; Enter accepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.actions import ACTIONS, perform
from hotline.directory.models import Unit
from hotline.dispatch.auto_audit import why_left
from hotline.dispatch.learning import Advice
from hotline.dispatch.load import loads
from hotline.dispatch.proposal import Proposal, deadline, propose
from hotline.errors import Conflict, Invalid, NotFound
from hotline.ticket import listing
from hotline.ticket.models import Objection, Ticket, TicketStatus
from hotline.ticket.models.codes import Ruling
from hotline.ticket.parts import complained_of
from hotline.ui.door import Door, door
from hotline.ui.forms import submitted
from hotline.web import presenters
from hotline.web.access import demand
from hotline.web.choices import offered
from hotline.web.navigation import DISPATCHERS, render_page
from hotline.web.panels import Posted, panels
from hotline.web.suggested import repeated, unit_advice
from hotline.web.ticket import kept_text

pages = Blueprint("dispatch", __name__, template_folder="templates")

MANY = 200
"""More are not walked through one by one; the count tells the rest."""
SENDING = ("dispatch", "redispatch")
ASIDE = (
    *("overrule", "return_for_supplement", "merge", "refuse", "transfer_external", "transfer_emergency"),
    *("ask_expert", "note"),
)
"""What a dispatcher may do instead of sending it, in this order, as far as the table allows."""
Kept = Sequence[tuple[str, str]]
"""What somebody typed into a form that is gone: (label, text)."""
DONE = {"dispatch": "已派单", "redispatch": "已改派", "overrule": "已驳回退单"}


@dataclass(frozen=True)
class Line:
    """The tickets that wait, the nearest due first, objections last; and where we are."""

    rows: list[listing.Row]
    at: int
    total: int

    @property
    def current(self) -> listing.Row:
        """The ticket on the desk."""
        return self.rows[self.at]

    def number(self, step: int) -> str | None:
        """The neighbour's number; None beyond the ends."""
        at = self.at + step
        return self.rows[at].ticket.no if 0 <= at < len(self.rows) else None


@pages.get("/dispatch")
def desk() -> ResponseReturnValue:
    """The ticket `no`, or the first that waits."""
    with door() as d:
        demand(d, DISPATCHERS)
        return _page(d, request.args.get("no", ""))


@pages.post("/dispatch/<no>/<action>")
def act(no: str, action: str) -> ResponseReturnValue:
    """Take one action, then go on to the next ticket. Who comes second is told so and goes on as well."""
    if action not in (*SENDING, *ASIDE):
        raise NotFound("没有这个操作", code="unknown_action")
    payload = submitted(ACTIONS[action].schema, request.form)
    if request.form.get("other_unit"):
        payload["unit_code"] = request.form["other_unit"]
    following = request.form.get("next", "")
    try:
        with door(write=True) as d:
            demand(d, DISPATCHERS)
            ticket = perform(d.session, d.actor, action, payload, d.now, number=no)
            told = _told(d, ticket, action)
            stays = ticket.status in (TicketStatus.AWAITING_DISPATCH, TicketStatus.OBJECTED)
    except Invalid as error:
        with door() as d:
            return _page(d, no, Posted(action, payload, error.by_field("_")), error.message), error.status
    except (Conflict, NotFound) as error:
        with door() as d:
            return _page(d, following, message=f"{no}：{error.message}", kept=kept_text(action, payload)), error.status
    flash(told, "ok")
    return redirect(f"/dispatch?no={no if stays else following}")


def _told(d: Door, ticket: Ticket, action: str) -> str:
    unit = d.session.get(Unit, ticket.lead_unit_id) if action in SENDING else None
    return f"{ticket.no} {DONE.get(action, '已处理')}" + (f"：{unit.name}" if unit else "")


def _page(d: Door, no: str, posted: Posted | None = None, message: str = "", kept: Kept = ()) -> str:
    line = _line(d, no)
    if not line.rows:
        return render_page(d, "web/dispatch_empty.html", active="dispatch", message=message, kept=kept)
    ticket = line.current.ticket
    if no and ticket.no != no and not message:
        message = f"{no} 已不在待派单之列，可能刚被他人处理，以下是下一件"
    values = {"line": line, "ticket": ticket, "message": message, "kept": kept, "posted": posted}
    return render_page(
        d, "web/dispatch.html", active="dispatch", **values, **_facts(d, ticket), **_ways(d, ticket, posted)
    )


def _line(d: Door, no: str) -> Line:
    waiting = listing.page(
        d.session, d.actor, d.now, view="dispatch", status=TicketStatus.AWAITING_DISPATCH.value, size=MANY
    )
    objected = listing.page(d.session, d.actor, d.now, view="objected", size=MANY)
    rows = [*waiting.rows, *objected.rows]
    at = next((at for at, row in enumerate(rows) if row.ticket.no == no), 0)
    return Line(rows, at, waiting.total + objected.total)


def _facts(d: Door, ticket: Ticket) -> dict[str, Any]:
    pending = select(Objection).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING)
    return {
        "head": presenters.head(d.session, ticket, presenters.clocks(d.session, ticket), d.now),
        "facts": presenters.facts(ticket),
        "party": presenters.party(d.session, ticket, d.actor),
        "objection": d.session.scalar(pending.order_by(Objection.id.desc()).limit(1)),
        "repeated": repeated(d, ticket),
        "why_left": why_left(d.session, ticket),
        "due": deadline(d.session, d.now, ticket.appeal_type, ticket.urgency),
    }


def _ways(d: Door, ticket: Ticket, posted: Posted | None) -> dict[str, Any]:
    """Where it may go (`sending` is None when the table allows no sending), and what else may be done."""
    bar = panels(d, ticket, posted)
    allowed = {panel["action"]: panel | {"url": f"/dispatch/{ticket.no}/{panel['action']}"} for panel in _all(bar)}
    sending = next((action for action in SENDING if action in allowed), None)
    proposal = propose(
        d.session, d.actor, d.now, ticket.category, ticket.region, ticket.respondent_unit, ticket.appeal_type
    )
    advice = unit_advice(d, ticket)
    units = _candidates(d, ticket, proposal, advice)
    told = posted.values if posted and posted.action == sending else {}
    return {
        "sending": allowed[sending] if sending else None,
        "aside": [_aside(allowed[action], d, ticket) for action in ASIDE if action in allowed],
        "proposal": proposal,
        "advice": advice,
        "support": [(unit.code, unit.name) for unit in proposal.support],
        "supporting": told.get("support_unit_codes") or [unit.code for unit in proposal.support if not told],
        "units": units,
        "loads": loads(d.session, d.actor, d.now, units),
        "chosen": told.get("unit_code") or _first_choice(ticket, proposal, units),
        "may_merge": "merge" in allowed,
        "all_units": offered(d.session, "units", d.today),
        "errors": posted.errors if posted and posted.action == sending else {},
        "key": bar["key"],
    }


def _first_choice(ticket: Ticket, proposal: Proposal, units: list[Unit]) -> str | None:
    """What Enter accepts: nothing, when only a person can tell."""
    return units[0].code if units and (proposal.unit or ticket.lead_unit) else None


def _all(bar: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*bar["main"], *bar["more"]]


def _candidates(d: Door, ticket: Ticket, proposal: Proposal, advice: Advice | None) -> list[Unit]:
    """The proposed unit first; after an objection the one it suggests; what the model thinks last.

    Never the unit that has objected, nor one that the ticket, or one merged into it, complains of.
    """
    suggested = select(Objection.suggested_unit_id).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING)
    named = d.session.scalar(suggested.where(Objection.suggested_unit_id.is_not(None)).limit(1))
    units = [d.session.get_one(Unit, named)] if named else []
    units += [unit for unit in (proposal.unit, *proposal.others) if unit is not None]
    units += [option.row for option in advice.options] if advice else []
    fit = [unit for unit in dict.fromkeys(units) if unit.id != ticket.lead_unit_id]
    return [unit for unit in fit if not any(about.is_above(unit) for about in complained_of(ticket))]


def _aside(panel: dict[str, Any], d: Door, ticket: Ticket) -> dict[str, Any]:
    """A side way's form; 并单 offers the tickets that this one may repeat."""
    if panel["action"] != "merge":
        return panel | {"primary": False}
    alike = [(one.no, f"{one.no} {one.title}（{one.status.label}）") for one in repeated(d, ticket)]
    fields = [
        field | {"widget": "radio", "choices": alike, "hint": "并入其他工单请到工单页办理"}
        if field["name"] == "master_no" and alike
        else field
        for field in panel["fields"]
    ]
    return panel | {"primary": False, "fields": fields}
