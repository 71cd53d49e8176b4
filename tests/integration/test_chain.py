"""下派 further and further down, 电话告知, 首接负责, and the lists a supervisor looks at."""

import pytest

from hotline.accounts.models import Post, Role, UnitPost
from hotline.accounts.operations import open_account
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit, UnitKind
from hotline.directory.queries import by_code
from hotline.errors import IllegalAction, Invalid, NotFound
from hotline.supervision import habits
from hotline.ticket import listing
from hotline.ticket.ledger import entries
from hotline.ticket.models import Assignment, PhoneNotice
from hotline.ticket.queries import hanging
from tests.city import START, City
from tests.factories import act, make
from tests.integration.test_rungs import tick

SECTION = "WD-HT-CY"


@pytest.fixture
def section(city: City) -> City:
    """A section (科室) below the street WD-HT, with one handler."""
    with city.database.transaction() as session:
        street = by_code(session, Unit, "WD-HT", START.date())
        unit = Unit(code=SECTION, name="海棠街道产业办", short_name="海棠产业办", kind=UnitKind.STREET)
        unit.parent_id, unit.sign_off_levels = street.id, 0
        session.add(unit)
        session.flush()
        unit.path = f"{street.path}{unit.id}/"
        made = {"login": "cy.handler", "name": "覃小满", "password": "Linhaiwan-2026", "unit_id": unit.id}
        person = open_account(session, **made, roles=frozenset({Role.HANDLER}))
        session.add(UnitPost(unit_id=unit.id, post=Post.LIAISON, account_id=person.id))
    return city


def parts(city: City, number: str) -> dict[str, Assignment]:
    with city.ticket(number) as (session, ticket):
        return {row.unit.code: row for row in hanging(session, Assignment, ticket) if row.ended_at is None}


def test_a_matter_goes_from_district_to_street_to_section_and_the_answers_come_back_up(section: City) -> None:
    city, number = section, make(section, "handling")
    act(city, "wd.handler", "delegate", number, unit_code="WD-HT")
    act(city, "wd.ht.handler", "delegate", number, unit_code=SECTION)
    found = parts(city, number)
    assert found[SECTION].parent_id == found["WD-HT"].id
    with city.ticket(number) as (session, _):
        dues = {code: clocks_of(session, Subject("assignment", row.id)) for code, row in found.items()}
        assert dues[SECTION][0].due_at < dues["WD-HT"][0].due_at
    with pytest.raises(IllegalAction, match="下派的单位尚未提交意见"):
        act(city, "wd.ht.handler", "contribute", number)
    with pytest.raises(IllegalAction, match="尚有协办或下派单位"):
        act(city, "wd.handler", "reply", number)
    act(city, "cy.handler", "contribute", number)
    act(city, "wd.ht.handler", "contribute", number)
    act(city, "wd.handler", "reply", number)


def test_a_unit_sends_down_to_its_own_units_only(section: City) -> None:
    city, number = section, make(section, "handling")
    act(city, "wd.handler", "delegate", number, unit_code="WD-HT")
    for code in ("WD-GXJ", "WD-HT", "WD", "JRJ"):
        with pytest.raises(Invalid):
            act(city, "wd.ht.handler", "delegate", number, unit_code=code)
    with pytest.raises(NotFound):
        act(city, "cy.handler", "delegate", number)


def test_what_a_supporting_unit_sent_down_survives_a_redispatch_and_the_leads_own_does_not(section: City) -> None:
    city, number = section, make(section, "handling")
    act(city, "dispatch1", "add_support", number, unit_code="SZF")
    act(city, "wd.handler", "delegate", number, unit_code="WD-GXJ")
    act(city, "szf.handler", "delegate", number, unit_code="WD-HT")
    with pytest.raises(Invalid):
        act(city, "wd.ht.handler", "delegate", number, unit_code="WD-GXJ")
    act(city, "wd.ht.handler", "delegate", number, unit_code=SECTION)
    act(city, "wd.handler", "object", number)
    act(city, "dispatch1", "redispatch", number)
    assert set(parts(city, number)) == {"JRJ", "SZF", "WD-HT", SECTION}


def test_an_inner_part_that_is_late_stands_in_a_list_and_reaches_its_own_units_people(city: City) -> None:
    number = make(city, "delegated")
    assert "inner" in listing.VIEWS
    tick(city, "2026-03-24 17:00")
    with city.database.transaction(write=False) as session:
        rows = listing.page(session, city.actor("super1"), city.now, view="inner").rows
        assert [row.ticket.no for row in rows] == [number]
        assert listing.count(session, city.actor("jrj.handler"), city.now, "inner") == 0


def test_who_has_not_been_rung_up_since_the_dispatch_stands_in_a_list(city: City) -> None:
    number = make(city, "handling")

    def untold() -> int:
        with city.database.transaction(write=False) as session:
            return listing.count(session, city.actor("dispatch1"), city.now, "untold")

    assert untold() == 1
    act(city, "agent1", "tell_by_phone", number)
    assert untold() == 0
    with city.ticket(number) as (session, ticket):
        [row] = hanging(session, PhoneNotice, ticket)
        assert (row.unit.code, row.person, row.phone, row.told_at) == ("WD", "值班员", "0499-2010001", city.now)
    act(city, "wd.handler", "object", number)
    city.at("2026-03-18 10:00")
    act(city, "dispatch1", "redispatch", number)
    assert untold() == 1
    for form in ({"unit_code": "GXJ"}, {"told_at": "2026-03-18T10:30:00+08:00"}, {"person": ""}, {"phone": ""}):
        with pytest.raises(Invalid):
            act(city, "agent1", "tell_by_phone", number, **form)


def test_a_number_that_was_rung_up_is_in_no_ledger(city: City) -> None:
    number = make(city, "handling")
    act(city, "agent1", "tell_by_phone", number)
    with city.ticket(number) as (session, ticket):
        assert "2010001" not in str([row.data for row in entries(session, ticket)])


def test_an_extension_asked_for_at_the_last_moment_is_listed_and_so_is_the_habit(city: City) -> None:
    early, *late = (make(city, "handling") for _ in range(4))
    act(city, "wd.handler", "request_extension", early)
    act(city, "super1", "grant_extension", early)
    city.at("2026-03-24 16:00")
    for number in late:
        act(city, "wd.handler", "request_extension", number)
    with city.database.transaction(write=False) as session:
        found = habits.last_minute(session, city.actor("super1"), city.now)
        assert [row.ticket.no for row in found] == sorted(late, reverse=True)
        assert {row.unit for row in found} == {"湾东区"}
        assert all(0 < row.left_share <= habits.LAST_SHARE for row in found)
        [habit] = habits.habitual(session, city.actor("super1"), city.now)
        assert (habit.code, habit.asked, habit.led, habit.last_minute, habit.percent) == ("WD", 4, 4, 3, "100 %")
        assert habits.last_minute(session, city.actor("jrj.handler"), city.now) == []
