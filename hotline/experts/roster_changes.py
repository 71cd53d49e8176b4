"""Changing the roster: shifts before → after and what becomes of each meeting and invitation; then exactly that."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import AuditEntry
from hotline.accounts.operations import audit
from hotline.clock import to_local
from hotline.errors import Forbidden, Invalid
from hotline.experts import moving, pool, roster
from hotline.experts.models import Expert, RosterShift
from hotline.experts.moving import Move, Outcome
from hotline.experts.records import AdviceStatus
from hotline.ticket.models import Consultation, Ticket
from hotline.ticket.parts import asked_of

Data = Mapping[str, Any]
SAID = ("expert", "substitute", "day", "starts", "ends", "is_absent")


@dataclass(frozen=True)
class ShiftChange:
    """One shift as it stands and as it will be; None: there is none."""

    before: RosterShift | None
    after: RosterShift | None

    @property
    def acting(self) -> tuple[Expert | None, Expert | None]:
        """Who answers, before and after."""
        return self.before.acting if self.before else None, self.after.acting if self.after else None

    def plain(self) -> list[Any]:
        """[before, after], as the audit keeps them."""
        return [_plain(self.before), _plain(self.after)]


@dataclass(frozen=True)
class Change:
    """What is to change, and what the audit calls it. `gone`: who from now on takes nothing more, and from when."""

    action: str
    subject: str
    shifts: tuple[ShiftChange, ...]
    gone: Expert | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Effects:
    """The shifts, what becomes of consultations, and tickets whose written question stays with who steps back."""

    shifts: tuple[ShiftChange, ...]
    moves: tuple[Move, ...]
    questions: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As the audit keeps it and the API tells it: JSON."""
        return {
            "shifts": [one.plain() for one in self.shifts],
            "consultations": [move.plain() for move in self.moves],
            "questions": list(self.questions),
        }

    @property
    def seen(self) -> str:
        """The preview's mark: another one means that something else would happen."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()[:32]


def laid_out(session: Session, data: Data, actor: Actor) -> Change:
    """排班: the same hours on one day, or weekly until `until`. Holidays are left out unless `on_holidays`.

    Raises Invalid, Forbidden for another unit's expert, Conflict for hours that the expert has already.
    """
    expert, substitute = roster.expert_by_id(session, data["expert_id"], "expert_id"), None
    _demand(expert, actor)
    if data.get("substitute_id"):
        substitute = roster.expert_by_id(session, data["substitute_id"], "substitute_id")
        moving.check_pair(expert, substitute)
    if data["ends"] <= data["starts"]:
        raise Invalid("结束时间须晚于开始时间", code="hours_invalid", field="ends")
    hours = {"starts": data["starts"], "ends": data["ends"]}
    made = []
    for day in roster.days_of(session, data):
        roster.check_free(session, expert, day, **hours)
        made.append(_shift(expert=expert, substitute=substitute, day=day, **hours))
    return Change("roster_laid_out", f"expert:{expert.account.login}", tuple(ShiftChange(None, one) for one in made))


def swapped(session: Session, shift: RosterShift, data: Data, actor: Actor) -> Change:
    """替班: while the expert is absent the B角 answers, and back again. By the expert, a leader or a supervisor."""
    if actor.account_id not in (shift.expert.account_id, shift.substitute and shift.substitute.account_id):
        _demand(shift.expert, actor)
    substitute = shift.substitute
    if data.get("substitute_id"):
        substitute = roster.expert_by_id(session, data["substitute_id"], "substitute_id")
        moving.check_pair(shift.expert, substitute)
    if substitute is None and data["is_absent"]:
        raise Invalid("请先指定B角", code="substitute_required", field="substitute_id")
    after = _changed(shift, substitute=substitute, is_absent=data["is_absent"])
    return Change("roster_swapped", f"shift:{shift.id}", (ShiftChange(shift, after),))


def removed(shift: RosterShift, actor: Actor) -> Change:
    """撤班. Raises Forbidden."""
    _demand(shift.expert, actor)
    return Change("roster_removed", f"expert:{shift.expert.account.login}", (ShiftChange(shift, None),))


def amended(session: Session, expert: Expert, data: Data, now: datetime) -> Change:
    """What another period of validity leaves of the expert's shifts from today on."""
    today = to_local(now).date()

    def is_in(day: date) -> bool:
        return data["valid_from"] <= day <= (data.get("valid_to") or date.max)

    shifts = [_without(one, expert, None) for one in _shifts_of(session, expert, today) if not is_in(one.day)]
    gone = None if is_in(today) and data.get("valid_to") is None else expert
    last = data.get("valid_to") if gone and is_in(today) else None
    return Change("roster_shortened", f"expert:{expert.account.login}", _real(shifts), gone, last)


