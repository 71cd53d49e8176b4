"""知识维护: the entries of one's unit by what they ask for, and what each unit's knowledge is worth."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.clock import to_local
from hotline.directory.models import Unit
from hotline.knowledge import worklists
from hotline.knowledge.access import OVERSEERS
from hotline.knowledge.clocks import starts_on
from hotline.knowledge.force import State, state_of
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.statistics import UnitStatistics, per_unit
from hotline.knowledge.worklists import Filters, View
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.ui.pager import Pager
from hotline.web.access import demand
from hotline.web.kb_frame import KEEPERS, TABS, show
from hotline.web.navigation import WORKSHOP

pages = Blueprint("kb_desk", __name__, template_folder="templates")

SIZE = 50
LOOKS = {
    VersionStatus.DRAFT: "run",
    VersionStatus.FIRST_REVIEW: "warn",
    VersionStatus.SECOND_REVIEW: "warn",
    VersionStatus.PUBLISHED: "ok",
    VersionStatus.REVIEW_DUE: "bad",
}
"""Status → kind of badge; whatever has ended is "off"."""


@pages.get("/knowledge/desk")
def entries() -> ResponseReturnValue:
    """The list; filters and view stand in the address. Who keeps no entries starts at his own first tab."""
    with door() as d:
        demand(d, WORKSHOP)
        if not d.actor.roles & (KEEPERS | OVERSEERS):
            return redirect(next(tab.href for tab in TABS if tab.roles & d.actor.roles))
        asked = _asked()
        query = worklists.standing(d.actor, asked, d.today)
        page = request.args.get("page", 1, type=int)
        pager = Pager(max(1, min(page, 10_000)), worklists.count(d.session, query), SIZE, _href)
        rows = worklists.page_of(d.session, query, asked.view, pager.page, SIZE)
        values: dict[str, Any] = {
            "views": _views(d, asked),
            "asked": asked,
            "rows": [_row(version, d.today) for version in rows],
            "pager": pager,
            "statuses": [(one.value, one.label) for one in VersionStatus],
            "types": [(one.value, one.label) for one in EntryType],
            "units": _units(d),
            "may_draft": bool(d.actor.roles & AUTHORS),
            "is_filtered": bool(asked.status or asked.type or asked.unit_id or asked.words),
        }
        return show(d, "web/kb_desk.html", "entries", **values)


def _asked() -> Filters:
    """An unknown value in the address is no filter."""
    args = request.args
    return Filters(
        view=_member(View, args.get("view")) or View.ALL,
        status=_member(VersionStatus, args.get("status")),
        type=_member(EntryType, args.get("type")),
        unit_id=args.get("unit", type=int),
        words=typed(args.get("q", ""), 60),
    )


def _member(enum: type[Any], value: str | None) -> Any:
    return next((one for one in enum if one.value == value), None)


def _href(page: int) -> str:
    return "/knowledge/desk?" + urlencode({**request.args.to_dict(), "page": page})


def _views(d: Door, asked: Filters) -> list[dict[str, Any]]:
    kinds = {View.DUE: "bad", View.EXPIRING: "warn", View.REVIEWS: "warn"}
    return [
        {
            "href": f"/knowledge/desk?view={view.value}",
            "label": view.label,
            "active": view is asked.view,
            "count": (found := worklists.count(d.session, worklists.standing(d.actor, Filters(view), d.today))),
            "kind": kinds.get(view) if found else None,
        }
        for view in View
    ]


def _row(version: KbEntryVersion, today: date) -> dict[str, Any]:
    """A version as the list shows it; `note` says when it will need somebody."""
    entry, state = version.entry, state_of(version, today)
    return {
        "version": version,
        "entry": entry,
        "status": {"label": version.status.label, "kind": LOOKS.get(version.status, "off")},
        "upcoming": state is State.UPCOMING,
        "keeper": entry.maintainer.name if entry.maintainer else "—",
        "days_left": (version.expires_at - today).days if version.expires_at and version.status.is_live else None,
        "is_doubtful": bool(version.doubts),
    }


def _units(d: Door) -> list[tuple[int, str]]:
    """The units that have entries this actor may see."""
    mine = select(Unit.id, Unit.short_name).join(KbEntry, KbEntry.unit_id == Unit.id)
    rows = d.session.execute(mine.where(worklists.kept_by(d.actor)).distinct().order_by(Unit.id))
    return [(unit_id, name) for unit_id, name in rows]


@pages.get("/knowledge/statistics")
def statistics() -> ResponseReturnValue:
    """Each unit's row for a month: this one, or ?month=2026-10."""
    with door() as d:
        demand(d, WORKSHOP)
        start, end = month_of(request.args.get("month", ""), d.now)
        rows = per_unit(d.session, start, min(end, d.now))
        months = [_months_before(d.today, back) for back in range(12)]
        values: dict[str, Any] = {
            "rows": [(row, _rate(row)) for row in rows],
            "total": {name: sum(getattr(row, name) for row in rows) for name in COUNTED},
            "month": to_local(start).strftime("%Y-%m"),
            "months": [one.strftime("%Y-%m") for one in months],
        }
        return show(d, "web/kb_statistics.html", "statistics", **values)


COUNTED = ("entries", "updates", "expiring", "hits", "citations", "corrections", "corrections_in_time")


def _rate(row: UnitStatistics) -> str:
    """A rate of nothing is no rate."""
    return "—" if row.in_time_rate is None else f"{row.in_time_rate:.0%}"


def month_of(text: str, now: datetime) -> tuple[datetime, datetime]:
    """The first instant of a month and of the one after; the present month for anything else, or a future one."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = to_local(now).date()
    first = min(first, to_local(now).date()).replace(day=1)
    return starts_on(first), starts_on((first + timedelta(days=32)).replace(day=1))


def _months_before(day: date, back: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return date(year, month + 1, 1)
