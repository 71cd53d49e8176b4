"""The demo city's year: made by the house's own rules, so every invariant of the house must hold in it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline import demo
from hotline.accounts.models import Account, Role
from hotline.actions import sweep_context
from hotline.clock import to_local
from hotline.database import Database
from hotline.deadlines.models import Clock, ClockState, Firing
from hotline.deadlines.queries import is_due
from hotline.deadlines.sweep import sweep
from hotline.demo.player import RECENT
from hotline.demo.watched import AHEAD
from hotline.directory.models import CatalogueRow
from hotline.knowledge.models import KbEntry
from hotline.knowledge.records import Submission
from hotline.outbox.models import OutboxMessage
from hotline.ticket.ledger import LedgerEntry, entries, plain, replay
from hotline.ticket.models import OPEN, Citation, Reply, Ticket, TicketStatus
from hotline.ticket.operations import REPLAYED
from tests import services
from tests.calendars import local

NOW = local("2026-11-20 10:30")
"""A Friday morning in office hours."""
NIGHT = local("2026-11-22 03:00")
"""A Sunday."""
COUNT = 120


def opened(template: Path, folder: Path) -> Database:
    with services.sqlite_copy(template, folder) as url:
        return Database(services.settings(folder, url))


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A small demo city; read-only for the tests."""
    database = opened(sqlite_template, tmp_path_factory.mktemp("demo"))
    demo.fill(database, NOW, count=COUNT)
    yield database
    database.engine.dispose()


@pytest.fixture
def session(filled: Database) -> Iterator[Session]:
    with filled.transaction(write=False) as session:
        yield session


def summary(session: Session) -> list[tuple[str, str, str]]:
    return [(t.no, t.title, t.status.value) for t in session.scalars(select(Ticket).order_by(Ticket.no))]


def test_a_fresh_database_is_empty_and_a_filled_one_is_not(sqlite_database: Database, filled: Database) -> None:
    assert demo.is_empty(sqlite_database)
    assert not demo.is_empty(filled)


def test_as_many_tickets_as_asked_for_lie_in_the_last_year(session: Session) -> None:
    received = session.scalars(select(Ticket.received_at)).all()
    assert len(received) == COUNT
    assert 0 <= (NOW - max(received)).days <= 3
    assert 300 <= (NOW - min(received)).days <= 366


def test_every_ledger_replays_without_a_gap_and_in_order_of_time(session: Session) -> None:
    for ticket in session.scalars(select(Ticket)):
        history = entries(session, ticket)
        state = replay(history)
        assert state["status"] == ticket.status
        assert {name: state.get(name) for name in REPLAYED} == {name: plain(getattr(ticket, name)) for name in REPLAYED}
        assert [entry.at for entry in history] == sorted(entry.at for entry in history)
        assert history[-1].at <= NOW


def test_every_open_ticket_has_a_running_clock_and_somebody_who_answers_for_it(session: Session) -> None:
    ticking = select(Clock.subject_id).filter_by(subject_kind="ticket", state=ClockState.RUNNING)
    running = set(session.scalars(ticking))
    tickets = session.scalars(select(Ticket).where(Ticket.status.in_(OPEN))).all()
    assert tickets
    for ticket in tickets:
        assert (ticket.merged_into_id or ticket.id) in running
        assert ticket.follower.roles
        assert ticket.lead_unit_id is None or ticket.handler is not None


def test_no_ended_ticket_has_a_clock_that_runs(session: Session) -> None:
    ended = select(Ticket.id).where(Ticket.status.not_in(OPEN), ~Ticket.review_pending)
    clocks = select(Clock).where(Clock.subject_kind == "ticket", Clock.subject_id.in_(ended))
    assert not session.scalars(clocks.where(Clock.state != ClockState.STOPPED)).all()


