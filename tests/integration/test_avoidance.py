"""回避: a complaint about the hotline or about the top of the tree still has somebody who may take it."""

import pytest
from sqlalchemy import delete, select

from hotline.accounts.models import Account, Post, UnitPost
from hotline.directory.models import Unit
from hotline.errors import Invalid, NotFound
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from tests.city import City

COMPLAINT = {"appeal_type": "COMPLAINT", "respondent_kind": "UNIT"}


@pytest.mark.parametrize("about", ["HOTLINE", "SZF"])
def test_the_supervising_unit_takes_a_complaint_that_concerns_the_whole_hotline(city: City, about: str) -> None:
    number = city.register("agent1", "submit", **COMPLAINT, respondent_unit_code=about)
    with pytest.raises(NotFound):
        city.do("dispatch1", "dispatch", number, unit_code="SFB")
    city.do("sfb.super", "dispatch", number, unit_code="SFB")
    city.do("sfb.handler", "sign", number)
    assert city.status(number) == "HANDLING"
    with city.ticket(number) as (_, ticket):
        assert ticket.follower.unit.code in ("SFB", "ZSJ")


def registered_about(city: City, login: str, **more: str) -> str:
    return city.register("agent1", "submit", appeal_type="COMPLAINT", respondent_login=login, **more)


def handler_of(city: City, number: str) -> str | None:
    with city.ticket(number) as (_, ticket):
        return ticket.handler and ticket.handler.login


def test_a_complaint_about_the_liaison_goes_to_the_deputy_and_the_liaison_never_sees_it(city: City) -> None:
    number = registered_about(city, "jrj.handler")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    assert handler_of(city, number) == "jrj.handler2"
    with pytest.raises(NotFound):
        city.do("jrj.handler", "sign", number)
    city.do("jrj.handler2", "sign", number)
    with pytest.raises(Invalid, match="利害关系"):
        city.do("jrj.leader", "assign_handler", number, handler_login="jrj.handler")


def without_posts(city: City, *posts: Post) -> None:
    with city.database.transaction() as session:
        unit = session.scalars(select(Unit).filter_by(code="JRJ")).one()
        session.execute(delete(UnitPost).where(UnitPost.unit_id == unit.id, UnitPost.post.in_(posts)))


def test_without_a_deputy_the_leader_takes_it_and_without_anybody_the_supervising_unit(city: City) -> None:
    without_posts(city, Post.DEPUTY)
    number = registered_about(city, "jrj.handler")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    assert handler_of(city, number) == "jrj.leader"
    without_posts(city, Post.LEADER, Post.CHIEF)
    number = registered_about(city, "jrj.handler")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    assert handler_of(city, number) == "sfb.handler"
    city.do("sfb.handler", "sign", number)
    city.do("sfb.handler", "contact", number, result="REACHED", text="已联系")


def test_a_complaint_about_nobody_of_the_unit_still_goes_to_its_liaison(city: City) -> None:
    number = registered_about(city, "wd.handler")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    assert handler_of(city, number) == "jrj.handler"


def test_the_deputy_is_told_of_what_the_liaison_must_not_know(city: City) -> None:
    number = registered_about(city, "jrj.handler")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    deliver(city.database, lambda: city.now, senders())
    with city.ticket(number) as (session, ticket):
        told = select(Account.login).join(Notice, Notice.account_id == Account.id).filter_by(ticket_id=ticket.id)
        logins = set(session.scalars(told))
    assert "jrj.handler2" in logins
    assert "jrj.handler" not in logins
