"""Logging in, passwords, machine tokens, opening accounts; and the audit of what no ledger holds."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account, AccountRole, ApiToken, AuditEntry, Role
from hotline.errors import Invalid, Unauthenticated

HASHER = PasswordHasher()
# Checked when the login is unknown, so that the answer takes as long as for a known one.
DUMMY_HASH = HASHER.hash("nobody")
MIN_PASSWORD = 10
TOKEN_PREFIX = "hl_"


@dataclass(frozen=True)
class LoginResult:
    """The account that logged in, or the sentence that says why not. The door commits both."""

    account: Account | None
    refusal: str = ""


def password_hash(session: Session, login: str) -> str | None:
    """What `proven` compares with; None for an unknown login."""
    return session.scalar(select(Account.password_hash).filter_by(login=login))


def proven(stored: str | None, password: str) -> str | None:
    """The stored hash if the password fits it. Slow by design: call it outside any transaction."""
    try:
        HASHER.verify(stored or DUMMY_HASH, password)
    except VerificationError:
        return None
    return stored


def log_in(
    session: Session, login: str, proof: str | None, now: datetime, *, max_failures: int, lock: timedelta
) -> LoginResult:
    """Let in whoever has the `proof` of `proven`. After `max_failures` without in a row the account is locked."""
    account = session.scalar(select(Account).filter_by(login=login).with_for_update())
    if account is not None and account.locked_until and account.locked_until > now:
        return LoginResult(None, "密码错误次数过多，账号已暂时锁定，请稍后再试或联系管理员")
    if account is None or account.password_hash != proof or not account.is_active:
        if account is not None:
            _count_failure(session, account, now, max_failures, lock)
        return LoginResult(None, "工号或密码不正确")
    account.failed_logins, account.locked_until = 0, None
    return LoginResult(account)


def change_password(session: Session, account: Account, old: str, new: str, now: datetime) -> None:
    """A person's own change: ends every other session. Raises Invalid for a wrong old or a short new password."""
    if proven(account.password_hash, old) is None:
        raise Invalid("原密码不正确", code="password_wrong", field="old_password")
    if old == new:
        raise Invalid("新密码不能与原密码相同", code="password_same", field="password")
    set_password(account, new)
    session.add(AuditEntry(at=now, actor_id=account.id, action="password_changed", subject=f"account:{account.login}"))


def _count_failure(session: Session, account: Account, now: datetime, max_failures: int, lock: timedelta) -> None:
    account.failed_logins += 1
    if account.failed_logins >= max_failures:
        account.failed_logins, account.locked_until = 0, now + lock
        audit(session, None, "login_locked", f"account:{account.login}", now)


def set_password(account: Account, password: str) -> None:
    """Set a password and end every running session. Raises Invalid for a short one."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(f"密码至少 {MIN_PASSWORD} 位", code="password_short", field="password")
    account.password_hash = HASHER.hash(password)
    account.session_version = (account.session_version or 0) + 1


def open_account(
    session: Session, *, login: str, name: str, unit_id: int, roles: frozenset[Role], password: str
) -> Account:
    """A new account. Raises Invalid for a login that is taken or a short password."""
    if session.scalar(select(Account.id).filter_by(login=login)) is not None:
        raise Invalid(f"工号“{login}”已被使用", code="login_taken", field="login")
    account = Account(login=login, name=name, unit_id=unit_id, role_rows=[AccountRole(role=role) for role in roles])
    set_password(account, password)
    session.add(account)
    session.flush()
    return account


def issue_token(session: Session, account: Account, name: str, now: datetime, valid: timedelta) -> str:
    """A machine's bearer token, shown once; only its hash is kept.

    A plain SHA-256 is enough: 32 random bytes cannot be guessed, and every request checks one.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(account_id=account.id, name=name, token_hash=_hash(secret), created_at=now, expires_at=now + valid)
    session.add(row)
    session.flush()
    return secret


def account_of_token(session: Session, secret: str, now: datetime) -> Account:
    """Whose token this is. Raises Unauthenticated for an unknown, expired or revoked one."""
    token = session.scalar(select(ApiToken).filter_by(token_hash=_hash(secret)))
    if token is None or token.revoked_at or token.expires_at <= now or not token.account.is_active:
        raise Unauthenticated("访问令牌无效或已过期", code="token_invalid")
    return token.account


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def audit(
    session: Session,
    actor: Actor | None,
    action: str,
    subject: str,
    now: datetime,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Record what no ticket's ledger holds."""
    actor_id = actor.account_id if actor else None
    row = AuditEntry(
        at=now, actor_id=actor_id, action=action, subject=subject, reason=reason, details=dict(details or {})
    )
    session.add(row)
    return row
