"""One append-only row for each thing that happens in the knowledge base, and the notices it asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.knowledge.records import KbHistory
from hotline.outbox import operations as outbox
from hotline.ticket.ledger import plain

EVENT = "kb_event"
"""The outbox's word for a row whose `told` must be told."""


@dataclass(frozen=True)
class About:
    """What a row is about. `title` opens the notice, `path` is where it leads."""

    kind: str
    id: int
    title: str
    path: str
    entry_id: int | None = None
    version: int | None = None


def record(
    session: Session,
    about: About,
    actor: Actor,
    now: datetime,
    *,
    action: str,
    label: str,
    before: str | None = None,
    after: str | None = None,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    told: Iterable[Account] = (),
) -> KbHistory:
    """Write one row in the caller's transaction; `told` get a notice after the commit, the actor never."""
    ids = [one.id for one in told if one.id != actor.account_id]
    notice = {"told": ids, "title": about.title, "path": about.path} if ids else {}
    row = KbHistory(
        subject_kind=about.kind,
        subject_id=about.id,
        entry_id=about.entry_id,
        version=about.version,
        action=action,
        label=label,
        from_status=before,
        to_status=after,
        actor_id=actor.account_id,
        actor_name=actor.name,
        at=now,
        text=text,
        data={**plain(data or {}), **notice},
    )
    session.add(row)
    session.flush()
    if ids:
        outbox.put(session, EVENT, {"history_id": row.id}, f"kb:{row.id}", now)
    return row


def history_of_entry(session: Session, entry_id: int) -> list[KbHistory]:
    """Everything that happened to an entry and to what hangs on it, oldest first."""
    return list(session.scalars(select(KbHistory).filter_by(entry_id=entry_id).order_by(KbHistory.id)))


def history_of(session: Session, kind: str, subject_id: int) -> list[KbHistory]:
    """Everything that happened to one correction, gap, submission or notice, oldest first."""
    mine = select(KbHistory).filter_by(subject_kind=kind, subject_id=subject_id)
    return list(session.scalars(mine.order_by(KbHistory.id)))
