"""单位负荷: open, due today, overdue, objections and how right the dispatches were, unit by unit."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from hotline.accounts.models import Role
from hotline.directory.models import Unit
from hotline.directory.queries import effective
from hotline.dispatch.load import Load, dispatched_by, loads, total
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.navigation import render_page

pages = Blueprint("unit_load", __name__, template_folder="templates")

READERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.TEAM_LEADER, Role.AUDITOR})
SORTS = {
    "open": "在办", "due_today": "今日到期", "overdue": "超期", "dispatched": "近 90 天派单", "objections": "退单",
    "upheld": "退单成立",
}  # fmt: skip
MEANING = "派单准确率 = 1 − 退单成立 ÷ 近 90 天派往该单位的次数；没有派单时显示“—”"


@dataclass(frozen=True)
class Share:
    """What was dispatched under a name, and how often that was wrong."""

    name: str
    code: str
    load: Load


@pages.get("/dispatch/load")
def index() -> ResponseReturnValue:
    """Every unit with something at hand or sent of late, the busiest first."""
    sort = request.args.get("sort", "")
    key = sort if sort in SORTS else "open"
    with door() as d:
        demand(d, READERS)
        units = {unit.id: unit for unit in d.session.scalars(select(Unit).where(effective(Unit, d.today)))}
        found = loads(d.session, d.actor, d.now, units.values())
        rows = [(units[unit_id], load) for unit_id, load in found.items() if load != Load()]
        rows.sort(key=lambda row: (-getattr(row[1], key), row[0].chain))
        values: dict[str, Any] = {"rows": rows, "total": total([load for _, load in rows]), "sorts": SORTS, "sort": key}
        return render_page(d, "web/unit_load.html", active="dispatch", meaning=MEANING, **values)


def shares(d: Door, column: InstrumentedAttribute[int], model: Any) -> list[Share]:
    """Dispatches of late by category or region, those most often wrong first."""
    found = dispatched_by(d.session, d.actor, d.now, column)
    rows = [(d.session.get_one(model, row_id), load) for row_id, load in found.items()]
    rows.sort(key=lambda row: (-row[1].upheld, -row[1].dispatched, row[0].code))
    return [Share(row.name, row.code, load) for row, load in rows]
