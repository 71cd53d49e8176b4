"""Counting open clocks again, when notice, office hours or profile have changed: previewed, then audited.

What is alive is a clock that has not stopped. A closed ticket's clocks have stopped, so they never move; only a review
request lets a clock run on a closed ticket, and that one is still to be ruled in time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import and_, func, select, union
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.operations import audit
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.deadlines.models import Clock, ClockState
from hotline.directory.holidays import YearNotice, import_year, spans, stored_year
from hotline.directory.models import SlaProfile, WorkingHours
from hotline.directory.operations import set_hours
from hotline.directory.time import rules_of, working_calendar
from hotline.experts.clocks import ADVICE
from hotline.experts.clocks import recount as recount_advice
from hotline.knowledge.clocks import KINDS, recount
from hotline.supervision.rungs import SUBJECTS
from hotline.ticket import ledger
from hotline.ticket.models import Ticket
from hotline.ticket.operations import announce
from hotline.ticket.queries import visible
from routing.calendar import WorkingCalendar
from routing.deadlines import Limit
from routing.profiles import ClockName, SlaRules

BATCH = 200
"""Tickets read at a time."""
WARNED_BEFORE = timedelta(days=60)
"""A year that begins within this time and has no notice yet is an alarm: notices come out in early November."""

ALIVE = Clock.state != ClockState.STOPPED


@dataclass(frozen=True)
class Move:
    """One open clock whose due time changes."""

    number: str
    clock: str
    before: datetime
    after: datetime

    def plain(self) -> list[str]:
        """As the audit keeps it."""
        return [self.number, self.clock, self.before.isoformat(), self.after.isoformat()]


@dataclass(frozen=True)
class Basis:
    """What to count by. Tickets under an older version of `profile` go over to it; None leaves each its own."""

    calendar: WorkingCalendar
    profile: SlaProfile | None = None

    def profile_of(self, ticket: Ticket) -> SlaProfile:
        """The profile this ticket is counted by."""
        new = self.profile
        return new if new is not None and new.code == ticket.profile.code else ticket.profile

    def terms(self, ticket: Ticket, clock: Clock) -> tuple[SlaRules, Limit]:
        """The rules and the limit of a clock; a clock that new rules no longer know keeps its limit."""
        profile = self.profile_of(ticket)
        rules, changes = rules_of(profile), profile.id != ticket.profile_id
        new = rules.limit(clock.name, ticket.appeal_type, ticket.urgency) if changes else None
        return rules, new or Limit.parse(clock.limit)


def preview(session: Session, basis: Basis) -> list[Move]:
    """Which open clocks `recompute` would move, by number. Changes nothing."""
    found = []
    for ids in _batches(_open_tickets(session)):
        for ticket, clocks in _read(session, ids, lock=False):
            found += [move for clock in clocks if (move := _planned(ticket, clock, basis))]
    return found


def _planned(ticket: Ticket, clock: Clock, basis: Basis) -> Move | None:
    rules, limit = basis.terms(ticket, clock)
    again = deadlines.due_again(clock, basis.calendar, limit, rules.day_ends)
    return None if again.at == clock.due_at else _move(ticket, clock, clock.due_at, again.at)


def _move(ticket: Ticket, clock: Clock, before: datetime, after: datetime) -> Move:
    return Move(ticket.no, ClockName(clock.name).label, before, after)


@dataclass(frozen=True)
class _Order:
    """Who asked for a recompute, why and when."""

    actor: Actor
    reason: str
    now: datetime


def recompute(
    session: Session, actor: Actor, reason: str, now: datetime, profile: SlaProfile | None = None
) -> list[Move]:
    """Count every open clock again by the calendar as stored, and by `profile`; the due times that moved.

    Starts never move, nor do stopped clocks. Each ticket that changed gets one ledger row, and its people are told.
    """
    basis, order = Basis(working_calendar(session), profile), _Order(actor, reason, now)
    moves = []
    for ids in _batches(_open_tickets(session)):
        for ticket, clocks in _read(session, ids, lock=True):
            moves += _recompute_ticket(session, ticket, clocks, basis, order)
        session.flush()
    recount(session, reason, now)  # the knowledge base's clocks stand by the calendar alone, as do the experts'
    recount_advice(session, reason, now)
    return moves


def _recompute_ticket(
    session: Session, ticket: Ticket, clocks: Iterable[Clock], basis: Basis, order: _Order
) -> list[Move]:
    moves = [move for clock in clocks if (move := _recompute_clock(ticket, clock, basis, order))]
    profile, changes = basis.profile_of(ticket), {}
    if profile.id != ticket.profile_id:
        changes["profile_id"] = (ticket.profile_id, profile.id)
        ticket.profile = profile
    if moves or changes:
        data = {"moves": [move.plain()[1:] for move in moves]}
        said: dict[str, Any] = {"text": order.reason, "data": data, "changes": changes}
        row: dict[str, Any] = {"action": "recompute", "label": "时限重算", "before": ticket.status}
        ledger.append(session, ticket, order.actor, order.now, **row, **said)
        announce(session, ticket, order.now)
    return moves


def _recompute_clock(ticket: Ticket, clock: Clock, basis: Basis, order: _Order) -> Move | None:
    before, (rules, limit) = clock.due_at, basis.terms(ticket, clock)
    clock.profile_id = basis.profile_of(ticket).id
    moved = deadlines.recompute(
        clock,
        calendar=basis.calendar,
        ladder=rules.ladder(clock.name, limit.unit),
        day_ends=rules.day_ends,
        limit=limit,
        reason=order.reason,
        now=order.now,
    )
    return _move(ticket, clock, before, clock.due_at) if moved else None


def import_notice(session: Session, actor: Actor, notice: YearNotice, now: datetime) -> list[Move]:
    """Store a year's notice and count the open clocks again, in one transaction; the due times that moved."""
    before = _days(stored_year(session, notice.year))
    import_year(session, notice, now)
    moves = recompute(session, actor, f"导入{notice.year}年放假安排：{notice.notice}", now)
    _audit(session, actor, "calendar_import", f"calendar:{notice.year}", now, (before, _days(notice)), moves)
    return moves


