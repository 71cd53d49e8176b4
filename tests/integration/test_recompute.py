"""A year's notice or a new profile moves open clocks as previewed, and nothing else."""

import random
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.deadlines.models import Clock
from hotline.deadlines.queries import clocks_of
from hotline.directory.holidays import YearNotice, calendar_after, read_notice, stored_year
from hotline.directory.models import SlaProfile
from hotline.directory.operations import new_version, newest_version
from hotline.directory.time import rules_of, working_calendar
from hotline.outbox.models import OutboxMessage
from hotline.supervision.recompute import (
    Basis,
    Move,
    import_notice,
    preview,
    recompute,
    recompute_by_profile,
    uncovered_years,
)
from hotline.ticket.clocks import subject_of
from hotline.ticket.ledger import entries, replay
from routing.deadlines import Limit
from tests.calendars import local
from tests.city import City

NOTICE = read_notice(2027, "2027 年节假日安排（测试）", "01-01..01-03 02-05..02-11", "01-30 02-20")


@pytest.fixture
def december(city: City) -> City:
    """The last days of a covered year: total clocks reach into one without a notice."""
    return city.at("2026-12-30 10:00")


def dispatched(city: City, **more: Any) -> str:
    number = city.register(**more)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    return number


def closed(city: City) -> str:
    number = dispatched(city)
    city.do("jrj.handler", "sign", number)
    city.do("jrj.handler", "reply", number, public_text="已受理", legal_basis="办法第六条")
    city.do("jrj.leader", "sign_off", number)
    city.do("review1", "approve", number)
    city.do("callback1", "callback", number, result="REACHED", was_contacted=True, is_resolved=True,
            satisfaction="SATISFIED")  # fmt: skip
    city.do("callback1", "close", number)
    return number


def at_work(city: City) -> list[str]:
    """Tickets in many states: open, supported, asked about, paused, merged, closed."""
    plain = dispatched(city)
    supported = dispatched(city)
    city.do("dispatch1", "add_support", supported, unit_code="GXJ", text="核对设备目录")
    asked = dispatched(city)
    city.do("dispatch1", "ask_expert", asked, expert_login="expert.policy", question="目录内设备如何认定？")
    paused = dispatched(city)
    city.do("jrj.handler", "sign", paused)
    city.do(
        "jrj.handler", "request_pause", paused, reason="WAITING_MATERIAL", legal_basis="办法第九条", text="待验收单"
    )
    city.do("super1", "grant_pause", paused)
    return [plain, supported, asked, paused, city.register(), closed(city)]


def snapshot(city: City) -> dict[int, tuple[str, datetime, datetime, Any]]:
    with city.database.transaction(write=False) as session:
        return {c.id: (c.state.value, c.started_at, c.due_at, c.next_fire_at) for c in session.scalars(select(Clock))}


def import_into(city: City, notice: YearNotice = NOTICE) -> list[Move]:
    with city.database.transaction() as session:
        return import_notice(session, city.actor("admin1"), notice, city.now)


def total(city: City, number: str) -> Clock:
    with city.ticket(number) as (session, ticket):
        return next(c for c in clocks_of(session, subject_of(ticket)) if c.name == "TOTAL")


def test_a_notice_moves_the_total_clock_and_ends_its_provisional_state(december: City) -> None:
    number = dispatched(december)
    before = total(december, number)
    assert before.provisional and before.due_at == local("2027-01-05 17:30")  # 1 January counted as a Friday
    december.at("2026-12-30 15:00")
    import_into(december)
    after = total(december, number)
    assert not after.provisional
    assert after.due_at == local("2027-01-06 17:30")
    assert after.started_at == before.started_at and after.first_due_at == before.first_due_at
    assert after.moves[-1]["kind"] == "recompute"


def test_the_preview_is_exactly_what_the_import_then_does(december: City) -> None:
    at_work(december)
    with december.database.transaction(write=False) as session:
        planned = preview(session, Basis(calendar_after(session, NOTICE)))
    assert planned
    assert import_into(december) == planned


