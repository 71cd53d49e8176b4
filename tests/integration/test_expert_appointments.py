"""预约: slots out of the roster, one holder each, confirmed, reminded, held or missed; and the calendar file."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.errors import Conflict, Forbidden, IllegalAction, Invalid, NotFound
from hotline.experts import appointments
from hotline.experts.models import Expert
from hotline.experts.queries import events
from hotline.experts.records import Advice
from hotline.messages.models import Audience, Notice
from hotline.outbox.operations import deliver
from hotline.supervision.advice_notices import send_advice_event
from tests import experts as stage
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, advice, change, do, invite, invited, later, status


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def slots(city: City, number: str) -> list[str]:
    with city.ticket(number) as (session, ticket):
        return [slot.key for slot in appointments.offered(session, ticket, city.now)]


def booked(city: City, number: str, nth: int = 0, login: str = "agent1") -> int:
    form = {"ticket_no": number, "slot": slots(city, number)[nth], "mode": "VIDEO", "question": "贴息能否补报？"}
    return do(city, login, "book", None, **form)


def expert_of(city: City, advice_id: int) -> str:
    with advice(city, advice_id) as found:
        assert found.expert is not None
        return found.expert.account.login


def test_slots_lie_in_the_shifts_of_fitting_experts_two_hours_ahead_at_least(city: City) -> None:
    found = slots(city, city.register())
    with city.database.transaction(write=False) as session:
        pool = {str(one.id): one.account.login for one in session.scalars(select(Expert))}
    assert {pool[key.split("@")[0]] for key in found} == {FIRST, SECOND}
    assert found[0].endswith("2026-03-18T11:00") and found[1].endswith("2026-03-18T11:30")
    assert found[2].endswith("2026-03-18T14:30"), "nobody is booked over lunch"
    assert not [key for key in found if "2026-03-21" in key or "2026-03-22" in key], "nor at the week-end"


def test_a_slot_has_one_holder_until_it_is_given_back(city: City) -> None:
    first, second = city.register(), city.register()
    slot, advice_id = slots(city, first)[0], booked(city, first)
    assert slot not in slots(city, second)
    with pytest.raises(Conflict) as refused:
        do(city, "agent2", "book", None, ticket_no=second, slot=slot, mode="IN_PERSON", question="同一时段")
    assert refused.value.code == "slot_taken"
    do(city, "agent1", "cancel", advice_id, text="企业改期")
    assert slot in slots(city, second)
    assert booked(city, second)


def test_the_enterprise_books_and_cancels_for_its_own_ticket_only(city: City) -> None:
    number, other = city.register(), city.register()
    with city.ticket(number) as (_, ticket), city.ticket(other) as (_, stranger):
        own, foreign = f"ENTERPRISE:{ticket.id}", f"ENTERPRISE:{stranger.id}"
    advice_id = booked(city, number, login=own)
    with pytest.raises(Conflict, match="已有一个预约"):
        booked(city, number, 1, login=own)
    with pytest.raises(NotFound):
        do(city, foreign, "cancel", advice_id, text="不是我的")
    do(city, own, "cancel", advice_id, text="时间不便")
    assert status(city, advice_id) == "CANCELLED"


def test_only_the_expert_confirms_and_both_sides_are_reminded_a_day_before(city: City) -> None:
    number = city.register()
    advice_id = booked(city, number, 20)
    with pytest.raises((Forbidden, IllegalAction, NotFound)):
        do(city, "expert.tax", "confirm", advice_id)
    do(city, expert_of(city, advice_id), "confirm", advice_id)
    with advice(city, advice_id) as found:
        assert found.appointment is not None
        starts = found.appointment.starts_at
    assert starts - city.now > timedelta(days=1)
    later(city, seconds=(starts - timedelta(days=1) - city.now).total_seconds() - 1)
    assert reminders(city, advice_id) == 0
    later(city, seconds=1)
    later(city, hours=2)
    assert reminders(city, advice_id) == 1


def reminders(city: City, advice_id: int) -> int:
    with city.database.transaction(write=False) as session:
        rows = events(session, session.get_one(Advice, advice_id))
        return [row.action for row in rows].count("remind")


def test_the_enterprise_and_the_expert_hear_of_what_happens(city: City) -> None:
    advice_id = booked(city, city.register())
    login = expert_of(city, advice_id)
    do(city, login, "turn_down", advice_id, text="临时会议")
    deliver(city.database, lambda: city.now, {"advice_event": send_advice_event, "ticket_event": lambda *_: None})
    deliver(city.database, lambda: city.now, {"advice_event": send_advice_event, "ticket_event": lambda *_: None})
    with city.database.transaction(write=False) as session:
        told = session.scalars(select(Notice).where(Notice.topic.startswith("advice:")).order_by(Notice.id)).all()
        ours = [one.text for one in told if one.audience is Audience.ENTERPRISE]
        staff = {one.account_id for one in told if one.audience is Audience.STAFF}
    assert [text[:7] for text in ours] == ["您已预约 3月", "抱歉，您预约的"]
    assert city.actor(login).account_id in staff and city.actor("agent1").account_id in staff


def test_an_appointment_nobody_confirms_lapses_when_its_time_comes(city: City) -> None:
    advice_id = booked(city, city.register())
    later(city, hours=1, minutes=59)
    assert status(city, advice_id) == "BOOKED"
    later(city, minutes=2)
    assert status(city, advice_id) == "CANCELLED"


def test_a_meeting_ends_with_an_answer_or_with_nobody_there(city: City) -> None:
    number = city.register()
    advice_id = booked(city, number)
    login = expert_of(city, advice_id)
    do(city, login, "confirm", advice_id)
    for action, form in (("no_show", {}), ("record_answer", ANSWER)):
        with pytest.raises(IllegalAction, match="时间未到"):
            do(city, login, action, advice_id, **form)
    later(city, hours=2)
    with pytest.raises(IllegalAction, match="不能再取消"):
        do(city, "agent1", "cancel", advice_id, text="来不及了")
    do(city, login, "no_show", advice_id)
    assert status(city, advice_id) == "NO_SHOW"
    again = booked(city, number)
    do(city, expert_of(city, again), "confirm", again)
    later(city, hours=6)
    do(city, expert_of(city, again), "record_answer", again, **ANSWER)
    do(city, "jrj.leader", "approve_advice", again)
    assert status(city, again) == "DONE"


def test_a_closed_ticket_books_no_more(city: City) -> None:
    number = city.register("agent1", "answer", public_text="请在平台提交")
    with pytest.raises(Invalid, match="已结束"):
        do(city, "agent1", "book", None, ticket_no=number, slot=slots(city, number)[0], mode="VIDEO", question="再问")


def test_who_has_no_place_free_is_not_booked_for_later_either(city: City) -> None:
    """A question in writing may still be open when the meeting begins."""
    change(city, FIRST, max_parallel=1)
    asked = city.register()
    assert slots_of(city, FIRST)
    city.do("agent1", "ask_expert", asked, expert_login=FIRST, question="书面问题")
    assert not slots_of(city, FIRST)
    change(city, FIRST, max_parallel=2)
    assert slots_of(city, FIRST)


def test_a_meeting_takes_its_place_from_the_booking_to_its_end_and_a_second_one_no_other(city: City) -> None:
    change(city, FIRST, max_parallel=1)
    number = city.register()
    do(city, "agent1", "book", None, ticket_no=number, slot=slots_of(city, FIRST)[0], mode="VIDEO", question="面谈")
    assert invited(city, invite(city))[0][0] != FIRST, "at 11:00 there would be two"
    with pytest.raises(Invalid, match="上限 1 件"):
        city.do("agent1", "ask_expert", city.register(), expert_login=FIRST, question="书面问题")
    assert slots_of(city, FIRST), "meetings of one expert never overlap"


def test_the_period_counts_on_the_day_of_the_slot(city: City) -> None:
    change(city, FIRST, valid_to=city.now.date() + timedelta(days=1))
    assert {key.partition("@")[2][:10] for key in slots_of(city, FIRST)} <= {"2026-03-18", "2026-03-19"}
    change(city, FIRST, valid_to=None)
    change(city, FIRST, valid_from=city.now.date() + timedelta(days=2))
    days = {key.partition("@")[2][:10] for key in slots_of(city, FIRST)}
    assert days and min(days) >= "2026-03-20"


def slots_of(city: City, login: str) -> list[str]:
    """The free slots of one expert."""
    with city.database.transaction(write=False) as session:
        key = stage.expert_of(session, login).id
    return [slot for slot in slots(city, city.register()) if slot.startswith(f"{key}@")]


def test_the_calendar_file_has_short_lines_utc_times_and_nothing_personal(city: City) -> None:
    number = city.register()
    advice_id = booked(city, number)
    with advice(city, advice_id) as found:
        text = appointments.calendar_file(found, city.now)
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20260318T030000Z" in lines and "DTEND:20260318T033000Z" in lines
    assert "STATUS:TENTATIVE" in lines and "TRIGGER:-PT1H" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    assert number in unfolded and "\\n" in unfolded
    assert "梁晓岚" not in unfolded and "湾东恒泽" not in unfolded
