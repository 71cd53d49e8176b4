"""A ticket's clocks: which start and stop with a row of the table, and by which rules."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    CompoundSelect,
    Integer,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock
from hotline.deadlines.subjects import Subject, unit_of
from hotline.directory.models import SlaProfile
from hotline.directory.time import rules_of, working_calendar
from hotline.ticket.models import Assignment, AssignmentKind, Consultation, Decision, Ticket
from hotline.workflow import Transition
from routing.deadlines import Limit, LimitUnit, due, part_way
from routing.escalation import Ladder
from routing.profiles import ClockName, SlaRules

TOTALS = (ClockName.TOTAL, ClockName.REWORK)
WITH_PAUSES = (*TOTALS, ClockName.SUPPORT, ClockName.DELEGATE)
"""Clocks that stand still while the ticket is paused."""
INNER = (AssignmentKind.SUPPORT, AssignmentKind.DELEGATE)
"""Parts with an answer and a clock of their own."""
ASSIGNMENT = "assignment"
CONSULTATION = "consultation"
DECISION = "decision"


def subject_of(ticket: Ticket) -> Subject:
    """The ticket as a subject of clocks."""
    return Subject("ticket", ticket.id)


def rules_for(ticket: Ticket) -> SlaRules:
    """The time rules this ticket was registered under."""
    return rules_of(ticket.profile)


def ladder_of(session: Session, clock: Clock) -> Ladder:
    """The rungs of a clock by its own profile."""
    profile = session.get_one(SlaProfile, clock.profile_id)
    return rules_of(profile).ladder(clock.name, unit_of(clock))


class Ladders:
    """The ladders of every profile, read once: a sweep asks for thousands, after its session is gone."""

    def __init__(self, session: Session) -> None:
        self._rules = {profile.id: rules_of(profile) for profile in session.scalars(select(SlaProfile))}

    def of(self, clock: Clock) -> Ladder:
        """The rungs of a clock by its own profile."""
        return self._rules[clock.profile_id or 0].ladder(clock.name, unit_of(clock))


def run_clocks(session: Session, ticket: Ticket, row: Transition, now: datetime) -> None:
    """Stop, then start, the clocks that a row names."""
    # The question for the facts has flushed every clock, and no clock is asked for twice below: one flush at the end.
    with session.no_autoflush:
        rounds = dict(session.execute(_ROUNDS, {"ticket_id": ticket.id}).all()) if row.starts else {}
        if row.stops:
            deadlines.stop(session, subject_of(ticket), row.stops, now)
        if ClockName.TOTAL in row.stops:
            _stop_inner(session, ticket, now)
        for name in row.starts:
            started = _total_again(session, ticket, rounds) if name in rounds and name == ClockName.TOTAL else name
            if started:
                _start_clock(session, ticket, ClockName(started), rounds.get(started, 0), now)


def _total_again(session: Session, ticket: Ticket, rounds: Mapping[str, int]) -> ClockName | None:
    """A total clock that was stopped goes on (并单 and 拆单 win no time); in a new round it is REWORK that runs."""
    if deadlines.hold(session, subject_of(ticket), TOTALS):
        return None
    if before := _interrupted(session, ticket):
        return ClockName(before.name)
    return ClockName.REWORK if ticket.round else ClockName.TOTAL


def _interrupted(session: Session, ticket: Ticket) -> Clock | None:
    """The newest total or rework clock, if it stopped because its lead was taken away (并单), not by an answer."""
    newest = select(Clock).filter_by(subject_kind="ticket", subject_id=ticket.id).where(Clock.name.in_(TOTALS))
    last = session.scalar(newest.order_by(Clock.id.desc()).limit(1))
    if last is None or last.stopped_at is None:
        return None
    taken = select(Assignment.id).filter_by(ticket_id=ticket.id, kind=AssignmentKind.LEAD, ended_at=last.stopped_at)
    return last if session.scalar(taken.limit(1)) is not None else None


_TICKET = bindparam("ticket_id", type_=Integer)
AROUND = or_(
    and_(Clock.subject_kind == "ticket", Clock.subject_id == _TICKET),
    and_(Clock.subject_kind == ASSIGNMENT, Clock.subject_id.in_(select(Assignment.id).filter_by(ticket_id=_TICKET))),
    and_(
        Clock.subject_kind == CONSULTATION, Clock.subject_id.in_(select(Consultation.id).filter_by(ticket_id=_TICKET))
    ),
    and_(Clock.subject_kind == DECISION, Clock.subject_id.in_(select(Decision.id).filter_by(ticket_id=_TICKET))),
)
"""The clocks of a ticket and of what hangs on it, as a condition with the parameter `ticket_id`."""
# Built once: they are asked at nearly every action.
_ROUNDS = (
    select(Clock.name, func.count())
    .where(Clock.subject_kind == "ticket", Clock.subject_id == _TICKET)
    .group_by(Clock.name)
)
_OWED: CompoundSelect[str, int] = union_all(
    select(literal_column(f"'{ASSIGNMENT}'"), Assignment.id).where(
        Assignment.ticket_id == _TICKET, Assignment.kind.in_(INNER), Assignment.answered_at.is_(None)
    ),
    select(literal_column(f"'{DECISION}'"), Decision.id).where(
        Decision.ticket_id == _TICKET, Decision.done_at.is_(None), Decision.dropped_at.is_(None)
    ),
)


def _start_clock(session: Session, ticket: Ticket, name: ClockName, occurrence: int, now: datetime) -> Clock | None:
    """Start one clock of the ticket, unless its profile has none for such a ticket, or TOTAL does not start yet."""
    rules = rules_for(ticket)
    limit = rules.limit(name, ticket.appeal_type, ticket.urgency)
    if limit is None or (name is ClockName.TOTAL and not _total_starts(ticket, rules, now)):
        return None
    ladder, calendar, is_total = rules.ladder(name, limit.unit), working_calendar(session), name is ClockName.TOTAL
    before = _interrupted(session, ticket) if name in TOTALS and occurrence else None
    clock = deadlines.start(
        session,
        subject_of(ticket),
        name,
        round=occurrence,
        started_at=before.started_at if before else _total_start(ticket, rules, now) if is_total else now,
        limit=limit,
        profile_id=ticket.profile_id,
        ladder=ladder,
        calendar=calendar,
        day_ends=rules.day_ends,
        now=now,
    )
    if before is not None:
        deadlines.carry_on(clock, before, calendar=calendar, ladder=ladder, day_ends=rules.day_ends)
    if ticket.imposed_due_at is not None and (is_total or _waits_first(ticket, name, now)):
        why = imposed_sentence(ticket.imposed_due_at, now)
        deadlines.impose(clock, ticket.imposed_due_at, calendar=calendar, ladder=ladder, reason=why, now=now)
    return clock


def _waits_first(ticket: Ticket, name: ClockName, now: datetime) -> bool:
    """Whether this is the wait for the first dispatch, which must not outlast the whole: TOTAL may start only then."""
    return name is ClockName.DISPATCH and ticket.round == 0 and not _is_late_above(ticket, now)


def _is_late_above(ticket: Ticket, now: datetime) -> bool:
    return ticket.imposed_due_at is not None and ticket.imposed_due_at <= now


def imposed_sentence(due_at: datetime, now: datetime) -> str:
    """What is set from above, in one Chinese sentence, and whether that time has passed."""
    passed = "，该时限已过，按超期处理" if due_at <= now else ""
    return f"上级要求 {to_local(due_at):%Y-%m-%d %H:%M} 前办结{passed}"


def _total_start(ticket: Ticket, rules: SlaRules, now: datetime) -> datetime:
    return ticket.received_at if rules.total_starts_at == "receipt" else ticket.dispatched_at or now


def _total_starts(ticket: Ticket, rules: SlaRules, now: datetime) -> bool:
    """From receipt, or from the first dispatch: never from signing, so that 退单 wins no time.

    What is late already when it comes from above waits for nothing.
    """
    return rules.total_starts_at == "receipt" or ticket.dispatched_at is not None or _is_late_above(ticket, now)


def start_inner(session: Session, ticket: Ticket, part: Assignment, now: datetime) -> Clock:
    """The clock of a supporting or delegated unit: due after a share of the working time the lead has left."""
    rules, calendar = rules_for(ticket), working_calendar(session)
    name, share = (
        (ClockName.SUPPORT, rules.support_share)
        if part.kind is AssignmentKind.SUPPORT
        else (ClockName.DELEGATE, rules.delegate_share)
    )
    limit = rules.limit(name, ticket.appeal_type, ticket.urgency) or Limit.parse("1wd")
    clock = deadlines.start(
        session,
        subject := Subject(ASSIGNMENT, part.id),
        name,
        started_at=now,
        limit=limit,
        profile_id=ticket.profile_id,
        ladder=rules.ladder(name, limit.unit),
        calendar=calendar,
        day_ends=rules.day_ends,
        now=now,
        imposed_due=_share_of_rest(session, ticket, part, share, now),
    )
    if ticket.paused_since is not None:
        deadlines.pause(session, subject, (name,), now)
    return clock


def pausable(session: Session, ticket: Ticket) -> list[Subject]:
    """What a pause stops: the whole, and what other units owe of it. A task force's decisions have their own time."""
    owed = session.scalars(select(Assignment.id).filter_by(ticket_id=ticket.id, ended_at=None, answered_at=None))
    return [subject_of(ticket), *(Subject(ASSIGNMENT, part) for part in owed)]


