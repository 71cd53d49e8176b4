"""Lists as CSV for Excel and WPS."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from hotline.accounts.actor import Actor
from hotline.ticket.listing import Row
from hotline.ticket.view import enterprise_name
from hotline.ui.format import local_time
from routing.profiles import ClockName

COLUMNS = (
    *("工单号", "标题", "类型", "事项分类", "区域", "企业", "状态", "紧急程度", "主办单位", "经办人", "跟办人"),
    *("受理时间", "时限", "到期时间", "督办", "催单次数", "重办次数", "办结时间"),
)


def tickets(rows: Iterable[Row], actor: Actor) -> str:
    """CSV text of tickets as this reader may know them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(value) for value in _line(row, actor)] for row in rows)
    return out.getvalue()


def safe_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text[:1] in ("\t", "\r") else text


def _line(row: Row, actor: Actor) -> Iterator[Any]:
    ticket, clock = row.ticket, row.clock
    yield from (ticket.no, ticket.title, ticket.appeal_type.label, ticket.category.full_name, ticket.region.name)
    yield from (enterprise_name(ticket, actor), ticket.status.label, ticket.urgency.label)
    yield from (ticket.lead_unit.name if ticket.lead_unit else "", ticket.handler.name if ticket.handler else "")
    yield from (ticket.follower.name, local_time(ticket.received_at), ClockName(clock.name).label if clock else "")
    yield from (local_time(clock.due_at) if clock else "", "是" if ticket.supervised_since else "")
    yield from (ticket.urged_count, ticket.round, local_time(ticket.closed_at) if ticket.closed_at else "")
