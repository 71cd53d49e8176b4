"""An expert who leaves or is away: consultations, meetings and shifts pass to the substitute, and come back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.errors import Forbidden
from hotline.experts.models import RosterShift
from hotline.supervision import handover
from hotline.supervision.models import Substitution
from hotline.supervision.substitution import end, substitute
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, answered, do, expert_of, invite, invited, status
from tests.integration.test_roster_changes import booked, holder


def away(city: City, who: str, taking: str, by: str = "admin1", days: int = 2) -> Substitution:
    with city.database.transaction() as session:
        rows = {row.login: row for row in session.scalars(select(Account).where(Account.login.in_((who, taking))))}
        last = city.now.date() + timedelta(days=days)
        return substitute(session, rows[who], rows[taking], last, "病假", city.actor(by), city.now)


def back(city: City) -> handover.Handed:
    with city.database.transaction() as session:
        row = session.scalars(select(Substitution)).one()
        return end(session, row, city.actor("admin1"), city.now)


def on_duty_as(city: City, login: str) -> int:
    """Shifts from today on that this expert answers in."""
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(RosterShift).where(RosterShift.day >= city.now.date()))
        return sum(one.acting.account.login == login for one in rows)


def test_while_an_expert_is_away_the_pool_goes_on_with_the_substitute(city: City) -> None:
    meeting, returned = booked(city), answered(city)
    do(city, "jrj.leader", "return_advice", returned, text="写明条款")
    call = invite(city, draft_key="draft-0009")
    assert invited(city, call)[0] == (FIRST, "PENDING")
    before = on_duty_as(city, FIRST)
    row = away(city, FIRST, SECOND)
    assert sorted(row.consultations) == sorted([meeting, returned]) and row.misfits == []
    assert holder(city, meeting) == ("CONFIRMED", SECOND, SECOND)
    assert invited(city, call) == [(FIRST, "WITHDRAWN"), (SECOND, "PENDING")]
    assert on_duty_as(city, FIRST) < before
    handed = back(city)
    assert sorted(handed.consultations) == sorted([meeting, returned]) and handed.misfits == []
    assert holder(city, meeting) == ("CONFIRMED", FIRST, FIRST) and on_duty_as(city, FIRST) == before
    do(city, FIRST, "amend_answer", returned, **ANSWER)
    assert status(city, returned) == "UNDER_REVIEW"


def test_a_substitute_of_another_unit_takes_no_consultation_and_each_row_says_why(city: City) -> None:
    returned = answered(city)
    do(city, "jrj.leader", "return_advice", returned, text="写明条款")
    number = city.register()
    city.do("agent1", "ask_expert", number, expert_login=FIRST, question="书面问题")
    row = away(city, FIRST, "expert.tax")
    assert row.numbers == [number] and row.consultations == []
    assert any("不是同一单位的专家" in why for _, why in row.misfits)
    do(city, FIRST, "amend_answer", returned, **ANSWER)


def test_leaving_for_good_rebooks_what_nobody_can_hold(city: City) -> None:
    meeting = booked(city)
    with city.database.transaction() as session:
        people = {one.login: one for one in session.scalars(select(Account))}
        expert_of(session, SECOND).valid_to = city.now.date()
        handed = handover.hand_over_all(session, people[FIRST], people[SECOND], "调离", city.actor("admin1"), city.now)
    held = holder(city, meeting)
    assert held[0] == "CONFIRMED" or any("改约" in why for _, why in handed.misfits)
    with city.database.transaction(write=False) as session:
        gone = session.scalars(select(Account).filter_by(login=FIRST)).one()
        assert handover.open_work(session, gone, city.now).consultations == ()


def test_an_account_with_a_meeting_ahead_is_not_closed(city: City) -> None:
    booked(city)
    with city.database.transaction() as session, pytest.raises(handover.Conflict, match="1 项专家咨询"):
        gone = session.scalars(select(Account).filter_by(login=FIRST)).one()
        handover.close(session, gone, city.actor("admin1"), city.now)


@pytest.mark.parametrize(
    ("by", "who", "taking"), [("jrj.leader", FIRST, SECOND), ("lead1", "agent1", "agent2"), (FIRST, FIRST, SECOND)]
)
def test_leaders_arrange_for_their_own_people(sqlite_city: City, by: str, who: str, taking: str) -> None:
    assert away(sqlite_city, who, taking, by).by_id == sqlite_city.actor(by).account_id


@pytest.mark.parametrize(("by", "who"), [("gxj.leader", FIRST), ("lead1", "jrj.handler"), ("agent1", "agent2")])
def test_nobody_arranges_for_other_peoples_people(sqlite_city: City, by: str, who: str) -> None:
    with pytest.raises(Forbidden):
        away(sqlite_city, who, SECOND, by)
