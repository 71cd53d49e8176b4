"""Who proved number and query code may see that one ticket for a while; who guesses must soon wait."""

import hmac
import ipaddress
import re
import unicodedata
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor, enterprise
from hotline.accounts.models import AuditEntry
from hotline.accounts.operations import audit
from hotline.errors import NotFound, TooMany
from hotline.ticket.models import Ticket
from hotline.ticket.numbering import PREFIX, is_number, query_code
from hotline.ticket.queries import get, visible

WINDOW = timedelta(minutes=15)
MAX_PER_ADDRESS = 10
MAX_PER_TICKET = 30
"""Wrong tries within WINDOW. A ticket takes more than an address: its number alone must not lock its owner out."""

FAILED = "track_failed"
KEY = "tracking"
_NOISE = re.compile(r"[^0-9A-Z]")


def typed_number(text: str) -> str:
    """A number as typed or pasted: blanks, hyphens, case, full-width letters and a missing "QY" are forgiven."""
    plain = typed_code(text)
    return f"{PREFIX}{plain}" if plain.isdigit() else plain


def typed_code(text: str) -> str:
    """Letters and digits only, in capitals."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper())


def prove(session: Session, number: str, code: str, address: str, now: datetime) -> int | None:
    """The id of the ticket that `number` and `code` open; None when they open none, and then the try is counted.

    Raises TooMany (429) after too many wrong tries from this address or on this ticket, also for a right code.
    """
    subjects = {f"address:{network(address)}": MAX_PER_ADDRESS}
    if is_number(number):
        subjects[f"ticket:{number}"] = MAX_PER_TICKET
    for subject, most in subjects.items():
        if _failures(session, subject, now) >= most:
            raise TooMany("尝试次数过多，请 15 分钟后再试，或致电 12345 查询")
    ticket = _opened(session, number, code)
    if ticket is not None:
        return ticket.id
    for subject in subjects:
        audit(session, None, FAILED, subject, now)
    return None


def network(address: str) -> str:
    """An IPv4 address; of an IPv6 address its /64, of which one subscriber has all."""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _failures(session: Session, subject: str, now: datetime) -> int:
    tries = select(func.count()).select_from(AuditEntry).filter_by(action=FAILED, subject=subject)
    return session.scalar(tries.where(AuditEntry.at > now - WINDOW)) or 0


def _opened(session: Session, number: str, code: str) -> Ticket | None:
    """A number that does not exist is compared too, so that it answers no faster than a wrong code."""
    ticket = _stored(session, number)
    expected = ticket.query_code if ticket else query_code(number)
    return ticket if hmac.compare_digest(expected.encode(), code.encode()) else None


def _stored(session: Session, number: str) -> Ticket | None:
    try:
        return get(session, SYSTEM, number)
    except NotFound:
        return None


def remember(session: MutableMapping[str, Any], ticket_id: int, now: datetime) -> None:
    """Bind this browser to the ticket: nothing but its id and the time of the last look is kept."""
    session[KEY] = [ticket_id, int(now.timestamp())]


def forget(session: MutableMapping[str, Any]) -> None:
    """退出."""
    session.pop(KEY, None)


def tracker(session: MutableMapping[str, Any], now: datetime, idle: timedelta) -> Actor | None:
    """The enterprise behind this browser, None when it proved nothing or has been away longer than `idle`."""
    ticket_id, seen = session.get(KEY) or (None, 0)
    if ticket_id is None or now.timestamp() - seen > idle.total_seconds():
        forget(session)
        return None
    remember(session, ticket_id, now)
    return enterprise(ticket_id)


def tracked(session: Session, actor: Actor) -> Ticket:
    """The one ticket of this enterprise."""
    return session.scalars(visible(actor)).one()