def test_no_start_moves_and_stopped_clocks_stay_untouched(december: City) -> None:
    at_work(december)
    before = snapshot(december)
    moves = import_into(december)
    after = snapshot(december)
    assert {i: row[:2] for i, row in before.items()} == {i: row[:2] for i, row in after.items()}
    assert [i for i in before if before[i][0] == "STOPPED" and before[i] != after[i]] == []
    assert len([i for i in before if before[i][2] != after[i][2]]) == len(moves)


def test_every_kind_of_subject_is_counted_again(december: City) -> None:
    _, supported, asked, paused, _, finished = at_work(december)
    moved = {(move.number, move.clock) for move in import_into(december)}
    assert (asked, "专家答复") not in moved  # due on 31 December, in the covered year
    assert {(supported, "办理总时限"), (asked, "办理总时限"), (paused, "办理总时限"), (paused, "挂起上限")} <= moved
    assert finished not in {number for number, _ in moved}


def test_inner_clocks_of_units_and_experts_move_too(december: City) -> None:
    number = dispatched(december.at("2026-12-31 16:00"))
    december.do("dispatch1", "ask_expert", number, expert_login="expert.policy", question="目录内设备如何认定？")
    assert (number, "专家答复") in {(move.number, move.clock) for move in import_into(december)}


def test_importing_the_same_notice_again_moves_nothing(december: City) -> None:
    at_work(december)
    import_into(december)
    before = snapshot(december)
    assert import_into(december) == []
    assert snapshot(december) == before


def test_each_changed_ticket_gets_one_ledger_row_and_its_people_are_told(december: City) -> None:
    at_work(december)
    moves = import_into(december)
    for number in {move.number for move in moves}:
        with december.ticket(number) as (session, ticket):
            history = entries(session, ticket)
            rows = [row for row in history if row.action == "recompute"]
            assert len(rows) == 1 and rows[0].label == "时限重算"
            mine = [[m.clock, m.before.isoformat(), m.after.isoformat()] for m in moves if m.number == number]
            assert rows[0].data["moves"] == mine
            assert replay(history)["status"] == ticket.status
            key = f"ticket:{ticket.id}:{rows[0].seq}"
            assert session.scalar(select(OutboxMessage.id).filter_by(dedup_key=key)) is not None


def test_the_import_is_audited_with_before_and_after(december: City) -> None:
    number = dispatched(december)
    import_into(december)
    import_into(december, read_notice(2027, "更正通知", "01-01..01-04", ""))
    with december.database.transaction(write=False) as session:
        first, second = session.scalars(select(AuditEntry).filter_by(action="calendar_import").order_by(AuditEntry.id))
        assert first.details["before"] == {} and first.subject == "calendar:2027"
        assert first.details["moves"][0][0] == number
        assert second.details["before"]["holidays"] == "01-01..01-03 02-05..02-11"
        assert second.details["after"] == {"notice": "更正通知", "holidays": "01-01..01-04", "makeups": ""}
        stored = stored_year(session, 2027)
        assert stored is not None and [day.day for day in stored.holidays] == [1, 2, 3, 4]


def test_an_uncovered_year_is_an_alarm_as_soon_as_it_is_near_or_reached(city: City) -> None:
    with city.database.transaction(write=False) as session:
        assert uncovered_years(session, local("2026-11-01 09:00")) == {}
        assert uncovered_years(session, local("2026-11-03 09:00")) == {2027: 0}
    dispatched(city.at("2026-12-30 10:00"))
    with city.database.transaction(write=False) as session:
        assert uncovered_years(session, city.now)[2027] >= 1
    import_into(city)
    with city.database.transaction(write=False) as session:
        assert uncovered_years(session, city.now) == {}


