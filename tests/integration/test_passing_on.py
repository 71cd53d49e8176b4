"""A notice that nobody confirms goes up: liaison, deputy, leader, chief, supervisor; one step a time, once each."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.deadlines.models import Firing
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.supervision.acknowledgements import acknowledge, to_confirm
from hotline.supervision.passing_on import is_waiting, next_above, pass_on
from hotline.ticket.ledger import entries, replay
from tests.city import City
from tests.factories import act, make
from tests.integration.test_rungs import tick


def passed(city: City, number: str, at: str) -> list[str]:
    """After a round at this time: whom every row of passing on names, oldest first."""
    city.at(at)
    with city.database.transaction() as session:
        pass_on(session, city.now)
    deliver(city.database, lambda: city.now + timedelta(days=1), senders())
    with city.ticket(number) as (session, ticket):
        replay(entries(session, ticket))
        return [row.data["told"][0]["whom"] for row in entries(session, ticket) if row.action == "pass_on"]


@pytest.mark.parametrize(
    ("told", "above"),
    [
        ({"liaison"}, "deputy"),
        ({"liaison", "unit_leader"}, "unit_chief"),
        ({"unit_leader", "supervisor"}, "unit_chief"),
        ({"unit_chief"}, "supervisor"),
        ({"unit_chief", "supervisor"}, None),
        ({"reviewer_desk"}, "supervisor"),
        ({"reviewer_desk", "supervisor"}, None),
    ],
)
def test_the_next_one_above_is_the_one_nobody_has_told(told: set[str], above: str | None) -> None:
    assert next_above(told) == above


def yellow(city: City) -> str:
    """A ticket whose contact clock shows the yellow card: liaison and leader have to confirm it."""
    number = make(city, "handling")
    tick(city, "2026-03-18 10:00")
    return number


def test_what_nobody_confirms_is_passed_on_step_by_step_to_the_supervisor(city: City) -> None:
    number = yellow(city)
    assert passed(city, number, "2026-03-18 10:59") == []
    assert passed(city, number, "2026-03-18 11:00") == ["unit_chief"]
    assert passed(city, number, "2026-03-18 11:30") == ["unit_chief"]
    assert passed(city, number, "2026-03-18 12:00") == ["unit_chief", "supervisor"]
    assert passed(city, number, "2026-03-20 12:00") == ["unit_chief", "supervisor"]
    with city.database.transaction(write=False) as session:
        assert not is_waiting(session, city.now)
        names = select(Account.login).join(Notice, Notice.account_id == Account.id).where(Notice.title.contains("转告"))
        assert {"wd.chief", "super1"} <= set(session.scalars(names))


def test_whoever_it_was_passed_to_may_confirm_it_and_then_it_rests(city: City) -> None:
    number = yellow(city)
    assert passed(city, number, "2026-03-18 11:00") == ["unit_chief"]
    chief = city.actor("wd.chief")
    with city.database.transaction() as session:
        mine = to_confirm(session, chief, Notice.account_id == chief.account_id)
        acknowledge(session, chief, max(mine), city.now)
    assert passed(city, number, "2026-03-18 14:30") == ["unit_chief"]


def test_a_clock_that_has_stopped_passes_nothing_on(city: City) -> None:
    number = yellow(city)
    act(city, "wd.handler", "contact", number)
    assert passed(city, number, "2026-03-18 15:00") == []


def test_rungs_that_want_no_receipt_are_never_passed_on(city: City) -> None:
    tick(city, "2026-03-18 09:00")
    make(city, "handling")
    tick(city, "2026-03-18 09:30")
    with city.database.transaction(write=False) as session:
        firings = list(session.scalars(select(Firing)))
    assert firings
    assert {(one.must_acknowledge, one.pass_at) for one in firings} == {(False, None)}
