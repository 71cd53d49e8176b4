"""Random histories of two tickets through the real `perform()`, held against the model after every step."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.actions import sweep_context
from hotline.database import Database
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import is_due
from hotline.deadlines.sweep import sweep
from hotline.directory.models import Unit
from hotline.directory.operations import new_version, newest_version
from hotline.directory.time import rules_of
from hotline.errors import DomainError
from hotline.supervision.recompute import recompute_by_profile
from hotline.ticket.clocks import TOTALS
from hotline.ticket.ledger import LedgerEntry, entries, plain, replay
from hotline.ticket.models import Assignment, AssignmentKind, Ticket
from hotline.ticket.operations import REPLAYED
from tests.city import START, City
from tests.factories import BAD_CALL, PAYLOADS
from tests.histories.effects import BY_THE_CLOCK, EFFECTS, MAY_MOVE_DUE, merge, successor
from tests.histories.model import ENDS, JOBS, UNITS, Model
from tests.meta.stage import Rehearsal

STEPS = (6, 18)
MINUTES = (0, 1, 10, 45, 200, 1500, 4000, 15_000)
"""How long nothing happens; the long ones seldom."""
WEIGHTS = (30, 20, 20, 15, 8, 4, 2, 1)
RASH = 0.2
"""One step in five is taken without asking the model whether it is allowed."""
LIMITS = ("3wd", "4wd", "6wd")
SELDOM = {"withdraw": 0.1, "refuse": 0.1, "transfer_external": 0.1, "return_for_supplement": 0.1, "new_profile": 0.2,
          "hand_over": 0.2, "merge": 0.3, "redispatch": 0.3, "add_support": 0.5}  # fmt: skip
"""Where the way ends, or nothing much happens: not taken as often as the steps that lead on."""


class Broken(AssertionError):
    """The house and the model do not agree; the message tells the history."""


@dataclass
class Play:
    """One history: the house, and a model of each of its tickets."""

    city: City
    rng: random.Random
    names: tuple[dict[int | None, str], dict[int | None, str]]
    """Logins and unit codes by their ids."""
    tickets: dict[str, Model] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Raises Broken where the house departs from the model."""
        self.city.now = START
        for _ in range(2):
            self.tickets[self.city.register()] = Model()
        for _ in range(self.rng.randint(*STEPS)):
            self.pass_time()
            self.take(*self.choose())
        self.pass_time()
        for number, model in self.tickets.items():
            self.check_record(number, model)

    def choose(self) -> tuple[str, str, str, str]:
        """(number, login, action, target): mostly something that is allowed, sometimes anything at all."""
        number = self.rng.choice(list(self.tickets))
        moves = [(number, *move) for move in self.moves(number)]
        if self.rng.random() >= RASH:
            allowed = [move for move in moves if self.allows(*move)]
            by_action = sorted({action for _, _, action, _ in allowed})
            if by_action:
                [action] = self.rng.choices(by_action, [SELDOM.get(one, 1.0) for one in by_action])
                return self.rng.choice([move for move in allowed if move[2] == action])
        return self.rng.choice(moves)

    def moves(self, number: str) -> Iterator[tuple[str, str, str]]:
        units = self.rng.sample(sorted(UNITS), 3)
        model = self.tickets[number]
        yield "admin1", "new_profile", ""
        for login, (_, unit) in JOBS.items():
            for action in (*EFFECTS, "merge"):
                if action in ("dispatch", "redispatch"):
                    yield from ((login, action, target) for target in units)
                elif action in ("add_support", "delegate"):  # nobody gives one unit two parts
                    other = model.delegates if action == "add_support" else model.supports
                    yield from ((login, action, target) for target in units if target not in other)
                elif action == "hand_over":
                    yield from ((login, action, held) for held in (model.follower, model.handler) if held)
                else:
                    yield login, action, unit if action == "contribute" else ""

    def allows(self, number: str, login: str, action: str, target: str) -> bool | None:
        model = self.tickets[number]
        if action == "new_profile":
            return True
        if action == "merge":
            return model.may_merge_under(self.other(number), login)
        return model.may(login, action, target, self.city.now)

    def other(self, number: str) -> Model:
        return self.tickets[self.other_number(number)]

    def other_number(self, number: str) -> str:
        return next(one for one in self.tickets if one != number)

    def take(self, number: str, login: str, action: str, target: str) -> None:
        """One step by the house and, where it was allowed, by the model."""
        expected = self.allows(number, login, action, target)
        done, why = self.perform(number, login, action, target)
        self.said.append(f"{self.city.now:%m-%d %H:%M} {number[-4:]} {login} {action} {target} {done or why}")
        self.tally[action if done else f"{action} refused"] += 1
        if expected is not None and done != expected:
            raise self.broken(f"the model says {expected}")
        if done and action == "merge":
            merge(self.tickets[number], self.other(number))
        elif done and action != "new_profile":
            EFFECTS[action](self.tickets[number], login, target, self.city.now)
        self.check(action if done else "")

    def perform(self, number: str, login: str, action: str, target: str) -> tuple[bool, str]:
        try:
            if action == "new_profile":
                self.change_profile()
            else:
                self.city.do(login, action.removesuffix("_badly"), number, **self.form(number, action, target))
        except DomainError as error:
            return False, error.message
        return True, ""

    def form(self, number: str, action: str, target: str) -> dict[str, Any]:
        if action == "callback_badly":
            return BAD_CALL
        named: dict[str, Any] = {}
        if action in ("dispatch", "redispatch", "add_support", "delegate"):
            named = {"unit_code": target}
        elif action == "hand_over":
            named = {"from_login": target, "to_login": successor(target)}
        elif action == "merge":
            named = {"master_no": self.other_number(number)}
        return {**PAYLOADS[action], **named}

    def change_profile(self) -> None:
        with self.city.database.transaction() as session:
            profile = newest_version(session, "124")
            rules = rules_of(profile).to_dict()
            rules["limits"]["TOTAL"]["*"] = self.rng.choice(LIMITS)
            made = new_version(session, profile, profile.name, type(rules_of(profile)).from_dict(rules), START.date())
            recompute_by_profile(session, self.city.actor("admin1"), made, self.city.now)
        for model in self.tickets.values():
            model.keeps_due = False  # what stood still is counted by the new one when it goes on

    def pass_time(self) -> None:
        """The clock goes on, and the sweep comes by: what it does itself, the model is told."""
        [minutes] = self.rng.choices(MINUTES, WEIGHTS)
        self.city.now += timedelta(minutes=minutes)
        if not minutes:
            return
        with self.city.database.transaction() as session:
            if not is_due(session, self.city.now):
                return
            while sweep(session, self.city.now, sweep_context(session)):
                pass
        for number, model in self.tickets.items():
            for action in self.done_by_the_clock(number):
                self.said.append(f"{self.city.now:%m-%d %H:%M} {number[-4:]} the clock {action}")
                fits = model.paused if action == "resume" else model.status == "AWAITING_SIGN"
                if not fits:
                    raise self.broken("the clock must not do this")
                BY_THE_CLOCK[action](model, "", "", self.city.now)
                self.tally[f"the clock {action}"] += 1
        self.check("resume")

    def done_by_the_clock(self, number: str) -> list[str]:
        """The rows that the last sweep wrote for the house itself."""
        with self.city.ticket(number) as (session, ticket):
            rows = select(LedgerEntry).filter_by(ticket_id=ticket.id, actor_id=None, at=self.city.now)
            return [row.action for row in session.scalars(rows) if row.action in BY_THE_CLOCK]

    # -- what must hold ----------------------------------------------------------------------------------------------

    def check(self, action: str) -> None:
        """After every step, of both tickets."""
        with self.city.database.transaction(write=False) as session:
            found = {t.no: t for t in session.scalars(select(Ticket).where(Ticket.no.in_(self.tickets)))}
            parts = list(session.scalars(select(Assignment).filter_by(ended_at=None)))
            clocks = list(session.scalars(select(Clock).filter_by(subject_kind="ticket").order_by(Clock.id)))
            for number, model in self.tickets.items():
                ticket = found[number]
                own = [clock for clock in clocks if clock.subject_id == ticket.id]
                top = ticket if ticket.merged_into_id is None else found[self.other_number(number)]
                self.check_state(ticket, [part for part in parts if part.ticket_id == ticket.id], model)
                self.check_total(ticket, own, model, action)
                self.check_waiting(own, [c for c in clocks if c.subject_id == top.id], model)

    def check_state(self, ticket: Ticket, parts: list[Assignment], model: Model) -> None:
        ids, units = self.names
        found = (ticket.status.value, units.get(ticket.lead_unit_id), ids.get(ticket.handler_id))
        found += (ids[ticket.follower_id], ticket.round, ticket.sign_offs_left)
        told = (model.status, model.lead or None, model.handler or None, model.follower, model.round, model.unsigned)
        self.same("state", found, told)
        leads = [units[part.unit_id] for part in parts if part.kind is AssignmentKind.LEAD]
        self.same("leads", leads, [model.lead] if model.lead else [])
        if not ticket.status.is_end and model.status != "AWAITING_CALLBACK":
            self.same("owed", {units[part.unit_id] for part in parts if part.is_awaited}, model.owed)

    def check_total(self, ticket: Ticket, clocks: list[Clock], model: Model, action: str) -> None:
        """One total clock, from one start, whose due time moves for a reason only."""
        totals = [clock for clock in clocks if clock.name in TOTALS and clock.state is not ClockState.STOPPED]
        alive = {"running": [ClockState.RUNNING], "paused": [ClockState.PAUSED]}.get(model.total, [])
        self.same("total clock", [clock.state for clock in totals], alive)
        starts = {clock.started_at for clock in clocks if clock.name == "TOTAL"}
        self.same("start of the total clock", starts, {model.total_start} if model.total_start else set())
        due = totals[0].due_at if totals else None
        may_move = action in MAY_MOVE_DUE and not (action == "dispatch" and model.keeps_due)
        if model.due and due and not may_move:
            self.same(f"due time after {action}", due, model.due)
        model.due, model.keeps_due = due or model.due, model.keeps_due and not due
        if totals and not (ticket.lead_unit_id and ticket.handler_id):
            raise self.broken("nobody owns the total clock")

    def check_waiting(self, own: list[Clock], tops: list[Clock], model: Model) -> None:
        """Whatever is open has a next due time (a merged ticket its master's) and somebody whose it is."""
        if model.status in ENDS:
            running = {clock.name for clock in own if clock.state is ClockState.RUNNING}
            self.same("clocks of an ended ticket", running, {"REVIEW_REQUEST"} if model.reviewing else set())
            return
        if not model.owner():
            raise self.broken("nobody is responsible")
        waiting = tops if model.status == "MERGED" else own
        if not any(clock.state is ClockState.RUNNING for clock in waiting):
            raise self.broken(f"{model.status} without a running clock")

    def check_record(self, number: str, model: Model) -> None:
        """The ledger rebuilds the row."""
        with self.city.ticket(number) as (session, ticket):
            state = replay(entries(session, ticket))
            row = {name: plain(getattr(ticket, name)) for name in REPLAYED}
            self.same("replayed", {name: state.get(name) for name in REPLAYED}, row)
            self.same("last row", (state["status"], model.status), (ticket.status.value, ticket.status.value))

    def same(self, what: str, found: object, told: object) -> None:
        if found != told:
            raise self.broken(f"{what}: the house has {found}, the model {told}")

    def broken(self, why: str) -> Broken:
        return Broken("\n".join([*self.said, why]))


@contextmanager
def theatre(database: Database, category: str) -> Iterator[Callable[[int], Counter[str]]]:
    """A city on which the history of a seed can be played; each is undone. The player tells what was done how often."""
    rehearsal = Rehearsal(database)
    city = City(rehearsal, category=category)
    with rehearsal.transaction() as session:
        logins = dict(session.execute(select(Account.id, Account.login)).all())
        codes = dict(session.execute(select(Unit.id, Unit.code)).all())

    def play(seed: int) -> Counter[str]:
        with rehearsal.undone():
            one = Play(city, random.Random(seed), (logins, codes))
            try:
                one.run()
            except Broken as error:
                raise Broken(f"seed {seed}\n{error}") from None
            return one.tally

    yield play
    rehearsal.end()
