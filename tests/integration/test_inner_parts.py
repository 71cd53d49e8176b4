"""What other units owe of a ticket, and what its own leaders sign: inner due times, pauses, and two levels in order."""

import pytest

from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.errors import Forbidden, IllegalAction
from hotline.ticket.models import Assignment
from hotline.ticket.queries import hanging
from tests.calendars import local
from tests.city import City
from tests.factories import act, make
from tests.integration.test_rungs import clock


def inner(city: City, number: str, code: str) -> Clock:
    """The clock of a unit's part."""
    with city.ticket(number) as (session, ticket):
        [part] = [row for row in hanging(session, Assignment, ticket) if row.unit.code == code]
        [found] = clocks_of(session, Subject("assignment", part.id))
        return found


@pytest.mark.parametrize(("stage", "code"), [("supported", "JRJ"), ("delegated", "WD-GXJ")])
def test_what_another_unit_owes_is_due_before_the_lead_is(city: City, stage: str, code: str) -> None:
    number = make(city, stage)
    assert inner(city, number, code).due_at < clock(city, number, "TOTAL").due_at


def test_a_supporting_unit_is_due_before_the_lead_also_when_little_time_is_left(city: City) -> None:
    number = make(city, "handling")
    city.at("2026-03-24 10:00")  # due at half past five
    act(city, "dispatch1", "add_support", number)
    assert city.now < inner(city, number, "GXJ").due_at < clock(city, number, "TOTAL").due_at


def test_while_the_ticket_is_paused_so_is_what_other_units_owe(city: City) -> None:
    number = make(city, "supported")
    act(city, "wd.handler", "delegate", number)
    before = ("JRJ", "WD-HT")
    assert {inner(city, number, code).due_at for code in before} == {local("2026-03-19 17:30")}
    act(city, "wd.handler", "request_pause", number)
    act(city, "super1", "grant_pause", number)
    act(city, "dispatch1", "add_support", number, unit_code="GXJ")  # asked meanwhile: it waits too
    assert {inner(city, number, code).state for code in (*before, "GXJ")} == {ClockState.PAUSED}
    city.at("2026-03-20 09:00")
    act(city, "super1", "resume", number)
    for code in before:
        found = inner(city, number, code)
        assert (found.state, found.due_at) == (ClockState.RUNNING, local("2026-03-23 17:30"))  # two working days later
    assert inner(city, number, "GXJ").due_at > city.now


def test_an_opinion_given_during_a_pause_stays_given(city: City) -> None:
    number = make(city, "supported")
    act(city, "wd.handler", "request_pause", number)
    act(city, "super1", "grant_pause", number)
    act(city, "jrj.handler", "contribute", number)
    act(city, "super1", "resume", number)
    assert inner(city, number, "JRJ").state is ClockState.STOPPED


def test_whose_clock_runs_while_an_objection_is_ruled_may_give_its_opinion(city: City) -> None:
    number = make(city, "sent")
    act(city, "dispatch1", "add_support", number)
    act(city, "wd.handler", "object", number)
    assert inner(city, number, "GXJ").state is ClockState.RUNNING
    act(city, "gxj.handler", "contribute", number)
    assert inner(city, number, "GXJ").state is ClockState.STOPPED


def test_of_two_levels_the_leader_in_charge_signs_first_and_the_head_of_the_unit_last(city: City) -> None:
    number = make(city, "registered")
    act(city, "dispatch1", "dispatch", number, unit_code="SWJ")
    act(city, "swj.handler", "sign", number)
    act(city, "swj.handler", "reply", number)
    with pytest.raises((IllegalAction, Forbidden), match="本级须由分管领导审签"):
        act(city, "swj.chief", "sign_off", number)
    act(city, "swj.leader", "sign_off", number)
    assert city.status(number) == "HANDLING"
    with pytest.raises((IllegalAction, Forbidden), match="本人拟稿或已签过"):
        act(city, "swj.leader", "sign_off", number)
    with pytest.raises((IllegalAction, Forbidden), match="本级须由主要领导审签"):
        act(city, "szf.leader", "sign_off", number)
    act(city, "swj.chief", "sign_off", number)
    assert city.status(number) == "UNDER_REVIEW"
