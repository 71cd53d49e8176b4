"""Rungs of a consultation reach persons, who confirm them; what nobody confirms goes up, step by step."""

from datetime import timedelta

from sqlalchemy import select

from hotline.deadlines.models import Firing
from hotline.experts.queries import events
from hotline.experts.records import Advice
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.supervision.acknowledgements import acknowledge, to_confirm, unconfirmed
from hotline.supervision.advice_notices import send_advice_event
from hotline.supervision.passing_on import is_waiting, pass_on
from tests.city import City
from tests.experts import answered, later


def told(city: City) -> None:
    senders = {"advice_event": send_advice_event, "ticket_event": lambda *_: None}
    deliver(city.database, lambda: city.now, senders)


def mine(city: City, login: str) -> list[int]:
    """The notices that wait for this person's receipt."""
    told(city)
    actor = city.actor(login)
    with city.database.transaction(write=False) as session:
        return list(to_confirm(session, actor, Notice.account_id == actor.account_id))


def passed(city: City, advice_id: int, **span: float) -> list[str]:
    city.now += timedelta(**span)
    with city.database.transaction() as session:
        pass_on(session, city.now)
    with city.database.transaction(write=False) as session:
        rows = events(session, session.get_one(Advice, advice_id))
        return [row.label for row in rows if row.action == "rung_passed_up"]


def test_whoever_is_told_of_a_late_review_confirms_it_and_then_it_rests(city: City) -> None:
    advice_id = answered(city)
    later(city, days=2)
    [notice, *_] = mine(city, "jrj.leader")
    assert mine(city, "jrj.handler"), "the liaison is told too"
    with city.database.transaction() as session:
        assert acknowledge(session, city.actor("jrj.leader"), notice, city.now) is None
        by = set(session.scalars(select(Firing.acknowledged_by).where(Firing.acknowledged_at.is_not(None))))
        assert by == {city.actor("jrj.leader").account_id}
    assert notice not in mine(city, "jrj.leader")
    with city.database.transaction(write=False) as session:
        first = session.scalars(select(Firing).where(Firing.acknowledged_at.is_not(None))).one()
        assert first.must_acknowledge
    assert passed(city, advice_id, hours=3) == []


def test_a_rung_nobody_confirms_goes_up_once_each_time(city: City) -> None:
    advice_id = answered(city)
    later(city, days=1, hours=9)  # due at close of the next working day
    assert passed(city, advice_id, minutes=1) == []
    assert passed(city, advice_id, hours=17) == ["逐级转告"], "two working hours later"
    assert passed(city, advice_id) == ["逐级转告"]
    told(city)
    with city.database.transaction(write=False) as session:
        assert session.scalars(select(Notice).where(Notice.title.contains("逐级转告"))).all()
        is_waiting(session, city.now)


def test_an_answer_reviewed_in_time_asks_nobody(city: City) -> None:
    answered(city)
    assert mine(city, "jrj.leader") == []
    with city.database.transaction(write=False) as session:
        assert unconfirmed(session, city.actor("super1")) == []
