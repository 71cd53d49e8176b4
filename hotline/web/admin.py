"""What the administration pages share: their tabs, and one way to show, refuse and save a form."""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hotline.accounts.actor import Actor
from hotline.accounts.administration import serves
from hotline.accounts.models import Account, Role
from hotline.accounts.operations import audit, change_password
from hotline.directory.models import Unit
from hotline.directory.operations import Change
from hotline.errors import NotFound
from hotline.ui.door import Door
from hotline.web import form_page
from hotline.web.access import demand
from hotline.web.admin_forms import OwnPassword
from hotline.web.form_page import FormPage, loaded
from hotline.web.navigation import render_page

pages = Blueprint("admin", __name__, template_folder="templates")

ADMINS = frozenset({Role.ADMIN})
TIME_READERS = frozenset({Role.ADMIN, Role.SUPERVISOR})
EVERYBODY = frozenset(Role)
ARRANGERS = frozenset({Role.ADMIN, Role.UNIT_LEADER, Role.TEAM_LEADER})
"""Who may have somebody else stood in for."""

TABS = (
    ("units", "/directory", "单位通讯录", EVERYBODY),
    ("catalogue", "/catalogue", "派单目录", EVERYBODY),
    ("regions", "/directory/regions", "区域", EVERYBODY),
    ("enterprises", "/directory/enterprises", "企业", EVERYBODY),
    ("sources", "/directory/sources", "诉求来源", EVERYBODY),
    ("time", "/admin/time", "时限与日历", TIME_READERS),
    ("health", "/admin/health", "系统运行", TIME_READERS),
    ("accounts", "/admin/accounts", "账号", ADMINS),
    ("me", "/account", "我的密码", EVERYBODY),
    ("away", "/account/substitute", "休假代办", EVERYBODY),
    ("team_away", "/substitutions", "人员代办", ARRANGERS),
)


def tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """The administration's pages this actor may open."""
    return [
        {"href": href, "label": label, "active": key == active}
        for key, href, label, roles in TABS
        if roles & actor.roles
    ]


def show(d: Door, template: str, tab: str, **values: Any) -> str:
    """An administration page in its frame."""
    is_admin = Role.ADMIN in d.actor.roles
    active = "admin" if is_admin else "directory"
    return render_page(d, template, active=active, tabs=tabs(d.actor, tab), is_admin=is_admin, **values)


def found(row: Any) -> Any:
    """The row, or a page that says it is not there. Raises NotFound."""
    if row is None:
        raise NotFound("没有找到这条记录", code="row_not_found")
    return row


def run_form(
    build: form_page.Build,
    save: Callable[[Door, dict[str, Any]], ResponseReturnValue],
    roles: Collection[str] = ADMINS,
    done: str = "已保存",
    write: bool = True,
) -> ResponseReturnValue:
    """A form of the administration for these roles; `save` gets what was posted, checked. See `form_page.run`."""

    def built(d: Door) -> FormPage:
        demand(d, roles)
        return build(d)

    def draw(d: Door, page: FormPage, drawn: Mapping[str, Any]) -> str:
        return show(d, "admin/form.html", page.tab, page=page, **drawn)

    answer = form_page.run(built, lambda d, page: save(d, loaded(page.schema)), draw, write=write)
    if done and isinstance(answer, Response) and answer.status_code == HTTPStatus.SEE_OTHER:
        flash(done, "ok")
    return answer


def record(d: Door, action: str, change: Change) -> None:
    """Put a change of the directory into the audit, before and after."""
    details = {"before": change.before, "after": change.after}
    audit(d.session, d.actor, action, change.subject, d.now, details=details)


def people(session: Session, fits: Callable[[Account], bool]) -> list[tuple[str, str]]:
    """Active accounts that fit, for a select: (login, "name（unit）")."""
    active = session.scalars(select(Account).join(Unit).where(Account.is_active).order_by(Unit.path, Account.id))
    return [(one.login, f"{one.name}（{one.unit.short_name}）") for one in active if fits(one)]


def servants(session: Session, unit: Unit) -> list[tuple[str, str]]:
    """Who may hold a post of this unit."""
    return people(session, lambda account: serves(account, unit))


@pages.get("/admin")
def home() -> ResponseReturnValue:
    """The first of the administration's pages."""
    return redirect("/directory")


@pages.route("/account", methods=["GET", "POST"])
def own_password() -> ResponseReturnValue:
    """Everybody's own password. Changing it ends every session, this one too."""

    def save(d: Door, data: dict[str, Any]) -> str:
        account = d.session.get_one(Account, d.actor.account_id)
        change_password(d.session, account, data["old_password"], data["password"], d.now)
        return "/login"

    page = FormPage(
        "修改我的密码", OwnPassword, "me", "/", submit="修改密码", lead="修改后所有登录失效，请用新密码重新登录。"
    )
    return run_form(lambda _: page, save, EVERYBODY, done="密码已修改，请重新登录")
