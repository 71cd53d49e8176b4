"""What waits for a person: told once, given another try by somebody whose name is kept."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from hotline.accounts.models import AccountRole, AuditEntry, Role
from hotline.accounts.queries import with_role
from hotline.deadlines.models import Clock
from hotline.deadlines.queries import MAX_ATTEMPTS, stuck
from hotline.directory.models import CalendarYear
from hotline.errors import Conflict
from hotline.messages.models import Audience, Notice
from hotline.outbox.models import OutboxMessage
from hotline.outbox.operations import backlog, claim, failed, mark_failed
from hotline.supervision import alarms
from tests.city import City

ERROR = "OperationalError: disk full\n[parameters: ('梁晓岚', '0499-8123456')]"


def break_clock(city: City) -> int:
    """Let the clock of a new ticket fail too often; its id."""
    city.register()
    with city.database.transaction() as session:
        clock_id: int = session.scalars(select(Clock.id).order_by(Clock.id)).first() or 0
        session.execute(update(Clock).filter_by(id=clock_id).values(attempts=MAX_ATTEMPTS, last_error=ERROR))
        return clock_id


def break_message(city: City) -> int:
    """Let the message of a new ticket fail once; its id."""
    city.register()
    with city.database.transaction() as session:
        message = claim(session, city.now)[0]
        session.flush()
        mark_failed(session, message, ERROR, city.now)
        return message.id


def audited(city: City, action: str) -> list[AuditEntry]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(AuditEntry).filter_by(action=action)))


def test_a_stuck_clock_is_given_back_by_somebody_whose_name_is_kept(city: City) -> None:
    clock_id, actor = break_clock(city), city.actor("admin1")
    with city.database.transaction() as session:
        assert [clock.id for clock in stuck(session)] == [clock_id]
        alarms.retry_clock(session, actor, clock_id, city.now)
    with city.database.transaction(write=False) as session:
        assert stuck(session) == []
    [row] = audited(city, "clock_retry")
    assert (row.actor_id, row.at, row.details["attempts"]) == (actor.account_id, city.now, MAX_ATTEMPTS)
    assert row.details["error"] == "OperationalError: disk full"
    with pytest.raises(Conflict), city.database.transaction() as session:
        alarms.retry_clock(session, actor, clock_id, city.now)


def test_a_failed_message_is_tried_at_once_instead_of_later(city: City) -> None:
    message_id, actor = break_message(city), city.actor("super1")
    with city.database.transaction() as session:
        assert (backlog(session).waiting, backlog(session).failed, backlog(session).oldest) == (1, 1, city.now)
        assert claim(session, city.now) == []
        alarms.resend(session, actor, message_id, city.now)
    with city.database.transaction() as session:
        assert [one.id for one in claim(session, city.now)] == [message_id]
    assert [row.actor_id for row in audited(city, "outbox_resend")] == [actor.account_id]


def test_the_command_line_gives_all_of_them_another_try(city: City) -> None:
    break_message(city)
    break_clock(city)
    with city.database.transaction() as session:
        lines = alarms.waiting(session)
        assert [line.split("：")[1] for line in lines] == [
            f"试过 {MAX_ATTEMPTS} 次，OperationalError: disk full",
            "试过 1 次，OperationalError: disk full",
        ]
        assert alarms.retry_all(session, city.now) == (1, 1)
    with city.database.transaction(write=False) as session:
        assert stuck(session) == []
        assert [one.available_at for one in failed(session)] == [city.now]
    assert {row.actor_id for row in audited(city, "clock_retry") + audited(city, "outbox_resend")} == {None}


def told(city: City, year: int) -> list[int | None]:
    with city.database.transaction(write=False) as session:
        return sorted(session.scalars(select(Notice.account_id).filter_by(topic=f"calendar:{year}")))


def watch(city: City) -> int:
    with city.database.transaction() as session:
        return alarms.tell_uncovered_years(session, city.now)


def supervisors_and_admins(city: City) -> list[int]:
    with city.database.transaction(write=False) as session:
        return sorted({one.id for role in (Role.SUPERVISOR, Role.ADMIN) for one in with_role(session, role)})


def test_a_year_without_a_calendar_is_told_once_to_supervisors_and_administrators(city: City) -> None:
    assert watch(city) == 0
    city.at("2026-12-30 10:00")
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    people = supervisors_and_admins(city)
    assert watch(city) == len(people) > 1
    assert watch(city.at("2026-12-31 10:00")) == 0
    assert told(city, 2027) == people


def test_who_becomes_a_supervisor_later_is_told_then_and_the_others_not_again(city: City) -> None:
    watch(city.at("2026-12-30 10:00"))
    with city.database.transaction() as session:
        session.add(AccountRole(account_id=city.actor("agent1").account_id, role=Role.SUPERVISOR))
    assert watch(city) == 1
    assert told(city, 2027) == supervisors_and_admins(city)


def test_an_imported_year_is_no_news(city: City) -> None:
    city.at("2026-12-30 10:00")
    with city.database.transaction() as session:
        session.add(CalendarYear(year=2027, notice="测试", imported_at=city.now))
    assert watch(city) == 0


def test_a_notice_is_about_a_ticket_or_about_a_topic(city: City) -> None:
    person, said = city.actor("super1").account_id, {"audience": Audience.STAFF, "title": "x", "text": "x"}
    for about in ({}, {"seq": 1}, {"topic": "calendar:2027", "seq": 1}):
        with pytest.raises(IntegrityError), city.database.transaction() as session:
            session.add(Notice(account_id=person, created_at=city.now, **said, **about))


def test_the_outbox_says_how_much_waits(city: City) -> None:
    with city.database.transaction() as session:
        session.execute(delete(OutboxMessage))
        assert (backlog(session).waiting, backlog(session).failed, backlog(session).oldest) == (0, 0, None)
