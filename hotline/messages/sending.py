"""From one ledger row to those it concerns: the unit, the desk, the enterprise, the platform it came from."""

import json
import urllib.request
from collections.abc import Callable, Iterable
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import actor_of
from hotline.accounts.models import Account, Post, Role
from hotline.accounts.queries import holders, with_role
from hotline.clock import to_local, utcnow
from hotline.database import Database
from hotline.directory.models import Unit
from hotline.messages.models import Audience, Notice
from hotline.messages.wording import ENTERPRISE_TEXTS, STAFF
from hotline.outbox.models import OutboxMessage
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Decision, TaskForceMember, Ticket
from hotline.ticket.queries import visible

POSTS = {
    "liaison": (Post.LIAISON, Post.DEPUTY),
    "deputy": (Post.DEPUTY, Post.LEADER),
    "unit_leader": (Post.LEADER, Post.CHIEF),
    "unit_chief": (Post.CHIEF, Post.LEADER),
}
DESKS = {
    "dispatcher_desk": Role.DISPATCHER,
    "reviewer_desk": Role.REVIEWER,
    "callback_desk": Role.CALLBACK,
    "supervisor": Role.SUPERVISOR,
}
PERSONS: dict[str, Callable[[Ticket], Account | None]] = {
    "handler": lambda ticket: ticket.handler,
    "lead_handler": lambda ticket: ticket.handler,
    "follower": lambda ticket: ticket.follower,
}


def _members(session: Session, ticket: Ticket) -> list[Account | None]:
    """Whoever sits in a task force by name, and who answers for a unit that does."""
    rows = session.scalars(select(TaskForceMember).filter_by(ticket_id=ticket.id, left_at=None)).all()
    units = [row.unit.chain for row in rows if row.unit is not None]
    return [row.account for row in rows] + [one for chain in units for one in _liaison(session, chain)]


def _liaison(session: Session, chain: tuple[int, ...]) -> list[Account]:
    return holders(session, chain, POSTS["liaison"], to_local(utcnow()).date())[:1]


def _decided(session: Session, ticket: Ticket) -> list[Account | None]:
    """Who has to carry out the newest decision."""
    newest = select(Decision).filter_by(ticket_id=ticket.id).order_by(Decision.id.desc()).limit(1)
    return [decision.handler for decision in session.scalars(newest)]


GROUPS: dict[str, Callable[[Session, Ticket], list[Account | None]]] = {"members": _members, "decided": _decided}
QUESTION = "question:"
"""How the topic of a notice about a withdrawn question begins."""
TIMEOUT = 10
"""Seconds a platform has to take our report."""


def send_ticket_event(database: Database, message: OutboxMessage) -> None:
    """Deliver one ledger row's notices. Safe to run twice: each person gets one notice a row."""
    with database.transaction() as session:
        ticket = session.get_one(Ticket, message.payload["ticket_id"])
        entry = session.scalars(select(LedgerEntry).filter_by(ticket_id=ticket.id, seq=message.payload["seq"])).one()
        _tell_staff(session, ticket, entry)
        _tell_withdrawn(session, ticket, entry)
        _tell_enterprise(session, ticket, entry)
        report = _report(ticket, entry)
    if report is not None:
        _post(*report)


def _tell_staff(session: Session, ticket: Ticket, entry: LedgerEntry) -> None:
    whom = [told["whom"] for told in entry.data.get("told", ())] or STAFF.get(entry.action, ())
    told = set(session.scalars(select(Notice.account_id).filter_by(ticket_id=ticket.id, seq=entry.seq)))
    for account in _people(session, ticket, whom, entry):
        if account.id not in told and account.id != entry.actor_id:
            told.add(account.id)
            text = entry.text or entry.label
            _notice(session, ticket, entry, Audience.STAFF, f"{entry.label}：{ticket.title}", text, account.id)


def _tell_withdrawn(session: Session, ticket: Ticket, entry: LedgerEntry) -> None:
    """Experts whose question was withdrawn: they no longer see the ticket, so that they are told its number only."""
    topic = f"{QUESTION}{ticket.id}:{entry.seq}"
    told = set(session.scalars(select(Notice.account_id).filter_by(topic=topic)))
    text = f"该工单已进入“{entry.to_status.label}”，这次书面咨询不需再答复。"
    for account_id in set(entry.data.get("withdrawn", ())) - told:
        made = {"topic": topic, "audience": Audience.STAFF, "account_id": account_id, "created_at": utcnow()}
        session.add(Notice(**made, title=f"书面咨询已撤回：{ticket.no}", text=text))


def _people(session: Session, ticket: Ticket, whom: Iterable[str], entry: LedgerEntry) -> list[Account]:
    """The accounts behind the words of a ladder. Whoever may not see the ticket is not told."""
    return [account for word in whom for account in _behind(session, ticket, word, entry)]


def _behind(session: Session, ticket: Ticket, word: str, entry: LedgerEntry) -> list[Account]:
    """Of those who hold a unit's posts the first that may see it (the deputy of a liaison who is complained of).

    The unit is the lead, or the one that owes what the row is about: `unit_id` and `handler_id` of a rung's data.
    """
    if word in POSTS:
        owes = session.get(Unit, entry.data["unit_id"]) if entry.data.get("unit_id") else ticket.lead_unit
        posted = holders(session, owes.chain if owes else (), POSTS[word], to_local(entry.at).date())
        return list(islice((one for one in posted if _may_know(session, ticket, one)), 1))
    people: list[Account | None] = [*with_role(session, DESKS[word])] if word in DESKS else []
    if word not in DESKS:
        people = GROUPS[word](session, ticket) if word in GROUPS else [_person(session, ticket, word, entry)]
    return [one for one in people if one is not None and _may_know(session, ticket, one)]


def _person(session: Session, ticket: Ticket, word: str, entry: LedgerEntry) -> Account | None:
    if word == "handler" and entry.data.get("handler_id"):
        return session.get(Account, entry.data["handler_id"])
    return PERSONS[word](ticket)


def _may_know(session: Session, ticket: Ticket, account: Account) -> bool:
    return session.scalar(visible(actor_of(session, account)).where(Ticket.id == ticket.id)) is not None


def _tell_enterprise(session: Session, ticket: Ticket, entry: LedgerEntry) -> None:
    wording = ENTERPRISE_TEXTS.get(entry.action)
    already = select(Notice.id).filter_by(ticket_id=ticket.id, seq=entry.seq, audience=Audience.ENTERPRISE)
    if wording is None or not ticket.contact_phone or session.scalar(already) is not None:
        return
    unit = ticket.lead_unit.name if ticket.lead_unit else "热线"
    text = wording.format(no=ticket.no, code=ticket.query_code, unit=unit, text=entry.text)
    _notice(session, ticket, entry, Audience.ENTERPRISE, entry.label, text, None)


def _notice(
    session: Session,
    ticket: Ticket,
    entry: LedgerEntry,
    audience: Audience,
    title: str,
    text: str,
    account_id: int | None,
) -> None:
    made = {"ticket_id": ticket.id, "seq": entry.seq, "audience": audience, "account_id": account_id}
    session.add(Notice(**made, title=title[:120], text=text, created_at=utcnow()))


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
