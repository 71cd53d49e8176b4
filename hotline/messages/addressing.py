"""Who hears of a ledger row, and what: the people behind the words of a ladder, of `wording.STAFF`, and of a part."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import actor_of
from hotline.accounts.models import Account, Post, Role
from hotline.accounts.queries import holders, with_role
from hotline.clock import to_local
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.messages.wording import STAFF, UNIT
from hotline.ticket.clocks import ASSIGNMENT, CONSULTATION, INNER
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Assignment, Consultation, Decision, TaskForceMember, Ticket
from hotline.ticket.queries import visible
from routing.profiles import ClockName

Whose = Mapping[str, Any]
"""The unit and the person that a row is about, `unit_id` and `handler_id`; empty: the lead's."""

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


def addressed(session: Session, ticket: Ticket, entry: LedgerEntry) -> Iterator[tuple[Account, str]]:
    """Everybody whom a row concerns, perhaps more than once, with what he is told."""
    words = [told["whom"] for told in entry.data.get("told", ())] or STAFF.get(entry.action, ())
    for account in _people(session, ticket, words, to_local(entry.at).date(), entry.data):
        yield account, entry.text or entry.label
    for whose, text in PARTS[entry.action](session, ticket, entry) if entry.action in PARTS else ():
        day = to_local(entry.at).date()
        people = _people(session, ticket, UNIT, day, whose) or _people(session, ticket, ("unit_leader",), day, whose)
        yield from ((account, text) for account in people)


def _people(session: Session, ticket: Ticket, words: Iterable[str], day: date, whose: Whose) -> list[Account]:
    """The accounts behind the words. Whoever may not see the ticket is not told."""
    return [account for word in words for account in _behind(session, ticket, word, day, whose)]


def _behind(session: Session, ticket: Ticket, word: str, day: date, whose: Whose) -> list[Account]:
    """Of those who hold a unit's posts the first that may see it (the deputy of a liaison who is complained of)."""
    if word in POSTS:
        owes = session.get(Unit, whose["unit_id"]) if whose.get("unit_id") else ticket.lead_unit
        posted = holders(session, owes.chain if owes else (), POSTS[word], day)
        return list(islice((one for one in posted if _may_know(session, ticket, one)), 1))
    people: list[Account | None] = [*with_role(session, DESKS[word])] if word in DESKS else []
    if word not in DESKS:
        people = GROUPS[word](session, ticket, day) if word in GROUPS else [_person(session, ticket, word, whose)]
    return [one for one in people if one is not None and _may_know(session, ticket, one)]


def _person(session: Session, ticket: Ticket, word: str, whose: Whose) -> Account | None:
    if word == "handler" and whose.get("handler_id"):
        return session.get(Account, whose["handler_id"])
    if word == "named":
        return session.scalar(select(Account).filter_by(login=whose["handler_login"]))
    return PERSONS[word](ticket)


def _may_know(session: Session, ticket: Ticket, account: Account) -> bool:
    return session.scalar(visible(actor_of(session, account)).where(Ticket.id == ticket.id)) is not None


def _members(session: Session, ticket: Ticket, day: date) -> list[Account | None]:
    """Whoever sits in a task force by name, and who answers for a unit that does."""
    rows = session.scalars(select(TaskForceMember).filter_by(ticket_id=ticket.id, left_at=None)).all()
    units = [row.unit.chain for row in rows if row.unit is not None]
    return [row.account for row in rows] + [
        one for chain in units for one in holders(session, chain, POSTS["liaison"], day)[:1]
    ]


def _decided(session: Session, ticket: Ticket, day: date) -> list[Account | None]:
    """Who has to carry out the newest decision."""
    newest = select(Decision).filter_by(ticket_id=ticket.id).order_by(Decision.id.desc()).limit(1)
    return [decision.handler for decision in session.scalars(newest)]


GROUPS: dict[str, Callable[[Session, Ticket, date], list[Account | None]]] = {"members": _members, "decided": _decided}

Told = Iterator[tuple[Whose, str]]


def _asked_units(session: Session, ticket: Ticket, entry: LedgerEntry) -> Told:
    """Each unit that the row asks for its part, by when."""
    codes = entry.data.get("support_unit_codes", []) if entry.action == "dispatch" else [entry.data["unit_code"]]
    parts = select(Assignment).join(Assignment.unit).where(Assignment.ticket_id == ticket.id, Unit.code.in_(codes))
    for part in session.scalars(parts.where(Assignment.kind.in_(INNER), Assignment.ended_at.is_(None))):
        by = _by(session, Subject(ASSIGNMENT, part.id), part.kind.value)
        yield _whose(part), f"{part.task or part.kind.label}；请{by}提交意见"


def _who_asked(session: Session, ticket: Ticket, entry: LedgerEntry) -> Told:
    """An answer has come in: who sent the matter down hears of it, else the lead."""
    given = select(Assignment).filter_by(ticket_id=ticket.id, answered_at=entry.at)
    for part in session.scalars(given.where(Assignment.kind.in_(INNER))):
        above = session.get(Assignment, part.parent_id) if part.parent_id else None
        yield _whose(above) if above else {}, f"“{part.unit.short_name}”已提交{part.kind.label}意见"


def _asked_expert(session: Session, ticket: Ticket, entry: LedgerEntry) -> Told:
    """The expert who owes an answer now, by when."""
    asked = select(Consultation).join(Consultation.expert).where(Account.login == entry.data["expert_login"])
    newest = asked.where(Consultation.ticket_id == ticket.id).order_by(Consultation.id.desc()).limit(1)
    for one in session.scalars(newest):
        by = _by(session, Subject(CONSULTATION, one.id), ClockName.CONSULTATION)
        yield {"unit_id": one.expert.unit_id, "handler_id": one.expert_id}, f"请{by}答复：{one.question}"


def _who_consulted(session: Session, ticket: Ticket, entry: LedgerEntry) -> Told:
    """The expert has answered: whoever asked hears of it, and the lead's liaison."""
    given = select(Consultation).filter_by(ticket_id=ticket.id, expert_id=entry.actor_id, answered_at=entry.at)
    for one in session.scalars(given):
        yield {"handler_id": one.by_id}, f"{one.expert.name}已答复：{one.question}"


PARTS: dict[str, Callable[[Session, Ticket, LedgerEntry], Told]] = {
    "dispatch": _asked_units,
    "add_support": _asked_units,
    "delegate": _asked_units,
    "contribute": _who_asked,
    "ask_expert": _asked_expert,
    "expert_decline": _asked_expert,
    "expert_answer": _who_consulted,
}
"""Who hears of a row besides those of `STAFF`, each with a sentence of his own."""


def _whose(part: Assignment) -> Whose:
    return {"unit_id": part.unit_id, "handler_id": part.handler_id}


def _by(session: Session, subject: Subject, clock: str) -> str:
    """ "于 2026-03-19 17:30 前"; nothing where the profile gives no time."""
    found = clocks_of(session, subject, (clock,))
    return f"于 {to_local(found[-1].due_at):%Y-%m-%d %H:%M} 前" if found else ""
