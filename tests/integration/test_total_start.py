"""Invariant 4: whatever sends a ticket on, the total clock keeps the start and the due time of the first dispatch."""

import pytest

from hotline.deadlines.queries import clocks_of
from hotline.ticket.clocks import subject_of
from tests.city import START, City
from tests.factories import act, make

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
