"""Every cell (state × action × person): `perform()`, the API and the offered actions say what the table says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.actions import ACTIONS, CREATING, perform
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.errors import DomainError
from hotline.ticket import queries
from hotline.ticket.clocks import subject_of
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import Ticket, TicketStatus
from hotline.ticket.operations import actions
from hotline.workflow import Transition
from routing.profiles import BUILT_IN, ClockName
from tests.api.client import Api
from tests.city import City
from tests.conftest import city_on
from tests.factories import ENTERPRISE, OTHER_ENTERPRISE, PAYLOADS, STAGES, cast
from tests.meta.stage import Rehearsal, numbers
from tests.meta.tree import ROOT, files

PEOPLE = (
    *("agent1", "lead1", "dispatch1", "review1", "callback1", "super1", "szf.super", "audit1", "admin1", "kb1"),
    *("wd.handler", "wd.handler2", "wd.leader", "wd.sjj.handler", "jrj.handler", "szf.leader"),
    *("expert.market", "expert.tax"),
)
CAST = (*PEOPLE, ENTERPRISE, OTHER_ENTERPRISE, "SYSTEM")
"""Somebody of every role; of the lead unit, below, above and beside it; asked and not asked."""
REFUSALS = {403, 404, 409, 422}


class Theatre:
    """The city with a ticket at every stage, on a database that forgets each rehearsal."""

    def __init__(self, city: City, patch: pytest.MonkeyPatch, *, sample: bool) -> None:
        self.tickets = numbers(city, sample=sample)
        self.master = city.register()
        for login in PEOPLE:
            city.actor(login)
        self.api = Api(city, patch)
        for login in PEOPLE:
            self.api.token(login)
        self.actors = {(login, no): cast(city, login, no) for no in self.tickets.values() for login in CAST}
        self.city, self.database = city, Rehearsal(city.database)
        self.api.app.extensions["hotline"].database = self.database

    def form(self, action: str) -> dict[str, object]:
        return {**PAYLOADS[action], **({"master_no": self.master} if action == "merge" else {})}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    from hotline.database import Database
    from tests import services

    template = request.getfixturevalue(f"{request.param}_template")
    folder = tmp_path_factory.mktemp("theatre")
    copy = services.sqlite_copy(template, folder) if request.param == "sqlite" else services.postgres_copy(template)
    with copy as url, pytest.MonkeyPatch.context() as patch:
        database = Database(services.settings(folder, url))
        made = Theatre(city_on(database), patch, sample=request.param == "postgres")
        yield made
        made.database.end()
        database.engine.dispose()


def offered(session: Session, theatre: Theatre, actor: Actor, number: str) -> dict[str, Transition]:
    """What the table lets this actor do, by action; nothing where the ticket is out of sight."""
    ticket = session.scalar(queries.visible(actor).where(Ticket.no == number))
    return {row.action: row for row in actions(ticket, actor, theatre.city.now)} if ticket else {}


def test_every_status_has_a_stage() -> None:
    assert {stage.status for stage in STAGES.values()} == set(TicketStatus)


@pytest.mark.parametrize("login", CAST)
def test_perform_does_exactly_what_the_table_allows(theatre: Theatre, login: str) -> None:
    for name, number in theatre.tickets.items():
        actor = theatre.actors[login, number]
        with theatre.database.undone(), theatre.database.transaction() as session:
            legal = offered(session, theatre, actor, number)
            for action in ACTIONS:
                cell = f"{login} {action} {name}"
                if action in legal:
                    done(session, theatre, actor, legal[action], number, cell)
                else:
                    refused(session, theatre, actor, action, number, cell)
            assert not (session.dirty or session.new or session.deleted), f"a refused action left traces: {name}"


def done(session: Session, theatre: Theatre, actor: Actor, row: Transition, number: str, cell: str) -> None:
    """The row is taken: its status, one ledger row, its version, its clocks. Then undone."""
    ticket = queries.get(session, actor, number)
    before = (ticket.status, ticket.last_seq, ticket.version)
    savepoint = session.begin_nested()
    try:
        perform(session, actor, row.action, theatre.form(row.action), theatre.city.now, number=number)
    except DomainError as error:
        pytest.fail(f"{cell}: {error.message}")
    session.flush()
    after = (ticket.status, ticket.last_seq, ticket.version)
    assert after == (row.target or before[0], before[1] + 1, before[2] + row.decides), cell
    unstopped = {c.name for c in clocks_of(session, subject_of(ticket)) if c.state is not ClockState.STOPPED}
    assert not unstopped & (set(row.stops) - set(row.starts)), cell
    assert ticket.status.is_end or unstopped, f"{cell}: at rest without a clock"
    savepoint.rollback()


def refused(session: Session, theatre: Theatre, actor: Actor, action: str, number: str, cell: str) -> None:
    with pytest.raises(DomainError) as refusal:
        perform(session, actor, action, theatre.form(action), theatre.city.now, number=number)
    assert refusal.value.status in REFUSALS, cell
    assert re.search(r"[一-鿿]", refusal.value.message), cell


@pytest.mark.parametrize("login", PEOPLE)
def test_the_api_offers_exactly_what_the_table_allows(theatre: Theatre, login: str) -> None:
    for name, number in theatre.tickets.items():
        answer = theatre.api.get(login, f"/tickets/{number}")
        with theatre.database.transaction() as session:
            actor = theatre.actors[login, number]
            seen = session.scalar(queries.visible(actor).where(Ticket.no == number)) is not None
            legal = offered(session, theatre, actor, number)
        assert answer.status_code == (200 if seen else 404), f"{login} {name}"
        if seen:
            assert {each["action"] for each in answer.json["actions"]} == set(legal), f"{login} {name}"


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_the_api_does_exactly_what_the_table_allows(theatre: Theatre, action: str) -> None:
    """Every legal cell of a plain ticket, and beside each one that is not."""
    for turn, (name, number) in enumerate(theatre.tickets.items()):
        with theatre.database.transaction() as session:
            legal = [p for p in PEOPLE if action in offered(session, theatre, theatre.actors[p, number], number)]
        others = [person for person in PEOPLE if person not in legal]
        for login in [*legal[:2], others[turn % len(others)]]:
            with theatre.database.undone():
                answer = theatre.api.act(login, number, action, **theatre.form(action))
            expected = {200} if login in legal else REFUSALS
            assert answer.status_code in expected, f"{login} {action} {name}: {answer.text}"


def test_who_may_do_what_is_as_it_was_agreed(theatre: Theatre) -> None:
    """`permissions.txt` is read by people: a changed cell of the table must be changed there too."""
    found: dict[tuple[str, str], list[str]] = {}
    with theatre.database.transaction() as session:
        for name in STAGES:
            number = theatre.tickets[name]
            legal = {who: offered(session, theatre, theatre.actors[who, number], number) for who in CAST}
            for action in ACTIONS:
                if people := " ".join(who for who in CAST if action in legal[who]):
                    found.setdefault((action, people), []).append(name)
    lines = [f"{action}: {people} @ {' '.join(names)}" for (action, people), names in found.items()]
    assert sorted(lines) == (Path(__file__).parent / "permissions.txt").read_text().splitlines()


def test_every_row_has_its_action_and_every_action_its_row() -> None:
    assert {row.action for row in TABLE if row.source} == set(ACTIONS)
    assert {row.action for row in TABLE if row.source is None} == set(CREATING)
    assert set(PAYLOADS) == set(ACTIONS)


@pytest.mark.parametrize("profile", sorted(BUILT_IN))
def test_every_clock_of_the_table_is_known_to_the_built_in_profiles(profile: str) -> None:
    named = {ClockName(name) for row in TABLE for name in (*row.starts, *row.stops)}
    known = [name for name in named if BUILT_IN[profile].limit(name, "HELP", "NORMAL") is not None]
    assert set(known) == named
    assert all(BUILT_IN[profile].ladder(name) for name in ClockName)


def test_only_the_tickets_room_selects_tickets_without_asking_who_looks() -> None:
    """Elsewhere `visible(actor)` is the way. The exceptions act as the clock, or look for one number among all."""
    reasons = {
        "hotline/supervision/rungs.py": "the sweep fires for every ticket",
        "hotline/messages/sending.py": "the outbox tells those whom it may tell",
    }
    around = re.compile(r"select\(\s*Ticket\b|\.get(?:_one)?\(\s*Ticket\b|query\(\s*Ticket\b")
    found = {str(path.relative_to(ROOT)) for path in files("hotline") if path.suffix == ".py" and around.search(path.read_text())}
    outside = {name for name in found if not name.startswith("hotline/ticket/")}
    assert outside == set(reasons)
