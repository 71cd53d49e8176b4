"""Random histories of two tickets through the real `perform()`, held against the model after every step.

The histories of one seed grow like a tree: they begin alike, part ways at three random steps, and each has an ending
of its own. Every step is taken and checked once, from wherever it was reached.
"""

import random
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import prod
from typing import Any

from sqlalchemy import bindparam, select

from hotline.actions import sweep_context
from hotline.deadlines.sweep import sweep
from hotline.directory.operations import new_version, newest_version
from hotline.directory.time import rules_of
from hotline.errors import DomainError
from hotline.supervision.recompute import recompute_by_profile
from hotline.ticket.ledger import plain, replay
from hotline.ticket.models import Ticket
from hotline.ticket.operations import REPLAYED
from tests.city import START, City
from tests.histories.effects import BY_THE_CLOCK, EFFECTS, MAY_MOVE_DUE, merge
from tests.histories.forms import form, targets
from tests.histories.looks import (
    ClockSeen,
    Look,
    PartSeen,
    TicketSeen,
    done_by_the_house,
    driver,
    is_anything_due,
    ledger_of,
)
from tests.histories.model import Model, Rule
from tests.histories.state import ENDS, JOBS
from tests.meta.stage import Rehearsal

FORKS = (2, 3, 3)
"""How many ways part at each fork, in random order."""
LEAVES = prod(FORKS)
STRETCH = (2, 4)
"""Steps between two forks."""
MINUTES = (0, 1, 10, 45, 200, 1500, 4000, 15_000)
"""How long nothing happens; the long ones seldom."""
WEIGHTS = (30, 20, 20, 15, 8, 4, 2, 1)
RASH = 0.2
"""One step in five is taken without asking the model whether it is allowed."""
LIMITS = ("3wd", "4wd", "6wd")
SELDOM = {"withdraw": 0.1, "refuse": 0.1, "transfer_external": 0.1, "return_for_supplement": 0.1, "new_profile": 0.05,
          "hand_over": 0.2, "merge": 0.3, "redispatch": 0.3, "add_support": 0.5, "supervise": 0.1,
          "lift_supervision": 0.2, "change_follower": 0.1, "raise_task_force": 0.3, "join_task_force": 0.5,
          "drop_decision": 0.5, "dispute": 2.0, "decide": 2.0, "ask_expert": 0.2, "assign_handler": 0.2,
          "transfer_emergency": 0.05}  # fmt: skip
"""Where the way ends, or nothing much happens: not taken as often as the steps that lead on; what is
possible seldom is taken oftener."""
ACTIONS = (*EFFECTS, "merge", "new_profile")
TOTALS = ("TOTAL", "REWORK")
COLUMNS = sorted(REPLAYED)
ROW = select(Ticket.id, *(getattr(Ticket, name) for name in COLUMNS)).where(Ticket.no == bindparam("no"))


class Broken(AssertionError):
    """The house and the model do not agree; the message tells the history."""


