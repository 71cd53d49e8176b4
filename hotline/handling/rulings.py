"""③ 办理: extensions and pauses, asked by the unit, ruled by a supervisor, seen by the enterprise."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from hotline.accounts.actor import Actor
from hotline.deadlines import operations as deadlines
from hotline.directory.time import working_calendar
from hotline.errors import IllegalAction, Invalid
from hotline.ticket.clocks import TOTALS, ladder_of, rules_for, subject_of
from hotline.ticket.models import Extension, Pause, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import rule
from routing.deadlines import Limit, LimitUnit
from routing.profiles import ORIGINAL, ClockName


def request_extension(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """申请延期: before expiry, within the profile's longest time. Raises Invalid for more days than that."""
    if ticket.imposed_due_at is not None:
        raise Invalid("上级已限定办结时间，延期须先经上级同意", code="due_time_imposed", field="working_days")
    longest = _longest_extension(ticket)
    if longest is not None and data["working_days"] > longest:
        raise Invalid(f"延期最长 {longest} 个工作日", code="extension_too_long", field="working_days")
    apply(ticket, "request_extension", actor, now, data, extension_pending=True)
    asked = {name: data[name] for name in ("reason", "legal_basis", "text", "working_days")}
    session_of(ticket).add(Extension(ticket_id=ticket.id, by_id=actor.account_id, at=now, **asked))


def _longest_extension(ticket: Ticket) -> int | None:
    rules = rules_for(ticket)
    original = rules.limit(ClockName.TOTAL, ticket.appeal_type, ticket.urgency)
    limit = original if rules.extension_limit == ORIGINAL else rules.extension_limit
    return limit.amount if isinstance(limit, Limit) and limit.unit is LimitUnit.WORKING_DAY else None


def grant_extension(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """同意延期: due later, start unchanged."""
    asked = _pending(ticket, Extension)
    changes = {"extension_pending": False, "extension_count": ticket.extension_count + 1}
    apply(ticket, "grant_extension", actor, now, data, **changes)
    session = session_of(ticket)
    for clock in deadlines.hold(session, subject_of(ticket), TOTALS):
        deadlines.extend(
            clock,
            Limit(asked.working_days, LimitUnit.WORKING_DAY),
            calendar=working_calendar(session),
            ladder=ladder_of(session, clock),
            reason=asked.text,
            now=now,
        )
    rule(asked, Ruling.GRANTED, data, actor, now)


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
    """同意挂起: the total clock stands still, PAUSE_LIMIT runs."""
    asked = _pending(ticket, Pause)
    apply(ticket, "grant_pause", actor, now, data, pause_pending=False, paused_since=now)
    deadlines.pause(session_of(ticket), subject_of(ticket), TOTALS, now)
    rule(asked, Ruling.GRANTED, data, actor, now)


def deny_pause(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """不同意挂起."""
    asked = _pending(ticket, Pause)
    apply(ticket, "deny_pause", actor, now, data, pause_pending=False)
    rule(asked, Ruling.DENIED, data, actor, now)


def resume(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """恢复办理: by the unit, a supervisor, or the clock when the pause has lasted long enough."""
    apply(ticket, "resume", actor, now, data, paused_since=None)
    session = session_of(ticket)
    running = select(Pause).filter_by(ticket_id=ticket.id, ruling=Ruling.GRANTED, ended_at=None)
    pause = session.scalars(running).one()
    pause.ended_at = now
    deadlines.resume(
        session,
        subject_of(ticket),
        TOTALS,
        now,
        calendar=working_calendar(session),
        ladder_of=lambda clock: ladder_of(session, clock),
        reason=pause.text,
    )


Asked = TypeVar("Asked", Extension, Pause)


def _pending(ticket: Ticket, model: type[Asked]) -> Asked:
    asked = session_of(ticket).scalar(select(model).filter_by(ticket_id=ticket.id, ruling=Ruling.PENDING))
    if asked is None:  # the table would refuse it too, but has no request to show for it
        raise IllegalAction("没有待审批的申请", code="nothing_asked")
    return asked
