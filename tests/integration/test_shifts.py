"""交接班 and 代办: what passes from hand to hand, and comes back."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account, Post, UnitPost
from hotline.accounts.queries import holders
from hotline.directory.models import Unit
from hotline.errors import Conflict, DomainError, Invalid, NotFound
from hotline.supervision import shifts
from hotline.supervision.substitution import give_back, is_over, substitute
from hotline.ticket.ledger import entries, replay
from tests.calendars import local
from tests.city import City
from tests.factories import act, make

LAST = date(2026, 3, 20)


def away(city: City, who: str, taking: str, last: date = LAST) -> None:
    with city.database.transaction() as session:
        rows = {row.login: row for row in session.scalars(select(Account).where(Account.login.in_((who, taking))))}
        substitute(session, rows[who], rows[taking], last, "病假", city.actor("admin1"), city.now)


def handler(city: City, number: str) -> str:
    with city.ticket(number) as (session, ticket):
        replay(entries(session, ticket))
        assert ticket.handler is not None
        return ticket.handler.login


def liaison(city: City, day: date) -> list[str]:
    with city.database.transaction(write=False) as session:
        unit = session.scalars(select(Unit.id).filter_by(code="WD")).one()
        return [one.login for one in holders(session, [unit], [Post.LIAISON], day)]


def back(city: City, at: str) -> int:
    city.at(at)
    with city.database.transaction() as session:
        return give_back(session, city.now)


def test_while_one_is_away_another_holds_the_work_and_it_comes_back_by_itself(city: City) -> None:
    kept, done = make(city, "handling"), make(city, "handling")
    away(city, "wd.handler", "wd.handler2")
    assert [handler(city, one) for one in (kept, done)] == ["wd.handler2"] * 2
    assert [liaison(city, LAST + timedelta(days=days)) for days in (-2, 0, 1)] == [
        ["wd.handler2"],
        ["wd.handler2"],
        ["wd.handler"],
    ]
    act(city, "wd.handler2", "reply", done)
    act(city, "wd.leader", "sign_off", done)
    assert back(city, "2026-03-20 23:59") == 0
    assert back(city, "2026-03-21 00:01") == 2
    assert back(city, "2026-03-21 00:02") == 0
    assert handler(city, kept) == "wd.handler"
    with city.database.transaction(write=False) as session:
        assert not is_over(session, local("2026-04-01 09:00"))


def test_what_went_on_to_somebody_else_meanwhile_stays_there(city: City) -> None:
    number = make(city, "handling")
    away(city, "wd.handler", "wd.handler2")
    act(city, "wd.leader", "assign_handler", number)
    assert back(city, "2026-03-21 09:00") == 0
    assert handler(city, number) == "wd.gxj.handler"


def test_a_substitute_must_fit_and_the_days_must_make_sense(city: City) -> None:
    make(city, "handling")
    for taking, last in (("jrj.handler", LAST), ("wd.handler", LAST), ("wd.handler2", date(2026, 3, 17)),
                         ("wd.handler2", date(2027, 3, 17))):  # fmt: skip
        with pytest.raises(Invalid):
            away(city, "wd.handler", taking, last)
    away(city, "wd.handler", "wd.handler2")
    with pytest.raises(Conflict, match="已有代办人"):
        away(city, "wd.handler", "wd.handler2")


def test_posts_never_overlap_however_often_one_is_away(city: City) -> None:
    away(city, "wd.handler", "wd.handler2")
    assert back(city, "2026-03-23 09:00") == 0
    away(city, "wd.handler", "wd.handler2", date(2026, 3, 25))
    with city.database.transaction(write=False) as session:
        unit = session.scalars(select(Unit.id).filter_by(code="WD")).one()
        rows = session.scalars(select(UnitPost).filter_by(unit_id=unit, post=Post.LIAISON)).all()
        spans = sorted((row.effective_from, row.effective_to) for row in rows if row.effective_to) + [
            (row.effective_from, date.max) for row in rows if row.effective_to is None
        ]
    assert all(first[1] < second[0] for first, second in pairwise(spans))


def test_a_shift_note_is_taken_over_once_and_by_another_one(city: City) -> None:
    number = make(city, "handling")
    with city.database.transaction() as session:
        note = shifts.leave_note(
            session, city.actor("agent1"), "企业下午再来电，请接", f"{number}，{number}", city.now
        ).id
        assert shifts.waiting(session, city.actor("agent2"), city.now) == 1
        assert shifts.waiting(session, city.actor("agent1"), city.now) == 0
        with pytest.raises(Conflict):
            shifts.take_over(session, city.actor("agent1"), note, city.now)
        shifts.take_over(session, city.actor("agent2"), note, city.now)
        with pytest.raises(Conflict):
            shifts.take_over(session, city.actor("agent3"), note, city.now)
        assert [row.numbers for row in shifts.notes(session, city.actor("agent3"))] == [[number]]


def test_who_may_not_see_the_ticket_reads_no_note_about_it(city: City) -> None:
    number = make(city, "handling", appeal_type="COMPLAINT", respondent_login="agent2")
    with city.database.transaction() as session:
        note = shifts.leave_note(session, city.actor("agent1"), "投诉人明日来电", number, city.now).id
        assert shifts.notes(session, city.actor("agent2")) == []
        with pytest.raises(NotFound):
            shifts.take_over(session, city.actor("agent2"), note, city.now)
        for wrong in ("X1", number + "9"):
            with pytest.raises(DomainError):
                shifts.leave_note(session, city.actor("agent1"), "x", wrong, city.now)
        with pytest.raises(Invalid):
            shifts.leave_note(session, city.actor("agent2"), "x", number, city.now)
