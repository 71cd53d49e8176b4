"""自动派单: what it never touches, what stops it, and that races, dead workers and bad tickets do no harm."""

import random
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from hotline.actions import perform
from hotline.deadlines.models import Clock
from hotline.directory.models import CatalogueRow, Unit
from hotline.dispatch import auto, auto_rules
from hotline.dispatch.auto_audit import figures, why_left
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule
from hotline.errors import Conflict, Forbidden
from hotline.queue import connect
from hotline.ticker import Task, run
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Ticket
from hotline.ticket.similar import SimilarTickets
from tests.auto import CUT, Automatic, teach
from tests.calendars import local
from tests.city import LOAN_INTEREST, City
from tests.integration.test_races import race

YESTERDAY = date(2026, 3, 17)


@pytest.fixture
def automatic(city: City, tmp_path: Path) -> Automatic:
    return Automatic(city, teach(tmp_path))


def left(automatic: Automatic, number: str) -> str:
    """Sweep; the ticket still waits, and why."""
    automatic.sweep()
    assert automatic.city.status(number) == "AWAITING_DISPATCH"
    with automatic.city.ticket(number) as (session, ticket):
        assert why_left(session, ticket) == automatic.row(number).reason != ""
    return automatic.row(number).outcome.value


@pytest.mark.parametrize(
    ("about", "outcome"),
    [
        ({"appeal_type": "TIP_OFF"}, "TIP_OFF"),
        ({"is_confidential": True}, "CONFIDENTIAL"),
        ({"appeal_type": "COMPLAINT", "respondent_unit_code": "WD"}, "RESPONDENT"),
        ({"appeal_type": "COMPLAINT", "respondent_login": "wd.handler"}, "RESPONDENT"),
        ({"appeal_type": "COMPLAINT", "respondent_kind": "PERSON", "respondent_name": "某窗口人员"}, "RESPONDENT"),
        ({"urgency": "EMERGENCY"}, "EMERGENCY"),
        ({"title": "咨询一件事", "body": "想了解一下情况"}, "UNSURE"),
        ({"title": "营业执照变更登记", "body": "营业执照变更怎么办"}, "DISAGREE"),
    ],
)
def test_what_is_delicate_or_in_doubt_is_left_to_a_person_with_the_reason(
    automatic: Automatic, about: dict[str, Any], outcome: str
) -> None:
    automatic.rule()
    assert left(automatic, automatic.register(**about)) == outcome


def test_a_ticket_that_was_sent_back_supervised_or_is_past_its_imposed_time_is_left(automatic: Automatic) -> None:
    city, numbers = automatic.city, [automatic.register() for _ in range(4)]
    city.do("super1", "supervise", numbers[0], text="企业反映强烈")
    city.do("dispatch1", "transfer_external", numbers[1], transferred_to="外省某市12345")
    city.do("dispatch1", "external_return", numbers[1], text="不属其管辖")
    with city.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.no == numbers[2]).values(imposed_due_at=local("2026-03-18 08:00")))
        session.execute(update(Ticket).where(Ticket.no == numbers[3]).values(round=1))
    automatic.rule()
    assert [left(automatic, number) for number in numbers] == ["SUPERVISED", "RETURNED", "PAST_DUE", "RETURNED"]


def test_a_possible_repeat_of_the_same_caller_or_of_like_text_is_left(automatic: Automatic) -> None:
    automatic.similar = SimilarTickets(CUT)
    automatic.city.register()
    same_caller = automatic.city.register(title="设备贴息", body="数控机床贷款贴息材料")
    like_text = automatic.register()
    automatic.rule()
    assert [left(automatic, number) for number in (same_caller, like_text)] == ["REPEAT", "REPEAT"]
    assert "QY" not in automatic.row(like_text).reason, "names no other ticket"


def test_without_a_model_a_row_or_a_receiver_it_is_left(automatic: Automatic, tmp_path: Path) -> None:
    city, taught = automatic.city, automatic.models
    automatic.rule()
    automatic.models = type(taught)(tmp_path / "empty", CUT)
    assert left(automatic, automatic.register()) == "NO_MODEL"
    automatic.models = taught
    with city.database.transaction() as session:
        session.execute(update(Unit).where(Unit.code == "JRJ").values(effective_to=YESTERDAY))
    assert left(automatic, automatic.register()) == "CANNOT_RECEIVE"
    with city.database.transaction() as session:
        session.execute(update(CatalogueRow).values(effective_to=YESTERDAY))
    assert left(automatic, automatic.register()) == "NO_UNIT"