def start_decision(
    session: Session, ticket: Ticket, decision: Decision, due_at: datetime | None, now: datetime
) -> Clock:
    """The clock of what a task force decided: due at the instant it set, else after the profile's time."""
    rules = rules_for(ticket)
    limit = rules.limit(ClockName.DECISION, ticket.appeal_type, ticket.urgency) or Limit.parse("3wd")
    if due_at is not None:
        limit = Limit(max(int((due_at - now).total_seconds() // 60), 1), LimitUnit.CLOCK_MINUTE)
    return deadlines.start(
        session,
        Subject(DECISION, decision.id),
        ClockName.DECISION,
        started_at=now,
        limit=limit,
        profile_id=ticket.profile_id,
        ladder=rules.ladder(ClockName.DECISION, limit.unit),
        calendar=working_calendar(session),
        day_ends=rules.day_ends,
        now=now,
    )


def _share_of_rest(session: Session, ticket: Ticket, part: Assignment, share: float, now: datetime) -> datetime | None:
    """A share of what the total clock has left; what was sent further down: of what the part above has left."""
    above = subject_of(ticket) if part.parent_id is None else Subject(ASSIGNMENT, part.parent_id)
    names = TOTALS if part.parent_id is None else None
    total = [c for c in deadlines.hold(session, above, names) if c.due_at > now]
    if not total:
        return None
    clock = min(total, key=lambda c: c.due_at)
    return part_way(working_calendar(session), now, clock.due_at, share, unit_of(clock))


def withdraw_questions(session: Session, ticket: Ticket, now: datetime) -> list[int]:
    """撤回咨询: what experts have not answered is not asked any longer; their accounts."""
    owed = select(Consultation).filter_by(ticket_id=ticket.id, answered_at=None, is_declined=False, withdrawn_at=None)
    asked = list(session.scalars(owed.order_by(Consultation.id)))
    for one in asked:
        one.withdrawn_at = now
        deadlines.stop(session, Subject(CONSULTATION, one.id), None, now)
    return [one.expert_id for one in asked]


def _stop_inner(session: Session, ticket: Ticket, now: datetime) -> None:
    """What units still owe is not awaited any longer."""
    for kind, owed in session.execute(_OWED, {"ticket_id": ticket.id}).all():
        deadlines.stop(session, Subject(kind, owed), None, now)


def window_end(session: Session, ticket: Ticket, window: Limit, now: datetime) -> datetime:
    """When a time window of the profile that opens now will close."""
    return due(working_calendar(session), now, window, day_ends=rules_for(ticket).day_ends).at
