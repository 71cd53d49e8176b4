"""What a rung does to a consultation: the next invitation, a booking that lapses, a reminder; else notices."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.deadlines.sweep import Fired
from hotline.experts import people
from hotline.experts.applying import record
from hotline.experts.appointments import lapse, when
from hotline.experts.calls import pass_on
from hotline.experts.clocks import AdviceClock
from hotline.experts.records import Advice, AdviceReader, AdviceStatus

RUNG, PASSED_UP = "rung", "rung_passed_up"
"""Events that want a receipt."""


def lock(session: Session, ids: Collection[int]) -> Collection[int]:
    """Hold the consultations nobody else holds, without waiting."""
    query = select(Advice.id).where(Advice.id.in_(ids)).with_for_update(skip_locked=True)
    return list(session.scalars(query))


def fire(session: Session, fired: Sequence[Fired], now: datetime) -> None:
    """The sweep's handler."""
    for one in fired:
        advice = session.get_one(Advice, one.clock.subject_id, populate_existing=True)
        _fire(session, advice, one, now)


def _fire(session: Session, advice: Advice, one: Fired, now: datetime) -> None:
    name = one.clock.name
    if name == AdviceClock.ACCEPT and advice.status is AdviceStatus.INVITING:
        pass_on(session, advice, now)
    elif name == AdviceClock.SLOT and advice.status is AdviceStatus.BOOKED:
        lapse(session, advice, now)
    elif name == AdviceClock.REMIND:
        _remind(session, advice, now)
    else:
        _tell(session, advice, one, now)


def _remind(session: Session, advice: Advice, now: datetime) -> None:
    assert advice.appointment is not None  # only appointments have this clock
    text = f"预约时间 {when(advice.appointment.starts_at)}，{advice.appointment.mode.label}"
    told = people.owing(session, advice, now)
    label = AdviceClock.REMIND.label
    record(session, advice, SYSTEM, now, action="remind", label=label, before=advice.status, text=text, told=told)


def _tell(session: Session, advice: Advice, one: Fired, now: datetime) -> None:
    """Each rung reaches a person who is there: who owes it, the duty officer, then who stands above."""
    told = people.reached(session, advice, one.rung.whom, now)
    _let_read(session, advice, told)
    one.told += [{"whom": word, "channels": list(one.rung.channels)} for word in one.rung.whom]
    data: dict[str, Any] = {"clock": one.clock.name, "rung": str(one.rung.name), "due_at": one.rung_due_at.isoformat()}
    data |= {"acknowledge": one.rung.acknowledge, "firing": [one.clock.id, one.rung_index]}
    record(
        session,
        advice,
        SYSTEM,
        now,
        action=RUNG,
        label=one.rung.name.label,
        before=advice.status,
        text=sentence(one),
        data=data,
        told=told,
    )


def _let_read(session: Session, advice: Advice, told: Collection[Account]) -> None:
    """Whoever is told because he is to act may open it."""
    known = set(session.scalars(select(AdviceReader.account_id).filter_by(advice_id=advice.id)))
    session.add_all(AdviceReader(advice_id=advice.id, account_id=one.id) for one in told if one.id not in known)


def sentence(one: Fired) -> str:
    """The rung in words, with the time by which it was due."""
    due = to_local(one.clock.due_at).strftime("%Y-%m-%d %H:%M")
    return f"“{AdviceClock(one.clock.name).label}”应于 {due} 前完成"


def pass_up(session: Session, advice_id: int, word: str, firing: list[int], clock: str, now: datetime) -> None:
    """逐级转告: nobody has confirmed the rung; who stands above (`word` of a ladder) is told."""
    advice = session.get_one(Advice, advice_id, populate_existing=True)
    told = people.reached(session, advice, [word], now)
    _let_read(session, advice, told)
    record(
        session,
        advice,
        SYSTEM,
        now,
        action=PASSED_UP,
        label="逐级转告",
        before=advice.status,
        text=f"“{AdviceClock(clock).label}”的提醒尚无人确认收到，转告上一级",
        data={"acknowledge": True, "firing": firing},
        told=told,
    )
