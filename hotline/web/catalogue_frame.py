"""What the pages of the 派单目录 share: who may do what, their tabs, and how a row and a ticket's shift are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.models import Role
from hotline.directory.catalogue import EVERYWHERE, GENERAL, support_of
from hotline.directory.models import CatalogueRow, Unit
from hotline.dispatch.catalogue_changes import EDITORS, SENDERS, WATCHERS, Changes, Effect, carry_out, effects
from hotline.ticket.catalogue import TYPE_NAMES
from hotline.ticket.models import TicketStatus
from hotline.ui.door import Door
from hotline.web.admin import show
from hotline.web.rule_change import Effects, RuleChange, Shift
from routing.catalogue import number

ANY_TYPE = "全部类型"
SECTIONS = (
    ("rows", "/catalogue", "目录", frozenset(Role)),
    ("problems", "/catalogue/problems", "缺口与重叠", WATCHERS),
    ("objections", "/catalogue/objections", "退单线索", SENDERS),
    ("supervisors", "/catalogue/supervisors", "监督单位", frozenset(Role)),
    ("changes", "/catalogue/changes", "变更记录", WATCHERS),
    ("import", "/catalogue/import", "导入导出", EDITORS),
)


@dataclass(frozen=True)
class Shown:
    """A row in names."""

    row: CatalogueRow
    number: str
    name: str
    region: str
    kind: str
    support: list[Unit]

    def state(self, day: date) -> tuple[str, str]:
        """(word, kind) of how it stands on a day."""
        if self.row.is_withdrawn:
            return "已撤销", "off"
        if self.row.effective_from > day:
            return "未生效", "run"
        is_over = self.row.effective_to is not None and self.row.effective_to < day
        return ("已失效", "off") if is_over else ("有效", "ok")


def shown(session: Session, rows: Iterable[CatalogueRow]) -> list[Shown]:
    """Rows in names."""
    return [
        Shown(
            row=row,
            number=number(row.category.code) if row.category else "—",
            name=row.category.full_name if row.category else GENERAL,
            region=row.region.name if row.region else EVERYWHERE,
            kind=TYPE_NAMES.get(row.appeal_type or "", ANY_TYPE),
            support=support_of(session, row),
        )
        for row in rows
    ]


def page(d: Door, template: str, section: str, **values: Any) -> str:
    """A page of the catalogue in its frame."""
    sections = [
        {"href": href, "label": label, "active": key == section}
        for key, href, label, roles in SECTIONS
        if roles & d.actor.roles
    ]
    edits = bool(EDITORS & d.actor.roles)
    return show(d, f"admin/{template}.html", "catalogue", sections=sections, edits=edits, today=d.today, **values)


def change_of(title: str, lines: list[tuple[str, Any]], changes: Changes, reason: str, name: str) -> RuleChange:
    """A change of the catalogue that waits for its confirmation; afterwards one sees which tickets to send on."""
    return RuleChange(
        title=title,
        lines=[*lines, ("原因", reason)],
        promise="确认后目录自生效日起按此执行，改动前后和原因记入变更记录。待派单的工单届时按新目录建议；"
        "已派出、待签收的工单不会自动移动，由督办员或派单员在变更记录中逐件确认改派。",
        effects=lambda d: _effects(effects(d.session, changes, d.now, d.actor)),
        carry_out=lambda d: f"/catalogue/changes/{_made(d, changes, reason, name)}",
        columns=("状态", "原承办单位", "新承办单位"),
        submit="确认变更",
        nothing="没有在办工单的承办单位随之变化",
    )


def _made(d: Door, changes: Changes, reason: str, name: str) -> int:
    entry = carry_out(d.session, changes, d.actor, reason, d.now, name)
    d.session.flush()
    return entry.id


def _effects(found: list[Effect]) -> Effects:
    waiting = sum(effect.status is TicketStatus.AWAITING_DISPATCH for effect in found)
    stats: list[tuple[str, int, str, str | None]] = [
        ("受影响的工单", len(found), "件", "warn" if found else "ok"),
        ("待派单", waiting, "件", None),
        ("已派出待改派", len(found) - waiting, "件", None),
    ]
    return Effects([_shift(effect) for effect in found], stats)


def _shift(effect: Effect) -> Shift:
    before, after = (unit.short_name if unit else "人工判断" for unit in (effect.before, effect.after))
    is_sent = effect.status is not TicketStatus.AWAITING_DISPATCH
    word = ("可改派", "warn", "arrow-left-right") if is_sent else ("建议改变", "run", "signpost")
    return Shift(effect.number, effect.status.label, before, after, *word)
