"""值班表: a week of shifts with AB角; laid out by units and supervisors, swapped when somebody is absent."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.accounts.models import Role
from hotline.experts import pool, roster, roster_changes
from hotline.experts import schemas as forms
from hotline.experts.models import Expert, RosterShift
from hotline.experts.pool import KEEPERS, may_keep
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.expert_frame import ROLES, show
from hotline.web.form_page import FormPage, loaded
from hotline.web.roster_preview import UNSEEN, Planned, run_change

pages = Blueprint("expert_roster", __name__, template_folder="templates")
LEAD = "按工作日历排班：法定节假日自动跳过，调休上班日照常。B角须为同一单位专家，A角缺勤时由B角接听。"


@pages.get("/experts/roster")
def week() -> ResponseReturnValue:
    """One week, Monday first; `week` in the address is any of its days."""
    with door() as d:
        demand(d, ROLES)
        return _page(d)


def _page(d: Door) -> str:
    first = _monday(request.args.get("week", ""), d.today)
    experts = pool.listed(d.session, d.actor)
    days = roster.week(d.session, first, experts)
    return show(
        d,
        "web/roster.html",
        "roster",
        days=days,
        today=d.today,
        first=first,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        may=lambda shift: may_keep(shift.expert.unit, d.actor),
        may_swap=lambda shift: _may_swap(shift, d),
        may_lay_out=bool(d.actor.roles & KEEPERS),
    )


def _may_swap(shift: RosterShift, d: Door) -> bool:
    mine = d.actor.account_id in (shift.expert.account_id, shift.substitute and shift.substitute.account_id)
    return mine or may_keep(shift.expert.unit, d.actor)


def _monday(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    day = day if abs(day - today) < timedelta(days=3650) else today  # beyond it is no roster
    return day - timedelta(days=day.weekday())


@pages.route("/experts/roster/new", methods=["GET", "POST"])
def lay_out() -> ResponseReturnValue:
    """排班."""

    def build(d: Door) -> FormPage:
        demand(d, KEEPERS)
        experts = [one for one in pool.listed(d.session, d.actor) if may_keep(one.unit, d.actor)]
        chosen = [(one.id, f"{one.account.name}（{one.unit.short_name}）") for one in experts]
        values: dict[str, Any] = {"day": d.today, "starts": "08:30", "ends": "12:00"}
        lists = {"expert_id": [("", "请选择"), *chosen], "substitute_id": [("", "无"), *chosen]}
        return FormPage(
            "排班", forms.LayOut, "roster", "/experts/roster", values, "查看影响", LEAD, choices=lists, without=UNSEEN
        )

    def plan(d: Door) -> Planned:
        data = loaded(forms.LayOut)
        change = roster_changes.laid_out(d.session, data, d.actor)
        first = change.shifts[0].after
        back = f"/experts/roster?week={first.day}" if first else "/experts/roster"
        return Planned(change, back, f"已排 {len(change.shifts)} 班", data["seen"], "")

    return run_change(build, plan, "排班")


@pages.route("/experts/roster/<int:shift_id>/swap", methods=["GET", "POST"])
def swap(shift_id: int) -> ResponseReturnValue:
    """替班: the B角 answers while the A角 is absent, and back again."""

    def build(d: Door) -> FormPage:
        demand(d, KEEPERS | {Role.EXPERT})
        shift = roster.get_shift(d.session, shift_id)
        same = d.session.scalars(select(Expert).filter_by(unit_id=shift.expert.unit_id))
        others = [(one.id, one.account.name) for one in same if one.id != shift.expert_id]
        values = {"is_absent": shift.is_absent, "substitute_id": shift.substitute_id}
        title = f"替班：{shift.expert.account.name} {shift.day} {shift.starts:%H:%M}–{shift.ends:%H:%M}"
        back, lists = f"/experts/roster?week={shift.day}", {"substitute_id": [("", "不变"), *others]}
        return FormPage(title, forms.Swap, "roster", back, values, "查看影响", choices=lists, without=UNSEEN)

    def plan(d: Door) -> Planned:
        data, shift = loaded(forms.Swap), roster.get_shift(d.session, shift_id)
        change = roster_changes.swapped(d.session, shift, data, d.actor)
        acting = change.shifts[0].acting[1]
        done = f"{shift.day} 由{acting.account.name if acting else ''}值班"
        return Planned(change, f"/experts/roster?week={shift.day}", done, data["seen"], data["text"])

    return run_change(build, plan, "替班")


@pages.route("/experts/roster/<int:shift_id>/remove", methods=["GET", "POST"])
def remove(shift_id: int) -> ResponseReturnValue:
    """撤班: what stands on the shift is said beforehand."""

    def build(d: Door) -> FormPage:
        demand(d, KEEPERS)
        shift = roster.get_shift(d.session, shift_id)
        title = f"撤班：{shift.expert.account.name} {shift.day} {shift.starts:%H:%M}–{shift.ends:%H:%M}"
        back = f"/experts/roster?week={shift.day}"
        return FormPage(title, forms.Remove, "roster", back, submit="查看影响", is_danger=True, without=UNSEEN)

    def plan(d: Door) -> Planned:
        data, shift = loaded(forms.Remove), roster.get_shift(d.session, shift_id)
        change = roster_changes.removed(shift, d.actor)
        return Planned(
            change, f"/experts/roster?week={shift.day}", f"{shift.day} 的一班已撤", data["seen"], data["text"]
        )

    return run_change(build, plan, "撤班")
