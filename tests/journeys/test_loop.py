"""From a telephone call to a rated, closed ticket: the loop of the whole house through `perform()`."""

import pytest

from hotline.deadlines.queries import clocks_of
from hotline.errors import Forbidden, IllegalAction
from hotline.feedback.models import CallbackAttempt
from hotline.ticket.clocks import subject_of
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Objection, Reply
from hotline.ticket.queries import hanging
from tests.calendars import local
from tests.city import City

REPLY = {
    "public_text": "经核查，贵公司缺少设备验收单，补齐后可在三个工作日内受理。",
    "internal_note": "窗口口径不一，已内部通报。",
    "legal_basis": "临海湾市设备购置贷款贴息办法第六条",
    "is_true": True,
}
BAD_CALL = {
    "result": "REACHED",
    "was_contacted": True,
    "is_resolved": False,
    "satisfaction": "DISSATISFIED",
    "text": "材料已补，仍未受理",
}
GOOD_CALL = {"result": "REACHED", "was_contacted": True, "is_resolved": True, "satisfaction": "SATISFIED"}


def handled(city: City) -> str:
    """A ticket that the unit objected to, was overruled on, signed and contacted the enterprise about."""
    number = city.register()
    city.at("2026-03-18 09:12").do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.at("2026-03-18 09:40").do(
        "jrj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="应由工信局办理",
        suggested_unit_code="GXJ",
    )  # fmt: skip
    city.at("2026-03-18 10:05").do("dispatch1", "overrule", number, text="派单目录 040201 明确由金融局主办")
    city.at("2026-03-18 10:20").do("jrj.handler", "sign", number)
    city.at("2026-03-18 10:41").do("jrj.handler", "contact", number, result="REACHED", text="已与梁女士核对材料")
    return number


def answered(city: City, number: str) -> None:
    """The unit replies, its leader signs off, the hotline approves."""
    city.do("jrj.handler", "reply", number, **REPLY)
    city.do("jrj.leader", "sign_off", number)
    city.do("review1", "approve", number)


def test_a_call_becomes_a_closed_ticket_after_objection_and_rework(city: City) -> None:
    number = handled(city)
    assert city.status(number) == "HANDLING"
    answered(city.at("2026-03-19 16:00"), number)
    city.at("2026-03-20 09:30").do("callback1", "callback", number, **BAD_CALL)
    city.do("callback1", "rework", number, text="请当面受理并说明")
    assert city.status(number) == "HANDLING"
    city.at("2026-03-20 10:10").do("jrj.handler", "contact", number, result="REACHED", text="约定当日下午受理")
    answered(city.at("2026-03-20 16:00"), number)
    city.at("2026-03-23 09:00").do("callback1", "callback", number, **GOOD_CALL)
    city.do("callback1", "close", number)
    with city.ticket(number) as (session, ticket):
        assert ticket.status.label == "已办结"
        assert (ticket.round, ticket.objection_count, ticket.is_resolved) == (1, 1, True)
        assert [o.ruling for o in hanging(session, Objection, ticket)] == ["DENIED"]
        assert [r.round for r in hanging(session, Reply, ticket)] == [0, 1]
        assert len(hanging(session, CallbackAttempt, ticket)) == 2
        assert not [c for c in clocks_of(session, subject_of(ticket)) if c.state != "STOPPED"]


def test_objection_and_rework_do_not_move_the_total_clocks_start(city: City) -> None:
    number = handled(city)
    answered(city.at("2026-03-19 16:00"), number)
    city.at("2026-03-20 09:30").do("callback1", "callback", number, **BAD_CALL)
    city.do("callback1", "rework", number, text="请当面受理并说明")
    with city.ticket(number) as (session, ticket):
        clocks = {c.name: c for c in clocks_of(session, subject_of(ticket))}
        assert clocks["TOTAL"].started_at == local("2026-03-18 09:12")
        assert clocks["TOTAL"].due_at == local("2026-03-24 17:30")  # four working days after day zero
        assert clocks["REWORK"].started_at == local("2026-03-20 09:30")


def test_replaying_the_ledger_rebuilds_the_ticket(city: City) -> None:
    number = handled(city)
    answered(city, number)
    with city.ticket(number) as (session, ticket):
        history = entries(session, ticket)
        state = replay(history)
        assert [entry.seq for entry in history] == list(range(1, len(history) + 1))
        assert state["status"] == ticket.status == "AWAITING_CALLBACK"
        assert state["lead_unit_id"] == ticket.lead_unit_id
        assert state["handler_id"] == ticket.handler_id
        assert state["version"] == ticket.version


def test_another_units_handler_cannot_even_see_the_ticket(city: City) -> None:
    number = handled(city)
    with pytest.raises(Exception, match="没有找到这件工单"):
        city.do("gxj.handler", "reply", number, **REPLY)


def test_an_action_of_another_status_is_refused_with_what_is_allowed(city: City) -> None:
    number = city.register()
    with pytest.raises(IllegalAction) as refused:
        city.do("dispatch1", "approve", number)
    assert refused.value.details["status"] == "AWAITING_DISPATCH"
    assert "dispatch" in refused.value.details["allowed"]
    with pytest.raises(Forbidden):
        city.do("agent1", "dispatch", number, unit_code="JRJ")


def test_a_rung_is_not_lost_when_a_person_is_faster_than_the_sweep(city: City) -> None:
    number = city.register()
    city.at("2026-03-18 09:12").do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.at("2026-03-18 10:00").do("jrj.handler", "sign", number)
    city.at("2026-03-18 15:00").do("jrj.handler", "contact", number, result="REACHED", text="迟了才联系")
    with city.ticket(number) as (session, ticket):
        rungs = [entry for entry in entries(session, ticket) if entry.action == "rung"]
        assert [entry.data["rung"] for entry in rungs] == ["reminder", "urge", "yellow", "red", "supervised"]
        assert rungs[2].data["due_at"] == local("2026-03-18 10:12").isoformat()
        assert entries(session, ticket)[-1].action == "contact"
