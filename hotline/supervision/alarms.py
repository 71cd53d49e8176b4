"""What waits for a person: clocks that failed too often, messages that do not leave, years without a calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account, Role
from hotline.accounts.operations import audit
from hotline.accounts.queries import with_role
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock
from hotline.deadlines.queries import is_stuck, stuck
from hotline.errors import Conflict
from hotline.messages.models import Audience, Notice
from hotline.outbox import operations as outbox
from hotline.outbox.models import OutboxMessage
from hotline.supervision.recompute import uncovered_years

TOPIC = "calendar:{year}"


def retry_clock(session: Session, actor: Actor | None, clock_id: int, now: datetime) -> None:
    """Give a stuck clock back to the sweep; who did so is kept (None = the command line). Raises Conflict when the
    clock is not stuck any longer."""
    clock = session.get(Clock, clock_id, with_for_update=True, populate_existing=True)
    if clock is None or not is_stuck(clock):
        raise Conflict("这个计时已恢复正常或已停止，不需要重试", code="clock_not_stuck")
    details = {"clock": clock.name, "attempts": clock.attempts, "error": brief(clock.last_error)}
    audit(session, actor, "clock_retry", f"{clock.subject_kind}:{clock.subject_id}", now, details=details)
    deadlines.retry(clock)


def resend(session: Session, actor: Actor | None, message_id: int, now: datetime) -> None:
    """Have a waiting message tried at once; who asked is kept. Raises Conflict when it has been sent."""
    message = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.sent_at is not None:
        raise Conflict("这条消息已经发出", code="message_sent")
    details = {"kind": message.kind, "attempts": message.attempts, "error": brief(message.last_error)}
    audit(session, actor, "outbox_resend", f"outbox:{message.id}", now, details=details)
    outbox.hasten(message, now)


def retry_all(session: Session, now: datetime) -> tuple[int, int]:
    """For the command line: every stuck clock and every failed message; how many of each."""
    clocks, messages = stuck(session), outbox.failed(session)
    for clock in clocks:
        retry_clock(session, None, clock.id, now)
    for message in messages:
        resend(session, None, message.id, now)
    return len(clocks), len(messages)


def waiting(session: Session) -> list[str]:
    """What waits for a person, a line each, for the command line."""
    clocks = [f"计时 {one.id} {one.name}：试过 {one.attempts} 次，{brief(one.last_error)}" for one in stuck(session)]
    messages = outbox.failed(session)
    return clocks + [f"消息 {one.id} {one.kind}：试过 {one.attempts} 次，{brief(one.last_error)}" for one in messages]


def brief(error: str | None) -> str:
    """The first line of an error: what follows may quote names and numbers from a ticket."""
    lines = (error or "").splitlines()
    return lines[0][:160] if lines else ""


@dataclass(frozen=True)
class Untold:
    """A year without a calendar, how many open clocks reach it, and who has not heard of it."""

    year: int
    clocks: int
    people: list[Account]


def untold_years(session: Session, now: datetime) -> list[Untold]:
    """Which supervisors and administrators have not yet been told of which uncovered year."""
    people = {one.id: one for role in (Role.SUPERVISOR, Role.ADMIN) for one in with_role(session, role)}
    found = []
    for year, clocks in uncovered_years(session, now).items():
        told = set(session.scalars(select(Notice.account_id).filter_by(topic=TOPIC.format(year=year))))
        if left := [one for one in people.values() if one.id not in told]:
            found.append(Untold(year, clocks, left))
    return found


def tell_uncovered_years(session: Session, now: datetime) -> int:
    """One notice a year and person, however often this runs; how many were written."""
    notices = [notice for untold in untold_years(session, now) for notice in _notices(untold, now)]
    session.add_all(notices)
    return len(notices)


def _notices(untold: Untold, now: datetime) -> Iterable[Notice]:
    reach = f"已有 {untold.clocks} 个在办时限跨入该年，" if untold.clocks else ""
    said = {
        "topic": TOPIC.format(year=untold.year),
        "title": f"{untold.year} 年放假安排尚未导入",
        "text": f"{reach}该年的到期时间为“暂定”。请在国务院办公厅通知公布后，到“时限与日历”导入，系统会重算并留痕。",
    }
    for account in untold.people:
        yield Notice(**said, audience=Audience.STAFF, account_id=account.id, created_at=now)
