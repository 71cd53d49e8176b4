"""概览: what stands open and how it is judged, each number leading to its tickets."""

from datetime import timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from hotline.outbox.operations import backlog
from hotline.supervision import metrics
from hotline.supervision.acknowledgements import unconfirmed
from hotline.ticket import listing
from hotline.ui.door import Door, door
from hotline.ui.format import duration_text, local_time
from hotline.web.access import demand
from hotline.web.admin import TIME_READERS
from hotline.web.admin_time import WHOM
from hotline.web.navigation import WATCHERS, render_page
from hotline.web.presenters import STATUS_LOOK, clock_label
from routing.escalation import RungName

pages = Blueprint("overview", __name__, template_folder="templates")

WINDOW = timedelta(days=30)
SHOWN = 10
"""Unconfirmed rungs on the page; of the others their number."""
LATE = 60
"""Seconds a rung may be late before somebody should look."""
TILES = (
    ("open", "在办工单", None, "尚未办结、终止的工单，含挂起和已并单的。"),
    ("today", "今日到期", "warn", "办理总时限或重办时限在今天内到期、尚未超期的工单。"),
    ("due", "即将超期", "warn", "已用完时限八成（催办线）而尚未超期的工单。"),
    ("overdue", "已超期", "bad", "办理总时限或重办时限已过、仍未完成的工单。"),
    ("supervised", "督办中", "bad", "督办员或时限规则列入督办、尚未解除的在办工单。"),
)
RATES = (
    ("response", "响应率", "有效回访中，诉求人确认承办单位联系过的占比。同一工单以窗口内最近一次有效回访为准。"),
    ("resolution", "解决率", "有效回访中，诉求人认为诉求已解决的占比。"),
    ("satisfaction", "满意率", "（非常满意 + 满意 + 0.9 × 基本满意）÷ 有效回访。与好评率口径不同，不可混用。"),
)


@pages.get("/overview")
def index() -> ResponseReturnValue:
    """The state of the house, now."""
    with door() as d:
        demand(d, WATCHERS)
        loads = metrics.by_unit(d.session, d.actor, d.now)
        waiting = _unconfirmed(d)
        return render_page(
            d,
            "web/overview.html",
            active="overview",
            tiles=_tiles(d),
            rates=_rates(d),
            stages=_stages(d),
            units=loads,
            most=max((load.open for load in loads), default=1),
            health=_health(d),
            unconfirmed=waiting[:SHOWN],
            more_unconfirmed=max(len(waiting) - SHOWN, 0),
            as_of=local_time(d.now, seconds=True),
        )


def _tiles(d: Door) -> list[dict[str, Any]]:
    counts = listing.counts(d.session, d.actor, d.now, [view for view, *_ in TILES])
    return [
        {
            "label": label,
            "value": counts[view],
            "kind": kind if counts[view] else None,
            "href": f"/queue?view={view}",
            "definition": definition,
        }
        for view, label, kind, definition in TILES
    ]


def _rates(d: Door) -> list[dict[str, Any]]:
    found = metrics.rates(d.session, d.actor, d.now - WINDOW, d.now)
    shares = [(label, definition, getattr(found, name)) for name, label, definition in RATES]
    return [
        {
            "label": label,
            "value": share.percent,
            "unit": "%" if share.of else "",
            "note": f"有效回访 {share.of} 件",
            "href": "/overview/callbacks",
            "definition": definition,
        }
        for label, definition, share in shares
    ]


def _stages(d: Door) -> list[dict[str, Any]]:
    return [
        {
            "label": status.label,
            "kind": STATUS_LOOK[status][0],
            "icon": STATUS_LOOK[status][1],
            "count": count,
            "href": f"/queue?view=open&status={status}",
        }
        for status, count in metrics.by_stage(d.session, d.actor)
    ]


def _unconfirmed(d: Door) -> list[dict[str, Any]]:
    """Rungs that nobody has confirmed, longest first."""
    return [
        {
            "no": one.ticket.no,
            "unit": one.ticket.lead_unit.short_name if one.ticket.lead_unit else "热线",
            "rung": RungName(one.rung).label,
            "kind": "warn" if one.rung == RungName.YELLOW else "bad",
            "clock": clock_label(one.clock),
            "whom": "、".join(WHOM[word] for word in one.whom),
            "since": duration_text((d.now - one.fired_at).total_seconds()),
        }
        for one in unconfirmed(d.session, d.actor)
    ]


def _health(d: Door) -> list[dict[str, Any]]:
    """Sentences about the clocks and messages: {kind, text, href for those who may mend it}."""
    found = metrics.clock_health(d.session, d.now)
    late = found.late_seconds > LATE
    lines: list[dict[str, Any]] = [
        {
            "kind": "bad" if late else "ok",
            "text": f"计时提醒滞后 {duration_text(found.late_seconds)}，请系统管理员检查计时进程"
            if late
            else "计时正常：没有滞后的提醒",
        }
    ]
    mend = "/admin/health" if d.actor.roles & TIME_READERS else None
    if found.stuck:
        lines.append({"kind": "bad", "text": f"{found.stuck} 个计时多次处理失败，已停止重试", "href": mend})
    if failed := backlog(d.session).failed:
        lines.append({"kind": "bad", "text": f"{failed} 条通知或回传没有发出", "href": mend})
    if found.provisional:
        years = "、".join(str(year) for year in found.years)
        words = f"{found.provisional} 个在办时限跨入 {years} 年，该年放假安排尚未导入，到期时间为暂定"
        lines.append({"kind": "warn", "text": words})
    return lines


@pages.get("/overview/callbacks")
def callbacks() -> ResponseReturnValue:
    """The tickets behind the three rates."""
    with door() as d:
        demand(d, WATCHERS)
        found = metrics.counted_callbacks(d.session, d.actor, d.now - WINDOW, d.now)
        return render_page(d, "web/overview_callbacks.html", active="overview", rows=found, days=WINDOW.days)
