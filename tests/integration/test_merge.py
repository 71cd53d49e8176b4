"""并单, 拆单, 退单, 表扬, 复核 and the other turns a ticket may take."""

from datetime import timedelta

import pytest

from hotline.deadlines.queries import clocks_of
from hotline.errors import Conflict, DomainError, Forbidden, IllegalAction, Invalid
from hotline.ticket.clocks import subject_of
from hotline.ticket.models import Assignment, Objection, Reply
from hotline.ticket.queries import hanging
from tests.city import City
from tests.factories import BAD_CALL, ENTERPRISE, act, make


def merged_into(city: City, master: str, **more: object) -> str:
    number = make(city, "sent", **more)
    act(city, "dispatch1", "merge", number, master_no=master)
    return number


def test_merged_tickets_inherit_the_reply_and_have_callbacks_of_their_own(city: City) -> None:
    master = make(city, "drafted")
    first, silent = merged_into(city, master), merged_into(city, master, wants_callback=False)
    act(city, "wd.leader", "sign_off", master)
    act(city, "review1", "approve", master)
    assert [city.status(no) for no in (master, first, silent)] == ["AWAITING_CALLBACK", "AWAITING_CALLBACK", "CLOSED"]
    for number in (first, silent):
        with city.ticket(number) as (session, ticket):
            assert [reply.public_text for reply in hanging(session, Reply, ticket)] == [
                "补齐验收单后三个工作日内受理。"
            ]
    act(city, "callback1", "callback", first)
    act(city, "callback1", "close", first)
    assert city.status(master) == "AWAITING_CALLBACK"


def test_a_master_with_merged_tickets_cannot_end_or_be_merged(city: City) -> None:
    master = make(city, "registered")
    child = merged_into(city, master)
    for login, action in ((ENTERPRISE, "withdraw"), ("dispatch1", "refuse"), ("dispatch1", "transfer_emergency")):
        with pytest.raises(IllegalAction, match="请先拆单"):
            act(city, login, action, master)
    with pytest.raises(IllegalAction, match="请先拆单"):
        act(city, "dispatch1", "merge", master)
    act(city, "dispatch1", "split", child)
    act(city, ENTERPRISE, "withdraw", master)


def test_only_an_open_unanswered_other_ticket_can_be_a_master(city: City) -> None:
    number = make(city, "registered")
    for stage in ("merged", "closed", "withdrawn", "refused"):
        with pytest.raises(Invalid, match="只能并入"):
            act(city, "dispatch1", "merge", number, master_no=make(city, stage))
    with pytest.raises(Invalid, match="只能并入"):
        act(city, "dispatch1", "merge", number, master_no=number)
    with pytest.raises(Conflict, match="已经答复"):
        act(city, "dispatch1", "merge", number, master_no=make(city, "answered"))


def test_a_merged_ticket_leaves_every_unit_and_may_be_sent_to_them_again(city: City) -> None:
    number = make(city, "registered")
    act(city, "dispatch1", "dispatch", number, support_unit_codes=["JRJ"])
    act(city, "dispatch1", "merge", number)
    with pytest.raises(DomainError):
        act(city, "jrj.handler", "note", number)
    act(city, "dispatch1", "split", number)
    act(city, "dispatch1", "dispatch", number, support_unit_codes=["JRJ"])
    with city.ticket(number) as (session, ticket):
        assert len([part for part in hanging(session, Assignment, ticket) if part.ended_at is None]) == 2


def test_a_supporting_unit_that_takes_over_owes_itself_nothing(city: City) -> None:
    number = make(city, "registered")
    act(city, "dispatch1", "dispatch", number, support_unit_codes=["JRJ"])
    act(city, "wd.handler", "object", number)
    act(city, "dispatch1", "redispatch", number, unit_code="JRJ")
    act(city, "jrj.handler", "sign", number)
    act(city, "jrj.handler", "reply", number)
    act(city, "jrj.leader", "sign_off", number)
    assert city.status(number) == "UNDER_REVIEW"


def test_objections_are_counted_capped_and_the_second_is_the_supervisors(city: City) -> None:
    number = make(city, "objected_twice")
    with pytest.raises(IllegalAction, match="由督办员裁定"):
        act(city, "dispatch1", "overrule", number)
    act(city, "super1", "overrule", number)
    with pytest.raises(IllegalAction, match="2 次上限"):
        act(city, "wd.handler", "object", number)
    with city.ticket(number) as (session, ticket):
        assert [o.ruling for o in hanging(session, Objection, ticket)] == ["DENIED", "DENIED"]
        assert ticket.objection_count == 2


def test_an_objection_must_come_within_its_window(city: City) -> None:
    number = make(city, "sent")
    city.at("2026-03-18 14:31")  # four working hours after nine: three before noon, one after 14:30
    city.now += timedelta(hours=1)
    with pytest.raises(IllegalAction, match="已过退单时限"):
        act(city, "wd.handler", "object", number)


