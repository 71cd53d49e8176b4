"""What a rung does in the knowledge base: a history row and its notices; at a turn of the calendar, the turn itself."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.clock import to_local
from hotline.deadlines.sweep import Fired
from hotline.knowledge.clocks import KbClock
from hotline.knowledge.duties import duty_of
from hotline.knowledge.history import record
from hotline.knowledge.models import KbEntry
from hotline.knowledge.people import reached
from hotline.knowledge.turning import turn


def lock_entries(session: Session, ids: Collection[int]) -> Collection[int]:
    """Hold the entries nobody else holds, without waiting."""
    query = select(KbEntry.id).where(KbEntry.id.in_(ids))
    return list(session.scalars(query.with_for_update(skip_locked=True, key_share=True)))


def fire(kind: str) -> Callable[[Session, Sequence[Fired], datetime], None]:
    """A handler for subjects of this kind."""

    def handle(session: Session, fired: Sequence[Fired], now: datetime) -> None:
        for one in fired:
            if one.clock.name == KbClock.TURN:
                turn(session, session.get_one(KbEntry, one.clock.subject_id, populate_existing=True), now)
            else:
                _tell(session, kind, one, now)

    return handle


def _tell(session: Session, kind: str, one: Fired, now: datetime) -> None:
    """Each rung reaches a person who is there: who owes it, and who stands above."""
    day = to_local(now).date()
    shown, duty = duty_of(session, kind, one.clock.subject_id, one.clock.name, day)
    told = reached(session, duty, one.rung.whom, day)
    one.told += [{"whom": account.id, "channels": list(one.rung.channels)} for account in told]
    fallen = {"clock": one.clock.name, "rung": str(one.rung.name), "due_at": one.rung_due_at}
    label = one.rung.name.label
    record(session, shown, SYSTEM, now, action="rung", label=label, text=sentence(one), data=fallen, told=told)


def sentence(one: Fired) -> str:
    """The rung in words, with the time by which the work is due."""
    due = to_local(one.clock.due_at).strftime("%Y-%m-%d %H:%M")
    return f"“{KbClock(one.clock.name).label}”应于 {due} 前完成"
