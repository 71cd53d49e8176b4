"""Tickets over JSON: register, list, read, act. One documented route an action, from the same dict as the pages."""

from collections.abc import Callable
from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import fields, validate

from hotline.accounts.actor import SYSTEM
from hotline.actions import ACTIONS, CREATING, perform
from hotline.api.access import bearer, json_body
from hotline.api.routes import refuse_others, route
from hotline.idempotency import once
from hotline.ticket import listing
from hotline.ticket.ledger import plain
from hotline.ticket.lifecycle import LABELS
from hotline.ticket.models import Ticket
from hotline.ticket.queries import get
from hotline.ticket.schemas import Checked, line
from hotline.ticket.unmasking import unmask
from hotline.ticket.view import as_dict, ledger_rows, summary
from hotline.ui.door import Door, door

pages = Blueprint("api_tickets", __name__, url_prefix="/api/v1/tickets", description="工单")


class Filters(Checked):
    """Which tickets, and which page of them."""

    view = fields.String(load_default="open", validate=validate.OneOf(sorted(listing.VIEWS), error="没有这个视图"))
    q = line("查询内容", 100)
    master = line("主单号（其本身及并入的工单）", 24)
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 100_000, error="页码须在 1 至 100000 之间"),
        metadata={"label": "页码"},
    )
    size = fields.Integer(
        load_default=50, validate=validate.Range(1, 200, error="每页须为 1 至 200 件"), metadata={"label": "每页件数"}
    )


class Reason(Checked):
    """Why somebody wants to see what is masked."""

    reason = line("查看原因", required=True)


@pages.get("")
@bearer
@pages.arguments(Filters, location="query")
@pages.response(200)
def index(filters: dict[str, Any]) -> dict[str, Any]:
    """A page of the tickets the caller may see, nearest due first."""
    with door() as d:
        page = listing.page(d.session, d.actor, d.now, **filters)
        return {
            "total": page.total,
            "page": page.number,
            "tickets": [summary(row.ticket, d.actor) for row in page.rows],
        }


@pages.get("/<no>")
@bearer
@pages.response(200)
def show(no: str) -> dict[str, Any]:
    """One ticket with its clocks and the caller's legal `actions`."""
    with door() as d:
        return as_dict(d.session, get(d.session, d.actor, no), d.actor, d.now)


@pages.get("/<no>/ledger")
@bearer
@pages.response(200)
def ledger(no: str) -> dict[str, Any]:
    """The ticket's ledger, oldest first."""
    with door() as d:
        return {"ledger": ledger_rows(d.session, get(d.session, d.actor, no), d.actor)}


@pages.post("/<no>/unmask")
@bearer
@pages.arguments(Reason)
@pages.response(200)
def show_unmasked(data: dict[str, str], no: str) -> dict[str, str]:
    """The full name and number; who asked, when and why is kept."""
    with door(write=True) as d:
        return unmask(d.session, get(d.session, d.actor, no), d.actor, data["reason"], d.now)


def _answer(d: Door, ticket: Ticket) -> dict[str, Any]:
    """The ticket as its actor sees it, masked; `actions` is empty where it is now out of the actor's hands."""
    d.session.flush()
    return plain(as_dict(d.session, ticket, d.actor, d.now))


def _register(action: str) -> Callable[[], dict[str, Any]]:
    """A route that makes a ticket. The same `Idempotency-Key` gives the same answer."""

    def create() -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            key = request.headers.get("Idempotency-Key")

            def make() -> dict[str, Any]:
                return _answer(d, perform(d.session, d.actor, action, payload, d.now))

            answer = once(d.session, d.owner, key, {"action": action, **payload}, d.now, make)
            code = get(d.session, SYSTEM, answer["no"]).query_code  # never kept with the answer
            return {"query_code": code, **answer}

    return create


def _act(action: str) -> Callable[[str], dict[str, Any]]:
    """A route that moves a ticket."""

    def act(no: str) -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            return _answer(d, perform(d.session, d.actor, action, payload, d.now, number=no))

    return act


for _name, _spec in CREATING.items():
    route(pages, f"/new/{_name}", _name, LABELS[_name], _spec.schema, _register(_name), 201)
for _name, _spec in ACTIONS.items():
    route(pages, f"/<no>/actions/{_name}", _name, LABELS[_name], _spec.schema, _act(_name), 200)
refuse_others(pages, "<no>")
