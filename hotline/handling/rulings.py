"""③ 办理: extensions and pauses, asked by the unit, ruled by a supervisor, seen by the enterprise."""

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.directory.time import working_calendar
from hotline.errors import Invalid
from hotline.ticket.clocks import TOTALS, WITH_PAUSES, ladder_of, pausable, rules_for, subject_of
from hotline.ticket.models import Extension, Pause, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import rule
from routing.deadlines import Limit, LimitUnit, later
from routing.profiles import ORIGINAL


def request_extension(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """申请延期: before expiry, within the profile's longest time. Raises Invalid for a later due time than that.

    A due time set from above is for those above to move: the request then carries who agreed, where and when.
    """
    agreed = _agreed(ticket, data, to_local(now).date())
    _check_length(ticket, Limit(data["working_days"], LimitUnit.WORKING_DAY))
    apply(ticket, "request_extension", actor, now, data, extension_pending=True)
    asked = {name: data[name] for name in ("reason", "legal_basis", "text", "working_days")}
    session_of(ticket).add(Extension(ticket_id=ticket.id, by_id=actor.account_id, at=now, **asked, **agreed))


AGREED = {"agreed_by": "上级同意人", "agreed_ref": "上级同意文号", "agreed_on": "上级同意日期"}


def _agreed(ticket: Ticket, data: Data, today: date) -> dict[str, Any]:
    """The record of 上级同意, where there is or must be one. Raises Invalid when it is missing or not whole."""
    told = {name: data.get(name) or None for name in AGREED}
    missing = [name for name, value in told.items() if value is None]
    if missing and (ticket.imposed_due_at is not None or len(missing) < len(AGREED)):
        message = f"上级已限定办结时间，延期须先经上级同意；请填写{AGREED[missing[0]]}"
        raise Invalid(message, code="due_time_imposed", field=missing[0])
    if told["agreed_on"] is not None and told["agreed_on"] > today:
        raise Invalid("上级同意日期不能晚于今天", code="agreed_in_future", field="agreed_on")
    return told


def _check_length(ticket: Ticket, asked: Limit) -> None:
    """As instants, so that a limit in hours bounds days too: one working day may be a weekend long."""
    session, allowed = session_of(ticket), rules_for(ticket).extension_limit
    calendar = working_calendar(session)
    for clock in deadlines.hold(session, subject_of(ticket), TOTALS):
        original = Limit.parse(clock.limit)
        # A longest time in days was written for limits in days, not for what is due within hours.
        longest = original if allowed == ORIGINAL or original.unit is not LimitUnit.WORKING_DAY else allowed
        if later(calendar, clock.due_at, asked) > later(calendar, clock.due_at, longest):
            message = f"延期最长 {longest.label}，申请的 {asked.label}已超过"
            raise Invalid(message, code="extension_too_long", field="working_days")


def grant_extension(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """同意延期: due later, start unchanged; what was set from above, and moved there, moves here too."""
    asked, session = _pending(ticket, Extension), session_of(ticket)
    limit, calendar = Limit(asked.working_days, LimitUnit.WORKING_DAY), working_calendar(session)
    changes: dict[str, Any] = {"extension_pending": False, "extension_count": ticket.extension_count + 1}
    if ticket.imposed_due_at is not None:
        changes["imposed_due_at"] = later(calendar, ticket.imposed_due_at, limit)
    apply(ticket, "grant_extension", actor, now, data, **changes)
    for clock in deadlines.hold(session, subject_of(ticket), TOTALS):
        ladder = ladder_of(session, clock)
        deadlines.extend(clock, limit, calendar=calendar, ladder=ladder, reason=_why(asked), now=now)
    rule(asked, Ruling.GRANTED, data, actor, now)


def _why(asked: Extension) -> str:
    agreed = f"（上级同意：{asked.agreed_by}，{asked.agreed_ref}，{asked.agreed_on}）" if asked.agreed_on else ""
    return asked.text + agreed


def deny_extension(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """不同意延期."""
    asked = _pending(ticket, Extension)
    apply(ticket, "deny_extension", actor, now, data, extension_pending=False)
    rule(asked, Ruling.DENIED, data, actor, now)


def request_pause(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """申请挂起: for material, appraisal or a statutory period only."""
    apply(ticket, "request_pause", actor, now, data, pause_pending=True)
    asked = {name: data[name] for name in ("reason", "legal_basis", "text")}
    session_of(ticket).add(Pause(ticket_id=ticket.id, by_id=actor.account_id, at=now, **asked))


def grant_pause(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """同意挂起: the total clock and those of supporting and delegated units stand still, PAUSE_LIMIT runs."""
    asked = _pending(ticket, Pause)
    apply(ticket, "grant_pause", actor, now, data, pause_pending=False, paused_since=now)
    session = session_of(ticket)
    for subject in pausable(session, ticket):
        deadlines.pause(session, subject, WITH_PAUSES, now)
    rule(asked, Ruling.GRANTED, data, actor, now)


def deny_pause(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """不同意挂起."""
    asked = _pending(ticket, Pause)
    apply(ticket, "deny_pause", actor, now, data, pause_pending=False)
    rule(asked, Ruling.DENIED, data, actor, now)


def resume(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """恢复办理: by the unit, a supervisor, or the clock when the pause has lasted long enough.

    A sweep that comes late gives no time away: the clocks go on from when the pause was over (`counts_from`).
    """
    apply(ticket, "resume", actor, now, data, paused_since=None)
    end_pause(ticket, "", data.get("counts_from", now))


def end_pause(ticket: Ticket, reason: str, now: datetime) -> None:
    """The pause is over: what stood still goes on with the time it had. Without a reason it is the pause's own."""
    session = session_of(ticket)
    running = select(Pause).filter_by(ticket_id=ticket.id, ruling=Ruling.GRANTED, ended_at=None)
    pause = session.scalars(running).one()
    pause.ended_at = now
    for subject in pausable(session, ticket):
        deadlines.resume(
            session,
            subject,
            WITH_PAUSES,
            now,
            calendar=working_calendar(session),
            ladder_of=lambda clock: ladder_of(session, clock),
            reason=reason or pause.text,
        )


Asked = TypeVar("Asked", Extension, Pause)


def _pending(ticket: Ticket, model: type[Asked]) -> Asked:
    """The request that the table's guard says there is."""
    return session_of(ticket).scalars(select(model).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING)).one()
