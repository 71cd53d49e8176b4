"""Accounts: opened, changed, handed over, closed. For administrators only."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from hotline.accounts import administration
from hotline.accounts.models import Account, AccountRole, ApiToken, Role
from hotline.directory.models import Unit
from hotline.directory.queries import by_code
from hotline.errors import DomainError
from hotline.supervision import handover
from hotline.ticket.schemas import typed
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.admin import ADMINS, FormPage, found, people, run_form, show
from hotline.web.admin_forms import (
    STAFF_ROLES,
    AccountForm,
    HandOverForm,
    NewAccount,
    PasswordReset,
    TokenForm,
)

pages = Blueprint("admin_accounts", __name__, template_folder="templates")

ACCOUNTS = "/admin/accounts"


@pages.get("/admin/accounts")
def accounts() -> ResponseReturnValue:
    """Every account, by unit; those that are closed come last."""
    q, role = typed(request.args.get("q", "")), request.args.get("role", "")
    query = select(Account).join(Unit).order_by(Account.is_active.desc(), Unit.path, Account.id)
    if q:
        names = (Account.login, Account.name, Unit.name, Unit.short_name)
        query = query.where(or_(*(name.contains(q, autoescape=True) for name in names)))
    if role in dict(STAFF_ROLES):
        query = query.where(Account.id.in_(select(AccountRole.account_id).filter_by(role=Role(role))))
    with door() as d:
        demand(d, ADMINS)
        rows = d.session.scalars(query).all()
        return show(
            d, "admin/accounts.html", "accounts", rows=rows, q=q, role=role, roles=STAFF_ROLES, role_names=role_names
        )


def _account(d: Door, login: str) -> Account:
    row: Account = found(d.session.scalar(select(Account).filter_by(login=login)))
    return row


@pages.get("/admin/accounts/<login>")
def account(login: str) -> ResponseReturnValue:
    """One account: who it is, what it holds, its machine tokens."""
    with door() as d:
        demand(d, ADMINS)
        return _account_html(d, _account(d, login))


def _account_html(d: Door, row: Account, secret: str = "") -> str:
    tokens = d.session.scalars(select(ApiToken).filter_by(account_id=row.id).order_by(ApiToken.id.desc())).all()
    work = handover.open_work(d.session, row, d.now)
    posts = [f"{d.session.get_one(Unit, post.unit_id).short_name}{post.post.label}" for post in work.posts]
    values: dict[str, Any] = {"account": row, "work": work, "tokens": tokens, "secret": secret}
    return show(d, "admin/account.html", "accounts", roles=role_names(row), posts="、".join(posts), **values)


def role_names(account: Account) -> str:
    """Its roles in words, in the order of the code table."""
    return "、".join(role.label for role in Role if role in account.roles)


@pages.route("/admin/accounts/new", methods=["GET", "POST"])
def add_account() -> ResponseReturnValue:
    """A new account."""

    def save(d: Door, data: dict[str, Any]) -> str:
        unit = by_code(d.session, Unit, data["unit_code"], d.today)
        made = administration.add_account(d.session, data, unit, d.actor, d.now)
        return f"{ACCOUNTS}/{made.login}"

    return run_form(lambda _: FormPage("开通账号", NewAccount, "accounts", ACCOUNTS), save, done="账号已开通")


@pages.route("/admin/accounts/<login>/edit", methods=["GET", "POST"])
def edit_account(login: str) -> ResponseReturnValue:
    """Name, unit and roles; refused while open work would be left behind."""

    def build(d: Door) -> FormPage:
        row = _account(d, login)
        values = {"name": row.name, "unit_code": row.unit.code, "roles": sorted(row.roles)}
        return FormPage(f"编辑账号 {login}", AccountForm, "accounts", f"{ACCOUNTS}/{login}", values)

    def save(d: Door, data: dict[str, Any]) -> str:
        row, unit = _account(d, login), by_code(d.session, Unit, data["unit_code"], d.today)
        data["roles"] = [Role(role) for role in data["roles"]]
        handover.check_change(d.session, row, data["roles"], unit.id, d.now)
        administration.edit_account(d.session, row, data, unit, d.actor, d.now)
        return f"{ACCOUNTS}/{login}"

    return run_form(build, save)


@pages.route("/admin/accounts/<login>/password", methods=["GET", "POST"])
def reset_password(login: str) -> ResponseReturnValue:
    """A new password for somebody who forgot it; ends every session."""

    def build(d: Door) -> FormPage:
        title = f"重置 {_account(d, login).name} 的密码"
        return FormPage(title, PasswordReset, "accounts", f"{ACCOUNTS}/{login}", submit="重置密码")

    def save(d: Door, data: dict[str, Any]) -> str:
        administration.reset_password(d.session, _account(d, login), data["password"], d.actor, d.now)
        return f"{ACCOUNTS}/{login}"

    return run_form(build, save, done="密码已重置，其所有登录已失效")


@pages.route("/admin/accounts/<login>/hand-over", methods=["GET", "POST"])
def hand_over(login: str) -> ResponseReturnValue:
    """Everything an account holds goes to another one."""

    def build(d: Door) -> FormPage:
        row = _account(d, login)
        work = handover.open_work(d.session, row, d.now)
        counted = f"{len(work.numbers)} 件在办工单、{len(work.consultations)} 项专家咨询、{len(work.posts)} 个职务"
        lead = f"将移交 {counted}；逐件交接，不合适的留下并说明原因。"
        choices = {"to_login": people(d.session, lambda one: handover.could_take(d.session, work, row, one))}
        title, back = f"交接 {row.name} 的工作", f"{ACCOUNTS}/{login}"
        return FormPage(title, HandOverForm, "accounts", back, choices=choices, lead=lead, submit="全部交接")

    def save(d: Door, data: dict[str, Any]) -> str:
        leaving, taking = _account(d, login), _account(d, data["to_login"])
        handed = handover.hand_over_all(d.session, leaving, taking, data["reason"], d.actor, d.now)
        flash(handed.words, "bad" if handed.misfits else "ok")
        return f"{ACCOUNTS}/{login}"

    return run_form(build, save, done="")


def _close(d: Door, row: Account) -> None:
    handover.close(d.session, row, d.actor, d.now)


def _reopen(d: Door, row: Account) -> None:
    administration.reopen_account(d.session, row, d.actor, d.now)


def _unlock(d: Door, row: Account) -> None:
    administration.unlock(d.session, row, d.actor, d.now)


BUTTONS = {"close": (_close, "账号已停用"), "reopen": (_reopen, "账号已恢复"), "unlock": (_unlock, "已解除锁定")}


@pages.post("/admin/accounts/<login>/<any(close, reopen, unlock):button>")
def press(login: str, button: str) -> ResponseReturnValue:
    """The buttons that need no form. A refusal is told on the account's page."""
    act, done = BUTTONS[button]
    try:
        with door(write=True) as d:
            demand(d, ADMINS)
            act(d, _account(d, login))
        flash(done, "ok")
    except DomainError as error:
        if error.status != 409:
            raise
        flash(_with_numbers(error), "bad")
    return redirect(f"{ACCOUNTS}/{login}")