def test_the_nearest_rule_counts_also_one_that_is_off(automatic: Automatic) -> None:
    automatic.rule("04")
    own = automatic.rule(LOAN_INTEREST, is_on=False)
    number = automatic.register()
    assert automatic.sweep() == 0 and automatic.city.status(number) == "AWAITING_DISPATCH"
    automatic.rule(LOAN_INTEREST)
    automatic.sweep()
    assert (automatic.city.status(number), automatic.row(number).rule_id) == ("AWAITING_SIGN", own)


def test_a_ticket_is_considered_again_when_it_or_its_rule_changed_and_not_before(automatic: Automatic) -> None:
    automatic.rule(bar=99)
    number = automatic.register()
    assert (automatic.sweep(), automatic.sweep()) == (1, 0)
    automatic.city.do("dispatch1", "amend", number, title="设备贷款贴息", text="更正标题")
    assert (automatic.sweep(), automatic.sweep()) == (1, 0)
    assert automatic.row(number).outcome == "UNSURE"
    automatic.rule(bar=90)
    assert (automatic.sweep(), automatic.city.status(number)) == (1, "AWAITING_SIGN")


def test_switching_off_stops_at_once_also_a_sweep_that_has_its_list(automatic: Automatic) -> None:
    rule, city = automatic.rule(), automatic.city
    first, second = automatic.register(), automatic.register()

    def sends_one_and_is_switched_off(session: Session, *args: Any, **more: Any) -> Ticket:
        made = perform(session, *args, **more)
        auto_rules.switch_off(session, rule, city.actor("super1"), city.now, "误派")
        return made

    city.actor("super1")
    assert automatic.sweep(sends_one_and_is_switched_off) == 1
    assert [city.status(number) for number in (first, second)] == ["AWAITING_SIGN", "AWAITING_DISPATCH"]
    assert automatic.sweep() == 0


def test_all_rules_are_switched_off_at_once_by_a_supervisor_only(automatic: Automatic) -> None:
    first, second, city = automatic.rule("04"), automatic.rule("01"), automatic.city
    with city.database.transaction() as session, pytest.raises(Forbidden):
        auto_rules.switch_off(session, None, city.actor("dispatch1"), city.now, "误派")
    with city.database.transaction() as session:
        assert auto_rules.switch_off(session, None, city.actor("super1"), city.now, "误派") == 2
    assert not automatic.is_on(first) and not automatic.is_on(second)
    with pytest.raises(Forbidden):
        automatic.rule("02", "dispatch1")
    with pytest.raises(Conflict):
        automatic.rule("04", version=1)


def test_two_sweeps_that_race_send_each_ticket_once_and_neither_stumbles(
    automatic: Automatic, caplog: pytest.LogCaptureFixture
) -> None:
    automatic.rule()
    numbers = [automatic.register() for _ in range(4)]
    results = race(automatic.sweep, automatic.sweep)
    assert all(isinstance(done, int) for done in results) and sum(results) == 4, results
    assert [record.message for record in caplog.records if record.name == auto.__name__] == []
    for number in numbers:
        with automatic.city.ticket(number) as (session, _):
            history = entries(session, _)
            assert [row.action for row in history].count("dispatch") == 1 and replay(history)
    with automatic.city.database.transaction(write=False) as session:
        assert len(session.scalars(select(AutoDispatch)).all()) == 4


def test_without_redis_the_ticker_dispatches_itself(automatic: Automatic) -> None:
    automatic.rule()
    number, stop = automatic.register(), Event()

    def sweep_and_stop() -> None:
        automatic.sweep()
        stop.set()

    def was_due(at: Any) -> bool:
        with automatic.city.database.transaction(write=False) as session:
            return auto.is_waiting(session, at)

    task = Task("deadlines", "hotline.jobs.auto_dispatch", sweep_and_stop, was_due)
    run(connect("unix:///nowhere/redis.sock"), [task], stop, interval=0.01)
    assert automatic.city.status(number) == "AWAITING_SIGN"
    assert not was_due(automatic.city.now)