def left(session: Session, expert: Expert, taking: Expert | None, last_day: date | None, now: datetime) -> Change:
    """休假 or (without `last_day`) 交接: the shifts are `taking`'s, else the B角's; or are taken off."""
    span = [one for one in _shifts_of(session, expert, to_local(now).date()) if one.day <= (last_day or date.max)]
    fits = taking is not None and taking.id != expert.id and taking.unit_id == expert.unit_id
    shifts = [_without(one, expert, taking if fits else None) for one in span]
    gone = expert if last_day is None else None
    return Change("roster_left", f"expert:{expert.account.login}", _real(shifts), gone)


def returned(session: Session, expert: Expert, last_day: date, now: datetime) -> Change:
    """Back again: the shifts that others stand in for until `last_day` are the expert's own."""
    mine = [one for one in _shifts_of(session, expert, to_local(now).date()) if one.day <= last_day]
    own = [one for one in mine if one.expert_id == expert.id and one.is_absent]
    back = tuple(ShiftChange(one, _changed(one, is_absent=False)) for one in own)
    return Change("roster_returned", f"expert:{expert.account.login}", back)


def _real(shifts: Iterable[ShiftChange]) -> tuple[ShiftChange, ...]:
    return tuple(one for one in shifts if _plain(one.before) != _plain(one.after))


def effects(session: Session, change: Change, now: datetime) -> Effects:
    """What the change does. Changes nothing."""
    moves, taken = list[Move](), set[tuple[int, datetime]]()
    for one in change.shifts:
        moves += _meeting_moves(session, one, now, taken)
    known = {move.advice.id for move in moves}
    moves += [move for move in _unplaced(session, change, now) if move.advice.id not in known]
    back = {expert.id: expert for expert in _stepping_back(change, now)}
    for expert in back.values():
        moves += _at_hand(session, expert)
    affected = {one.acting[0] for one in change.shifts if one.acting[0] is not one.acting[1]} | {change.gone}
    people = [one.account_id for one in affected if one is not None]
    asked = asked_of(people[0]) if len(people) == 1 else None
    questions = _numbers(session, asked) if asked is not None else ()
    return Effects(change.shifts, tuple(moves), questions)


def _meeting_moves(
    session: Session, one: ShiftChange, now: datetime, taken: set[tuple[int, datetime]]
) -> Iterator[Move]:
    """Meetings in the hours of a shift go with who answers then; also what once stayed with an absent A角."""
    if one.before is None:
        return
    begin, end = roster.hours_of(one.before)
    holders = {expert.id: expert for expert in (one.before.expert, one.before.acting)}
    _, taking = one.acting
    for expert in holders.values():
        if taking is not None and taking.id == expert.id:
            continue
        for advice in moving.meetings(session, expert, now):
            assert advice.appointment is not None  # meetings have one
            if begin <= advice.appointment.starts_at < end:
                yield moving.meeting_moves(session, advice, taking, now, taken)


def _unplaced(session: Session, change: Change, now: datetime) -> list[Move]:
    """Meetings of who is gone that lie in no shift."""
    if change.gone is None:
        return []
    rest = moving.meetings(session, change.gone, now)
    late = [one for one in rest if change.last_day is None or moving.day_of(one) > change.last_day]
    return [moving.meeting_moves(session, one, None, now, set()) for one in late]


def _stepping_back(change: Change, now: datetime) -> Iterator[Expert]:
    """Who answered until now and no longer does."""
    for one in change.shifts:
        before, after = one.acting
        if one.before is not None and before is not None and before is not after:
            begin, end = roster.hours_of(one.before)
            if begin <= now < end:
                yield before
    if change.gone is not None and change.last_day is None:
        yield change.gone


def _at_hand(session: Session, expert: Expert) -> Iterator[Move]:
    """An invitation goes on to the next one; a call or an answer sent back is brought to its end."""
    for advice in moving.in_hand(session, expert.account):
        is_asked = advice.status is AdviceStatus.INVITING
        yield Move(advice, Outcome.PASSED_ON if is_asked else Outcome.STAYS, expert.account)