def longer(city: City, text: str) -> int:
    """A new version of "124" with another limit for help; its id."""
    with city.database.transaction() as session:
        old = newest_version(session, "124")
        rules = rules_of(old)
        limits = {**rules.limits, "TOTAL": {**rules.limits["TOTAL"], "*": Limit.parse(text)}}
        return new_version(session, old, old.name, replace(rules, limits=limits), city.now.date()).id


def test_a_new_profile_version_is_for_new_tickets_until_open_ones_are_recomputed(city: City) -> None:
    number = dispatched(city)
    before = total(city, number)
    profile_id = longer(city, "6wd")
    assert total(city, number).due_at == before.due_at == local("2026-03-24 17:30")
    fresh = dispatched(city)
    assert total(city, fresh).due_at == local("2026-03-26 17:30")
    with city.database.transaction() as session:
        profile = session.get_one(SlaProfile, profile_id)
        planned = preview(session, Basis(working_calendar(session), profile))
        moves = recompute_by_profile(session, city.actor("admin1"), profile, city.now)
        assert moves == planned
        assert {move.number for move in moves} == {number}
        session.flush()
        details = session.scalars(select(AuditEntry).filter_by(action="profile_recompute")).one().details
        assert details["before"]["tickets_by_version"] == {"1": 1, "2": 1}
        assert details["after"] == {"version": 2, "tickets_by_version": {"2": 2}}
        assert details["beside"] == {"knowledge": 0, "experts": 0}
    after = total(city, number)
    assert (after.due_at, after.started_at, after.limit) == (local("2026-03-26 17:30"), before.started_at, "6wd")
    assert after.profile_id == profile_id
    with city.ticket(number) as (session, ticket):
        assert ticket.profile_id == profile_id == replay(entries(session, ticket))["profile_id"]


def test_an_extension_is_applied_again_on_top_of_the_new_calendar(december: City) -> None:
    number = dispatched(december)
    december.do("jrj.handler", "sign", number)
    december.do("jrj.handler", "request_extension", number, reason="COMPLEX", legal_basis="办法第八条", text="需核查",
                working_days=2)  # fmt: skip
    december.do("super1", "grant_extension", number)
    assert total(december, number).due_at == local("2027-01-07 17:30")
    import_into(december)
    assert total(december, number).due_at == local("2027-01-08 17:30")


def test_recompute_without_any_change_writes_no_row(city: City) -> None:
    number = dispatched(city)
    with city.database.transaction() as session:
        assert recompute(session, city.actor("admin1"), "核对", city.now) == []
    with city.ticket(number) as (session, ticket):
        assert "recompute" not in {row.action for row in entries(session, ticket)}


def random_notice(seed: int) -> YearNotice:
    """Any days off and any weekends worked, more wildly than a real notice."""
    rng = random.Random(seed)
    january = [date(2027, 1, day) for day in range(1, 29)]
    off = rng.sample(january, rng.randint(1, 12))
    worked = [day for day in january if day.weekday() >= 5 and day not in off]
    return YearNotice(2027, f"随机安排 {seed}", tuple(off), tuple(rng.sample(worked, rng.randint(0, len(worked)))))


def test_whatever_the_notices_say_starts_stay_stopped_clocks_rest_and_previews_come_true(december: City) -> None:
    at_work(december)
    first = snapshot(december)
    for seed in range(12):
        notice = random_notice(seed)
        with december.database.transaction(write=False) as session:
            planned = preview(session, Basis(calendar_after(session, notice)))
        before = snapshot(december)
        assert import_into(december, notice) == planned, seed
        after = snapshot(december)
        assert {i: row[1] for i, row in after.items()} == {i: row[1] for i, row in first.items()}, seed
        assert all(row == first[i] for i, row in after.items() if row[0] == "STOPPED"), seed
        assert sum(before[i][2] != after[i][2] for i in after) == len(planned), seed
    import_into(december, read_notice(2027, "如无放假", "12-25", ""))
    assert {i: row[2] for i, row in snapshot(december).items()} == {i: row[2] for i, row in first.items()}
