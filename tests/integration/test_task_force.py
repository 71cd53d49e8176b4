"""专班: raised on a hard ticket, followed by one person, its decisions bind, and it ends with a result."""

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.errors import Forbidden, IllegalAction, Invalid, NotFound
from hotline.messages import senders
from hotline.messages.models import Notice
from hotline.outbox.operations import deliver
from hotline.supervision.task_forces import members_of, open_decisions
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Decision, Meeting, TaskForce, Ticket
from hotline.ticket.queries import hanging, visible
from tests.calendars import local
from tests.city import City
from tests.factories import act, make
from tests.integration.test_invariants import check
from tests.integration.test_rungs import tick


def sees(city: City, login: str, number: str) -> bool:
    with city.database.transaction(write=False) as session:
        return session.scalar(visible(city.actor(login)).where(Ticket.no == number)) is not None


def told(city: City, seqs: list[int]) -> set[tuple[str, str]]:
    """(login, title) of the notices to staff about these rows of the only ledger."""
    deliver(city.database, lambda: city.now, senders())
    with city.database.transaction(write=False) as session:
        rows = select(Account.login, Notice.title).join(Notice, Notice.account_id == Account.id)
        return {(row.login, row.title.split("：")[0]) for row in session.execute(rows.where(Notice.seq.in_(seqs)))}


def test_members_read_the_ticket_while_the_task_force_stands_and_no_longer(city: City) -> None:
    number = make(city, "handling")
    assert not sees(city, "wd.gxj.handler", number)
    act(city, "super1", "raise_task_force", number)
    assert sees(city, "wd.gxj.handler", number)
    assert sees(city, "jrj.handler", number)
    assert not sees(city, "jrj.handler2", number)
    assert not sees(city, "gxj.handler", number)
    act(city, "super1", "join_task_force", number)
    assert sees(city, "gxj.handler", number)
    act(city, "super1", "leave_task_force", number)
    assert not sees(city, "gxj.handler", number)
    act(city, "super1", "end_task_force", number)
    assert not sees(city, "wd.gxj.handler", number)
    assert not sees(city, "jrj.handler", number)


def test_a_decision_binds_the_ticket_and_has_a_due_time_and_a_unit_of_its_own(city: City) -> None:
    number = make(city, "decided")
    with city.ticket(number) as (session, ticket):
        [decision] = open_decisions(ticket)
        [clock] = clocks_of(session, Subject("decision", decision.id))
        assert (decision.unit.code, clock.due_at) == ("WD-GXJ", local("2026-03-19 17:00"))
    with pytest.raises(IllegalAction, match="专班决定尚未落实"):
        act(city, "wd.handler", "reply", number)
    with pytest.raises(IllegalAction):
        act(city, "super1", "end_task_force", number)
    with pytest.raises(IllegalAction, match="没有待本单位落实"):
        act(city, "jrj.handler", "fulfil", number)
    act(city, "wd.gxj.handler", "fulfil", number)
    with city.ticket(number) as (session, ticket):
        assert [c.state for c in clocks_of(session, Subject("decision", decision.id))] == [ClockState.STOPPED]
        check(session, ticket)
    act(city, "wd.handler", "reply", number)


def test_a_decision_that_is_late_climbs_to_its_own_unit_and_tells_the_lead(city: City) -> None:
    number = make(city, "decided")
    tick(city, "2026-03-19 17:00")
    with city.ticket(number) as (session, ticket):
        rows = [row for row in entries(session, ticket) if row.data.get("clock") == "DECISION"]
        assert [row.label for row in rows] == ["提醒", "催办", "黄牌"]
        assert {row.data["unit_id"] for row in rows} == {open_decisions(ticket)[0].unit_id}
    found = told(city, [row.seq for row in rows])
    assert {("wd.gxj.handler", "提醒"), ("wd.gxj.handler", "黄牌"), ("wd.handler", "黄牌")} <= found
    assert ("wd.handler", "提醒") not in found


def test_the_named_follower_stays_until_the_task_force_ends_or_hands_over(city: City) -> None:
    number = make(city, "handling")
    act(city, "super1", "raise_task_force", number, follower_login="dispatch2")
    with pytest.raises(IllegalAction, match="专班尚未结束"):
        act(city, "lead1", "change_follower", number)
    act(city, "lead1", "hand_over", number, from_login="dispatch2", to_login="agent2")
    with city.ticket(number) as (session, ticket):
        [force] = hanging(session, TaskForce, ticket)
        assert (ticket.follower.login, force.follower.login) == ("agent2", "agent2")
    act(city, "super1", "end_task_force", number)
    act(city, "lead1", "change_follower", number, follower_login="agent1")


def test_who_sees_the_ticket_only_as_a_member_is_told_that_it_ends_and_how(city: City) -> None:
    number = make(city, "forced")
    act(city, "super1", "end_task_force", number)
    assert not sees(city, "jrj.handler", number)
    with city.ticket(number) as (session, ticket):
        seq = entries(session, ticket)[-1].seq
    people = {login for login, _ in told(city, [seq])}
    assert people == {"wd.handler", "agent1", "wd.gxj.handler", "jrj.handler"}
    with city.database.transaction(write=False) as session:
        times = session.scalars(select(Notice.account_id).filter_by(seq=seq)).all()
        assert len(times) == len(set(times)) == len(people)


