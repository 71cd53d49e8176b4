"""Invariant 4: whatever sends a ticket on, the total clock keeps the start and the due time of the first dispatch."""

import pytest

from hotline.deadlines.queries import clocks_of
from hotline.ticket.clocks import subject_of
from tests.city import START, City
from tests.factories import act, make
from tests.integration.test_rungs import clock, fired, tick

LATER = "2026-03-18 10:30"


def total(city: City, number: str) -> list[tuple[object, object]]:
    """(start, due) of every total clock of the ticket."""
    with city.ticket(number) as (session, ticket):
        assert ticket.dispatched_at == START
        return [(one.started_at, one.due_at) for one in clocks_of(session, subject_of(ticket), ["TOTAL"])]


@pytest.mark.parametrize(
    ("stage", "login", "action"),
    [
        ("sent", "dispatch1", "redispatch"),
        ("objected", "dispatch1", "redispatch"),
        ("objected", "dispatch1", "overrule"),
        ("objected_twice", "super1", "redispatch"),
        ("called_badly", "callback1", "rework"),
    ],
)
def test_sending_a_ticket_on_wins_no_time(city: City, stage: str, login: str, action: str) -> None:
    number = make(city, stage)
    before = total(city, number)
    act(city.at(LATER), login, action, number)
    assert len(before) == 1
    assert total(city, number) == before


def test_merging_and_splitting_neither_loses_an_extension_nor_fires_a_rung_twice_nor_wins_time(city: City) -> None:
    number = make(city, "extended")
    tick(city, "2026-03-18 11:00")
    act(city, "wd.handler", "object", number)
    tick(city, "2026-03-18 12:00")
    act(city, "dispatch1", "redispatch", number)
    before = clock(city, number, "TOTAL")
    act(city, "dispatch1", "merge", number)
    city.at("2026-03-23 14:00")
    act(city, "dispatch1", "split", number)
    act(city, "dispatch1", "dispatch", number)
    after = clock(city, number, "TOTAL")
    assert (after.id != before.id, after.started_at, after.due_at) == (True, before.started_at, before.due_at)
    tick(city, "2026-04-10 09:00")
    rungs = fired(city, number, "TOTAL")
    assert len(rungs) == len(dict(rungs)) == 6


def test_a_rework_that_is_merged_and_split_goes_on_with_the_time_it_had(city: City) -> None:
    number = make(city, "reworked")
    act(city, "wd.handler", "object", number)
    act(city, "dispatch1", "redispatch", number)
    before = clock(city, number, "REWORK")
    act(city, "dispatch1", "merge", number)
    city.at("2026-03-19 14:00")
    act(city, "dispatch1", "split", number)
    act(city, "dispatch1", "dispatch", number)
    after = clock(city, number, "REWORK")
    assert (after.id != before.id, after.started_at, after.due_at) == (True, before.started_at, before.due_at)
