"""The clocks of a consultation: what each is for, how long it runs, whom its rungs reach, and their start and stop."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.subjects import Subject
from hotline.directory.time import working_calendar
from hotline.experts.records import Advice
from hotline.labelled import Labelled
from routing.deadlines import Limit, LimitUnit
from routing.escalation import Ladder, Rung, RungName

ADVICE = "advice"
"""The kind of subject."""


class AdviceClock(Labelled):
    ACCEPT = "ADVICE_ACCEPT", "专家接听"
    OFFICER = "ADVICE_OFFICER", "值班人员接听"
    CALL = "ADVICE_CALL", "通话记录"
    CONFIRM = "ADVICE_CONFIRM", "预约确认"
    SLOT = "ADVICE_SLOT", "预约时段"
    REMIND = "ADVICE_REMIND", "预约提醒"
    MEETING = "ADVICE_MEETING", "会后答复"
    REVIEW = "ADVICE_REVIEW", "答复审核"
    AMEND = "ADVICE_AMEND", "答复修改"


C = AdviceClock
LIMITS: Mapping[AdviceClock, Limit] = {
    C.ACCEPT: Limit.parse("3m"),  # the caller waits on the line
    C.OFFICER: Limit.parse("10m"),  # recommended, as are those below
    C.CALL: Limit.parse("1h"),
    C.CONFIRM: Limit.parse("4wh"),
    C.REVIEW: Limit.parse("1wd"),
    C.AMEND: Limit.parse("1wd"),
}
REMINDED = (timedelta(days=1), timedelta(hours=1))
"""How long before the meeting both sides are reminded: the first of these that still lies ahead."""
WRITING = 4 * 3600
"""Working seconds after the meeting by which its answer is written down."""

TURNING: Ladder = (Rung(RungName.REMINDER, ("handler",), fraction=1.0),)
"""Of a clock that does something itself at its end."""
MINUTES: Ladder = (
    Rung(RungName.REMINDER, ("handler",), fraction=0.5),
    Rung(RungName.YELLOW, ("handler", "liaison"), fraction=1.0, acknowledge=True),
    Rung(RungName.RED, ("unit_leader", "supervisor"), after=Limit.parse("15m"), acknowledge=True),
    Rung(RungName.SUPERVISED, ("unit_chief", "supervisor"), after=Limit.parse("2h"), acknowledge=True),
)
DAYS: Ladder = (
    Rung(RungName.REMINDER, ("handler",), fraction=0.5),
    Rung(RungName.YELLOW, ("handler", "liaison"), fraction=1.0, acknowledge=True),
    Rung(RungName.RED, ("unit_leader", "supervisor"), after=Limit.parse("1wd"), acknowledge=True),
    Rung(RungName.SUPERVISED, ("unit_chief", "supervisor"), after=Limit.parse("3wd"), acknowledge=True),
)
"""handler = who owes it; liaison = the duty officer of the unit. From YELLOW on somebody has to say that it arrived."""
AFTERWARDS: Ladder = DAYS[1:]
"""Before a meeting there is nothing to urge."""
LADDERS: Mapping[str, Ladder] = {
    C.ACCEPT: TURNING,
    C.SLOT: TURNING,
    C.REMIND: TURNING,
    C.OFFICER: MINUTES,
    C.CALL: MINUTES,
    C.MEETING: AFTERWARDS,
}


def ladder_of(clock: Clock) -> Ladder:
    """The rungs of a consultation's clock."""
    return LADDERS.get(clock.name, DAYS)


def subject_of(advice: Advice) -> Subject:
    """The consultation as a subject of clocks."""
    return Subject(ADVICE, advice.id)


def start(session: Session, advice: Advice, name: AdviceClock, now: datetime) -> Clock | None:
    """Start a clock; a later one of the same name is the next round. None: there is no time left to remind anybody."""
    due_at = _fixed(session, advice, name, now)
    if due_at is None and name not in LIMITS:
        return None
    limit = LIMITS.get(name) or _hours(due_at, now)
    earlier = select(func.count()).select_from(Clock).filter_by(subject_kind=ADVICE, subject_id=advice.id)
    clock = deadlines.start(
        session,
        subject_of(advice),
        name.value,
        round=session.scalar(earlier.filter_by(name=name.value)) or 0,
        started_at=now,
        limit=limit,
        profile_id=None,
        ladder=LADDERS.get(name, DAYS),
        calendar=working_calendar(session),
        day_ends="close",
        now=now,
        imposed_due=due_at,
    )
    session.flush()
    return clock


def stop(session: Session, advice: Advice, names: Collection[str], now: datetime) -> None:
    """Stop the named clocks."""
    session.flush()
    deadlines.stop(session, subject_of(advice), names, now)


def recount(session: Session, reason: str, now: datetime) -> None:
    """Count the running clocks again by the calendar as stored."""
    running = select(Clock).filter_by(subject_kind=ADVICE).where(Clock.state != ClockState.STOPPED).with_for_update()
    calendar = working_calendar(session)
    for clock in session.scalars(running):
        deadlines.recompute(clock, calendar=calendar, day_ends="close", ladder=ladder_of(clock), reason=reason, now=now)


def _fixed(session: Session, advice: Advice, name: AdviceClock, now: datetime) -> datetime | None:
    """The due time that the meeting sets."""
    meeting = advice.appointment
    if meeting is None:
        return None
    if name in (C.CONFIRM, C.SLOT):
        return meeting.starts_at
    if name is C.REMIND:
        return next((meeting.starts_at - far for far in REMINDED if meeting.starts_at - far > now), None)
    return working_calendar(session).add(meeting.ends_at, WRITING) if name is C.MEETING else None


def _hours(due_at: datetime | None, now: datetime) -> Limit:
    assert due_at is not None  # clocks without a limit of their own are a meeting's
    return Limit(max(ceil((due_at - now) / timedelta(hours=1)), 1), LimitUnit.CLOCK_HOUR)
