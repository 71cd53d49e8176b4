"""回避: a complaint about the hotline or about the top of the tree still has somebody who may take it."""

import pytest
from sqlalchemy import delete, select

from hotline.accounts.models import Account, Post, UnitPost
from hotline.directory.models import Unit
from hotline.errors import Invalid, NotFound
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.ticket.ledger import entries
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


def amended(city: City, number: str, **told: object) -> None:
    city.do("dispatch1", "amend", number, text="来电人补充", **told)


def unseen_by(city: City, login: str, number: str) -> bool:
    try:
        city.do(login, "note", number, text="看得见")
    except NotFound:
        return True
    return False


def test_whom_a_complaint_is_about_can_be_said_later_and_shields_from_then_on(city: City) -> None:
    number = city.register("agent1", "submit", appeal_type="COMPLAINT")
    assert not unseen_by(city, "dispatch2", number)
    amended(city, number, respondent_login="dispatch2", respondent_unit_code="WD")
    assert unseen_by(city, "dispatch2", number)
    with pytest.raises(Invalid, match="回避"):
        city.do("dispatch1", "dispatch", number, unit_code="WD")
    amended(city, number, title="只改标题")
    assert unseen_by(city, "dispatch2", number)
    amended(city, number, respondent_login="super2", respondent_withdrawn=True)
    assert unseen_by(city, "super2", number)
    assert not unseen_by(city, "dispatch2", number)
    with city.ticket(number) as (session, ticket):
        changes = [row.changes for row in entries(session, ticket) if row.action == "amend"]
        ids = dict(session.execute(select(Account.login, Account.id)).all())
        assert ticket.respondent_unit_id is None
    assert changes[0]["respondent_account_id"] == [None, ids["dispatch2"]]
    assert "respondent_account_id" not in changes[1]
    assert changes[2]["respondent_account_id"] == [ids["dispatch2"], ids["super2"]]


@pytest.mark.parametrize("wrong", [{"respondent_login": "nobody"}, {"respondent_unit_code": "?"}])
def test_a_respondent_said_later_is_checked_as_one_said_at_once(city: City, wrong: dict[str, str]) -> None:
    number = city.register("agent1", "submit", appeal_type="COMPLAINT")
    with pytest.raises(Invalid) as refused:
        amended(city, number, **wrong)
    assert refused.value.field in wrong


@pytest.mark.parametrize("about", [{"respondent_login": "agent1"}, {"respondent_unit_code": "HOTLINE"}])
def test_a_follower_who_turns_out_to_be_complained_of_is_replaced_as_at_registering(
    city: City, about: dict[str, str]
) -> None:
    at_once = city.register("agent1", "submit", appeal_type="COMPLAINT", **about)
    later = city.register("agent1", "submit", appeal_type="COMPLAINT")
    amended(city, later, **about)
    with city.ticket(at_once) as (_, one), city.ticket(later) as (_, other):
        assert one.follower.login == other.follower.login != "agent1"


def test_secrecy_is_raised_later_and_only_lowered_on_purpose_with_a_reason(city: City) -> None:
    number = city.register("agent1", "submit", appeal_type="COMPLAINT")
    amended(city, number, is_confidential=True)
    amended(city, number, title="只改标题")
    with city.ticket(number) as (_, ticket):
        assert ticket.is_confidential
    with pytest.raises(Invalid, match="填写内容有误"):
        city.do("dispatch1", "amend", number, is_confidential=False)
    amended(city, number, is_confidential=False)
    with city.ticket(number) as (session, ticket):
        assert not ticket.is_confidential
        last = entries(session, ticket)[-1]
    assert (last.text, last.changes["is_confidential"]) == ("来电人补充", [True, False])
