"""值班表: shifts with AB角 on the city's working days, who is on duty now, and the slots that may be booked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.clock import SHANGHAI, to_local
from hotline.database import ROW_IDS
from hotline.directory.time import working_calendar
from hotline.errors import Conflict, Invalid, NotFound
from hotline.experts.models import Expert, RosterShift
from hotline.experts.pool import is_valid
from hotline.experts.records import Appointment

SLOT = timedelta(minutes=30)
LEAD = timedelta(hours=2)
"""Nobody is booked at shorter notice."""
AHEAD = 14
"""Days for which slots are offered."""
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Slot:
    """Half an hour of one expert that is still free."""

    expert: Expert
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + SLOT

    @property
    def key(self) -> str:
        """As forms send it."""
        return f"{self.expert.id}@{to_local(self.starts_at):%Y-%m-%dT%H:%M}"


@dataclass(frozen=True)
class Day:
    """One day of the week's view; `note` says why it is not an ordinary one."""

    day: date
    name: str
    note: str
    shifts: list[RosterShift]


def get_shift(session: Session, shift_id: int) -> RosterShift:
    """One shift, held for a change. Raises NotFound."""
    shift = session.get(RosterShift, shift_id, with_for_update={"of": RosterShift}) if shift_id in ROW_IDS else None
    if shift is None:
        raise NotFound("没有这一班", code="shift_not_found")
    return shift


def on_duty(session: Session, now: datetime) -> tuple[frozenset[int], frozenset[int]]:
    """(experts on duty now, their substitutes who stand by); working time is the shift's own."""
    local = to_local(now)
    at = local.time().replace(microsecond=0)
    query = select(RosterShift).where(RosterShift.day == local.date(), RosterShift.starts <= at, RosterShift.ends > at)
    shifts = list(session.scalars(query))
    acting = frozenset(shift.acting.id for shift in shifts)
    standing_by = frozenset(shift.substitute_id for shift in shifts if shift.substitute_id and not shift.is_absent)
    return acting, standing_by - acting


def week(session: Session, first: date, experts: list[Expert]) -> list[Day]:
    """Seven days from `first` with the shifts of these experts, as A角 or B角."""
    ids = [one.id for one in experts]
    mine = RosterShift.expert_id.in_(ids) | RosterShift.substitute_id.in_(ids)
    last = first + timedelta(days=6)
    query = select(RosterShift).where(mine, RosterShift.day.between(first, last))
    shifts = list(session.scalars(query.order_by(RosterShift.day, RosterShift.starts, RosterShift.id)))
    days = [first + timedelta(days=n) for n in range(7)]
    return [Day(day, DAYS[day.weekday()], _note(session, day), [s for s in shifts if s.day == day]) for day in days]


def slots(session: Session, experts: list[Expert], now: datetime) -> list[Slot]:
    """The free half hours of these experts' shifts in the next two weeks, earliest first."""
    by_id = {one.id: one for one in experts}
    today = to_local(now).date()
    query = select(RosterShift).where(RosterShift.day.between(today, today + timedelta(days=AHEAD)))
    offered = [slot for shift in session.scalars(query) if shift.acting.id in by_id for slot in _slots(shift)]
    taken = _taken(session, now)
    free = {(slot.expert.id, slot.starts_at): slot for slot in offered if slot.starts_at >= now + LEAD}
    free = {key: slot for key, slot in free.items() if is_valid(slot.expert, slot.starts_at)}
    return sorted((slot for key, slot in free.items() if key not in taken), key=lambda s: (s.starts_at, s.expert.id))


def _taken(session: Session, now: datetime) -> set[tuple[int, datetime]]:
    held = select(Appointment.expert_id, Appointment.starts_at).where(Appointment.is_held, Appointment.ends_at > now)
    return {(expert, at) for expert, at in session.execute(held)}


def _slots(shift: RosterShift) -> list[Slot]:
    """On the hour and half hour only, so that two shifts never offer halves that overlap."""
    begin, end = hours_of(shift)
    first = begin + timedelta(minutes=-to_local(begin).minute % 30)
    return [Slot(shift.acting, first + n * SLOT) for n in range((end - first) // SLOT)]


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def days_of(session: Session, data: Data) -> list[date]:
    """The day itself, and the same weekday until `until`; working days only, unless holidays are wanted."""
    first, until = data["day"], data.get("until") or data["day"]
    if not first <= until <= first + timedelta(days=182):
        raise Invalid("重复截止日须在首日之后半年以内", code="until_invalid", field="until")
    every = [first + timedelta(weeks=n) for n in range((until - first).days // 7 + 1)]
    calendar = working_calendar(session)
    days = [day for day in every if data.get("on_holidays") or calendar.is_workday(day)]
    if not days:
        raise Invalid("所选日期都是休息日；确需节假日值班请勾选“节假日也值班”", code="no_workday", field="day")
    return days


def _note(session: Session, day: date) -> str:
    if working_calendar(session).is_workday(day):
        return "调休上班" if day.weekday() > 4 else ""
    return "周末" if day.weekday() > 4 else "节假日"


def check_free(session: Session, expert: Expert, day: date, starts: time, ends: time) -> None:
    """Raises Conflict when the expert is on duty already in these hours."""
    same = select(RosterShift.id).where(
        RosterShift.expert_id == expert.id, RosterShift.day == day, RosterShift.starts < ends, RosterShift.ends > starts
    )
    if session.scalar(same.limit(1)) is not None:
        raise Conflict(f"{expert.account.name} {day} 这段时间已有班", code="shift_overlaps", field="day")


def hours_of(shift: RosterShift) -> tuple[datetime, datetime]:
    """From when to when."""
    return _at(shift.day, shift.starts), _at(shift.day, shift.ends)


def expert_by_id(session: Session, expert_id: int, field: str) -> Expert:
    """Raises Invalid."""
    expert = session.get(Expert, expert_id) if expert_id in ROW_IDS else None
    if expert is None:
        raise Invalid("没有这位专家", code="expert_not_found", field=field)
    return expert
