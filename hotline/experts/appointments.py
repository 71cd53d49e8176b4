"""预约: a slot out of the roster, booked by the desk or by the enterprise itself, confirmed, held, kept or missed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.clock import to_local
from hotline.errors import Conflict, Invalid
from hotline.experts import people, ranking, roster
from hotline.experts.applying import apply, begin, conclude, create
from hotline.experts.guards import AdviceFacts
from hotline.experts.models import Expert
from hotline.experts.records import AHEAD, Advice, AdviceKind, AdviceStatus, Appointment
from hotline.experts.roster import Slot
from hotline.ticket.models import AppealType, Ticket
from hotline.ticket.queries import get, visible

Data = Mapping[str, Any]
AT_ONCE = 1
"""Appointments ahead that one ticket may have."""


def book(session: Session, data: Data, actor: Actor, now: datetime) -> Advice:
    """预约 `slot` of an expert for a ticket: the desk names it, an enterprise has but its own.

    Raises Invalid, Conflict (the slot is taken, or the ticket has one ahead), IllegalAction (a tip-off).
    """
    ticket = _ticket(session, data, actor)
    slot = _slot(session, ticket, data["slot"], now)
    _check_ahead(session, ticket)
    advice = _draft(session, ticket, slot, data, actor, now)
    facts = AdviceFacts(None, AdviceKind.APPOINTMENT, is_tip_off=ticket.appeal_type is AppealType.TIP_OFF)
    row = create(session, advice, "book", facts, actor)
    held = {"starts_at": slot.starts_at, "ends_at": slot.ends_at, "mode": data["mode"]}
    session.add(Appointment(advice_id=advice.id, expert_id=slot.expert.id, **held))
    begin(session, advice, row, actor, now, [slot.expert.account], f"{when(slot.starts_at)}：{advice.question}")
    return advice


def confirm(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """确认预约: now both sides are reminded."""
    row = apply(session, advice, "confirm", actor, now, data)
    conclude(session, advice, row, actor, now, text=data.get("text", ""), told=(advice.by,))


def turn_down(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """不能接待, with the reason; the slot is free again."""
    row = apply(session, advice, "turn_down", actor, now, data)
    _release(advice)
    conclude(session, advice, row, actor, now, text=data["text"], told=(advice.by, *_desk(session, advice)))


def lapse(session: Session, advice: Advice, now: datetime) -> None:
    """逾时未确认: the slot has come and nobody confirmed."""
    row = apply(session, advice, "lapse", SYSTEM, now, {})
    _release(advice)
    told = [*people.owing(session, advice, now), advice.by, *_desk(session, advice)]
    conclude(session, advice, row, SYSTEM, now, text="专家未在预约时间前确认", told=told)


def no_show(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """企业未到场."""
    row = apply(session, advice, "no_show", actor, now, data)
    _release(advice)
    conclude(session, advice, row, actor, now, text=data.get("text", ""), told=(advice.by,))


def offered(session: Session, ticket: Ticket, now: datetime) -> list[Slot]:
    """The free slots of the experts who may advise on this ticket, earliest first."""
    asked = Advice(ticket=ticket, category=ticket.category, region=ticket.region, language="")
    return roster.slots(session, [place.expert for place in ranking.places(session, asked, now, later=True)], now)


def may_book(ticket: Ticket) -> bool:
    """Whether an appointment makes sense: not for what has ended, nor for a tip-off, which no expert sees."""
    return ticket.appeal_type is not AppealType.TIP_OFF and not ticket.status.is_end


def of_ticket(session: Session, ticket: Ticket) -> list[Advice]:
    """The ticket's appointments, newest first."""
    mine = select(Advice).filter_by(ticket_id=ticket.id, kind=AdviceKind.APPOINTMENT)
    return list(session.scalars(mine.order_by(Advice.id.desc())))