def test_a_ticket_that_fails_is_left_whole_and_the_rest_go_on(automatic: Automatic) -> None:
    automatic.rule()
    first, bad, last = (automatic.register() for _ in range(3))

    def breaks(*args: Any, number: str, **more: Any) -> Ticket:
        made = perform(*args, **more, number=number)
        if number == bad:
            raise RuntimeError("half done")
        return made

    assert automatic.sweep(breaks) == 3
    assert [automatic.city.status(number) for number in (first, last)] == ["AWAITING_SIGN", "AWAITING_SIGN"]
    assert (automatic.city.status(bad), automatic.row(bad).outcome) == ("AWAITING_DISPATCH", "FAILED")
    with automatic.city.ticket(bad) as (session, ticket):
        history = entries(session, ticket)
        assert [row.action for row in history] == ["submit"] and replay(history)["status"] == "AWAITING_DISPATCH"
        assert session.scalars(select(Clock.name).filter_by(subject_kind="ticket", subject_id=ticket.id)).all()


def test_a_killed_process_leaves_a_ticket_whole_and_the_next_one_sends_it(automatic: Automatic) -> None:
    automatic.rule()
    number = automatic.register()

    class Killed(BaseException):
        """What no handler catches."""

    def dies(*args: Any, **more: Any) -> Ticket:
        perform(*args, **more)
        raise Killed

    with pytest.raises(Killed):
        automatic.sweep(dies)
    assert automatic.city.status(number) == "AWAITING_DISPATCH"
    assert automatic.sweep() == 1 and automatic.city.status(number) == "AWAITING_SIGN"


def test_without_a_rule_that_is_on_one_small_question_is_all(automatic: Automatic) -> None:
    automatic.rule(is_on=False)
    automatic.register()
    asked: list[str] = []
    with automatic.city.database.transaction(write=False) as session:
        session.connection()
        engine = automatic.city.database.engine
        event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        assert not auto.is_waiting(session, automatic.city.now)
    assert [text.split("FROM")[1].split()[0] for text in asked if "FROM" in text] == ["auto_dispatch_rule"]


def test_the_share_that_is_audited_is_drawn_by_the_die_it_is_given(automatic: Automatic) -> None:
    automatic.rule(sample=30)
    rows = automatic.sent(20)
    die = random.Random(7)
    assert [row.is_sampled for row in rows] == [die.random() * 100 < 30 for _ in rows]
    assert 0 < sum(row.is_sampled for row in rows) < 20


def test_the_guard_counts_the_last_twenty_since_the_rule_was_switched_on(automatic: Automatic) -> None:
    rule = automatic.rule(sample=100, floor=90)
    rows = automatic.sent(24)
    for number, row in enumerate(rows[:12]):
        assert automatic.is_on(rule), number
        automatic.judge(row, number not in (0, 10, 11))
    assert not automatic.is_on(rule), "three of the first twelve are more than two of twenty"
    automatic.city.now = local("2026-03-18 10:00")
    automatic.rule(sample=100, floor=90)
    automatic.judge(rows[20], False)
    assert automatic.is_on(rule), "what was sent before counts no longer"


def test_a_verdict_is_given_once_and_an_upheld_objection_needs_none(automatic: Automatic) -> None:
    automatic.rule(sample=100)
    first, second, third = automatic.sent(3)
    automatic.judge(first, True)
    with pytest.raises(Conflict):
        automatic.judge(first, False)
    with automatic.city.database.transaction(write=False) as session:
        numbers = [session.get_one(Ticket, row.ticket_id).no for row in (second, third)]
    automatic.object(numbers[0], upheld=False)
    automatic.object(numbers[1])
    with automatic.city.database.transaction(write=False) as session:
        total, by_rule = figures(session, automatic.city.actor("dispatch1"), automatic.city.now)
        assert (total.sent, total.checked, total.right, total.upheld, total.accuracy) == (3, 1, 1, 1, 1.0)
        assert list(by_rule) == [session.scalars(select(AutoDispatchRule.id)).one()]
