"""One dict: action → (operation, schema). `perform_on_entry` serves page, API and job alike, as `hotline.actions` does.

Errors are those of tickets: unknown code or action 404, not by the table 409 with code, status and allowed, another
role 403, a bad form 422 with its fields, a stale `version` token 409.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import Integer, and_, bindparam, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.deadlines.models import Clock
from hotline.deadlines.sweep import SweepContext, catch_up
from hotline.directory.time import working_calendar
from hotline.errors import NotFound
from hotline.knowledge import clocks, life, rungs
from hotline.knowledge import schemas as forms
from hotline.knowledge.guards import facts_of
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.queries import by_code
from hotline.ticket.schemas import Action, Reasoned, Remark
from hotline.workflow import Transition, available, choose

CREATING_ENTRY: dict[str, Action] = {"draft": Action(life.draft, forms.Draft)}
"""Rows of the table without a source: they make the entry."""

ENTRY_ACTIONS: dict[str, Action] = {
    "revise": Action(life.revise, Remark),
    "edit": Action(life.edit, forms.EntryContent),
    "submit": Action(life.submit, Remark),
    "discard": Action(life.discard, Reasoned),
    "pass_review": Action(life.pass_review, Remark),
    "return_draft": Action(life.return_draft, Reasoned),
    "publish": Action(life.publish, forms.Publish),
    "confirm": Action(life.confirm, forms.Confirm),
    "name_successor": Action(life.name_successor, forms.Successor),
    "withdraw": Action(life.withdraw, Reasoned),
    "archive": Action(life.archive, Remark),
    "set_keepers": Action(life.set_keepers, forms.Keepers),
    "classify": Action(life.classify, forms.Classification),
}
"""Rows of the table that people take; the clock's own are `turning`'s."""

_AROUND = and_(Clock.subject_kind == clocks.ENTRY, Clock.subject_id == bindparam("entry_id", type_=Integer))


def perform_on_entry(
    session: Session, actor: Actor, action: str, payload: Mapping[str, Any], now: datetime, code: str | None = None
) -> KbEntry:
    """Do one action on the entry `code` or, without one, by drafting a new entry. Nothing is committed here.

    Raises NotFound (404), IllegalAction and Conflict (409), Forbidden (403), Invalid (422).
    """
    known = CREATING_ENTRY if code is None else ENTRY_ACTIONS
    if action not in known:
        raise NotFound("没有这个操作", code="unknown_action")
    if code is None:
        made: KbEntry = known[action].operation(session, known[action].load(payload), actor, now)
        return made
    entry = _held(session, by_code(session, code, actor=actor))
    catch_up(session, _AROUND, {"entry_id": entry.id}, now, lambda: _sweep(session))
    version = subject_of(entry, action)
    choose(TABLE, action, facts_of(entry, version), actor)  # what may not be done is said before how its form is wrong
    known[action].operation(session, entry, version, known[action].load(payload), actor, now)
    return entry


def actions_on(entry: KbEntry, actor: Actor) -> list[Transition]:
    """The rows this actor may take on an entry now, one for each action, in table order."""
    rows: dict[str, Transition] = {}
    for action in ENTRY_ACTIONS:
        facts = facts_of(entry, subject_of(entry, action))
        rows |= {row.action: row for row in available(TABLE, facts, actor)[::-1] if row.action == action}
    order = list(dict.fromkeys(row.action for row in TABLE))
    return sorted(rows.values(), key=lambda row: order.index(row.action))


def subject_of(entry: KbEntry, action: str) -> KbEntryVersion:
    """The newest version the action could start from; the newest of all where there is none."""
    sources = {row.source for row in TABLE if row.action == action}
    return next((one for one in reversed(entry.versions) if one.status in sources), entry.versions[-1])


def form_of(action: str) -> type[Schema]:
    """The schema of an action, for pages and OpenAPI."""
    return (CREATING_ENTRY | ENTRY_ACTIONS)[action].schema


def _held(session: Session, entry: KbEntry) -> KbEntry:
    """The entry's row held for a change. Rows that point at it may still be written: the sweep does so."""
    query = select(KbEntry).where(KbEntry.id == entry.id).with_for_update(of=KbEntry, key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _sweep(session: Session) -> SweepContext:
    handlers = {kind: rungs.fire(kind) for kind in clocks.KINDS}
    return SweepContext(calendar=working_calendar(session), ladder_of=clocks.ladder_of, handlers=handlers)