def test_its_meetings_keep_their_minutes_and_a_meeting_without_it_is_a_conference(city: City) -> None:
    number = make(city, "handling")
    act(city, "wd.handler", "confer", number)
    act(city, "super1", "raise_task_force", number)
    act(city, "jrj.handler", "confer", number, agreed="七日内打通申报通道", held_at="2026-03-18T08:45:00+08:00")
    with city.ticket(number) as (session, ticket):
        first, second = hanging(session, Meeting, ticket)
        [force] = hanging(session, TaskForce, ticket)
        assert (first.task_force_id, second.task_force_id) == (None, force.id)
        assert (second.agreed, second.held_at) == ("七日内打通申报通道", local("2026-03-18 08:45"))
    with pytest.raises(Invalid, match="不能晚于现在"):
        act(city, "wd.handler", "confer", number, held_at="2026-03-19T08:45:00+08:00")


def test_the_complained_of_side_sits_in_no_task_force(city: City) -> None:
    about_unit = make(city, "handling", appeal_type="COMPLAINT", respondent_unit_code="WD-SJJ")
    about_person = make(city, "handling", appeal_type="COMPLAINT", respondent_login="jrj.handler")
    for number, form in ((about_unit, {"unit_codes": ["WD-SJJ"]}), (about_unit, {"member_logins": "wd.sjj.handler"}),
                         (about_person, {})):  # fmt: skip
        with pytest.raises(Invalid, match="回避"):
            act(city, "super1", "raise_task_force", number, **form)
    act(city, "super1", "raise_task_force", about_unit)
    with pytest.raises(Invalid, match="回避"):
        act(city, "super1", "decide", about_unit, unit_code="WD-SJJ")


def test_of_a_tip_off_only_named_members_and_leaders_of_member_units_read(city: City) -> None:
    number = make(city, "handling", appeal_type="TIP_OFF")
    act(city, "super1", "raise_task_force", number, unit_codes=["JRJ"], member_logins="wd.gxj.handler")
    readers = {login: sees(city, login, number) for login in ("jrj.handler", "jrj.leader", "wd.gxj.handler")}
    assert readers == {"jrj.handler": False, "jrj.leader": True, "wd.gxj.handler": True}


def test_only_a_supervisor_raises_it_and_one_stands_at_a_time(city: City) -> None:
    number = make(city, "handling")
    with pytest.raises(Forbidden):
        act(city, "dispatch1", "raise_task_force", number)
    for form in (
        {"unit_codes": [], "member_logins": ""},
        {"member_logins": "nobody"},
        {"follower_login": "wd.handler"},
    ):
        with pytest.raises(Invalid):
            act(city, "super1", "raise_task_force", number, **form)
    act(city, "super1", "raise_task_force", number)
    with pytest.raises(IllegalAction):
        act(city, "super1", "raise_task_force", number)
    with pytest.raises(Invalid, match="完成时限"):
        act(city, "super1", "decide", number, due_at="2026-03-18T08:00:00+08:00")


def test_a_ticket_is_not_closed_over_its_task_force_and_one_that_is_withdrawn_ends_with_a_result(city: City) -> None:
    called = make(city, "called")
    act(city, "super1", "raise_task_force", called)
    with pytest.raises(IllegalAction, match="专班尚未结束"):
        act(city, "callback1", "close", called)
    act(city, "super1", "end_task_force", called)
    act(city, "callback1", "close", called)
    gone = make(city, "decided")
    act(city, "agent1", "withdraw", gone)
    act(city, "super1", "end_task_force", gone, text="企业撤回，专班结束")
    with city.ticket(gone) as (session, ticket):
        [force], [decision] = hanging(session, TaskForce, ticket), hanging(session, Decision, ticket)
        assert (force.result, decision.is_open, ticket.task_force_since) == ("企业撤回，专班结束", False, None)
        assert members_of(ticket) == []
        replay(entries(session, ticket))


def test_strangers_learn_nothing_of_it(city: City) -> None:
    number = make(city, "decided")
    for action in ("confer", "fulfil", "decide", "end_task_force"):
        with pytest.raises(NotFound):
            act(city, "gxj.handler", action, number)


def test_what_is_decided_while_the_unit_signs_binds_the_signature(city: City) -> None:
    number = make(city, "drafted")
    act(city, "super1", "raise_task_force", number)
    act(city, "super1", "decide", number)
    with pytest.raises(IllegalAction, match="专班决定尚未落实"):
        act(city, "wd.leader", "sign_off", number)
    with city.ticket(number) as (_, ticket):
        [decision] = open_decisions(ticket)
    city.do("super1", "drop_decision", number, decision=decision.id, text="不再需要")
    act(city, "wd.leader", "sign_off", number)


@pytest.mark.parametrize(("stage", "login", "action"), [
    ("reviewing", "review1", "approve"), ("elsewhere", "dispatch1", "external_reply"),
])  # fmt: skip
def test_no_ticket_closes_under_its_task_force(city: City, stage: str, login: str, action: str) -> None:
    number = make(city, stage, wants_callback=False)
    act(city, "super1", "raise_task_force", number)
    with pytest.raises(IllegalAction, match="专班尚未结束"):
        act(city, login, action, number)
    act(city, "super1", "end_task_force", number)
    act(city, login, action, number)
    assert city.status(number) == "CLOSED"
