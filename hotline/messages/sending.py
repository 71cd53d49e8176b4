"""From one ledger row to those it concerns: the unit, the desk, the enterprise, the platform it came from."""

import json
import urllib.request
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.clock import utcnow
from hotline.database import Database
from hotline.messages.addressing import addressed
from hotline.messages.models import Audience, Notice
from hotline.messages.wording import ENTERPRISE_TEXTS
from hotline.outbox.models import OutboxMessage
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Ticket

QUESTION = "question:"
"""How the topic of a notice about a withdrawn question begins."""
TIMEOUT = 10
"""Seconds a platform has to take our report."""


def send_ticket_event(database: Database, message: OutboxMessage) -> None:
    """Deliver one ledger row's notices. Safe to run twice: each person gets one notice a row."""
    with database.transaction() as session:
        ticket = session.get_one(Ticket, message.payload["ticket_id"])
        entry = session.scalars(select(LedgerEntry).filter_by(ticket_id=ticket.id, seq=message.payload["seq"])).one()
        tell_staff(session, ticket, entry, utcnow())
        _tell_withdrawn(session, ticket, entry, utcnow())
        _tell_enterprise(session, ticket, entry, utcnow())
        report = _report(ticket, entry)
    if report is not None:
        _post(*report)


def tell_staff(session: Session, ticket: Ticket, entry: LedgerEntry, now: datetime) -> None:
    """One row's notices to staff; whoever has had one already gets no second one."""
    told = set(session.scalars(select(Notice.account_id).filter_by(ticket_id=ticket.id, seq=entry.seq)))
    for account, text in addressed(session, ticket, entry):
        if account.id not in told and account.id != entry.actor_id:
            told.add(account.id)
            _notice(session, entry, Audience.STAFF, f"{entry.label}：{ticket.title}", text, account.id, now)


def _tell_withdrawn(session: Session, ticket: Ticket, entry: LedgerEntry, now: datetime) -> None:
    """Experts whose question was withdrawn: they no longer see the ticket, so that they are told its number only."""
    topic = f"{QUESTION}{ticket.id}:{entry.seq}"
    told = set(session.scalars(select(Notice.account_id).filter_by(topic=topic)))
    text = f"该工单已进入“{entry.to_status.label}”，这次书面咨询不需再答复。"
    for account_id in set(entry.data.get("withdrawn", ())) - told:
        made = {"topic": topic, "audience": Audience.STAFF, "account_id": account_id, "created_at": now}
        session.add(Notice(**made, title=f"书面咨询已撤回：{ticket.no}", text=text))


def _tell_enterprise(session: Session, ticket: Ticket, entry: LedgerEntry, now: datetime) -> None:
    wording = ENTERPRISE_TEXTS.get(entry.action)
    already = select(Notice.id).filter_by(ticket_id=ticket.id, seq=entry.seq, audience=Audience.ENTERPRISE)
    if wording is None or not ticket.contact_phone or session.scalar(already) is not None:
        return
    unit = ticket.lead_unit.name if ticket.lead_unit else "热线"
    text = wording.format(no=ticket.no, code=ticket.query_code, unit=unit, text=entry.text)
    _notice(session, entry, Audience.ENTERPRISE, entry.label, text, None, now)


def _notice(
    session: Session,
    entry: LedgerEntry,
    audience: Audience,
    title: str,
    text: str,
    account_id: int | None,
    now: datetime,
) -> None:
    made = {"ticket_id": entry.ticket_id, "seq": entry.seq, "audience": audience, "account_id": account_id}
    session.add(Notice(**made, title=title[:120], text=text, created_at=now))


def _report(ticket: Ticket, entry: LedgerEntry) -> tuple[str, dict[str, object]] | None:
    """What the platform the ticket came from is told: its own number and our status."""
    if not ticket.must_report_back or not ticket.source.webhook_url or entry.from_status == entry.to_status:
        return None
    body: dict[str, object] = {
        "external_no": ticket.external_no,
        "no": ticket.no,
        "seq": entry.seq,
        "status": entry.to_status.value,
        "status_label": entry.to_status.label,
        "at": entry.at.isoformat(),
    }
    return ticket.source.webhook_url, body


def _post(url: str, body: dict[str, object]) -> None:
    if not url.startswith(("http://", "https://")):
        raise ValueError("a platform's address must be http or https")
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{body['no']}:{body['seq']}"}
    request = urllib.request.Request(url, json.dumps(body, ensure_ascii=False).encode(), headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT):
        pass
