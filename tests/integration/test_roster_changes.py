"""A change of the roster says beforehand what becomes of shifts, meetings and invitations, and does exactly that."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.errors import Conflict, Forbidden, Invalid
from hotline.experts import appointments, roster_changes
from hotline.experts.models import RosterShift
from hotline.experts.records import Advice
from hotline.experts.roster import get_shift
from hotline.experts.roster_changes import Change, carry_out, effects
from hotline.messages.models import Audience, Notice
from hotline.outbox.operations import deliver
from hotline.supervision.advice_notices import send_advice_event
from tests.city import City
from tests.experts import FIRST, SECOND, advice, do, expert_of, invite, invited, status

KEEPER = "jrj.leader"


def booked(city: City, login: str = FIRST) -> int:
    """A confirmed meeting in this expert's first free slot, for a new ticket."""
    number = city.register()
    with city.ticket(number) as (session, ticket):
        mine = expert_of(session, login).id
        slot = next(s.key for s in appointments.offered(session, ticket, city.now) if s.expert.id == mine)
    made = do(city, "agent1", "book", None, ticket_no=number, slot=slot, mode="VIDEO", question="能否补报？")
    return do(city, login, "confirm", made)


def holder(city: City, advice_id: int) -> tuple[str, str, str]:
    """(status, whose consultation, whose slot)."""
    with advice(city, advice_id) as found:
        assert found.expert is not None and found.appointment is not None
        with city.database.transaction(write=False) as session:
            slot = session.get_one(Advice, advice_id).appointment
            experts = {expert_of(session, one).id: one for one in (FIRST, SECOND)}
            assert slot is not None
            return found.status.value, found.expert.account.login, experts[slot.expert_id] if slot.is_held else "-"


def shift_of(city: City, advice_id: int) -> int:
    """The shift in which a meeting lies."""
    with advice(city, advice_id) as found, city.database.transaction(write=False) as session:
        assert found.appointment is not None
        starts = found.appointment.starts_at
        rows = session.scalars(select(RosterShift).filter_by(expert_id=found.expert_id))
        return next(one.id for one in rows if _covers(one, starts))


def _covers(shift: RosterShift, at: Any) -> bool:
    begin, end = roster_changes.roster.hours_of(shift)
    return begin <= at < end


def swap(city: City, shift_id: int, is_absent: bool = True, **more: Any) -> dict[str, Any]:
    """Preview and change in one transaction; the audit's details, which the preview foretold."""
    with city.database.transaction() as session:
        substitute = expert_of(session, SECOND).id
        data = {"is_absent": is_absent, "substitute_id": substitute, "text": "外出培训", **more}
        change = roster_changes.swapped(session, get_shift(session, shift_id), data, city.actor(KEEPER))
        return done(session, city, change)


def done(session: Any, city: City, change: Change, login: str = KEEPER) -> dict[str, Any]:
    found = effects(session, change, city.now)
    foretold = found.plain()
    audited = carry_out(session, change, city.actor(login), city.now, "外出培训", found.seen)
    assert audited.details == foretold
    return dict(audited.details)


def told_enterprises(city: City) -> list[str]:
    senders = {"advice_event": send_advice_event, "ticket_event": lambda *_: None}
    deliver(city.database, lambda: city.now, senders)
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(Notice).filter_by(audience=Audience.ENTERPRISE).order_by(Notice.id))
        return [row.text for row in rows if "专家" in row.text]


def test_the_preview_is_exactly_what_the_change_then_does(city: City) -> None:
    meeting = booked(city)
    details = swap(city, shift_of(city, meeting))
    [(before, after)] = details["shifts"]
    assert (before["is_absent"], after["is_absent"], after["substitute"]) == (False, True, SECOND)
    [moved] = details["consultations"]
    assert (moved["id"], moved["outcome"], moved["before"], moved["after"]) == (meeting, "MOVED", FIRST, SECOND)
    assert holder(city, meeting) == ("CONFIRMED", SECOND, SECOND)
    assert "另一位专家" in told_enterprises(city)[-1]
    with city.database.transaction(write=False) as session:
        row = session.scalars(select(AuditEntry).filter_by(action="roster_swapped")).one()
        assert row.details == details and row.reason == "外出培训"


