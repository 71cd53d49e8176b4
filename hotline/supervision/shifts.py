"""交接班: what one shift leaves to the next, in words and by ticket, and who has taken it over."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.errors import Conflict, Invalid, NotFound
from hotline.supervision.models import ShiftNote
from hotline.ticket.models import Ticket
from hotline.ticket.numbering import is_number
from hotline.ticket.queries import get, visible

SHOWN = 50
"""The newest notes; older ones have served."""


def leave_note(session: Session, actor: Actor, text: str, numbers: str, now: datetime) -> ShiftNote:
    """A note for the next shift. `numbers`: tickets, separated by anything. Raises NotFound for one out of sight."""
    named = re.split(r"[\s,，、;；]+", numbers.strip()) if numbers.strip() else []
    if wrong := [word for word in named if not is_number(word)]:
        raise Invalid(f"“{wrong[0]}”不是工单号", code="bad_number", field="numbers")
    known = [_seen(session, actor, word) for word in dict.fromkeys(named)]
    note = ShiftNote(by_id=actor.account_id, at=now, text=text, numbers=known)
    session.add(note)
    session.flush()
    return note


def _seen(session: Session, actor: Actor, number: str) -> str:
    try:
        return get(session, actor, number).no
    except NotFound as error:
        raise Invalid(f"{number}：{error.message}", code="bad_number", field="numbers") from error


def take_over(session: Session, actor: Actor, note_id: int, now: datetime) -> None:
    """接班确认, once, by another one. Raises Conflict when somebody has, or when it is one's own."""
    note = session.get(ShiftNote, note_id, with_for_update=True, populate_existing=True)
    if note is None or not _may_read(session, actor, note):
        raise NotFound("没有这条交接班记录", code="no_shift_note")
    if note.taken_at is not None:
        raise Conflict("这条交接班记录已有人接班", code="already_taken")
    if note.by_id == actor.account_id:
        raise Conflict("自己留的交接班记录须由接班人员确认", code="own_note")
    note.taken_at, note.taken_by_id = now, actor.account_id


def notes(session: Session, actor: Actor) -> list[ShiftNote]:
    """The newest notes this actor may read, those nobody has taken over first."""
    newest = select(ShiftNote).order_by(ShiftNote.taken_at.is_not(None), ShiftNote.id.desc()).limit(SHOWN)
    return [note for note in session.scalars(newest) if _may_read(session, actor, note)]


def waiting(session: Session, actor: Actor, now: datetime) -> int:
    """How many notes of others wait for somebody to take them over."""
    return sum(1 for note in notes(session, actor) if note.taken_at is None and note.by_id != actor.account_id)


def _may_read(session: Session, actor: Actor, note: ShiftNote) -> bool:
    """Who may not see one of the tickets (回避, a tip-off) does not read what is said about it either."""
    named: list[Any] = list(note.numbers)
    if not named:
        return True
    seen = session.scalars(visible(actor).where(Ticket.no.in_(named)).with_only_columns(Ticket.no))
    return set(named) <= set(seen)
