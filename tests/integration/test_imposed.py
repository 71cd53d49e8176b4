"""A due time set from above: asked about when it has passed, loud when it was missed, moved only by who set it."""

from datetime import datetime
from typing import Any

import pytest

from hotline.deadlines.models import Clock
from hotline.deadlines.queries import clocks_of
from hotline.errors import Invalid
from hotline.ticket.clocks import subject_of
from hotline.ticket.ledger import entries, plain, replay
from hotline.ticket.listing import page
from hotline.ticket.models import Extension
from hotline.ticket.queries import hanging
from tests.calendars import local
from tests.city import City

ABOVE = {"source_code": "SUPERIOR", "external_no": "S-1"}
PAST, SOON = "2026-03-17T18:00", "2026-03-20T12:00"
ASKED = {"reason": "COMPLEX", "working_days": 2, "legal_basis": "办法第九条", "text": "需核实"}
AGREED = {"agreed_by": "省专班 王处", "agreed_ref": "督函〔2026〕17号", "agreed_on": "2026-03-18"}


def clock(city: City, number: str, name: str) -> Clock:
    with city.ticket(number) as (session, ticket):
        return next(one for one in clocks_of(session, subject_of(ticket)) if one.name == name)


def imposed(city: City, number: str) -> datetime | None:
    with city.ticket(number) as (_, ticket):
        return ticket.imposed_due_at


def at_unit(city: City, due: str = SOON) -> str:
    number = city.register("agent1", **ABOVE, imposed_due_at=due)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    return number


def test_an_upheld_dispute_takes_back_what_the_extension_moved_above_too(city: City) -> None:
    number = at_unit(city)
    city.do("jrj.handler", "request_extension", number, **ASKED, **AGREED)
    city.do("super1", "grant_extension", number)
    assert imposed(city, number) == local("2026-03-24 12:00")
    city.do("agent1", "dispute", number, text="材料早已交齐")
    city.do("super1", "uphold_dispute", number, text="理由不足")
    assert imposed(city, number) == clock(city, number, "TOTAL").due_at == local("2026-03-20 12:00")
    with city.ticket(number) as (session, ticket):
        assert replay(entries(session, ticket))["imposed_due_at"] == plain(ticket.imposed_due_at)


def test_a_time_that_has_passed_is_asked_about_before_it_is_registered(city: City) -> None:
    with pytest.raises(Invalid, match="上级时限（2026-03-17 18:00）已过，是否仍按此时限登记") as asked:
        city.register("agent1", **ABOVE, imposed_due_at=PAST)
    assert (asked.value.code, asked.value.field) == ("imposed_due_past", "imposed_due_confirmed")
    assert city.register("agent1", **ABOVE, imposed_due_at=PAST, imposed_due_confirmed=True)


def test_a_ticket_whose_time_has_passed_is_overdue_before_anybody_has_dispatched_it(city: City) -> None:
    number = city.register("agent1", **ABOVE, imposed_due_at=PAST, imposed_due_confirmed=True)
    total = clock(city, number, "TOTAL")
    assert total.due_at == local("2026-03-17 18:00")
    assert clock(city, number, "DISPATCH").due_at > city.now
    assert total.moves[0]["reason"] == "上级要求 2026-03-17 18:00 前办结，该时限已过，按超期处理"
    with city.database.transaction(write=False) as session:
        overdue = page(session, city.actor("dispatch1"), city.now, view="overdue")
    assert [row.ticket.no for row in overdue.rows] == [number]
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    assert clock(city, number, "TOTAL").id == total.id


def test_the_wait_for_dispatch_never_outlasts_the_whole_but_a_new_round_waits_as_usual(city: City) -> None:
    soon = city.register("agent1", **ABOVE, imposed_due_at="2026-03-18T09:20")
    assert clock(city, soon, "DISPATCH").due_at == local("2026-03-18 09:20")
    reopened = city.register(
        "agent1", "refuse", source_code="SUPERIOR", external_no="S-2", imposed_due_at=SOON,
        refusal_reason="LEGAL_ROUTE", legal_route="可向人民法院起诉",
    )  # fmt: skip
    city.at("2026-04-15 09:00").do("super1", "reopen", reopened, text="发现新情况")
    assert clock(city, reopened, "DISPATCH").due_at > city.now


@pytest.mark.parametrize("left_out", sorted(AGREED))
def test_without_the_whole_record_of_the_agreement_it_is_not_extended(city: City, left_out: str) -> None:
    number = at_unit(city)
    told = {name: value for name, value in AGREED.items() if name != left_out}
    for agreement in ({}, told):
        with pytest.raises(Invalid, match="上级已限定") as refused:
            city.do("jrj.handler", "request_extension", number, **ASKED, **agreement)
        assert refused.value.code == "due_time_imposed"
    assert refused.value.field == left_out
    with pytest.raises(Invalid, match="不能晚于今天"):
        city.do("jrj.handler", "request_extension", number, **ASKED, **{**AGREED, "agreed_on": "2026-03-19"})


def test_with_it_both_due_times_move_when_the_supervisor_grants_and_the_ledger_says_so(city: City) -> None:
    number = at_unit(city)
    city.do("jrj.handler", "request_extension", number, **ASKED, **AGREED)
    assert imposed(city, number) == local("2026-03-20 12:00")
    city.do("super1", "grant_extension", number)
    moved = local("2026-03-24 12:00")  # two working days after Friday noon
    total = clock(city, number, "TOTAL")
    assert (imposed(city, number), total.due_at) == (moved, moved)
    assert "上级同意：省专班 王处，督函〔2026〕17号，2026-03-18" in total.moves[-1]["reason"]
    with city.ticket(number) as (session, ticket):
        rows: dict[str, Any] = {entry.action: entry for entry in entries(session, ticket)}
        [kept] = hanging(session, Extension, ticket)
    assert (kept.agreed_by, kept.agreed_ref, kept.agreed_on.isoformat()) == tuple(AGREED.values())
    assert AGREED.items() <= rows["request_extension"].data.items()
    assert rows["grant_extension"].changes["imposed_due_at"] == [
        "2026-03-20T04:00:00+00:00",
        "2026-03-24T04:00:00+00:00",
    ]


def test_a_denied_extension_moves_nothing(city: City) -> None:
    number = at_unit(city)
    city.do("jrj.handler", "request_extension", number, **ASKED, **AGREED)
    city.do("super1", "deny_extension", number, text="理由不足")
    assert imposed(city, number) == clock(city, number, "TOTAL").due_at == local("2026-03-20 12:00")
