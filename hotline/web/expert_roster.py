"""值班表: a week of shifts with AB角; laid out by units and supervisors, swapped when somebody is absent."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.accounts.models import Role
from hotline.errors import DomainError, Unauthenticated
from hotline.experts import pool, roster
from hotline.experts import schemas as forms
from hotline.experts.models import Expert, RosterShift
from hotline.experts.pool import KEEPERS, may_keep
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.expert_frame import ROLES, show
from hotline.web.form_page import FormPage, loaded
from hotline.web.kb_frame import run_form, say

pages = Blueprint("expert_roster", __name__, template_folder="templates")
LEAD = "按工作日历排班：法定节假日自动跳过，调休上班日照常。B角须为同一单位专家，A角缺勤时由B角接听。"


@pages.get("/experts/roster")
def week() -> ResponseReturnValue:
    """One week, Monday first; `week` in the address is any of its days."""
    with door() as d:
        return _page(d)


def _page(d: Door, message: str = "") -> str:
    demand(d, ROLES)
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
        message=message,
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
        return FormPage("排班", forms.LayOut, "roster", "/experts/roster", values, "排班", LEAD, choices=lists)

    def save(d: Door, _typed: dict[str, Any]) -> str:
        made = roster.lay_out(d.session, loaded(forms.LayOut), d.actor, d.now)
        say(f"已排 {len(made)} 班")
        return f"/experts/roster?week={made[0].day}"

    return run_form(build, save, show)


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
        return FormPage(title, forms.Swap, "roster", back, values, "保存", choices=lists)

    def save(d: Door, _typed: dict[str, Any]) -> str:
        shift = roster.get_shift(d.session, shift_id)
        roster.swap(d.session, shift, loaded(forms.Swap), d.actor, d.now)
        say(f"{shift.day} 由{shift.acting.account.name}值班")
        return f"/experts/roster?week={shift.day}"

    return run_form(build, save, show)


@pages.post("/experts/roster/<int:shift_id>/remove")
def remove(shift_id: int) -> ResponseReturnValue:
    """撤班."""
    try:
        with door(write=True) as d:
            shift = roster.get_shift(d.session, shift_id)
            day = shift.day
            roster.remove(d.session, shift, d.actor, d.now)
    except Unauthenticated:
        raise
    except DomainError as error:
        with door() as d:
            return _page(d, error.message), error.status
    say(f"{day} 的一班已撤")
    return redirect(f"/experts/roster?week={day}", 303)
