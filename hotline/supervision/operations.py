"""督办, notes and the one who follows a ticket."""

from datetime import datetime

from sqlalchemy import select

from hotline.accounts.actor import HOTLINE_ROLES, Actor
from hotline.accounts.models import Account
from hotline.errors import Invalid
from hotline.ticket.models import Ticket
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import check_person


def supervise(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """督办, by a supervisor or by the ladder (`counts_from`: when the rung was due)."""
    apply(ticket, "supervise", actor, now, data, supervised_since=data.get("counts_from", now))


def lift_supervision(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """解除督办."""
    apply(ticket, "lift_supervision", actor, now, data, supervised_since=None)


def note(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """添加备注: seen inside the house only."""
    apply(ticket, "note", actor, now, data)


def change_follower(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """变更跟办人: to somebody of the hotline."""
    account = hotline_account(ticket, data["follower_login"])
    apply(ticket, "change_follower", actor, now, data, follower_id=account.id)


def hotline_account(ticket: Ticket, login: str) -> Account:
    """Somebody of the hotline who may follow this ticket. Raises Invalid for anybody else, and for 回避."""
    account = session_of(ticket).scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None or not account.roles & HOTLINE_ROLES:
        raise Invalid(f"“{login}”不是在岗的热线人员", code="unknown_account", field="follower_login")
    check_person(ticket, account, "follower_login")
    return account
