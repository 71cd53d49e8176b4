"""The consultation's table, its dict of actions, its clocks and its people agree."""

from hotline.accounts.models import Role
from hotline.experts.actions import ADVICE_ACTIONS, CREATING_ADVICE
from hotline.experts.clocks import DAYS, LADDERS, LIMITS, REMINDED, AdviceClock
from hotline.experts.lifecycle import LABELS, TABLE
from hotline.experts.people import POSTS
from hotline.experts.records import ENDS, AdviceStatus
from hotline.supervision.advice_notices import ENTERPRISE_TEXTS

BY_MEETING = {AdviceClock.SLOT, AdviceClock.REMIND, AdviceClock.MEETING}
"""Clocks whose time the appointment sets."""


def test_every_row_people_take_has_its_action_and_every_action_its_row() -> None:
    people = {row.action for row in TABLE if row.source and row.who - {Role.SYSTEM}}
    assert people == set(ADVICE_ACTIONS)
    made = {row.action for row in TABLE if row.source is None}
    assert made - set(CREATING_ADVICE) == {"written_answer"}, "the ticket's own row makes that one"


def test_every_open_status_has_a_clock_that_each_way_in_starts() -> None:
    for status in set(AdviceStatus) - ENDS:
        ways_in = [row for row in TABLE if row.target is status]
        assert ways_in and all(row.starts for row in ways_in), status


def test_no_row_leaves_a_status_with_its_clock_still_running() -> None:
    for status in set(AdviceStatus) - ENDS:
        started = {clock for row in TABLE if row.target is status for clock in row.starts}
        for row in TABLE:
            if row.source is status and row.target not in (None, status):
                assert started <= set(row.stops), row


def test_what_has_ended_has_no_way_on_but_a_rating() -> None:
    assert {row.action for row in TABLE if row.source in ENDS} == {"rate_advice"}


def test_every_clock_has_its_time_and_every_rung_reaches_people_the_house_knows() -> None:
    assert set(AdviceClock) == set(LIMITS) | BY_MEETING
    assert tuple(sorted(REMINDED, reverse=True)) == REMINDED
    words = {word for ladder in (*LADDERS.values(), DAYS) for rung in ladder for word in rung.whom}
    assert words <= {"handler", "supervisor", *POSTS}


def test_every_row_asks_for_impartiality_and_the_enterprise_hears_of_known_actions() -> None:
    assert all("impartial" in {guard.__name__ for guard in row.guards} for row in TABLE if row.source)
    assert set(ENTERPRISE_TEXTS) <= set(LABELS) | {"remind"}
