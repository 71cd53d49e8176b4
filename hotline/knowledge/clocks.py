"""The clocks of the knowledge base: what each is for, how long it runs, whom its rungs reach, and their start and stop.

TURN is not a limit but a date: at 00:00 (Shanghai) of the next day on which something changes by itself.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.clock import SHANGHAI
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.subjects import Subject
from hotline.directory.time import working_calendar
from hotline.labelled import Labelled
from routing.deadlines import Limit, LimitUnit, due
from routing.escalation import Ladder, Rung, RungName

ENTRY = "kb_entry"
CORRECTION = "kb_correction"
GAP = "kb_gap"
SUBMISSION = "kb_submission"
NOTICE = "kb_notice"
KINDS = (ENTRY, CORRECTION, GAP, SUBMISSION, NOTICE)


class KbClock(Labelled):
    DRAFT = "KB_DRAFT", "知识起草"
    FIRST_REVIEW = "KB_FIRST_REVIEW", "知识初审"
    SECOND_REVIEW = "KB_SECOND_REVIEW", "知识复审"
    REVIEW = "KB_REVIEW", "到期更新"
    GUIDE = "KB_GUIDE", "惠企政策指南"
    CORRECTION = "KB_CORRECTION", "纠错答复"
    GAP = "KB_GAP", "知识缺口"
    SUBMISSION = "KB_SUBMISSION", "依据报送"
    NOTICE_REVIEW = "KB_NOTICE_REVIEW", "临时口径复核"
    TURN = "KB_TURN", "生效与失效"


LIMITS: Mapping[KbClock, Limit] = {
    KbClock.DRAFT: Limit.parse("5wd"),  # recommended
    KbClock.FIRST_REVIEW: Limit.parse("2wd"),  # recommended; local rules say 1 to 3
    KbClock.SECOND_REVIEW: Limit.parse("2wd"),
    KbClock.REVIEW: Limit.parse("5wd"),  # recommended
    KbClock.GUIDE: Limit.parse("7wd"),  # 惠企政策工作手册: the guide follows the policy within 7 working days
    KbClock.CORRECTION: Limit.parse("2wd"),
    KbClock.GAP: Limit.parse("5wd"),  # recommended
    KbClock.SUBMISSION: Limit.parse("5wd"),  # "within a limit"; the figure is recommended
    KbClock.NOTICE_REVIEW: Limit.parse("1wd"),
}

LADDER: Ladder = (
    Rung(RungName.REMINDER, ("handler",), fraction=0.5),
    Rung(RungName.URGE, ("handler",), fraction=0.8),
    Rung(RungName.YELLOW, ("handler", "liaison", "unit_leader"), fraction=1.0, acknowledge=True),
    Rung(RungName.RED, ("liaison", "unit_leader", "follower"), after=Limit.parse("1wd"), acknowledge=True),
    Rung(RungName.SUPERVISED, ("unit_chief", "supervisor"), after=Limit.parse("3wd"), acknowledge=True),
    Rung(RungName.ESCALATED, ("unit_chief", "supervisor"), after=Limit.parse("5wd"), acknowledge=True),
)
"""handler = who owes it (maintainer, deputy, the unit's 联络员 in turn); follower = the knowledge editors."""
TURNING: Ladder = (Rung(RungName.REMINDER, ("handler",), fraction=1.0),)


def ladder_of(clock: Clock) -> Ladder:
    """The rungs of a clock of the knowledge base."""
    return TURNING if clock.name == KbClock.TURN else LADDER


def start(session: Session, kind: str, subject_id: int, name: KbClock, now: datetime) -> Clock:
    """Start a clock with its usual limit; a later one of the same name is the next round."""
    return _start(session, Subject(kind, subject_id), name, LIMITS[name], now)


def start_until(session: Session, kind: str, subject_id: int, name: KbClock, due_at: datetime, now: datetime) -> Clock:
    """Start a clock that is due at a given instant, later than `now`."""
    limit = Limit(max(ceil((due_at - now) / timedelta(hours=1)), 1), LimitUnit.CLOCK_HOUR)
    return _start(session, Subject(kind, subject_id), name, limit, now, due_at)


def stop(session: Session, kind: str, subject_id: int, names: Collection[str] | None, now: datetime) -> None:
    """Stop the named clocks of a subject (None = all)."""
    session.flush()
    deadlines.stop(session, Subject(kind, subject_id), names, now)


def starts_on(day: date) -> datetime:
    """The first instant of a day in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def _start(
    session: Session, subject: Subject, name: KbClock, limit: Limit, now: datetime, imposed: datetime | None = None
) -> Clock:
    earlier = select(func.count()).select_from(Clock).filter_by(subject_kind=subject.kind, subject_id=subject.id)
    clock = deadlines.start(
        session,
        subject,
        name.value,
        round=session.scalar(earlier.filter_by(name=name.value)) or 0,
        started_at=now,
        limit=limit,
        profile_id=None,
        ladder=TURNING if name is KbClock.TURN else LADDER,
        calendar=working_calendar(session),
        day_ends="close",
        now=now,
        imposed_due=imposed,
    )
    session.flush()
    return clock


def recount(session: Session, reason: str, now: datetime) -> int:
    """Count the running clocks again by the calendar as stored; how many due times moved."""
    running = select(Clock).where(Clock.subject_kind.in_(KINDS), Clock.state != ClockState.STOPPED).with_for_update()
    calendar = working_calendar(session)
    return sum(
        deadlines.recompute(clock, calendar=calendar, day_ends="close", ladder=ladder_of(clock), reason=reason, now=now)
        for clock in session.scalars(running)
    )


def working_day_after(session: Session, at: datetime) -> datetime:
    """The close of the first working day after an instant's day."""
    return due(working_calendar(session), at, Limit.parse("1wd"), day_ends="close").at
