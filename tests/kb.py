"""The knowledge base of the demo city as a stage for tests: entries at every status, made by legal steps only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.actions import sweep_context
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import stuck
from hotline.deadlines.sweep import sweep
from hotline.knowledge.actions import perform_on_entry
from hotline.knowledge.models import KbEntry
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.supervision.kb_notices import send_kb_event
from tests.city import City

AUTHOR, OTHER_AUTHOR, LEADER, EDITOR, OTHER_EDITOR = "wd.handler", "wd.handler2", "wd.leader", "kb1", "kb2"
CONTENT: dict[str, Any] = {
    "title": "万东区厂房租金补贴标准",
    "phone_answer": "每平方米每月补贴十元。",
    "full_text": "对租用标准厂房的小微企业，每平方米每月补贴十元，最长二十四个月。",
    "doc_number": "万府办〔2026〕3号",
    "effective_from": "2026-03-01",
    "beneficiaries": "小微企业",
    "conditions": "租用标准厂房满六个月",
}
DRAFT = {**CONTENT, "type": "POLICY", "is_public": True}
STEPS: tuple[tuple[str, str, str], ...] = (
    ("FIRST_REVIEW", AUTHOR, "submit"),
    ("SECOND_REVIEW", LEADER, "pass_review"),
    ("PUBLISHED", EDITOR, "publish"),
)


def act(city: City, login: str, action: str, code: str | None, /, **payload: Any) -> str:
    """One action in a transaction of its own; the entry's code."""
    with city.database.transaction() as session:
        return perform_on_entry(session, city.actor(login), action, payload, city.now, code).code


def made(city: City, status: str = "PUBLISHED", /, **said: Any) -> str:
    """The code of a new entry whose first version went the legal way to this status."""
    code = act(city, AUTHOR, "draft", None, **{**DRAFT, **said})
    return brought(city, code, status)


def brought(city: City, code: str, status: str = "PUBLISHED", since: str = "DRAFT") -> str:
    """The open version of an entry brought from `since` to this status."""
    arrived = [arrives for arrives, _, _ in STEPS]
    begins = arrived.index(since) + 1 if since in arrived else 0
    for arrives, login, action in STEPS[begins:] if status != since else ():
        act(city, login, action, code)
        if arrives == status:
            break
    return code


def revised(city: City, code: str, /, **said: Any) -> str:
    """The next version of an entry, published."""
    act(city, AUTHOR, "revise", code)
    act(city, AUTHOR, "edit", code, **{**CONTENT, **said})
    return brought(city, code)


@contextmanager
def entry_of(city: City, code: str) -> Iterator[tuple[Session, KbEntry]]:
    """The stored entry, to look at."""
    with city.database.transaction(write=False) as session:
        yield session, session.scalars(select(KbEntry).filter_by(code=code)).one()


def statuses(city: City, code: str) -> list[str]:
    """Where each version stands, oldest first."""
    with entry_of(city, code) as (_, entry):
        return [version.status.value for version in entry.versions]


def tick(city: City, at: str) -> City:
    """Let the clocks fire what is due by a local time."""
    city.at(at)
    with city.database.transaction() as session:
        while sweep(session, city.now, sweep_context(session)):
            pass
        assert stuck(session) == []
    return city


def running(city: City, kind: str = "kb_entry") -> list[str]:
    """The names of the running clocks of a kind of subject."""
    with city.database.transaction(write=False) as session:
        return sorted(session.scalars(select(Clock.name).filter_by(subject_kind=kind, state=ClockState.RUNNING)))


def delivered(city: City) -> dict[int | None, list[str]]:
    """Every notice about the knowledge base so far: account id → titles."""
    deliver(city.database, lambda: city.now, {"kb_event": send_kb_event, "ticket_event": lambda *_: None})
    told: dict[int | None, list[str]] = {}
    with city.database.transaction(write=False) as session:
        for notice in session.scalars(select(Notice).where(Notice.topic.is_not(None)).order_by(Notice.id)):
            told.setdefault(notice.account_id, []).append(notice.title)
    return told