def test_every_rung_fired_at_its_own_instant(session: Session) -> None:
    firings = session.scalars(select(Firing)).all()
    assert firings
    assert {firing.fired_at - firing.due_at for firing in firings} == {NOW - NOW}
    assert not is_due(session, NOW)
    assert not session.scalars(select(Clock).where(Clock.last_error.is_not(None))).all()


def test_no_action_was_done_by_a_stranger_to_the_directory(session: Session) -> None:
    known = set(session.scalars(select(Account.id)))
    actors = set(session.scalars(select(LedgerEntry.actor_id)))
    assert actors - {None} <= known


def test_only_the_last_minutes_notices_are_still_to_be_sent(session: Session) -> None:
    created = session.scalars(select(OutboxMessage.created_at).where(OutboxMessage.sent_at.is_(None))).all()
    assert all(NOW - RECENT <= at <= NOW for at in created)
    assert session.scalars(select(func.count()).select_from(OutboxMessage)).one() > COUNT


def test_the_policies_are_in_the_knowledge_base(session: Session) -> None:
    assert session.scalars(select(func.count()).select_from(KbEntry)).one() > 80


def test_the_catalogue_has_a_past_and_a_row_that_waits_for_its_day(session: Session) -> None:
    newer = session.scalars(select(CatalogueRow).where(CatalogueRow.version > 1).order_by(CatalogueRow.id)).all()
    assert [row.effective_from > to_local(NOW).date() for row in newer] == [False, True]
    assert all(row.reason and row.legal_basis for row in newer)


def test_every_role_has_a_login_with_a_chinese_name(session: Session) -> None:
    logins = demo.logins()
    assert {label for label, _, _ in logins} == {role.label for role in Role} - {"企业", "系统"}
    known = set(session.scalars(select(Account.login)))
    assert {login for _, login, _ in logins} <= known


def test_the_same_seed_makes_the_same_city(filled: Database, sqlite_database: Database) -> None:
    seen: list[tuple[int, int]] = []
    demo.fill(sqlite_database, NOW, lambda done, total: seen.append((done, total)), count=COUNT)
    with filled.transaction(write=False) as first, sqlite_database.transaction(write=False) as second:
        assert summary(first) == summary(second)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("now", [NOW, NIGHT], ids=["in office hours", "at night"])
def test_the_showcase_gets_its_yellow_card_forty_seconds_after_the_start(sqlite_database: Database, now) -> None:
    demo.fill(sqlite_database, now, count=1)
    number = demo.showcase(sqlite_database, now)
    with sqlite_database.transaction() as session:
        ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
        assert ticket.status is TicketStatus.HANDLING
        sweep(session, now + AHEAD * 0.99, sweep_context(session))
        assert "黄牌" not in [entry.label for entry in entries(session, ticket)]
        sweep(session, now + AHEAD, sweep_context(session))
        assert entries(session, ticket)[-1].label == "黄牌"


def test_seven_hundred_tickets_show_every_status_and_some_are_overdue(sqlite_database: Database) -> None:
    demo.fill(sqlite_database, NOW, count=700)
    with sqlite_database.transaction(write=False) as session:
        assert set(session.scalars(select(Ticket.status))) == set(TicketStatus)
        late = select(Clock).filter_by(subject_kind="ticket", name="TOTAL", state=ClockState.RUNNING)
        assert session.scalars(late.where(Clock.due_at < NOW)).all()
        assert {"YELLOW", "RED", "SUPERVISED"} <= {name.upper() for name in session.scalars(select(Firing.name))}


def test_replies_cite_what_the_city_knows_and_at_most_one_regulation_is_long_owed(session: Session) -> None:
    cited = session.scalar(select(func.count(func.distinct(Citation.reply_id))))
    replies = session.scalar(select(func.count()).select_from(Reply).where(Reply.unit_id.is_not(None)))
    assert cited and replies and cited > replies * 0.8
    owed = session.scalars(select(Submission).where(Submission.closed_at.is_(None))).all()
    assert sum(row.opened_at < NOW - timedelta(days=7) for row in owed) <= 1
