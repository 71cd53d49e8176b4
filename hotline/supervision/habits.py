"""延期习惯: extensions asked for in the last moment, and units that ask for many."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.deadlines.models import Clock
from hotline.deadlines.subjects import unit_of
from hotline.directory.models import Unit
from hotline.directory.time import working_calendar
from hotline.ticket.clocks import TOTALS
from hotline.ticket.models import Assignment, AssignmentKind, Extension, Ticket
from hotline.ticket.queries import scope
from routing.calendar import WorkingCalendar

RECENT = timedelta(days=90)
LAST_SHARE = 0.1
"""Asked for in the last tenth of the time is 临期延期. Recommended; no rule gives a figure."""
MANY, MANY_SHARE = 3, 0.2
"""习惯性延期: so many at least, and so many of the tickets a unit led. Recommended too."""
SHOWN = 100


@dataclass(frozen=True)
class LastMinute:
    """An extension asked for when nearly all the time was used. `left_share`: of the time given, 0 to LAST_SHARE."""

    ticket: Ticket
    extension: Extension
    unit: str
    left_share: float


@dataclass(frozen=True)
class Habit:
    """A unit that asked for many extensions, of so many tickets it led."""

    code: str
    name: str
    asked: int
    led: int
    last_minute: int

    @property
    def percent(self) -> str:
        """Asked, of those led: '35 %'."""
        return f"{100 * self.asked / self.led:.0f} %"


def last_minute(session: Session, actor: Actor, now: datetime) -> list[LastMinute]:
    """Of the tickets the actor may see, newest first: extensions asked for in the last tenth of the time."""
    calendar, found = working_calendar(session), []
    for ticket, extension, name, clock in session.execute(_asked(actor, now)):
        share = _left_share(calendar, clock, extension)
        if share <= LAST_SHARE:
            found.append(LastMinute(ticket, extension, name, share))
    return found[:SHOWN]


def _asked(actor: Actor, now: datetime) -> Select[Ticket, Extension, str, Clock]:
    """Each extension with the clock that was to be extended: the newest total or rework clock begun before."""
    newest = select(func.max(Clock.id)).where(
        Clock.subject_kind == "ticket",
        Clock.subject_id == Extension.ticket_id,
        Clock.name.in_(TOTALS),
        Clock.started_at <= Extension.at,
    )
    query = select(Ticket, Extension, Unit.short_name, Clock).join(Extension, Extension.ticket_id == Ticket.id)
    query = query.join(Account, Account.id == Extension.by_id).join(Unit, Unit.id == Account.unit_id)
    query = query.join(Clock, Clock.id == newest.correlate(Extension).scalar_subquery())
    return query.where(scope(actor), Extension.at >= now - RECENT).order_by(Extension.id.desc())


def _left_share(calendar: WorkingCalendar, clock: Clock, extension: Extension) -> float:
    """How much of the time was left when it was asked for; the due time is the one of that moment."""
    moves = [move for move in clock.moves if datetime.fromisoformat(move["at"]) > extension.at]
    due_at = datetime.fromisoformat(moves[0]["from"]) if moves else clock.due_at
    if unit_of(clock).is_clock:
        whole, left = (due_at - clock.started_at).total_seconds(), (due_at - extension.at).total_seconds()
    else:
        whole, left = calendar.elapsed(clock.started_at, due_at), calendar.elapsed(extension.at, due_at)
    return max(left, 0) / whole if whole else 0.0


def habitual(session: Session, actor: Actor, now: datetime) -> list[Habit]:
    """Units that asked for many extensions lately, those with the largest share first."""
    late = Counter(row.unit for row in last_minute(session, actor, now))
    asked, led = _extensions(session, actor, now), _led(session, actor, now)
    found = [
        Habit(code, name, number, max(led.get((code, name), 0), number), late[name])
        for (code, name), number in asked.items()
    ]
    habits = [one for one in found if one.asked >= MANY and one.asked >= MANY_SHARE * one.led]
    return sorted(habits, key=lambda one: (-one.asked / one.led, one.code))


Counted = dict[tuple[str, str], int]
"""(code, short name) of a unit → how many."""


def _extensions(session: Session, actor: Actor, now: datetime) -> Counted:
    query = select(Unit.code, Unit.short_name, func.count()).join(Account, Account.unit_id == Unit.id)
    query = query.join(Extension, Extension.by_id == Account.id).join(Ticket, Ticket.id == Extension.ticket_id)
    query = query.where(scope(actor), Extension.at >= now - RECENT)
    rows = session.execute(query.group_by(Unit.code, Unit.short_name))
    return {(code, name): number for code, name, number in rows}


def _led(session: Session, actor: Actor, now: datetime) -> Counted:
    query = select(Unit.code, Unit.short_name, func.count(func.distinct(Assignment.ticket_id)))
    query = query.join(Assignment, Assignment.unit_id == Unit.id).join(Ticket, Ticket.id == Assignment.ticket_id)
    query = query.where(scope(actor), Assignment.kind == AssignmentKind.LEAD, Assignment.at >= now - RECENT)
    rows = session.execute(query.group_by(Unit.code, Unit.short_name))
    return {(code, name): number for code, name, number in rows}
