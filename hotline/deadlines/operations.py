"""Starting, stopping and moving clocks. Nothing here commits.

Whoever changes a clock holds its row (PostgreSQL: FOR UPDATE), so that the sweep cannot climb a rung in between; the
caller holds the subject before that. Clocks given to `extend`, `impose` and `recompute` come from `hold`.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hotline.deadlines.models import Clock, ClockState, Firing
from hotline.deadlines.subjects import Subject, fire_at, unit_of
from routing.calendar import WorkingCalendar
from routing.deadlines import DayEnds, Due, Limit, due, later, resume_due
from routing.escalation import Ladder
from routing.profiles import ClockName


def start(
    session: Session,
    subject: Subject,
    name: str,
    *,
    round: int = 0,
    started_at: datetime,
    limit: Limit,
    profile_id: int | None,
    ladder: Ladder,
    calendar: WorkingCalendar,
    day_ends: DayEnds,
    now: datetime,
    imposed_due: datetime | None = None,
) -> Clock:
    """Start a clock. A due time imposed from above counts when it is the earlier one.

    Raises ValueError when a later round of TOTAL would start at another time than the first.
    """
    _keep_total_start(session, subject, name, round, started_at)
    first = due(calendar, started_at, limit, day_ends=day_ends)
    clock = Clock(
        subject_kind=subject.kind,
        subject_id=subject.id,
        name=name,
        round=round,
        profile_id=profile_id,
        started_at=started_at,
        ladder_from=started_at,
        limit=str(limit),
        due_at=first.at,
        first_due_at=first.at,
        provisional=first.provisional,
        state=ClockState.RUNNING,
        next_rung=0,
        attempts=0,
        moves=[],
    )
    _aim(clock, calendar, ladder)
    if imposed_due:
        impose(clock, imposed_due, calendar=calendar, ladder=ladder, reason="", now=now)
    session.add(clock)
    return clock


def hold(session: Session, subject: Subject, names: Collection[str] | None = None) -> list[Clock]:
    """The subject's clocks that have not stopped, held for a change; `names` picks some."""
    values = {"kind": subject.kind, "id": subject.id}
    if names is None:
        return list(session.scalars(_LIVE, values))
    return list(session.scalars(_LIVE_NAMED, {**values, "names": list(names)}))


