"""What every row of the table asks, also of somebody who should not even have seen the ticket."""

from hotline.accounts.actor import Actor, enterprise
from hotline.accounts.models import Role
from hotline.ticket.facts import Facts
from hotline.ticket.lifecycle import TABLE
from hotline.ticket.models import AppealType, TicketStatus
from hotline.workflow import available

ME, MY_UNIT, ANOTHER = 7, 70, 8
STAFF = frozenset(Role) - {Role.ENTERPRISE, Role.SYSTEM}


def steps(actor: Actor, **known: object) -> set[str]:
    """Every action that some status of such a complaint would let the actor take."""
    about = {"appeal_type": AppealType.COMPLAINT, "ticket_id": 1, "lead_unit_id": MY_UNIT, **known}
    found = [available(TABLE, Facts(status=status, **about), actor) for status in TicketStatus]  # type: ignore[arg-type]
    return {row.action for rows in found for row in rows}


def staff(roles: frozenset[Role] = STAFF) -> Actor:
    return Actor("本人", roles, account_id=ME, unit_id=MY_UNIT, avoids=frozenset({MY_UNIT}))


def test_whom_a_complaint_is_about_may_take_no_step_of_it() -> None:
    assert "reply" in steps(staff(), respondent_account_id=ANOTHER)
    assert steps(staff(), respondent_account_id=ME) == set()
    assert steps(staff(), respondent_unit_id=MY_UNIT) == set()


def test_praise_may_be_handled_by_those_it_is_about() -> None:
    assert "note" in steps(staff(), appeal_type=AppealType.PRAISE, respondent_account_id=ME)


def test_of_a_tip_off_only_the_named_handler_and_the_leader_may_take_a_step() -> None:
    handler, leader = staff(frozenset({Role.HANDLER})), staff(frozenset({Role.UNIT_LEADER}))
    tip_off = {"appeal_type": AppealType.TIP_OFF}
    assert steps(handler, handler_id=ANOTHER, **tip_off) == set()
    assert "reply" in steps(handler, handler_id=ME, **tip_off)
    assert "sign_off" not in steps(handler, handler_id=ME, **tip_off)
    assert "reply" in steps(leader, handler_id=ANOTHER, **tip_off)


def test_an_enterprise_acts_on_its_own_ticket_only() -> None:
    assert {"withdraw", "urge"} <= steps(enterprise(1))
    assert steps(enterprise(2)) == set()
