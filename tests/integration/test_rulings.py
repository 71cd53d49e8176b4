"""延期 and 挂起: asked before it is overdue, so often and so long; and who is reminded that a ruling is owed."""

import pytest
from sqlalchemy import select

from hotline.directory.models import SlaProfile
from hotline.errors import IllegalAction, Invalid
from hotline.ticket.ledger import entries
from tests.calendars import local
from tests.city import City
from tests.factories import act, make
from tests.integration.test_rungs import clock
from tests.kb import tick


def change_rules(city: City, **changes: object) -> None:
    """Change the built-in profile as it is stored."""
    with city.database.transaction() as session:
        profile = session.scalars(select(SlaProfile).filter_by(is_default=True)).one()
        profile.rules = {**profile.rules, **changes}


def pause_and_resume(city: City, number: str) -> None:
    for login, action in (("wd.handler", "request_pause"), ("super1", "grant_pause"), ("super1", "resume")):
        act(city, login, action, number)


def test_a_pause_is_granted_twice_in_a_tickets_life_and_not_a_third_time(city: City) -> None:
    number = make(city, "handling")
    pause_and_resume(city, number)
    act(city, "wd.handler", "request_pause", number)
    act(city, "super1", "deny_pause", number)  # what was not granted does not count
    pause_and_resume(city, number)
    with pytest.raises(IllegalAction, match="挂起已达 2 次上限"):
        act(city, "wd.handler", "request_pause", number)


def test_how_many_pauses_there_may_be_stands_in_the_profile(city: City) -> None:
    change_rules(city, pause_max_count=0)
    with pytest.raises(IllegalAction, match="挂起已达 0 次上限"):
        make(city, "pause_asked")


def test_what_is_overdue_is_not_paused_any_more(city: City) -> None:
    number = make(city, "handling")
    city.at("2026-03-24 17:31")
    with pytest.raises(IllegalAction, match="已超期，不能再申请挂起"):
        act(city, "wd.handler", "request_pause", number)


def test_an_extension_of_what_is_due_within_hours_is_no_longer_than_those_hours(city: City) -> None:
    city.at("2026-03-18 09:00")  # a Wednesday: the next working day is 24 hours later
    short = make(city, "handling", urgency="EMERGENCY")
    with pytest.raises(Invalid, match="延期最长 24 小时，申请的 2 个工作日已超过"):
        act(city, "wd.handler", "request_extension", short, working_days=2)
    act(city, "wd.handler", "request_extension", short, working_days=1)
    city.at("2026-03-19 09:00")  # due on Friday: the next working day is a weekend away
    over_the_weekend = make(city, "handling", urgency="EMERGENCY")
    with pytest.raises(Invalid) as refused:
        act(city, "wd.handler", "request_extension", over_the_weekend, working_days=1)
    assert refused.value.code == "extension_too_long"


def test_a_longest_extension_in_days_bounds_days_and_not_what_is_due_within_hours(city: City) -> None:
    change_rules(city, extension_limit="10wd")  # Shandong's figure, longer than its limit of five days
    plain, emergency = make(city, "handling"), make(city, "handling", urgency="EMERGENCY")
    for number, days in ((plain, 11), (emergency, 2)):
        with pytest.raises(Invalid, match="延期最长"):
            act(city, "wd.handler", "request_extension", number, working_days=days)
    act(city, "wd.handler", "request_extension", plain, working_days=10)


def test_an_extension_is_never_longer_than_the_limit_was(city: City) -> None:
    number = make(city, "handling")
    with pytest.raises(Invalid, match="延期最长 4 个工作日"):
        act(city, "wd.handler", "request_extension", number, working_days=5)
    act(city, "wd.handler", "request_extension", number, working_days=4)
    act(city, "super1", "grant_extension", number)
    assert clock(city, number, "TOTAL").due_at == local("2026-03-30 17:30")


@pytest.mark.parametrize(
    ("stage", "name"),
    [("extension_asked", "EXTENSION_RULING"), ("pause_asked", "PAUSE_RULING"), ("review_asked", "REVIEW_REQUEST")],
)
def test_the_supervisors_who_alone_may_rule_are_those_who_are_reminded_of_it(city: City, stage: str, name: str) -> None:
    number = make(city, stage)
    tick(city, "2026-03-25 17:30")
    with city.ticket(number) as (session, ticket):
        rows = [row for row in entries(session, ticket) if row.data.get("clock") == name]
        told = {row.label: [one["whom"] for one in row.data["told"]] for row in rows}
    above = ["supervisor", "follower"]
    assert told == {"提醒": above[:1], "催办": above[:1], "黄牌": above, "红牌": above}