# Built once: they are asked at nearly every action.
_LIVE = (
    select(Clock)
    .where(Clock.subject_kind == bindparam("kind"), Clock.subject_id == bindparam("id"))
    .where(Clock.state != ClockState.STOPPED)
    .order_by(Clock.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LIVE_NAMED = _LIVE.where(Clock.name.in_(bindparam("names", expanding=True)))


def stop(session: Session, subject: Subject, names: Collection[str] | None, now: datetime) -> list[Clock]:
    """Stop the named clocks (None = all), running or paused; those that were stopped by this call."""
    clocks = hold(session, subject, names)
    for clock in clocks:
        clock.state, clock.stopped_at, clock.next_fire_at = ClockState.STOPPED, now, None
    return clocks


def pause(session: Session, subject: Subject, names: Collection[str], now: datetime) -> list[Clock]:
    """Let the named running clocks rest; those that were paused by this call."""
    clocks = [clock for clock in hold(session, subject, names) if clock.state is ClockState.RUNNING]
    for clock in clocks:
        clock.state, clock.paused_at, clock.next_fire_at = ClockState.PAUSED, now, None
    return clocks


def resume(
    session: Session,
    subject: Subject,
    names: Collection[str],
    now: datetime,
    *,
    calendar: WorkingCalendar,
    ladder_of: Callable[[Clock], Ladder],
    reason: str,
) -> list[Clock]:
    """Let the named paused clocks run again, later by what the pause took; those that were resumed by this call."""
    clocks = [clock for clock in hold(session, subject, names) if clock.state is ClockState.PAUSED]
    for clock in clocks:
        _resume(clock, calendar, ladder_of(clock), reason, now)
    return clocks


def _resume(clock: Clock, calendar: WorkingCalendar, ladder: Ladder, reason: str, now: datetime) -> None:
    assert clock.paused_at is not None  # a paused clock says since when
    span, unit = (clock.paused_at, now), unit_of(clock)
    moved = resume_due(calendar, clock.due_at, *span, unit)
    clock.ladder_from = resume_due(calendar, clock.ladder_from, *span, unit)
    clock.state, clock.paused_at = ClockState.RUNNING, None
    _move(clock, "pause", moved, reason, now, since=span[0].isoformat())
    _aim(clock, calendar, ladder)
    if clock.next_fire_at:  # no rung was due while the clock stood still
        clock.next_fire_at = max(clock.next_fire_at, now)


def extend(
    clock: Clock, limit: Limit, *, calendar: WorkingCalendar, ladder: Ladder, reason: str, now: datetime
) -> None:
    """Move the due time later by a limit. Rungs that have fired stay fired."""
    _move(clock, "extension", later(calendar, clock.due_at, limit), reason, now, limit=str(limit))
    _aim(clock, calendar, ladder)


def impose(
    clock: Clock, imposed_due: datetime, *, calendar: WorkingCalendar, ladder: Ladder, reason: str, now: datetime
) -> None:
    """Take a due time set from above when it is earlier than ours."""
    if imposed_due < clock.due_at:
        _move(clock, "imposed", imposed_due, reason, now)
        _aim(clock, calendar, ladder)


def recompute(
    clock: Clock,
    *,
    calendar: WorkingCalendar,
    ladder: Ladder,
    day_ends: DayEnds,
    reason: str,
    now: datetime,
    limit: Limit | None = None,
) -> bool:
    """Count again by a changed calendar, profile (`limit`) or ladder; whether the due time moved.

    The start stays, extensions, pauses and imposed times are applied again, fired rungs stay fired. Stopped clocks
    never move.
    """
    if clock.state is ClockState.STOPPED:
        return False
    limit = limit or Limit.parse(clock.limit)
    again = due_again(clock, calendar, limit, day_ends)
    clock.ladder_from = _replay(clock.started_at, clock.moves, calendar, limit, kinds=("pause",))
    clock.limit, clock.provisional = str(limit), again.provisional
    moved = again.at != clock.due_at
    if moved:
        _move(clock, "recompute", again.at, reason, now)
    _aim(clock, calendar, ladder)
    return moved


def due_again(clock: Clock, calendar: WorkingCalendar, limit: Limit, day_ends: DayEnds) -> Due:
    """When the clock would be due by this calendar and limit: the preview of `recompute`."""
    first = due(calendar, clock.started_at, limit, day_ends=day_ends)
    at = _replay(first.at, clock.moves, calendar, limit)
    return Due(at, first.provisional or _is_provisional(clock, calendar, at))


def carry_on(clock: Clock, before: Clock, *, calendar: WorkingCalendar, ladder: Ladder, day_ends: DayEnds) -> None:
    """Go on where an interrupted clock of the same start stood: its moves, and the rungs it has fired."""
    clock.moves, clock.next_rung = list(before.moves), before.next_rung
    limit = Limit.parse(clock.limit)
    clock.due_at = due_again(clock, calendar, limit, day_ends).at
    clock.ladder_from = _replay(clock.started_at, clock.moves, calendar, limit, kinds=("pause",))
    _aim(clock, calendar, ladder)


def retry(clock: Clock) -> None:
    """Give a stuck clock back to the sweep, when its cause is mended."""
    clock.attempts, clock.retry_at, clock.last_error = 0, None, None


def acknowledge(firing: Firing, account_id: int, now: datetime) -> None:
    """Note who has read a rung's notice; the first reader stays."""
    if firing.acknowledged_at is None:
        firing.acknowledged_at, firing.acknowledged_by = now, account_id


def _keep_total_start(session: Session, subject: Subject, name: str, round: int, started_at: datetime) -> None:
    if name != ClockName.TOTAL or round == 0:
        return  # a second round 0 is refused by the table itself
    first = select(Clock.started_at).filter_by(subject_kind=subject.kind, subject_id=subject.id, name=name)
    if session.scalar(first.order_by(Clock.round).limit(1)) not in (None, started_at):
        raise ValueError("the total clock keeps its first start in every round")


def _aim(clock: Clock, calendar: WorkingCalendar, ladder: Ladder) -> None:
    """Point a running clock at its first rung that has not fired."""
    clock.provisional = clock.provisional or _is_provisional(clock, calendar, clock.due_at)
    running = clock.state is ClockState.RUNNING
    clock.next_fire_at = fire_at(calendar, ladder, clock, clock.next_rung) if running else None


def _is_provisional(clock: Clock, calendar: WorkingCalendar, due_at: datetime) -> bool:
    return not unit_of(clock).is_clock and calendar.is_provisional(clock.started_at, due_at)


def _move(clock: Clock, kind: str, to: datetime, reason: str, now: datetime, **more: str) -> None:
    times = {"at": now.isoformat(), "from": clock.due_at.isoformat(), "to": to.isoformat()}
    clock.moves = [*clock.moves, {"kind": kind, **times, "reason": reason, **more}]
    clock.due_at = to


def _replay(
    at: datetime,
    moves: list[dict[str, Any]],
    calendar: WorkingCalendar,
    limit: Limit,
    kinds: Collection[str] = ("extension", "pause", "imposed"),
) -> datetime:
    for move in moves:
        if move["kind"] not in kinds:
            continue
        if move["kind"] == "extension":
            at = later(calendar, at, Limit.parse(move["limit"]))
        elif move["kind"] == "pause":
            span = (datetime.fromisoformat(move["since"]), datetime.fromisoformat(move["at"]))
            at = resume_due(calendar, at, *span, limit.unit)
        else:
            at = min(at, datetime.fromisoformat(move["to"]))
    return at
