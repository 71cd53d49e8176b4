"""交接班 at the hotline's desks, and one's own 代办 while away: who holds the work, until when, and back again."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from marshmallow import fields
from sqlalchemy import select

from hotline.accounts.actor import HOTLINE_ROLES
from hotline.accounts.models import Account, Role
from hotline.errors import DomainError, NotFound
from hotline.supervision import handover, shifts
from hotline.supervision.models import Substitution
from hotline.supervision.substitution import current, end, substitute
from hotline.ticket.schemas import LINE, SHORT, Form, line, text
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.admin import ADMINS, EVERYBODY, FormPage, found, people, run_form
from hotline.web.navigation import render_page

pages = Blueprint("shifts", __name__, template_folder="templates")


class ShiftForm(Form):
    """留言交班."""

    text = text("交班事项", required=True, rows=3, hint="不要写企业联系人的姓名和电话")
    numbers = line("涉及工单号", LINE, hint="多个用空格或逗号分开")


class SubstituteForm(Form):
    """代办: to whom, until when."""

    to_login = line("代办人", SHORT, required=True, widget="select")
    last_day = fields.Date(
        required=True,
        metadata={"label": "代办至（含当日）", "widget": "date"},
        error_messages={"required": "请填写结束日期", "invalid": "日期的格式不对"},
    )
    reason = line("原因", LINE, required=True, placeholder="如：年休假、病假、外出培训")


@pages.get("/shifts")
def index() -> ResponseReturnValue:
    """What the shifts left to each other."""
    with door() as d:
        demand(d, HOTLINE_ROLES)
        found_notes = shifts.notes(d.session, d.actor)
        return render_page(d, "web/shifts.html", active="shifts", notes=found_notes, me=d.actor.account_id)


@pages.route("/shifts/new", methods=["GET", "POST"])
def leave() -> ResponseReturnValue:
    """A note for the next shift."""

    def save(d: Door, data: dict[str, Any]) -> str:
        shifts.leave_note(d.session, d.actor, data["text"], data["numbers"], d.now)
        return "/shifts"

    page = FormPage("留言交班", ShiftForm, "me", "/shifts", submit="交班")
    return run_form(lambda _: page, save, HOTLINE_ROLES, done="已交班，等待接班人员确认")


@pages.post("/shifts/<int:note_id>/take")
def take(note_id: int) -> ResponseReturnValue:
    """接班确认. A lost race is told on the page."""
    try:
        with door(write=True) as d:
            demand(d, HOTLINE_ROLES)
            shifts.take_over(d.session, d.actor, note_id, d.now)
        flash("已确认接班", "ok")
    except DomainError as error:
        if error.status != 409:
            raise
        flash(error.message, "bad")
    return redirect("/shifts", 303)


@pages.route("/account/substitute", methods=["GET", "POST"])
def own() -> ResponseReturnValue:
    """One's own work goes to a substitute until one is back."""
    return _form(None, "/", EVERYBODY)


@pages.route("/admin/accounts/<login>/substitute", methods=["GET", "POST"])
def for_other(login: str) -> ResponseReturnValue:
    """The same for somebody who fell ill."""
    return _form(login, f"/admin/accounts/{login}", ADMINS)


def _form(login: str | None, back: str, roles: frozenset[Role]) -> ResponseReturnValue:
    def build(d: Door) -> FormPage:
        away = _account(d, login)
        work = handover.open_work(d.session, away, d.today)
        lead = f"{len(work.numbers)} 件在办工单、{len(work.posts)} 个职务将由代办人承接，到期后未办完的自动交回。"
        row = current(d.session, away)
        if row is not None:
            lead = f"{row.substitute.name}正在代办，至 {row.last_day}；提前回来可以结束代办，未办完的随即交回。"
        choices = {"to_login": people(d.session, lambda one: handover.could_take(d.session, work, away, one))}
        more: dict[str, Any] = {"choices": choices, "lead": lead, "submit": "设为代办"}
        more["button"] = (f"/substitutions/{row.id}/end", "结束代办") if row else None
        return FormPage(f"{away.name}的代办", SubstituteForm, "accounts" if login else "away", back, **more)

    def save(d: Door, data: dict[str, Any]) -> str:
        away, taking = _account(d, login), _account(d, data["to_login"])
        last_day: date = data["last_day"]
        substitute(d.session, away, taking, last_day, data["reason"], d.actor, d.now)
        return back

    return run_form(build, save, roles, done="代办已生效，到期自动交回")


def _account(d: Door, login: str | None) -> Account:
    if login is None:
        return d.session.get_one(Account, d.actor.account_id)
    row: Account = found(d.session.scalar(select(Account).filter_by(login=login)))
    return row


@pages.post("/substitutions/<int:row_id>/end")
def stop(row_id: int) -> ResponseReturnValue:
    """Back early: by oneself, or by an administrator."""
    with door(write=True) as d:
        row = d.session.get(Substitution, row_id, with_for_update=True)
        if row is None or row.ended_at is not None or not _may_end(d, row):
            raise NotFound("没有这项代办，或已经结束", code="no_substitution")
        numbers = end(d.session, row, d.actor, d.now)
    flash(f"代办已结束，交回 {len(numbers)} 件工单", "ok")
    return redirect("/", 303)


def _may_end(d: Door, row: Substitution) -> bool:
    return Role.ADMIN in d.actor.roles or row.account_id == d.actor.account_id
