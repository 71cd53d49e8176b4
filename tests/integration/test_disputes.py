"""异议: the enterprise objects to an extension or a pause, and a supervisor answers within a clock."""

import pytest

from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.errors import DomainError, Forbidden, IllegalAction
from hotline.ticket.clocks import subject_of
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Dispute
from hotline.ticket.models.codes import Ruling
from hotline.ticket.queries import hanging
from tests.calendars import local
from tests.city import City
from tests.factories import ENTERPRISE, OTHER_ENTERPRISE, act, make
from tests.integration.test_invariants import check
from tests.integration.test_rungs import clock


def rulings(city: City, number: str) -> list[tuple[Ruling, str]]:
    with city.ticket(number) as (session, ticket):
        check(session, ticket)
        replay(entries(session, ticket))
        return [(row.ruling, row.ruling_text) for row in hanging(session, Dispute, ticket)]


def test_an_upheld_objection_ends_the_pause_and_the_total_clock_goes_on_from_its_start(city: City) -> None:
    number = make(city, "disputed")
    before = clock(city, number, "TOTAL")
    assert (clock(city, number, "DISPUTE").state, before.state) == (ClockState.RUNNING, ClockState.PAUSED)
    city.at("2026-03-20 10:00")
    act(city, "super1", "uphold_dispute", number)
    after = clock(city, number, "TOTAL")
    assert (after.state, after.started_at) == (ClockState.RUNNING, before.started_at)
    assert clock(city, number, "PAUSE_LIMIT").state is ClockState.STOPPED
    assert rulings(city, number) == [(Ruling.GRANTED, "材料已齐，恢复计时")]


def test_an_objection_to_a_pause_that_has_ended_does_not_end_the_next_one(city: City) -> None:
    number = make(city, "disputed")
    act(city, "wd.handler", "resume", number)
    act(city, "wd.handler", "request_pause", number)
    act(city, "super1", "grant_pause", number)
    act(city, "super1", "uphold_dispute", number)
    assert clock(city, number, "TOTAL").state is ClockState.PAUSED
    with city.ticket(number) as (session, ticket):
        limit = clocks_of(session, subject_of(ticket), ["PAUSE_LIMIT"])[-1]
    assert limit.state is ClockState.RUNNING
    assert rulings(city, number) == [(Ruling.GRANTED, "材料已齐，恢复计时")]


def test_an_upheld_objection_takes_an_extension_back_but_never_into_the_past(city: City) -> None:
    soon, late = make(city, "extended"), make(city, "extended")
    assert clock(city, soon, "TOTAL").due_at == local("2026-03-26 17:30")
    act(city, ENTERPRISE, "dispute", soon)
    act(city, "super1", "uphold_dispute", soon)
    assert clock(city, soon, "TOTAL").due_at == local("2026-03-24 17:30")
    city.at("2026-03-24 17:00")
    act(city, ENTERPRISE, "dispute", late)
    act(city, "super1", "uphold_dispute", late)
    assert clock(city, late, "TOTAL").due_at == local("2026-03-25 17:30")
    assert [move["kind"] for move in clock(city, late, "TOTAL").moves] == ["extension", "imposed"]
    assert rulings(city, late)[0][0] is Ruling.GRANTED


def test_an_objection_that_is_not_upheld_leaves_the_times_and_may_not_be_repeated(city: City) -> None:
    number = make(city, "extended")
    due = clock(city, number, "TOTAL").due_at
    act(city, ENTERPRISE, "dispute", number)
    with pytest.raises(IllegalAction, match="已有异议待答复"):
        act(city, ENTERPRISE, "dispute", number)
    act(city, "super1", "reject_dispute", number)
    assert clock(city, number, "TOTAL").due_at == due
    assert rulings(city, number) == [(Ruling.DENIED, "鉴定结论尚未出具，须继续等待")]
    with pytest.raises(IllegalAction, match="没有可提出异议"):
        act(city, ENTERPRISE, "dispute", number)


def test_the_supervisor_is_late_with_an_answer_as_with_everything_else(city: City) -> None:
    number = make(city, "disputed")
    owed = clock(city, number, "DISPUTE")
    assert owed.due_at == local("2026-03-19 17:30")
    for login in ("wd.handler", "dispatch1", ENTERPRISE):
        with pytest.raises(Forbidden):
            act(city, login, "reject_dispute", number)
    act(city, "super1", "resume", number)
    act(city, "super1", "uphold_dispute", number)  # the pause is over already: only the answer is owed
    assert clock(city, number, "DISPUTE").state is ClockState.STOPPED


def test_only_the_enterprise_itself_or_the_desk_for_it_objects(city: City) -> None:
    number = make(city, "paused")
    for login in (OTHER_ENTERPRISE, "wd.handler", "super1"):
        with pytest.raises(DomainError):
            act(city, login, "dispute", number)
    act(city, "agent1", "dispute", number, text="企业来电称材料已交")
    assert rulings(city, number) == [(Ruling.PENDING, "")]


def test_an_objection_dies_with_the_ticket_that_ends(city: City) -> None:
    number = make(city, "disputed")
    act(city, "agent1", "withdraw", number)
    with city.ticket(number) as (session, ticket):
        assert ticket.disputed_since is None
        assert {c.state for c in clocks_of(session, subject_of(ticket))} == {ClockState.STOPPED}
