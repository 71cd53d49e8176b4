"""What holds after every step of any legal history: random walks over the table, the clock going on in between."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account
from hotline.actions import sweep_context
from hotline.deadlines.models import Clock, ClockState
from hotline.deadlines.queries import clocks_of, stuck
from hotline.deadlines.subjects import Subject
from hotline.deadlines.sweep import sweep
from hotline.errors import DomainError, Invalid
from hotline.ticket.clocks import ASSIGNMENT, subject_of
from hotline.ticket.ledger import LedgerEntry, entries, plain, replay
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import Assignment, AssignmentKind, Ticket, TicketStatus
from hotline.ticket.operations import REPLAYED, facts
from hotline.ticket.queries import hanging, visible
from hotline.workflow import available
from routing.profiles import ClockName as C
from tests.city import START, City
from tests.factories import BAD_CALL, ENTERPRISE, STAGES, VARIANTS, act, cast, make

S = TicketStatus
WALKERS = (
    *("agent1", "dispatch1", "review1", "callback1", "super1", "wd.handler", "wd.leader", "wd.gxj.handler"),
    *("jrj.handler", "jrj.leader", "gxj.handler", "expert.tax", ENTERPRISE, "SYSTEM"),
)
QUIET = {"note", "interim", "urge", "amend", "change_follower", "hand_over", "contact"}
"""Always possible, and leading nowhere: taken less often."""
STAGE_CLOCK = {
    S.AWAITING_SUPPLEMENT: C.SUPPLEMENT,
    S.AWAITING_DISPATCH: C.DISPATCH,
    S.AWAITING_SIGN: C.SIGN,
    S.OBJECTED: C.OBJECTION,
    S.UNDER_REVIEW: C.REVIEW,
    S.AWAITING_CALLBACK: C.CALLBACK,
    S.AWAITING_EXTERNAL: C.EXTERNAL,
}
FLAG_CLOCKS = {
    "extension_pending": C.EXTENSION_RULING,
    "pause_pending": C.PAUSE_RULING,
    "paused_since": C.PAUSE_LIMIT,
    "sign_offs_left": C.SIGN_OFF,
    "review_pending": C.REVIEW_REQUEST,
    "disputed_since": C.DISPUTE,
}
"""Columns that mean that somebody owes a ruling, and the clock that runs for it."""


def check(session: Session, ticket: Ticket) -> None:
    """Every invariant of one ticket."""
    history = entries(session, ticket)
    state = replay(history)
    assert {name: state.get(name) for name in REPLAYED} == {name: plain(getattr(ticket, name)) for name in REPLAYED}
    assert (state["status"], len(history)) == (ticket.status.value, ticket.last_seq)
    check_versions(history)
    check_clocks(session, ticket)
    check_people(session, ticket)


def check_versions(history: list[LedgerEntry]) -> None:
    """Only decisions raise the version, each by one."""
    decides = {row.action: row.decides for row in TABLE}
    for entry in history[1:]:
        assert ("version" in entry.changes) == decides.get(entry.action, False), entry.action


def check_clocks(session: Session, ticket: Ticket) -> None:
    """Just the clocks that the state asks for: none missing, none left over."""
    clocks = clocks_of(session, subject_of(ticket))
    going = {c.name for c in clocks if c.state is ClockState.RUNNING}
    owed = {clock for column, clock in FLAG_CLOCKS.items() if getattr(ticket, column)}
    stage = {STAGE_CLOCK[ticket.status]} if ticket.status in STAGE_CLOCK else set()
    assert going - {C.TOTAL, C.REWORK, C.CONTACT} == owed | stage, f"{ticket.status} {going}"
    total = {c.name for c in clocks if c.name in (C.TOTAL, C.REWORK) and c.state is not ClockState.STOPPED}
    at_unit = ticket.status in (S.AWAITING_SIGN, S.OBJECTED, S.HANDLING, S.UNDER_REVIEW)
    assert len(total) == 1 if at_unit else not total - {C.TOTAL}, f"{ticket.status} {total}"
    assert not (ticket.status.is_end or ticket.status is S.MERGED) or not (going | total) - {C.REVIEW_REQUEST}
    starts = {c.started_at for c in clocks if c.name == C.TOTAL}
    assert starts <= {ticket.dispatched_at}


def check_people(session: Session, ticket: Ticket) -> None:
    """One lead where there is work, and somebody who sees the ticket and answers for it."""
    parts = [part for part in hanging(session, Assignment, ticket) if part.ended_at is None]
    leads = [part for part in parts if part.kind is AssignmentKind.LEAD]
    assert [(p.unit_id, p.handler_id) for p in leads] == (
        [(ticket.lead_unit_id, ticket.handler_id)] if ticket.lead_unit_id else []
    )
    assert session.get_one(Account, ticket.follower_id).is_active
    if ticket.status is S.MERGED:
        assert ticket.master is not None
        assert not ticket.master.status.is_end
    for part in parts:
        awaited = part.is_awaited and not ticket.status.is_end and ticket.status is not S.AWAITING_CALLBACK
        if awaited and not ticket.round:
            assert [c.state for c in clocks_of(session, Subject(ASSIGNMENT, part.id))] == [ClockState.RUNNING]


def possible(city: City, number: str) -> list[tuple[str, str]]:
    """(login, action) that the table allows now, the quiet ones last."""
    with city.ticket(number) as (session, ticket):
        known, found = facts(ticket, city.now), []
        for login in WALKERS:
            actor = cast(city, login, number)
            if session.scalar(visible(actor).where(Ticket.no == number)) is not None:
                found += [(login, row.action) for row in available(TABLE, known, actor)]
    moves = sorted({pair for pair in found if pair[1] not in QUIET})
    return moves + sorted({pair for pair in found if pair[1] in QUIET})[:2]


def tick(city: City, minutes: int) -> None:
    """Time passes, and the sweep comes by."""
    city.now += timedelta(minutes=minutes)
    with city.database.transaction() as session:
        while sweep(session, city.now, sweep_context(session)):
            pass


def step(city: City, number: str, choice: int) -> None:
    moves = possible(city, number)
    if not moves:
        return
    login, action = moves[choice % len(moves)]
    note(f"{city.now} {login} {action}")
    form: dict[str, Any] = BAD_CALL if action == "callback" and choice % 2 else {}
    if action == "redispatch":
        form = {"unit_code": ("JRJ", "GXJ", "WD")[choice % 3]}
    if action == "hand_over":
        return
    try:
        act(city, login, action, number, **form)
    except DomainError as error:  # 改派 to the same unit, the same expert asked twice: the form does not fit
        if error.status != 422 and error.code != "already_asked":
            raise


@pytest.fixture
def walk(city: City) -> Iterator[City]:
    yield city
    with city.database.transaction(write=False) as session:
        assert stuck(session) == []
        assert session.scalars(select(Clock.last_error).where(Clock.last_error.is_not(None))).all() == []


CHOICES = st.lists(st.tuples(st.integers(0, 97), st.sampled_from([0, 5, 45, 400, 3000])), min_size=6, max_size=14)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(start=st.sampled_from(sorted(STAGES)), variant=st.sampled_from(sorted(VARIANTS)), choices=CHOICES)
def test_any_legal_history_keeps_the_promises(
    walk: City, start: str, variant: str, choices: list[tuple[int, int]]
) -> None:
    walk.now = START
    try:
        number = make(walk, start, **({} if start == "praised" else VARIANTS[variant]))
    except Invalid as error:  # what is due within hours is not extended by days
        assert error.code == "extension_too_long"
        return
    for choice, minutes in choices:
        step(walk, number, choice)
        tick(walk, minutes)
        with walk.ticket(number) as (session, ticket):
            check(session, ticket)


def test_every_stage_keeps_the_promises(city: City) -> None:
    for stage in STAGES:
        with city.ticket(make(city, stage)) as (session, ticket):
            check(session, ticket)


def test_dispatch_split_and_dispatch_again_goes_on_with_the_first_total_clock(city: City) -> None:
    number = make(city, "sent")
    for minutes, login, action in (
        (60, "dispatch1", "merge"),
        (600, "dispatch1", "split"),
        (9, "dispatch1", "dispatch"),
    ):
        city.now += timedelta(minutes=minutes)
        act(city, login, action, number)
    with city.ticket(number) as (session, ticket):
        check(session, ticket)
        totals = [c for c in clocks_of(session, subject_of(ticket)) if c.name == C.TOTAL]
        assert [(c.round, c.state.value) for c in totals] == [(0, "STOPPED"), (1, "RUNNING")]
        assert {c.started_at for c in totals} == {START}