@dataclass
class Play:
    """One history on its way: the house, and a model of each of its tickets."""

    city: City
    rng: random.Random
    tickets: dict[str, Model] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    path: list[tuple[object, ...]] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    ended: set[int] = field(default_factory=set)
    """Fingerprints of the histories that came to their end; like the tally, of the whole tree."""

    @property
    def stage(self) -> Rehearsal:
        assert isinstance(self.city.database, Rehearsal)
        return self.city.database

    def run(self) -> None:
        """Raises Broken where the house departs from the model."""
        self.city.now = START
        for _ in range(2):
            self.tickets[self.city.register()] = Model()
        self.grow(self.rng.sample(FORKS, len(FORKS)))

    def grow(self, forks: Sequence[int]) -> None:
        """Some steps, and from there one way after the other, each to its end."""
        for _ in range(self.rng.randint(*STRETCH)):
            self.pass_time()
            self.take(*self.choose())
        if not forks:
            return self.end()
        now = self.city.now
        for _ in range(forks[0]):
            self.city.now = now
            with self.stage.undone():
                self.twin().grow(forks[1:])

    def twin(self) -> "Play":
        """The same history until here, to go on by itself."""
        return replace(self, tickets=deepcopy(self.tickets), said=[*self.said], path=[*self.path])

    def end(self) -> None:
        self.pass_time()
        self.check_record()
        print_ = blake2b(repr(self.path).encode(), digest_size=8)
        self.ended.add(int.from_bytes(print_.digest(), "big"))

    def choose(self) -> tuple[str, str, str, str]:
        """(number, login, action, target): mostly something that is allowed, sometimes anything at all."""
        number = self.rng.choice(list(self.tickets))
        if self.rng.random() >= RASH:
            for action in sorted(ACTIONS, key=self.turn):
                allows = self.rule(number, action)
                for login, target in self.ways(number, action):
                    if allows(login, target, self.city.now):
                        return number, login, action, target
        action = self.rng.choice(ACTIONS)
        return number, *self.rng.choice([(login, action, target) for login, target in self.ways(number, action)])

    def turn(self, action: str) -> float:
        """When an action has its turn: a race that each wins as often as its weight says."""
        return self.rng.expovariate(SELDOM.get(action, 1.0))

    def ways(self, number: str, action: str) -> list[tuple[str, str]]:
        """(login, target) in random order."""
        if action == "new_profile":
            return [("admin1", self.rng.choice(LIMITS))]
        found = [(login, target) for login in JOBS for target in targets(self.tickets[number], login, action)]
        self.rng.shuffle(found)
        return found

    def rule(self, number: str, action: str) -> Rule:
        """What the model says to an action."""
        model = self.tickets[number]
        if action == "new_profile":  # nothing to be seen by it where nothing runs any more
            return lambda *_: model.status not in ENDS or None
        if action == "merge":
            return lambda login, *_: model.may_merge_under(self.other(number), login)
        return model.rule(action)

    def other(self, number: str) -> Model:
        return self.tickets[self.other_number(number)]

    def other_number(self, number: str) -> str:
        return next(one for one in self.tickets if one != number)

    def take(self, number: str, login: str, action: str, target: str) -> None:
        """One step by the house and, where it was allowed, by the model."""
        expected = self.rule(number, action)(login, target, self.city.now)
        done, why = self.perform(number, login, action, target)
        self.path.append((number[-4:], login, action, target))
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
                self.change_profile(target)
            else:
                self.city.do(login, action.removesuffix("_badly"), number, **self.form(number, action, target))
        except DomainError as error:
            return False, error.message
        except Exception as error:  # a fault of the house is told with its history
            raise self.broken(f"{number[-4:]} {login} {action} {target}: {error!r}") from error
        return True, ""

    def form(self, number: str, action: str, target: str) -> dict[str, Any]:
        """A row that hangs on the ticket is named by its id."""
        filled = form(action, target, self.other_number(number))
        if action in ("fulfil", "drop_decision", "leave_task_force"):
            look = Look(driver(self.stage.connection))
            rows = look.members if action == "leave_task_force" else look.decisions
            field_ = "member" if action == "leave_task_force" else "decision"
            filled[field_] = next((row.id for row in rows(look.tickets[number]) if row.unit == target), 0)
        return filled

    def change_profile(self, limit: str) -> None:
        with self.city.database.transaction() as session:
            profile = newest_version(session, "124")
            rules = rules_of(profile).to_dict()
            rules["limits"]["TOTAL"]["*"] = limit
            made = new_version(session, profile, profile.name, type(rules_of(profile)).from_dict(rules), START.date())
            recompute_by_profile(session, self.city.actor("admin1"), made, self.city.now)
        for model in self.tickets.values():
            model.keeps_due = False  # what stood still is counted by the new one when it goes on

    def pass_time(self) -> None:
        """The clock goes on, and the sweep comes by: what it does itself, the model is told."""
        [minutes] = self.rng.choices(MINUTES, WEIGHTS)
        self.path.append((minutes,))
        self.city.now += timedelta(minutes=minutes)
        connection = driver(self.stage.connection)
        if not minutes or not is_anything_due(connection, self.city.now):
            return
        with self.stage.transaction() as session:
            context = sweep_context(session)
            while sweep(session, self.city.now, context):
                pass
        for number, action in done_by_the_house(connection, self.city.now):
            if action in BY_THE_CLOCK:
                self.follow_the_clock(number, action)
        self.check("resume")

    def follow_the_clock(self, number: str, action: str) -> None:
        model = self.tickets[number]
        self.said.append(f"{self.city.now:%m-%d %H:%M} {number[-4:]} the clock {action}")
        fits = {"resume": model.paused, "sign_by_default": model.status == "AWAITING_SIGN"}
        if not fits.get(action, not model.supervised):
            raise self.broken("the clock must not do this")
        BY_THE_CLOCK[action](model, "", "", self.city.now)
        self.tally[f"the clock {action}"] += 1

    # -- what must hold ----------------------------------------------------------------------------------------------

    def check(self, action: str) -> None:
        """After every step, of both tickets."""
        look = Look(driver(self.stage.connection))
        for number, model in self.tickets.items():
            ticket = look.tickets[number]
            self.check_state(ticket, look.parts(ticket), model)
            self.check_chain(look, ticket, model)
            self.check_total(ticket, look.clocks(ticket.id), model, action)
            self.check_waiting(look, ticket, model)

    def check_state(self, ticket: TicketSeen, parts: list[PartSeen], model: Model) -> None:
        told = (model.status, model.lead or None, model.handler or None, model.follower, model.round, model.unsigned)
        self.same("state", ticket[2:8], told)
        leads = [part.unit for part in parts if part.kind == "LEAD"]
        self.same("leads", leads, [model.lead] if model.lead else [])
        if model.status not in ENDS and model.status != "AWAITING_CALLBACK":
            self.same("owed", {part.unit for part in parts if part.is_awaited}, model.owed)

    def check_chain(self, look: Look, ticket: TicketSeen, model: Model) -> None:
        """Task force, objection, experts: who is bound has a clock that runs, and nobody else."""
        flags = (bool(ticket.is_supervised), bool(ticket.has_force), bool(ticket.is_disputed))
        self.same("supervised, task force, disputed", flags, (model.supervised, model.force, bool(model.disputed)))
        self.same("task force", {member.unit for member in look.members(ticket)}, model.members)
        running = {
            kind: sorted(clock.whose or "" for clock in look.clocks(ticket.id, kind) if clock.state == "RUNNING")
            for kind in ("assignment", "consultation", "decision")
        }
        owed = set() if model.paused else model.owed
        told = {"assignment": owed, "consultation": model.questions, "decision": model.decisions}
        told = {kind: sorted(whose) for kind, whose in told.items()}
        self.same("clocks of what others owe", running, told)

    def check_total(self, ticket: TicketSeen, clocks: list[ClockSeen], model: Model, action: str) -> None:
        """One total clock, from one start, whose due time moves for a reason only."""
        totals = [clock for clock in clocks if clock.name in TOTALS and clock.state != "STOPPED"]
        alive = [model.total.upper()] if model.total in ("running", "paused") else []
        self.same("total clock", [clock.state for clock in totals], alive)
        starts = {instant(clock.started_at) for clock in clocks if clock.name == "TOTAL"}
        self.same("start of the total clock", starts, {model.total_start} if model.total_start else set())
        due = instant(totals[0].due_at) if totals else None
        may_move = action in MAY_MOVE_DUE and not (action == "dispatch" and model.keeps_due)
        if model.due and due and not may_move:
            self.same(f"due time after {action}", due, model.due)
        model.due, model.keeps_due = due or model.due, model.keeps_due and not due
        if totals and not (ticket.lead and ticket.handler):
            raise self.broken("nobody owns the total clock")

    def check_waiting(self, look: Look, ticket: TicketSeen, model: Model) -> None:
        """Whatever is open has a next due time (a merged ticket its master's) and somebody whose it is."""
        running = {clock.name for clock in look.clocks(ticket.id) if clock.state == "RUNNING"}
        self.same("clock of the objection", "DISPUTE" in running, bool(model.disputed))
        if model.status in ENDS:
            return self.same("clocks of an ended ticket", running, {"REVIEW_REQUEST"} if model.reviewing else set())
        if not model.owner():
            raise self.broken("nobody is responsible")
        top = ticket.master_id if model.status == "MERGED" else ticket.id
        if top is None or not any(clock.state == "RUNNING" for clock in look.clocks(top)):
            raise self.broken(f"{model.status} without a running clock")

    def check_record(self) -> None:
        """The ledgers rebuild the rows."""
        connection = driver(self.stage.connection)
        for number, model in self.tickets.items():
            with self.stage.transaction() as session:
                row = session.execute(ROW, {"no": number}).one()
            state = replay(ledger_of(connection, row.id))  # type: ignore[arg-type]
            kept = {name: plain(getattr(row, name)) for name in COLUMNS}
            self.same("replayed", {name: state.get(name) for name in COLUMNS}, kept)
            self.same("status by the ledger", state["status"], model.status)

    def same(self, what: str, found: object, told: object) -> None:
        if found != told:
            raise self.broken(f"{what}: the house has {found}, the model {told}")

    def broken(self, why: str) -> Broken:
        return Broken("\n".join([*self.said, why]))


def instant(text: str) -> datetime:
    """A stored instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
