"""What the desk knows of a caller before anything is saved: who it is, what was asked before, what is still open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.accounts.privacy import normalise_phone, phone_lookup
from hotline.directory.models import Enterprise
from hotline.directory.queries import enterprise_by_uscc
from hotline.directory.uscc import normalise
from hotline.ticket.models import OPEN, Ticket
from hotline.ticket.queries import scope, visible

SHOWN = 6
"""Earlier tickets on the caller's card."""
DUPLICATE_DAYS = 30
MIN_DIGITS = 3
"""Shorter numbers are still being typed."""


@dataclass(frozen=True)
class Caller:
    """Who calls: the enterprise if known, the newest tickets, how many there are, and those that may be the same."""

    enterprise: Enterprise | None
    tickets: list[Ticket]
    total: int
    open_tickets: list[Ticket]


def caller(
    session: Session, actor: Actor, now: datetime, *, phone: str = "", uscc: str = "", name: str = ""
) -> Caller | None:
    """What is known by telephone number, credit code or the enterprise's exact name; None for nothing at all.

    Only tickets this actor may see. `open_tickets` are those not ended, of the last DUPLICATE_DAYS days.
    """
    enterprise = _enterprise(session, actor, phone, uscc, name)
    same = _same_caller(enterprise, phone)
    total = session.scalar(select(func.count()).select_from(Ticket).where(scope(actor), same)) or 0
    if enterprise is None and not total:
        return None
    mine = visible(actor).where(same).options(joinedload(Ticket.category), joinedload(Ticket.lead_unit))
    newest = mine.order_by(Ticket.created_at.desc(), Ticket.id.desc()).limit(SHOWN)
    since = now - timedelta(days=DUPLICATE_DAYS)
    still_open = newest.where(Ticket.status.in_(OPEN), Ticket.created_at >= since)
    return Caller(enterprise, list(session.scalars(newest)), total, list(session.scalars(still_open)))


def _enterprise(session: Session, actor: Actor, phone: str, uscc: str, name: str) -> Enterprise | None:
    """By what is typed, the surest first; a number also by the tickets it called about."""
    if uscc.strip():
        return enterprise_by_uscc(session, normalise(uscc))
    if name.strip():
        return session.scalar(select(Enterprise).filter_by(name=name.strip()).limit(1))
    if not is_number(phone):
        return None
    known = session.scalar(select(Enterprise).filter_by(phone_lookup=phone_lookup(phone)).limit(1))
    if known is not None:
        return known
    called = visible(actor).where(Ticket.phone_lookup == phone_lookup(phone), Ticket.enterprise_id.is_not(None))
    latest = session.scalar(called.order_by(Ticket.id.desc()).limit(1))
    return latest.enterprise if latest else None


def _same_caller(enterprise: Enterprise | None, phone: str) -> ColumnElement[bool]:
    ways = [Ticket.phone_lookup == phone_lookup(phone)] if is_number(phone) else []
    if enterprise is not None:
        ways.append(Ticket.enterprise_id == enterprise.id)
    return or_(false(), *ways)


def is_number(phone: str) -> bool:
    """Whether this is enough of a number to look for."""
    return len(normalise_phone(phone)) >= MIN_DIGITS
