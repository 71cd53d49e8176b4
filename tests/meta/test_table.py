"""Every cell (state × action × person): `perform()`, the API and the offered actions say what the table says."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.actions import ACTIONS, CREATING, perform
from hotline.database import Database
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.errors import DomainError, Forbidden, IllegalAction
from hotline.ticket import queries
from hotline.ticket.clocks import subject_of
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import Ticket, TicketStatus
from hotline.ticket.operations import facts
from hotline.workflow import Transition, available
from routing.profiles import BUILT_IN, ClockName
from tests import services
from tests.api.client import Api
from tests.city import City
from tests.conftest import city_on
from tests.factories import ENTERPRISE, OTHER_ENTERPRISE, PAYLOADS, STAGES, cast, named
from tests.meta.stage import Rehearsal, numbers
from tests.meta.tree import ROOT, files

PEOPLE = (
    *("agent1", "lead1", "dispatch1", "review1", "callback1", "super1", "sfb.super", "audit1", "admin1", "kb1"),
    *("wd.handler", "wd.handler2", "wd.leader", "wd.sjj.handler", "jrj.handler", "szf.leader"),
    *("expert.market", "expert.tax"),
)
CAST = (*PEOPLE, ENTERPRISE, OTHER_ENTERPRISE, "SYSTEM")
"""Somebody of every role; of the lead unit, below, above and beside it; asked and not asked."""
REFUSALS = {403, 404, 409, 422}


class Theatre:
    """The city with a ticket at every stage, on a database that forgets each rehearsal."""

    def __init__(self, city: City, patch: pytest.MonkeyPatch) -> None:
        self.tickets, self.master = numbers(city), city.register()
        city.now += timedelta(seconds=1)  # what the desk may do in the step that registers is over
        self.actors = {(login, no): cast(city, login, no) for no in self.tickets.values() for login in CAST}
        self.api = Api(city, patch)
        for login in PEOPLE:
            self.api.token(login)
        self.city, self.database = city, Rehearsal(city.database)
        self.api.app.extensions["hotline"].database = self.database
        self.offered = {name: self._offered(number) for name, number in self.tickets.items()}

    def _offered(self, number: str) -> dict[str, dict[str, Transition]]:
        """login → action → row: what the table allows, where the ticket is in sight."""
        with self.database.transaction() as session:
            ticket = queries.get(session, self.actors["SYSTEM", number], number)
            known = facts(ticket, self.city.now)
            people = {who: self.actors[who, number] for who in CAST}
            seen = [w for w in CAST if session.scalar(queries.visible(people[w]).where(Ticket.no == number))]
            return {w: {r.action: r for r in reversed(available(TABLE, known, people[w]))} for w in seen}

    def may(self, name: str, action: str) -> list[str]:
        return [who for who in CAST if action in self.offered[name].get(who, {})]

    def form(self, action: str, number: str) -> dict[str, object]:
        """What the action needs, with the rows of this ticket that it names."""
        with self.database.transaction() as session:
            payload = named(session, number, PAYLOADS[action])
        return {**payload, **({"master_no": self.master} if action == "merge" else {})}

    def cells(self, people: tuple[str, ...], every: int) -> Iterator[tuple[str, str, str, bool]]:
        """(state, action, login, legal): for each state and action, in turn one who may, and now and then who may not.

        `every` takes one in so many, beginning elsewhere for each action.
        """
        for i, action in enumerate(sorted(ACTIONS)):
            for j, name in enumerate(self.tickets):
                turn, may = i + j, [who for who in self.may(name, action) if who in people]
                if may and turn % every == 0:
                    yield name, action, may[turn % len(may)], True
                if turn % (3 * every) == 0:
                    may_not = [who for who in people if who not in may]
                    yield name, action, may_not[turn % len(may_not)], False


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    template, folder = request.getfixturevalue(f"{request.param}_template"), tmp_path_factory.mktemp("theatre")
    copy = services.sqlite_copy(template, folder) if request.param == "sqlite" else services.postgres_copy(template)
    with copy as url, pytest.MonkeyPatch.context() as patch:
        database = Database(services.settings(folder, url))
        made = Theatre(city_on(database), patch)
        yield made
        made.database.end()
        database.engine.dispose()


@pytest.fixture
def every(theatre: Theatre) -> int:
    """One cell in so many: all on SQLite, a sample on PostgreSQL."""
    return 1 if theatre.city.database.engine.dialect.name == "sqlite" else 5


def test_every_status_has_a_stage() -> None:
    assert {stage.status for stage in STAGES.values()} == set(TicketStatus)


def test_perform_does_exactly_what_the_table_allows(theatre: Theatre, every: int) -> None:
    for name, action, login, legal in theatre.cells(CAST, every):
        number, cell = theatre.tickets[name], f"{login} {action} {name}"
        with theatre.database.undone(), theatre.database.transaction() as session:
            actor = theatre.actors[login, number]
            if legal:
                done(session, theatre, actor, theatre.offered[name][login][action], number, cell)
            else:
                refused(session, theatre, actor, action, number, cell)


def done(session: Session, theatre: Theatre, actor: Actor, row: Transition, number: str, cell: str) -> None:
    """The row is taken: its status, one ledger row, its version, its clocks."""
    ticket = queries.get(session, actor, number)
    before = (ticket.status, ticket.last_seq, ticket.version)
    try:
        perform(session, actor, row.action, theatre.form(row.action, number), theatre.city.now, number=number)
    except DomainError as error:
        pytest.fail(f"{cell}: {error.message}")
    session.flush()
    after = (ticket.status, ticket.last_seq, ticket.version)
    assert after == (row.target or before[0], before[1] + 1, before[2] + row.decides), cell
    unstopped = {c.name for c in clocks_of(session, subject_of(ticket)) if c.state is not ClockState.STOPPED}
    assert not unstopped & (set(row.stops) - set(row.starts)), cell


def refused(session: Session, theatre: Theatre, actor: Actor, action: str, number: str, cell: str) -> None:
    """Refused in Chinese, and nothing has changed."""
    with pytest.raises(DomainError) as refusal:
        perform(session, actor, action, theatre.form(action, number), theatre.city.now, number=number)
    assert refusal.value.status in REFUSALS, cell
    assert re.search(r"[一-鿿]", refusal.value.message), cell
    assert not (session.dirty or session.new or session.deleted), f"{cell}: traces of a refused action"


def test_what_may_not_be_done_is_said_before_how_its_form_is_wrong(theatre: Theatre, every: int) -> None:
    """With an empty form, which most actions would answer by 422."""
    for name, action, login, legal in theatre.cells(CAST, every):
        number, cell = theatre.tickets[name], f"{login} {action} {name}"
        if not legal and login in theatre.offered[name]:
            with theatre.database.undone(), theatre.database.transaction() as session:
                with pytest.raises((IllegalAction, Forbidden)) as refusal:
                    perform(session, theatre.actors[login, number], action, {}, theatre.city.now, number=number)
                if isinstance(refusal.value, IllegalAction):
                    allowed = sorted(theatre.offered[name][login])
                    assert refusal.value.details["allowed"] == allowed, cell
                    assert refusal.value.details["status"], cell


def test_the_api_does_exactly_what_the_table_allows(theatre: Theatre, every: int) -> None:
    for name, action, login, legal in theatre.cells(PEOPLE, 3 * every):
        with theatre.database.undone():
            answer = theatre.api.act(
                login, theatre.tickets[name], action, **theatre.form(action, theatre.tickets[name])
            )
        expected = {200} if legal else REFUSALS
        assert answer.status_code in expected, f"{login} {action} {name}: {answer.text}"


def test_the_api_offers_exactly_what_the_table_allows(theatre: Theatre, every: int) -> None:
    for turn, (name, number) in enumerate(theatre.tickets.items()):
        for login in PEOPLE[turn % (2 * every) :: 2 * every]:
            answer, legal = theatre.api.get(login, f"/tickets/{number}"), theatre.offered[name].get(login)
            assert answer.status_code == (404 if legal is None else 200), f"{login} {name}"
            if legal is not None:
                assert {each["action"] for each in answer.json["actions"]} == set(legal), f"{login} {name}"


def test_who_may_do_what_is_as_it_was_agreed(theatre: Theatre) -> None:
    """`permissions.txt` is read by people: a changed cell of the table must be changed there too."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in theatre.tickets:
        for action in ACTIONS:
            if people := " ".join(theatre.may(name, action)):
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