def test_praise_has_no_clock_and_no_callback_and_reaches_the_unit(city: City) -> None:
    number = make(city, "praised")
    with city.ticket(number) as (session, ticket):
        assert clocks_of(session, subject_of(ticket)) == []
        assert [part.kind for part in hanging(session, Assignment, ticket)] == ["INFORM"]
        assert (ticket.status, ticket.wants_callback) == ("CLOSED", False)
    for login, action in (("super1", "reopen"), ("agent1", "request_review"), ("wd.handler", "sign")):
        with pytest.raises(IllegalAction):
            act(city, login, action, number)
    with pytest.raises(IllegalAction, match="转单位知悉"):
        city.register("agent1", "submit", appeal_type="PRAISE")
    with pytest.raises(IllegalAction, match="只有表扬"):
        city.register("agent1", "forward_praise", unit_code="WD")


def test_closing_needs_a_valid_callback_or_three_tries(city: City) -> None:
    number = make(city, "answered")
    missed = {"result": "NO_ANSWER", "was_contacted": None, "is_resolved": None, "satisfaction": None}
    for tries in range(3):
        with pytest.raises(IllegalAction, match="有效回访"):
            act(city, "callback1", "close", number)
        act(city, "callback1", "callback", number, **missed)
        with city.ticket(number) as (_, ticket):
            assert (ticket.callback_tries, ticket.callback_valid) == (tries + 1, False)
    act(city, "callback1", "close", number)


def test_unresolved_needs_a_reason(city: City) -> None:
    number = make(city, "called_badly")
    for form in ({"is_resolved": False, "unresolved_reason": None}, {"is_resolved": None, "unresolved_reason": None}):
        with pytest.raises(Invalid, match="未解决原因"):
            act(city, "callback1", "close", number, **form)
    act(city, "callback1", "close", number)
    with city.ticket(number) as (_, ticket):
        assert (ticket.is_resolved, ticket.unresolved_reason) == (False, "IN_PROGRESS")


def test_only_a_dissatisfied_answer_goes_back_to_the_unit(city: City) -> None:
    number = make(city, "called")
    with pytest.raises(IllegalAction, match="不满意"):
        act(city, "callback1", "rework", number)
    act(city, "callback1", "callback", number, **BAD_CALL)
    act(city, "callback1", "rework", number)


def test_a_review_is_asked_once_and_within_five_working_days(city: City) -> None:
    number, late = make(city, "closed"), make(city, "closed")
    act(city, ENTERPRISE, "request_review", number)
    act(city, "super1", "deny_review", number)
    with pytest.raises(IllegalAction, match="只能申请一次"):
        act(city, ENTERPRISE, "request_review", number)
    city.at("2026-03-25 17:30")
    act(city, "agent1", "request_review", make(city, "closed"))
    city.at("2026-03-25 17:31")
    with pytest.raises(IllegalAction, match="已过申请复核"):
        act(city, ENTERPRISE, "request_review", late)


def test_a_supervisor_reopens_and_nobody_else(city: City) -> None:
    number, desk = make(city, "closed"), make(city, "answered_at_desk")
    with pytest.raises(Forbidden):
        act(city, "agent1", "reopen", number)
    act(city, "super1", "reopen", number)
    act(city, "super1", "reopen", desk)
    assert (city.status(number), city.status(desk)) == ("HANDLING", "AWAITING_DISPATCH")


def test_later_contact_makes_a_linked_ticket(city: City) -> None:
    first = make(city, "closed")
    second = city.register("agent2", "submit", previous_no=first)
    with city.ticket(second) as (_, ticket), city.ticket(first) as (_, previous):
        assert ticket.previous_id == previous.id


def test_nothing_is_asked_for_while_the_answer_is_being_signed(city: City) -> None:
    """Otherwise the answer would leave an unruled request, or a paused clock, behind it."""
    number = make(city, "drafted")
    for login, action in (
        ("wd.handler", "request_extension"),
        ("wd.handler", "request_pause"),
        ("wd.handler", "delegate"),
        ("dispatch1", "add_support"),
    ):
        with pytest.raises(IllegalAction, match="正在单位审签"):
            act(city, login, action, number)


def test_a_withdrawn_ticket_owes_no_ruling(city: City) -> None:
    for stage in ("extension_asked", "pause_asked", "paused", "drafted"):
        number = make(city, stage)
        act(city, ENTERPRISE, "withdraw", number)
        with city.ticket(number) as (_, ticket):
            owed = (ticket.extension_pending, ticket.pause_pending, ticket.paused_since, ticket.sign_offs_left)
            assert owed == (False, False, None, 0)
