"""交接班 and 代办 over JSON: notes from shift to shift, and who stands in for whom while somebody is away."""

from typing import Any

from flask_smorest import Blueprint
from sqlalchemy import select

from hotline.accounts.actor import HOTLINE_ROLES
from hotline.accounts.models import Account
from hotline.api.access import bearer, once_for
from hotline.errors import Forbidden, Invalid, NotFound
from hotline.supervision import shifts
from hotline.supervision.handover import Handed
from hotline.supervision.models import ShiftNote, Substitution
from hotline.supervision.schemas import LeaveNote, Substitute
from hotline.supervision.substitution import end, may_arrange, substitute
from hotline.ticket.schemas import SHORT, line
from hotline.ui.door import Door, door

pages = Blueprint("api_shifts", __name__, url_prefix="/api/v1", description="交接班和代办")
SHOWN = 100


class SubstituteFor(Substitute):
    """代办, of oneself or of somebody else."""

    login = line("休假人", SHORT, hint="不填为本人")


def _at_the_hotline(d: Door) -> None:
    if not d.actor.roles & HOTLINE_ROLES:
        raise Forbidden("交接班只供热线人员使用", code="role_refused")


@pages.get("/shift-notes")
@bearer
@pages.response(200)
def notes() -> dict[str, Any]:
    """The newest notes the caller may read, those that nobody has taken over first."""
    with door() as d:
        _at_the_hotline(d)
        return {"notes": [_note(one) for one in shifts.notes(d.session, d.actor)]}


@pages.post("/shift-notes")
@bearer
@pages.arguments(LeaveNote)
@pages.response(201)
def leave(data: dict[str, Any]) -> dict[str, Any]:
    """留言交班."""
    with door(write=True) as d:
        _at_the_hotline(d)
        return once_for(d, lambda: _note(shifts.leave_note(d.session, d.actor, data["text"], data["numbers"], d.now)))


@pages.post("/shift-notes/<int:note_id>/take")
@bearer
@pages.response(200)
def take(note_id: int) -> dict[str, Any]:
    """接班确认, once and by another one."""
    with door(write=True) as d:
        _at_the_hotline(d)
        shifts.take_over(d.session, d.actor, note_id, d.now)
        return _note(d.session.get_one(ShiftNote, note_id))


@pages.get("/substitutions")
@bearer
@pages.response(200)
def substitutions() -> dict[str, Any]:
    """The newest of those the caller may arrange, one's own among them; `ended_at` null = it runs."""
    with door() as d:
        rows = d.session.scalars(select(Substitution).order_by(Substitution.id.desc()).limit(SHOWN))
        return {"substitutions": [_row(row) for row in rows if may_arrange(d.actor, row.account)]}


@pages.post("/substitutions")
@bearer
@pages.arguments(SubstituteFor)
@pages.response(201)
def arrange(data: dict[str, Any]) -> dict[str, Any]:
    """代办 from today: what passed over, and in `misfits` what did not."""
    with door(write=True) as d:
        return once_for(d, lambda: _row(_arranged(d, data)))


@pages.post("/substitutions/<int:row_id>/end")
@bearer
@pages.response(200)
def stop(row_id: int) -> dict[str, Any]:
    """Back early: what went back, and what could not."""
    with door(write=True) as d:
        row = d.session.get(Substitution, row_id, with_for_update=True)
        if row is None or row.ended_at is not None or not may_arrange(d.actor, row.account):
            raise NotFound("没有这项代办，或已经结束", code="no_substitution")
        return _handed(end(d.session, row, d.actor, d.now))


def _arranged(d: Door, data: dict[str, Any]) -> Substitution:
    away = d.session.get_one(Account, d.actor.account_id)
    if data["login"]:
        away = _account(d, data["login"], "login")
    taking = _account(d, data["to_login"], "to_login")
    return substitute(d.session, away, taking, data["last_day"], data["reason"], d.actor, d.now)


def _account(d: Door, login: str, field: str) -> Account:
    account = d.session.scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None:
        raise Invalid(f"“{login}”不是在岗人员的工号", code="unknown_account", field=field)
    return account


def _note(note: ShiftNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "by_id": note.by_id,
        "at": note.at.isoformat(),
        "text": note.text,
        "numbers": note.numbers,
        "taken_by_id": note.taken_by_id,
        "taken_at": note.taken_at.isoformat() if note.taken_at else None,
    }


def _row(row: Substitution) -> dict[str, Any]:
    return {
        "id": row.id,
        "account_id": row.account_id,
        "substitute_id": row.substitute_id,
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "reason": row.reason,
        "numbers": row.numbers,
        "consultations": row.consultations,
        "misfits": [{"what": what, "why": why} for what, why in row.misfits],
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
    }


def _handed(handed: Handed) -> dict[str, Any]:
    return {
        "numbers": handed.numbers,
        "consultations": handed.consultations,
        "misfits": [{"what": what, "why": why} for what, why in handed.misfits],
    }