def test_after_a_swap_the_shift_and_its_meetings_go_together_and_come_back(city: City) -> None:
    meeting = booked(city)
    shift_id = shift_of(city, meeting)
    swap(city, shift_id)
    swap(city, shift_id, is_absent=False)
    assert holder(city, meeting) == ("CONFIRMED", FIRST, FIRST)
    swap(city, shift_id)
    with city.database.transaction() as session:
        change = roster_changes.removed(get_shift(session, shift_id), city.actor(KEEPER))
        [gone] = done(session, city, change)["consultations"]
    assert (gone["outcome"], gone["before"]) == ("REBOOK", SECOND)
    assert holder(city, meeting)[::2] == ("CANCELLED", "-")
    assert "请另选时段" in told_enterprises(city)[-1]


def test_a_meeting_that_stayed_with_the_absent_expert_is_found_when_the_shift_goes(city: City) -> None:
    meeting = booked(city)
    shift_id = shift_of(city, meeting)
    with city.database.transaction() as session:  # as swaps once left it
        shift = session.get_one(RosterShift, shift_id)
        shift.substitute, shift.is_absent = expert_of(session, SECOND), True
    with city.database.transaction() as session:
        change = roster_changes.removed(get_shift(session, shift_id), city.actor(KEEPER))
        assert [one["id"] for one in done(session, city, change)["consultations"]] == [meeting]


def test_a_substitute_who_is_busy_or_partial_is_given_nothing(city: City) -> None:
    meeting, other = booked(city), booked(city, SECOND)
    with city.database.transaction() as session:
        mine, his = (session.get_one(Advice, one).appointment for one in (meeting, other))
        assert mine is not None and his is not None
        his.starts_at, his.ends_at = mine.starts_at, mine.ends_at
    [moved] = swap(city, shift_of(city, meeting))["consultations"]
    assert moved["outcome"] == "REBOOK"
    assert "已有预约" in moved["why"]
    assert holder(city, meeting)[0] == "CANCELLED" and holder(city, other)[0] == "CONFIRMED"


def test_an_invitation_to_who_steps_back_now_goes_on_and_counts_as_withdrawn(city: City) -> None:
    call = invite(city)
    with city.database.transaction(write=False) as session:
        first = expert_of(session, FIRST).id
        today = city.now.date()
        shift_id = next(
            one.id for one in session.scalars(select(RosterShift).filter_by(expert_id=first, day=today))
            if _covers(one, city.now)
        )  # fmt: skip
    [move] = swap(city, shift_id)["consultations"]
    assert (move["id"], move["outcome"]) == (call, "PASSED_ON")
    assert invited(city, call) == [(FIRST, "WITHDRAWN"), (SECOND, "PENDING")]


def test_the_end_of_an_experts_period_empties_his_shifts_and_his_meetings(city: City) -> None:
    meeting = booked(city)
    with city.database.transaction() as session:
        expert = expert_of(session, FIRST)
        expert.valid_from = city.now.date() - timedelta(days=30)
        period = {"valid_from": expert.valid_from, "valid_to": city.now.date() - timedelta(days=1)}
        change = roster_changes.amended(session, expert, period, city.now)
        assert change.shifts
        done(session, city, change)
    assert status(city, meeting) in ("CONFIRMED", "CANCELLED")
    with city.database.transaction(write=False) as session:
        left = [one for one in session.scalars(select(RosterShift)) if one.acting.account.login == FIRST]
        assert not [one for one in left if one.day >= city.now.date()]


def test_what_came_after_the_preview_refuses_the_confirmation(city: City) -> None:
    meeting = booked(city)
    with city.database.transaction(write=False) as session:
        change = roster_changes.removed(get_shift(session, shift_of(city, meeting)), city.actor(KEEPER))
        seen = effects(session, change, city.now).seen
    do(city, "agent1", "cancel", meeting, text="企业改期")
    with city.database.transaction() as session, pytest.raises(Conflict) as refused:
        change = roster_changes.removed(get_shift(session, shift_of(city, meeting)), city.actor(KEEPER))
        carry_out(session, change, city.actor(KEEPER), city.now, "撤", seen)
    assert refused.value.code == "preview_stale"


def test_only_who_keeps_the_unit_changes_its_roster(sqlite_city: City) -> None:
    city, meeting = sqlite_city, booked(sqlite_city)
    with city.database.transaction(write=False) as session:
        shift = get_shift(session, shift_of(city, meeting))
        for login in ("gxj.leader", "agent1", "expert.tax"):
            with pytest.raises(Forbidden):
                roster_changes.removed(shift, city.actor(login))
        with pytest.raises(Invalid):
            data = {"is_absent": True, "substitute_id": expert_of(session, "expert.tax").id}
            roster_changes.swapped(session, shift, data, city.actor(KEEPER))