def by_day(slots: list[Slot]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Day → (value, label); of a unit's experts who are free at the same time one is enough. No expert is named."""
    kept = list({(slot.starts_at, slot.expert.unit_id): slot for slot in reversed(slots)}.values())[::-1]
    grouped = groupby(kept, key=lambda slot: to_local(slot.starts_at).date())
    return [
        (
            f"{day.month}月{day.day}日 {roster.DAYS[day.weekday()]}",
            [(slot.key, f"{to_local(slot.starts_at):%H:%M} {slot.expert.unit.short_name}") for slot in group],
        )
        for day, group in grouped
    ]


def when(at: datetime) -> str:
    """ "3月20日 周五 09:30"."""
    local = to_local(at)
    return f"{local.month}月{local.day}日 {roster.DAYS[local.weekday()]} {local:%H:%M}"


def calendar_file(advice: Advice, now: datetime) -> str:
    """The appointment as an iCalendar file (RFC 5545) without anything personal: one event, an alarm an hour before."""
    meeting = advice.appointment
    assert meeting is not None  # only appointments have one
    is_off = advice.status is AdviceStatus.CANCELLED
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//12345 hotline//expert appointment//ZH",
        f"METHOD:{'CANCEL' if is_off else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:appointment-{advice.id}@12345-hotline",
        f"SEQUENCE:{advice.version}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(meeting.starts_at)}",
        f"DTEND:{_stamp(meeting.ends_at)}",
        f"SUMMARY:{_escaped(f'12345 专家{meeting.mode.label}')}",
        f"DESCRIPTION:{_escaped(_described(advice))}",
        f"STATUS:{_ics_status(advice)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:12345 专家预约",
        "TRIGGER:-PT1H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _described(advice: Advice) -> str:
    number = advice.ticket.no if advice.ticket else ""
    unit = advice.expert.unit.name if advice.expert else ""
    return f"工单 {number}\n接待单位：{unit}\n如需取消，请在企业门户查询工单后办理，或致电 12345。"


def _ics_status(advice: Advice) -> str:
    if advice.status is AdviceStatus.BOOKED:
        return "TENTATIVE"
    return "CANCELLED" if advice.status is AdviceStatus.CANCELLED else "CONFIRMED"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def _folded(line: str) -> str:
    """Lines of at most 75 octets, continued after a blank; no character is cut."""
    parts = [""]
    for char in line:
        if len((parts[-1] + char).encode()) > 74:
            parts.append("")
        parts[-1] += char
    return "\r\n ".join(parts)


def _ticket(session: Session, data: Data, actor: Actor) -> Ticket:
    """Held, so that two bookings at once count each other."""
    if actor.ticket_id is not None:
        return session.scalars(visible(actor).with_for_update(of=Ticket)).one()
    return get(session, actor, data.get("ticket_no") or "", lock=True)


def _slot(session: Session, ticket: Ticket, key: str, now: datetime) -> Slot:
    found = next((slot for slot in offered(session, ticket, now) if slot.key == key), None)
    if found is None:
        raise Conflict("这个时段刚被约走或不再开放，请另选", code="slot_taken", field="slot")
    session.scalars(select(Expert).filter_by(id=found.expert.id).with_for_update(of=Expert)).one()
    same = select(Appointment.id).filter_by(expert_id=found.expert.id, starts_at=found.starts_at, is_held=True)
    if session.scalar(same) is not None:
        raise Conflict("这个时段刚被约走，请另选", code="slot_taken", field="slot")
    return found


def _check_ahead(session: Session, ticket: Ticket) -> None:
    ahead = select(Advice.id).filter_by(ticket_id=ticket.id).where(Advice.status.in_(AHEAD))
    if len(session.scalars(ahead).all()) >= AT_ONCE:
        raise Conflict("这件工单已有一个预约，如需改期请先取消", code="already_booked")
    if ticket.status.is_end:
        raise Invalid("这件工单已结束，不能再预约", code="ticket_ended")


def _draft(session: Session, ticket: Ticket, slot: Slot, data: Data, actor: Actor, now: datetime) -> Advice:
    is_praise = ticket.appeal_type is AppealType.PRAISE
    return Advice(
        kind=AdviceKind.APPOINTMENT,
        ticket=ticket,
        ticket_id=ticket.id,
        question=data["question"],
        category=ticket.category,
        region=ticket.region,
        unit_id=slot.expert.unit_id,
        respondent_unit_id=None if is_praise else ticket.respondent_unit_id,
        respondent_account_id=None if is_praise else ticket.respondent_account_id,
        by_id=actor.account_id,
        at=now,
        expert=slot.expert,
    )


def _release(advice: Advice) -> None:
    assert advice.appointment is not None  # only appointments come here
    advice.appointment.is_held = False


def _desk(session: Session, advice: Advice) -> list[Any]:
    """Who hears of what an enterprise booked itself: the ticket's follower."""
    return [advice.ticket.follower] if advice.by_id is None and advice.ticket else []
