"""工单列表: saved views with counts, filters that live in the URL, and the same list as CSV."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.accounts.operations import audit
from hotline.clock import to_local
from hotline.directory.models import Category
from hotline.directory.queries import effective
from hotline.errors import NotFound
from hotline.ticket import listing
from hotline.ticket.models import AppealType, Ticket, TicketStatus
from hotline.ticket.numbering import is_number
from hotline.ticket.queries import get
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.pager import Pager
from hotline.web import choices, sheet
from hotline.web.navigation import render_page, start_view
from hotline.web.presenters import list_row
from hotline.web.related import shared_answer

pages = Blueprint("queue", __name__, template_folder="templates")

SIZE = 50
EXPORT_LIMIT = 10_000
"""Rows of one CSV: more is a matter for reports."""
R = Role
TIMED = ("today", "due", "overdue")
VIEWS_OF: dict[Role, tuple[str, ...]] = {
    R.AGENT: ("mine", "open", *TIMED, "supervised", "closed", "all"),
    R.TEAM_LEADER: ("mine", "open", *TIMED, "supervised", "closed", "all"),
    R.DISPATCHER: (
        *("dispatch", "supplement", "objected", "sign", "untold", "inner", "open", *TIMED),
        *("supervised", "task_force", "closed", "all"),
    ),
    R.REVIEWER: ("review", "open", *TIMED, "closed", "all"),
    R.CALLBACK: ("callback", "open", "closed", "all"),
    R.HANDLER: ("mine", "sign", "handling", "open", *TIMED, "inner", "task_force", "closed"),
    R.UNIT_LEADER: ("sign", "handling", "ruling", "open", *TIMED, "inner", "supervised", "task_force", "closed"),
    R.EXPERT: ("expert", "all"),
    R.SUPERVISOR: (
        *("ruling", "objected", "open", *TIMED, "inner", "untold", "supervised", "task_force"),
        *("closed", "all"),
    ),
    R.AUDITOR: ("open", *TIMED, "inner", "supervised", "task_force", "closed", "all"),
}
"""The tabs each role works with."""
QUIET = frozenset({"closed", "all"})
"""Views whose count tells nobody what to do."""
KINDS = {"overdue": "bad", "due": "warn", "today": "warn"}
FILTERS = ("view", "q", "unit", "category", "status", "kind", "master")


def views_of(actor: Actor) -> list[str]:
    """The tabs for this actor, in the order of all views."""
    mine = {view for role in actor.roles for view in VIEWS_OF.get(Role(role), ())}
    return [view for view in listing.VIEWS if view in mine]


def chosen(actor: Actor, query: Mapping[str, str]) -> listing.Filters:
    """The filters of a URL. Unknown codes are dropped: an old bookmark should still open."""
    values = {name: typed(query.get(name, ""), 100) for name in FILTERS}
    if values["view"] not in listing.VIEWS:
        values["view"] = start_view(actor)
    for name, enum in (("status", TicketStatus), ("kind", AppealType)):
        if values[name] not in list(enum):
            values[name] = ""
    return listing.Filters(**values)


@pages.get("/queue")
def index() -> ResponseReturnValue:
    """A page of a view: ?view=&q=&unit=&category=&status=&kind=&sort=new&page=."""
    with door() as d:
        filters, newest = chosen(d.actor, request.args), request.args.get("sort") == "new"
        number = request.args.get("page", 1, type=int)
        page = _page(d, filters, newest, min(max(number, 1), 100_000))
        return render_page(
            d,
            "web/queue.html",
            active="queue",
            filters=filters,
            newest=newest,
            view_label=listing.VIEWS[filters.view],
            tabs=_tabs(d, filters.view),
            rows=[list_row(d.session, row, d.actor, d.now) for row in page.rows],
            pager=_pager(page, filters, newest),
            export=_url("/queue.csv", filters, newest),
            is_filtered=any((filters.q, filters.unit, filters.category, filters.status, filters.kind, filters.master)),
            shared=shared_answer(d.session, d.actor, _ticket(d, filters.master)),
            units=choices.offered(d.session, "units", d.today) if not _only_unit(d.actor) else [],
            categories=_categories(d.session, d.today),
            statuses=[(status.value, status.label) for status in TicketStatus],
            kinds=[(kind.value, kind.label) for kind in AppealType],
            q=filters.q,
        )


def _page(d: Door, filters: listing.Filters, newest: bool, number: int) -> listing.Page:
    return listing.page(d.session, d.actor, d.now, page=number, size=SIZE, newest=newest, **asdict(filters))


def _only_unit(actor: Actor) -> bool:
    return not actor.is_hotline and Role.AUDITOR not in actor.roles


def _tabs(d: Door, active: str) -> list[dict[str, Any]]:
    views = views_of(d.actor)
    if active not in views:
        views.append(active)
    counts = listing.counts(d.session, d.actor, d.now, [view for view in views if view not in QUIET])
    return [
        {
            "href": f"/queue?view={view}",
            "label": listing.VIEWS[view],
            "active": view == active,
            "count": counts.get(view),
            "kind": KINDS.get(view) if counts.get(view) else None,
        }
        for view in views
    ]


def _pager(page: listing.Page, filters: listing.Filters, newest: bool) -> Pager:
    return Pager(page.number, page.total, page.size, lambda number: _url("/queue", filters, newest, page=number))


def _url(path: str, filters: listing.Filters, newest: bool, **more: Any) -> str:
    values = {**asdict(filters), "sort": "new" if newest else "", **more}
    return f"{path}?{urlencode({name: value for name, value in values.items() if value})}"


def _categories(session: Session, day: date) -> list[Any]:
    """The first two levels: a list is filtered by a field of business, not by a single matter."""
    query = select(Category).where(effective(Category, day), Category.level < 3)
    groups: list[Any] = []
    for row in session.scalars(query.order_by(Category.code)):
        if row.level == 1:
            groups.append((row.name, [(row.code, f"{row.name}（全部）")]))
        elif groups:
            groups[-1][1].append((row.code, row.name))
    return groups


@pages.get("/queue.csv")
def export() -> ResponseReturnValue:
    """The same list as a file that Excel and WPS open; who took it is kept."""
    with door(write=True) as d:
        filters, newest = chosen(d.actor, request.args), request.args.get("sort") == "new"
        page = listing.page(d.session, d.actor, d.now, size=EXPORT_LIMIT, newest=newest, **asdict(filters))
        audit(d.session, d.actor, "export", f"queue:{filters.view}", d.now, f"导出工单 {len(page.rows)} 件")
        text = sheet.tickets(page.rows, d.actor)
        name = f"tickets-{filters.view}-{to_local(d.now):%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)


@pages.get("/search")
def search() -> ResponseReturnValue:
    """A ticket's number opens it; anything else is looked for in all tickets."""
    text = typed(request.args.get("q", ""), 100)
    with door() as d:
        if is_number(text.upper()):
            found = _ticket(d, text.upper())
            if found is not None:
                return redirect(f"/tickets/{found.no}")
    return redirect(f"/queue?{urlencode({'view': 'all', 'q': text})}")


def _ticket(d: Door, number: str) -> Ticket | None:
    """Also None for what is no number."""
    try:
        return get(d.session, d.actor, number)
    except NotFound:
        return None
