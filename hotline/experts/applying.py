"""`create` and `apply`: the only writers of a consultation's status, with its event, its clocks and the notices."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.errors import Conflict
from hotline.experts import clocks
from hotline.experts.guards import AdviceFacts, facts_of
from hotline.experts.lifecycle import TABLE
from hotline.experts.records import Advice, AdviceEvent, AdviceKind, AdviceStatus
from hotline.outbox import operations as outbox
from hotline.ticket.ledger import plain
from hotline.workflow import Transition, choose

EVENT = "advice_event"
"""The outbox's word for an event whose `told` must be told."""
Data = Mapping[str, Any]


def create(session: Session, advice: Advice, action: str, facts: AdviceFacts, actor: Actor) -> Transition:
    """Store a new consultation by one of the table's rows without source; its event and clocks follow with `begin`."""
    row = choose(TABLE, action, facts, actor)
    assert isinstance(row.target, AdviceStatus)  # a row without source makes a consultation of some status
    advice.status, advice.version = row.target, 1
    session.add(advice)
    session.flush()
    return row


def begin(
    session: Session,
    advice: Advice,
    row: Transition,
    actor: Actor,
    now: datetime,
    told: Iterable[Account | None],
    text: str,
) -> None:
    """The first event and the first clocks, once what hangs on the consultation is stored too."""
    session.flush()
    session.refresh(advice)
    record(session, advice, actor, now, action=row.action, label=row.label, before=None, text=text, told=told)
    _run_clocks(session, advice, row, now)


def apply(
    session: Session,
    advice: Advice,
    action: str,
    actor: Actor,
    now: datetime,
    data: Data,
    *,
    has_next: bool = False,
    **changes: Any,
) -> Transition:
    """Take one row of the table. `changes` are columns. The event is `conclude`'s, once all else is stored.

    Raises IllegalAction or Conflict (409) and Forbidden (403), and then has changed nothing.
    """
    row = choose(TABLE, action, facts_of(advice, now, has_next=has_next), actor)
    _check_version(advice, data.get("version"))
    for name, value in changes.items():
        setattr(advice, name, value)
    if isinstance(row.target, AdviceStatus):
        advice.status = row.target
    advice.version += 1
    session.flush()
    clocks.stop(session, advice, row.stops, now)
    return row


def conclude(
    session: Session,
    advice: Advice,
    row: Transition,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    told: Iterable[Account | None] = (),
) -> None:
    """The event of a row that was taken, and the clocks that it starts."""
    session.flush()
    session.refresh(advice)
    source = row.source if isinstance(row.source, AdviceStatus) else None
    record(session, advice, actor, now, action=row.action, label=row.label, before=source, text=text, told=told)
    _run_clocks(session, advice, row, now)


def record(
    session: Session,
    advice: Advice,
    actor: Actor,
    now: datetime,
    *,
    action: str,
    label: str,
    before: AdviceStatus | None,
    text: str = "",
    data: Data | None = None,
    told: Iterable[Account | None] = (),
) -> AdviceEvent:
    """Write one event in the caller's transaction; `told` get a notice after the commit, the actor never."""
    ids = list(dict.fromkeys(one.id for one in told if one is not None and one.id != actor.account_id))
    event = AdviceEvent(
        advice_id=advice.id,
        action=action,
        label=label,
        from_status=before,
        to_status=advice.status,
        actor_id=actor.account_id,
        actor_name=actor.name,
        at=now,
        text=text,
        data={**plain(data or {}), **({"told": ids} if ids else {})},
    )
    session.add(event)
    session.flush()
    if ids or advice.kind is AdviceKind.APPOINTMENT:  # of an appointment the enterprise hears too
        outbox.put(session, EVENT, {"event_id": event.id}, f"advice:{event.id}", now)
    return event


def _run_clocks(session: Session, advice: Advice, row: Transition, now: datetime) -> None:
    for name in row.starts:
        clocks.start(session, advice, clocks.AdviceClock(name), now)


def _check_version(advice: Advice, seen: int | None) -> None:
    if seen is not None and seen != advice.version:
        message = "这次咨询刚有新进展，您的内容已保留，请核对后再提交"
        raise Conflict(message, code="stale_version", version=advice.version)