ASKING = {"select", "get", "get_one", "join", "outerjoin", "select_from"}
SCOPED = {"scope", "visible"}


def unscoped(path: Path) -> Iterator[str]:
    """Functions of a file that ask the database for tickets without asking who looks."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(asks_for_tickets(call) for call in calls) and not names & SCOPED:
                yield f"{path.relative_to(ROOT / 'hotline')}:{function.name}"


def asks_for_tickets(call: ast.Call) -> bool:
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
    said = {node.id for arg in call.args for node in ast.walk(arg) if isinstance(node, ast.Name)}
    return name in ASKING and "Ticket" in said


def test_only_the_tickets_room_selects_tickets_without_asking_who_looks() -> None:
    """Elsewhere `visible(actor)` or `scope(actor)` stands in the same function. The exceptions give their reasons."""
    reasons = {
        "supervision/rungs.py:lock": "the sweep locks what is due, whoever looks",
        "supervision/rungs.py:take": "the same, inside it",
        "supervision/rungs.py:fire": "the sweep acts as the clock",
        "supervision/rungs.py:handle": "the same, inside it",
        "supervision/rungs.py:_write": "the sweep writes the ledgers",
        "supervision/metrics.py:counted_callbacks": "its condition, `_counted`, asks scope(actor)",
        "messages/sending.py:send_ticket_event": "the outbox delivers for every ticket, to those who may see it",
    }
    rooms = [path for path in files("hotline") if path.suffix == ".py" and "hotline/ticket/" not in path.as_posix()]
    assert {name for path in rooms for name in unscoped(path)} == set(reasons)
