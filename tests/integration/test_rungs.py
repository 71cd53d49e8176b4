"""The ladder on real tickets: every rung once, in order, with its true time, whatever happened in between."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from hotline.clock import to_local
from hotline.deadlines.models import Clock, ClockState, Firing
from hotline.deadlines.queries import clocks_of
from hotline.ticket.clocks import subject_of
from hotline.ticket.ledger import entries, replay
from tests.calendars import local
from tests.city import City
from tests.factories import act, make
from tests.kb import tick

TOTAL_LADDER = [  # Wednesday at nine to Tuesday at close: 32 working hours, so 16 and 25.6 of them
    ("提醒", "2026-03-20 12:00"),
    ("催办", "2026-03-24 08:36"),
    ("黄牌", "2026-03-24 17:30"),
    ("红牌", "2026-03-25 17:30"),
    ("督办", "2026-03-27 17:30"),
    ("提级", "2026-03-31 17:30"),
]


def fired(city: City, number: str, clock: str) -> list[tuple[str, str]]:
    """(rung, local time) of one clock as the ledger has them."""
    with city.ticket(number) as (session, ticket):
        rows = [e for e in entries(session, ticket) if e.action == "rung" and e.data["clock"] == clock]
        return [(e.label, f"{to_local(datetime.fromisoformat(e.data['due_at'])):%Y-%m-%d %H:%M}") for e in rows]


def clock(city: City, number: str, name: str) -> Clock:
    with city.ticket(number) as (session, ticket):
        return [c for c in clocks_of(session, subject_of(ticket)) if c.name == name][-1]


def test_the_whole_ladder_is_climbed_once_in_order_at_its_true_times(city: City) -> None:
    number = make(city, "handling")
    for day in range(18, 32):
        for hour in ("08:00", "12:30", "18:00", "18:00"):
            tick(city, f"2026-03-{day} {hour}")
    assert fired(city, number, "TOTAL") == TOTAL_LADDER
    with city.ticket(number) as (session, ticket):
        assert ticket.supervised_since is not None
        replay(entries(session, ticket))
        rungs = session.execute(select(Firing.clock_id, Firing.rung)).all()
        assert len(rungs) == len(set(rungs))


def test_a_fortnight_down_loses_no_rung_and_keeps_their_times(city: City) -> None:
    number = make(city, "handling")
    tick(city, "2026-04-02 09:00")
    assert fired(city, number, "TOTAL") == TOTAL_LADDER
    tick(city, "2026-04-03 09:00")
    assert len(fired(city, number, "TOTAL")) == len(TOTAL_LADDER)


def test_no_rung_is_early(city: City) -> None:
    number = make(city, "handling")
    tick(city, "2026-03-24 17:29")
    assert [label for label, _ in fired(city, number, "TOTAL")] == ["提醒", "催办"]
    tick(city, "2026-03-24 17:30")
    assert [label for label, _ in fired(city, number, "TOTAL")] == ["提醒", "催办", "黄牌"]


def test_what_is_not_signed_in_time_counts_as_signed(city: City) -> None:
    number = make(city, "sent")
    tick(city, "2026-03-18 10:59")
    assert city.status(number) == "AWAITING_SIGN"
    tick(city, "2026-03-18 11:00")
    assert city.status(number) == "HANDLING"
    with city.ticket(number) as (session, ticket):
        last = entries(session, ticket)[-1]
        assert (last.action, last.actor_name) == ("sign_by_default", "系统")
        assert ticket.signed_at == city.now


def test_a_pause_ends_by_itself_and_the_total_clock_goes_on_with_the_time_it_had(city: City) -> None:
    number = make(city, "paused")
    paused = clock(city, number, "TOTAL")
    assert (paused.state, paused.next_fire_at) == (ClockState.PAUSED, None)
    tick(city, "2026-04-01 17:29")
    assert clock(city, number, "TOTAL").state is ClockState.PAUSED
    tick(city, "2026-04-01 17:30")  # ten working days after day zero, at close
    total = clock(city, number, "TOTAL")
    assert (total.state, total.started_at) == (ClockState.RUNNING, paused.started_at)
    assert total.due_at > local("2026-04-07 09:00")
    assert [move["kind"] for move in total.moves] == ["pause"]
    assert fired(city, number, "TOTAL") == []


def test_an_emergency_climbs_by_the_hour_through_the_night(city: City) -> None:
    city.at("2026-03-20 21:00")
    number = make(city, "handling", urgency="EMERGENCY")
    tick(city, "2026-03-22 09:00")
    assert fired(city, number, "TOTAL") == [
        ("提醒", "2026-03-21 09:00"),
        ("催办", "2026-03-21 16:12"),
        ("黄牌", "2026-03-21 21:00"),
        ("红牌", "2026-03-21 22:00"),
        ("督办", "2026-03-21 23:00"),
        ("提级", "2026-03-22 01:00"),
    ]


def test_a_holiday_and_its_make_up_day_move_the_due_time(city: City) -> None:
    city.at("2026-09-29 10:00")  # 1 to 7 October are off, Saturday the 10th is worked
    number = make(city, "handling")
    assert clock(city, number, "TOTAL").due_at == local("2026-10-10 17:30")


@pytest.mark.parametrize("stage", ["merged", "withdrawn", "closed", "refused"])
def test_what_has_ended_or_follows_another_fires_nothing(city: City, stage: str) -> None:
    number = make(city, stage)
    before = rows(city, number)
    tick(city, "2026-05-20 09:00")
    assert rows(city, number) == before


def rows(city: City, number: str) -> int:
    with city.ticket(number) as (_, ticket):
        return ticket.last_seq


def test_an_extension_moves_the_rungs_that_have_not_fired(city: City) -> None:
    number = make(city, "extension_asked")
    tick(city, "2026-03-18 10:00")
    act(city, "super1", "grant_extension", number)
    total = clock(city, number, "TOTAL")
    assert (total.started_at, total.due_at) == (local("2026-03-18 09:00"), local("2026-03-26 17:30"))
    tick(city, "2026-03-26 17:30")
    assert [label for label, _ in fired(city, number, "TOTAL")] == ["提醒", "催办", "黄牌"]
    assert city.now - total.started_at > timedelta(days=8)
