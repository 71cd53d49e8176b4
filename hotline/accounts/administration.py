"""What an administrator does to accounts, posts and machine tokens. Each change stands in the audit, before and after.

Whether an account's work allows the change is a question about tickets: `supervision.handover` asks it first.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import UNIT_ROLES, Actor
from hotline.accounts.models import Account, AccountRole, ApiToken, Post, Role, UnitPost
from hotline.accounts.operations import audit, issue_token, open_account, set_password
from hotline.accounts.queries import lasts
from hotline.directory.models import Unit
from hotline.errors import Conflict, Invalid

Data = Mapping[str, Any]


def add_account(session: Session, data: Data, unit: Unit, actor: Actor, now: datetime) -> Account:
    """A new account. `data`: login, name, roles, password. Raises Invalid (login taken, short password)."""
    roles = frozenset(data["roles"])
    made = {"login": data["login"], "name": data["name"], "unit_id": unit.id, "password": data["password"]}
    account = open_account(session, **made, roles=roles)
    audit(session, actor, "account_opened", _subject(account), now, details={"after": snapshot(account)})
    return account


def edit_account(session: Session, account: Account, data: Data, unit: Unit, actor: Actor, now: datetime) -> None:
    """Name, unit and roles. `data`: name, roles."""
    before, wanted = snapshot(account), frozenset(data["roles"])
    account.name, account.unit = data["name"], unit
    for row in [row for row in account.role_rows if row.role not in wanted]:
        account.role_rows.remove(row)
    account.role_rows += [AccountRole(role=role) for role in sorted(wanted - account.roles)]
    session.flush()
    details = {"before": before, "after": snapshot(account)}
    audit(session, actor, "account_edited", _subject(account), now, details=details)


def snapshot(account: Account) -> dict[str, object]:
    """An account as the audit keeps it."""
    roles = sorted(account.roles)
    return {"name": account.name, "unit_id": account.unit_id, "roles": roles, "is_active": account.is_active}


def close_account(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """No more log-ins, sessions or tokens."""
    account.is_active = False
    account.session_version += 1
    audit(session, actor, "account_closed", _subject(account), now)


def reopen_account(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """The person is back; the old password holds."""
    account.is_active = True
    audit(session, actor, "account_reopened", _subject(account), now)


def reset_password(session: Session, account: Account, password: str, actor: Actor, now: datetime) -> None:
    """A new password ends every session and lifts a lock. Raises Invalid for a short one."""
    set_password(account, password)
    account.failed_logins, account.locked_until = 0, None
    audit(session, actor, "password_reset", _subject(account), now)


def unlock(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """Lift the lock that wrong passwords brought."""
    account.failed_logins, account.locked_until = 0, None
    audit(session, actor, "login_unlocked", _subject(account), now)


def give_token(session: Session, account: Account, name: str, days: int, actor: Actor, now: datetime) -> str:
    """A machine's bearer token, shown once."""
    secret = issue_token(session, account, name, now, timedelta(days=days))
    audit(session, actor, "token_issued", _subject(account), now, details={"name": name, "days": days})
    return secret


def revoke_token(session: Session, token: ApiToken, actor: Actor, now: datetime) -> None:
    """The token ends at once."""
    token.revoked_at = token.revoked_at or now
    audit(session, actor, "token_revoked", _subject(token.account), now, details={"name": token.name})


def serves(account: Account, unit: Unit) -> bool:
    """Whether this person may answer for a unit: handlers of it or of units below, leaders also of units above."""
    inside = unit.id in account.unit.chain_ids and bool(account.roles & UNIT_ROLES)
    return inside or (Role.UNIT_LEADER in account.roles and account.unit_id in unit.chain_ids)


def appoint(
    session: Session, unit: Unit, post: Post, account: Account, first: date, actor: Actor, now: datetime
) -> UnitPost:
    """Give a post from a day on; whoever holds it until then leaves it the day before.

    Raises Invalid for somebody of another unit, Conflict when the post is given from that day or later already.
    """
    if not account.is_active or not serves(account, unit):
        message = f"{account.name}不是“{unit.short_name}”的在岗经办人或负责人"
        raise Invalid(message, code="post_misfit", field="account_login")
    for held in holders(session, unit, post, first):
        if held.effective_from >= first:
            raise Conflict(f"{post.label}自 {held.effective_from} 起已有安排，请先结束该任职", code="post_taken")
        end_post(session, held, first - timedelta(days=1), actor, now)
    row = UnitPost(unit_id=unit.id, post=post, account_id=account.id, effective_from=first)
    session.add(row)
    session.flush()
    details = {"after": {"post": post.value, "login": account.login, "from": first.isoformat()}}
    audit(session, actor, "post_given", f"unit:{unit.code}", now, details=details)
    return row


def holders(session: Session, unit: Unit, post: Post, day: date) -> list[UnitPost]:
    """Who holds this post of the unit on `day` or later."""
    return list(session.scalars(select(UnitPost).filter_by(unit_id=unit.id, post=post).where(lasts(day))))


def end_post(session: Session, row: UnitPost, last: date, actor: Actor, now: datetime) -> None:
    """A post ends after `last`. Raises Invalid for a day before it began."""
    if last < row.effective_from:
        raise Invalid("结束日期不能早于开始日期", code="bad_period", field="effective_to")
    before, row.effective_to = row.effective_to, last
    unit = session.get_one(Unit, row.unit_id)
    details = {
        "post": row.post.value,
        "login": row.account.login,
        "before": {"effective_to": before and before.isoformat()},
        "after": {"effective_to": last.isoformat()},
    }
    audit(session, actor, "post_ended", f"unit:{unit.code}", now, details=details)


def _subject(account: Account) -> str:
    return f"account:{account.login}"
