"""交接班 at the hotline's desks, and one's own 代办 while away: who holds the work, until when, and back again."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline.accounts.actor import HOTLINE_ROLES
from hotline.accounts.models import Account, Role
from hotline.directory.models import Unit
from hotline.errors import DomainError, Forbidden, NotFound
from hotline.supervision import handover, shifts
from hotline.supervision.models import Substitution
from hotline.supervision.schemas import LeaveNote, Substitute
from hotline.supervision.substitution import current, end, may_arrange, substitute
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.admin import ARRANGERS, EVERYBODY, FormPage, found, people, run_form, show
from hotline.web.navigation import render_page

SHOWN = 100
pages = Blueprint("shifts", __name__, template_folder="templates")


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

    page = FormPage("留言交班", LeaveNote, "me", "/shifts", submit="交班")
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


@pages.get("/substitutions")
def listed() -> ResponseReturnValue:
    """Whom this person may have stood in for, who is away now, and what did not pass over or come back."""
    with door() as d:
        demand(d, ARRANGERS)
        people_ = d.session.scalars(select(Account).join(Unit).where(Account.is_active).order_by(Unit.path, Account.id))
        mine = [one for one in people_ if may_arrange(d.actor, one)]
        rows = d.session.scalars(select(Substitution).order_by(Substitution.id.desc()).limit(SHOWN))
        past = [row for row in rows if may_arrange(d.actor, row.account)]
        away = {row.account_id: row for row in past if row.ended_at is None}
        return show(d, "admin/substitutions.html", "team_away", people=mine, away=away, past=past)


@pages.route("/substitutions/<login>", methods=["GET", "POST"])
def for_other(login: str) -> ResponseReturnValue:
    """The same for somebody who fell ill: by an administrator, the unit's leader, for the desk by its team leader."""
    return _form(login, "/substitutions", ARRANGERS)


def _form(login: str | None, back: str, roles: frozenset[Role]) -> ResponseReturnValue:
    def build(d: Door) -> FormPage:
        away = _other(d, login)
        work = handover.open_work(d.session, away, d.now)
        counted = f"{len(work.numbers)} 件在办工单、{len(work.consultations)} 项专家咨询、{len(work.posts)} 个职务"
        lead = f"{counted}将由代办人承接，值班由代办人或B角替班；不合适的逐项说明，到期后未办完的自动交回。"
        row = current(d.session, away)
        if row is not None:
            lead = f"{row.substitute.name}正在代办，至 {row.last_day}；提前回来可以结束代办，未办完的随即交回。"
        choices = {"to_login": people(d.session, lambda one: handover.could_take(d.session, work, away, one))}
        more: dict[str, Any] = {"choices": choices, "lead": lead, "submit": "设为代办"}
        more["button"] = (f"/substitutions/{row.id}/end", "结束代办") if row else None
        return FormPage(f"{away.name}的代办", Substitute, "team_away" if login else "away", back, **more)

    def save(d: Door, data: dict[str, Any]) -> str:
        away, taking = _other(d, login), _account(d, data["to_login"])
        last_day: date = data["last_day"]
        row = substitute(d.session, away, taking, last_day, data["reason"], d.actor, d.now)
        for what, why in row.misfits:
            flash(f"未能交接：{what}，{why}", "bad")
        return back

    return run_form(build, save, roles, done="代办已生效，到期自动交回")


def _account(d: Door, login: str | None) -> Account:
    if login is None:
        return d.session.get_one(Account, d.actor.account_id)
    row: Account = found(d.session.scalar(select(Account).filter_by(login=login)))
    return row


def _other(d: Door, login: str | None) -> Account:
    """Whose substitute is to be arranged. Raises Forbidden where that is not this person's to do."""
    row = _account(d, login)
    if not may_arrange(d.actor, row):
        raise Forbidden("只能为本单位人员设代办", code="role_refused")
    return row


@pages.post("/substitutions/<int:row_id>/end")
def stop(row_id: int) -> ResponseReturnValue:
    """Back early: by oneself, or by who may arrange it."""
    with door(write=True) as d:
        row = d.session.get(Substitution, row_id, with_for_update=True)
        if row is None or row.ended_at is not None or not may_arrange(d.actor, row.account):
            raise NotFound("没有这项代办，或已经结束", code="no_substitution")
        back = end(d.session, row, d.actor, d.now)
        for what, why in back.misfits:
            flash(f"未能交回：{what}，{why}", "bad")
    flash(f"代办已结束，交回 {len(back.numbers)} 件工单、{len(back.consultations)} 项咨询", "ok")
    return redirect("/", 303)