def _with_numbers(error: DomainError) -> str:
    numbers = error.details.get("numbers") or []
    return (
        f"{error.message}：{'、'.join(numbers[:20])}{' 等' if len(numbers) > 20 else ''}" if numbers else error.message
    )


@pages.route("/admin/accounts/<login>/tokens", methods=["GET", "POST"])
def add_token(login: str) -> ResponseReturnValue:
    """A machine's token, shown on this one page and never again."""

    def build(d: Door) -> FormPage:
        title, lead = f"为 {_account(d, login).name} 签发接口令牌", "令牌拥有该账号的全部权限，只显示一次。"
        values = {"days": 365}
        return FormPage(title, TokenForm, "accounts", f"{ACCOUNTS}/{login}", values, lead=lead, submit="签发")

    def save(d: Door, data: dict[str, Any]) -> str:
        row = _account(d, login)
        secret = administration.give_token(d.session, row, data["name"], data["days"], d.actor, d.now)
        return _account_html(d, row, secret)

    return run_form(build, save)


@pages.post("/admin/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """A token ends at once."""
    with door(write=True) as d:
        demand(d, ADMINS)
        token = found(d.session.get(ApiToken, token_id))
        administration.revoke_token(d.session, token, d.actor, d.now)
        login = token.account.login
    flash("令牌已吊销", "ok")
    return redirect(f"{ACCOUNTS}/{login}")