def recompute_by_hours(
    session: Session, actor: Actor, weekly: Mapping[str, list[list[str]]], now: datetime
) -> list[Move]:
    """Other office hours from now on, and the open clocks counted again by them; the due times that moved."""
    before = session.scalar(select(WorkingHours.weekly).order_by(WorkingHours.id.desc()).limit(1)) or {}
    set_hours(session, weekly, now)
    moves = recompute(session, actor, "工作时间调整", now)
    _audit(session, actor, "hours_changed", "calendar:hours", now, (before, dict(weekly)), moves)
    return moves


def recompute_by_profile(session: Session, actor: Actor, profile: SlaProfile, now: datetime) -> list[Move]:
    """Take the open tickets of a profile's older versions over to this one; the due times that moved."""
    before: dict[str, object] = {"tickets_by_version": _versions(session, profile)}
    moves = recompute(session, actor, f"按“{profile.name}”第 {profile.version} 版重算", now, profile)
    after = {"version": profile.version, "tickets_by_version": _versions(session, profile)}
    subject = f"profile:{profile.code}:{profile.version}"
    _audit(session, actor, "profile_recompute", subject, now, (before, after), moves)
    return moves


def _versions(session: Session, profile: SlaProfile) -> dict[str, int]:
    """How many tickets that have not ended are counted by each version of a profile."""
    open_ones = visible(SYSTEM).where(Ticket.closed_at.is_(None)).subquery()
    query = select(SlaProfile.version, func.count()).join(open_ones, open_ones.c.profile_id == SlaProfile.id)
    found = session.execute(query.where(SlaProfile.code == profile.code).group_by(SlaProfile.version))
    return {str(version): count for version, count in found}


def beside(session: Session) -> dict[str, int]:
    """How many open clocks of the knowledge base and of the experts are counted again with the tickets'."""
    alive = select(func.count()).select_from(Clock).where(ALIVE)
    kinds = {"knowledge": tuple(KINDS), "experts": (ADVICE,)}
    return {name: session.scalar(alive.where(Clock.subject_kind.in_(which))) or 0 for name, which in kinds.items()}


def _days(notice: YearNotice | None) -> dict[str, object]:
    if notice is None:
        return {}
    return {"notice": notice.notice, "holidays": spans(notice.holidays), "makeups": spans(notice.makeups)}


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    now: datetime,
    change: tuple[dict[str, object], dict[str, object]],
    moves: list[Move],
) -> None:
    details: dict[str, Any] = {"before": change[0], "after": change[1], "moves": [move.plain() for move in moves]}
    details["beside"] = beside(session)
    audit(session, actor, action, subject, now, details=details)


def uncovered_years(session: Session, now: datetime) -> dict[int, int]:
    """Years without a notice that matter now → how many open clocks reach into them.

    They matter when an open clock reaches them, or when they are the present year or begin soon.
    """
    covered = working_calendar(session).covered_years or frozenset()
    reached = Counter(year for years in provisional_years(session) for year in years)
    soon = {to_local(now).year, to_local(now + WARNED_BEFORE).year}
    return {year: reached[year] for year in sorted((set(reached) | soon) - covered)}


def provisional_years(session: Session) -> list[range]:
    """The local years that each open clock counted by an unknown calendar reaches into."""
    spans = session.execute(select(Clock.started_at, Clock.due_at).where(ALIVE, Clock.provisional))
    return [range(to_local(start).year, to_local(due).year + 1) for start, due in spans]


def _open_tickets(session: Session) -> list[int]:
    """The ids of all tickets with a clock that has not stopped, in the order in which they are locked."""
    own = select(Clock.subject_id).where(ALIVE, Clock.subject_kind == "ticket")
    hanging = [
        select(model.ticket_id).join(Clock, and_(Clock.subject_kind == kind, Clock.subject_id == model.id)).where(ALIVE)
        for kind, model in SUBJECTS.items()
    ]
    return sorted(session.scalars(union(own, *hanging)))


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(ids)
    while batch := list(islice(left, BATCH)):
        yield batch


def _read(session: Session, ids: list[int], *, lock: bool) -> list[tuple[Ticket, list[Clock]]]:
    """Tickets with their clocks that have not stopped; `lock` holds both, the tickets first."""
    tickets = visible(SYSTEM).where(Ticket.id.in_(ids)).order_by(Ticket.id)
    if lock:
        tickets = tickets.with_for_update(of=Ticket).execution_options(populate_existing=True)
    found = list(session.scalars(tickets))
    clocks: defaultdict[int, list[Clock]] = defaultdict(list)
    for kind in ("ticket", *SUBJECTS):
        owners = _owners(session, kind, ids)
        query = select(Clock).where(ALIVE, Clock.subject_kind == kind, Clock.subject_id.in_(owners)).order_by(Clock.id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        for clock in session.scalars(query):
            clocks[owners[clock.subject_id]].append(clock)
    return [(ticket, clocks[ticket.id]) for ticket in found]


def _owners(session: Session, kind: str, ids: list[int]) -> dict[int, int]:
    """Subject → ticket, for the subjects of this kind that hang on these tickets."""
    if kind not in SUBJECTS:
        return {one: one for one in ids}
    model = SUBJECTS[kind]
    rows = session.execute(select(model.id, model.ticket_id).where(model.ticket_id.in_(ids)))
    return {row.id: row.ticket_id for row in rows}