def _numbers(session: Session, asked: Any) -> tuple[str, ...]:
    named = select(Ticket.no).where(Ticket.id.in_(asked.with_only_columns(Consultation.ticket_id)))
    return tuple(session.scalars(named.order_by(Ticket.no)))


def carry_out(
    session: Session, change: Change, actor: Actor, now: datetime, reason: str = "", seen: str = ""
) -> AuditEntry:
    """Do exactly what `effects` says, all of it or nothing, and record it before and after.

    `seen`: the mark of the preview that was confirmed. Raises Conflict (preview_stale) when it would be something else.
    """
    planned = effects(session, change, now)
    moving.hold(session, [move.advice.id for move in planned.moves])
    _hold_experts(session, change)
    found = effects(session, change, now)  # what came meanwhile is seen now, and nothing more can come
    if found.plain() != planned.plain() or (seen and seen != found.seen):
        raise moving.stale()
    details = found.plain()
    for one in change.shifts:
        _store(session, one)
    session.flush()
    for move in found.moves:
        moving.carry(session, move, actor, reason or "值班调整", now)
    return audit(session, actor, change.action, change.subject, now, reason, details)


def amend(session: Session, expert: Expert, data: Data, actor: Actor, now: datetime, seen: str = "") -> None:
    """Change a place in the pool, with what its new period does to the roster. Raises what `pool.amend` raises."""
    change = amended(session, expert, data, now)
    pool.amend(session, expert, data, actor, now)
    if change.shifts or change.gone:  # a longer or equal period leaves the roster alone
        carry_out(session, change, actor, now, data.get("text", ""), seen)


def _hold_experts(session: Session, change: Change) -> None:
    """Nobody is booked or invited meanwhile."""
    shifts = [one for pair in change.shifts for one in (pair.before, pair.after) if one is not None]
    ids = {one.id for shift in shifts for one in (shift.expert, shift.substitute) if one is not None}
    session.scalars(select(Expert).where(Expert.id.in_(ids)).order_by(Expert.id).with_for_update(of=Expert)).all()


def _store(session: Session, one: ShiftChange) -> None:
    if one.before is None:
        session.add(one.after)
    elif one.after is None:
        session.delete(one.before)
    else:
        for name in SAID:
            setattr(one.before, name, getattr(one.after, name))


def _shifts_of(session: Session, expert: Expert, first: date) -> list[RosterShift]:
    mine = (RosterShift.expert_id == expert.id) | (RosterShift.substitute_id == expert.id)
    query = select(RosterShift).where(mine, RosterShift.day >= first)
    return list(session.scalars(query.order_by(RosterShift.day, RosterShift.starts, RosterShift.id)))


def _without(shift: RosterShift, expert: Expert, taking: Expert | None) -> ShiftChange:
    """The shift without this expert: another stands in, the B角 steps up, or nobody is left."""
    if shift.expert_id == expert.id and shift.is_absent:
        return ShiftChange(shift, _changed(shift))
    if shift.expert_id == expert.id:
        other = taking or shift.substitute
        return ShiftChange(shift, _changed(shift, substitute=other, is_absent=True) if other else None)
    other = taking if taking is not None and taking.id != shift.expert_id else None
    if shift.is_absent and other is None:
        return ShiftChange(shift, None)
    return ShiftChange(shift, _changed(shift, substitute=other))


def _changed(shift: RosterShift, **said: Any) -> RosterShift:
    """The shift as it will be; not stored."""
    return _shift(**{name: getattr(shift, name) for name in SAID} | said)


def _shift(**said: Any) -> RosterShift:
    return RosterShift(**{"is_absent": False} | said)


def _plain(shift: RosterShift | None) -> dict[str, Any] | None:
    if shift is None:
        return None
    hours = {"day": shift.day.isoformat(), "starts": f"{shift.starts:%H:%M}", "ends": f"{shift.ends:%H:%M}"}
    substitute = shift.substitute.account.login if shift.substitute else None
    return {**hours, "expert": shift.expert.account.login, "substitute": substitute, "is_absent": shift.is_absent}


def _demand(expert: Expert, actor: Actor) -> None:
    if not pool.may_keep(expert.unit, actor):
        raise Forbidden("只能为本单位的专家排班", code="role_refused")
