"""Nobody leaves with open work, and what is handed over fits the successor."""

import pytest
from sqlalchemy import select

from hotline.accounts.administration import edit_account
from hotline.accounts.models import Account, AuditEntry, Post, Role, UnitPost
from hotline.accounts.queries import responsible_for
from hotline.directory.models import Unit
from hotline.errors import Conflict, Invalid
from hotline.supervision import handover
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Assignment, Consultation
from hotline.ticket.queries import hanging
from tests.city import City


def account(session: object, login: str) -> Account:
    return session.scalars(select(Account).filter_by(login=login)).one()  # type: ignore[attr-defined]


def close(city: City, login: str) -> None:
    with city.database.transaction() as session:
        handover.close(session, account(session, login), city.actor("admin1"), city.now)


def hand_over(city: City, leaving: str, taking: str) -> handover.Handed:
    with city.database.transaction() as session:
        people = account(session, leaving), account(session, taking)
        return handover.hand_over_all(session, *people, "岗位调整", city.actor("admin1"), city.now)


def refusal(city: City, leaving: str, taking: str, words: str) -> bool:
    """Whether the one ticket stayed, and a row says these words."""
    handed = hand_over(city, leaving, taking)
    return handed.numbers == [] and any(words in why for _, why in handed.misfits)


def dispatched(city: City, **more: object) -> str:
    number = city.register("agent1", "submit", **more)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    return number


def second_handler(city: City) -> str:
    """Another account that handles for the finance bureau."""
    with city.database.transaction(write=False) as session:
        unit = session.scalars(select(Unit).filter_by(code="JRJ")).one()
        people = session.scalars(select(Account).filter_by(unit_id=unit.id).order_by(Account.id))
        others = [p.login for p in people if p.roles & {Role.HANDLER, Role.UNIT_LEADER} and p.login != "jrj.handler"]
    return others[0]


def test_an_account_with_open_work_is_not_closed_and_the_numbers_are_named(city: City) -> None:
    number = dispatched(city)
    with pytest.raises(Conflict) as refused:
        close(city, "jrj.handler")
    assert refused.value.code == "account_has_open_work"
    assert refused.value.details == {"numbers": [number], "posts": ["联络员"]}
    assert "1 件在办工单" in refused.value.message
    with pytest.raises(Conflict):
        close(city, "agent1")  # follows the ticket


def test_after_the_handover_the_account_closes_and_its_sessions_end(city: City) -> None:
    number, taking = dispatched(city), second_handler(city)
    assert hand_over(city, "jrj.handler", taking).numbers == [number]
    close(city, "jrj.handler")
    with city.ticket(number) as (session, ticket):
        gone = account(session, "jrj.handler")
        assert not gone.is_active and gone.session_version == 2
        assert ticket.handler.login == taking
        assert [part.handler.login for part in hanging(session, Assignment, ticket)] == [taking]
        assert responsible_for(session, ticket.lead_unit, city.now.date()).login == taking


def test_a_follower_hands_over_to_the_hotline_only(city: City) -> None:
    number = dispatched(city)
    assert refusal(city, "agent1", "jrj.handler", "不是热线人员")
    hand_over(city, "agent1", "agent2")
    with city.ticket(number) as (_, ticket):
        assert ticket.follower.login == "agent2"


def test_a_handler_hands_over_within_the_unit_only_and_a_misfit_changes_nothing(city: City) -> None:
    number = dispatched(city)
    assert refusal(city, "jrj.handler", "gxj.handler", "不是“市金融局”的经办人")
    with city.ticket(number) as (session, ticket):
        assert ticket.handler.login == "jrj.handler"
        assert "hand_over" not in {row.action for row in entries(session, ticket)}


def test_an_experts_open_question_goes_to_another_expert(city: City) -> None:
    number = dispatched(city)
    city.do("dispatch1", "ask_expert", number, expert_login="expert.policy", question="目录内设备如何认定？")
    assert refusal(city, "expert.policy", "agent2", "不是政策专家")
    hand_over(city, "expert.policy", "expert.tax")
    with city.ticket(number) as (session, ticket):
        assert [asked.expert.login for asked in hanging(session, Consultation, ticket)] == ["expert.tax"]
    city.do("expert.tax", "expert_answer", number, answer="以目录为准", legal_basis="办法第三条")


def test_the_complained_of_person_never_inherits_the_complaint(city: City) -> None:
    number = city.register("agent1", "submit", appeal_type="COMPLAINT", respondent_kind="PERSON",
                           respondent_name="何苇杭", respondent_login="agent4")  # fmt: skip
    with city.ticket(number) as (_, ticket):
        assert ticket.respondent_account_id is not None
    assert refusal(city, "agent1", "agent4", "回避")


def test_each_handed_over_ticket_has_a_ledger_row_that_replays(city: City) -> None:
    number = dispatched(city)
    hand_over(city, "agent1", "agent2")
    with city.ticket(number) as (session, ticket):
        history = entries(session, ticket)
        assert (history[-1].action, history[-1].label, history[-1].actor_name) == ("hand_over", "交接", "沈若川")
        assert replay(history)["follower_id"] == ticket.follower_id
        assert replay(history)["version"] == ticket.version
        audited = session.scalars(select(AuditEntry).filter_by(action="hand_over")).one()
        assert audited.details["tickets"] == [number]


def test_a_post_passes_on_from_today_and_the_past_keeps_its_holder(city: City) -> None:
    taking = second_handler(city)
    hand_over(city, "jrj.handler", taking)
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(UnitPost).join(Unit, Unit.id == UnitPost.unit_id).where(
            Unit.code == "JRJ", UnitPost.post == Post.LIAISON).order_by(UnitPost.effective_from)).all()  # fmt: skip
        assert [row.account.login for row in rows] == ["jrj.handler", taking]
        assert str(rows[0].effective_to) == "2026-03-17" and str(rows[1].effective_from) == "2026-03-18"


def test_closed_tickets_do_not_hold_anybody_back(city: City) -> None:
    number = city.register("agent3")
    with pytest.raises(Conflict):
        close(city, "agent3")
    city.do("agent1", "withdraw", number, text="企业来电撤回")
    close(city, "agent3")


def test_nobody_closes_his_own_account(city: City) -> None:
    with pytest.raises(Conflict, match="自己"):
        close(city, "admin1")


def test_roles_that_open_work_needs_are_kept_until_the_handover(city: City) -> None:
    dispatched(city)
    with city.database.transaction() as session:
        person, admin = account(session, "agent1"), city.actor("admin1")
        with pytest.raises(Conflict) as refused:
            handover.check_change(session, person, [Role.KB_EDITOR], person.unit_id, city.now)
        assert refused.value.code == "account_has_open_work"
        handover.check_change(session, person, [Role.CALLBACK], person.unit_id, city.now)
        edit_account(session, person, {"name": "陈晓岚", "roles": [Role.CALLBACK]}, person.unit, admin, city.now)
    with city.database.transaction(write=False) as session:
        assert account(session, "agent1").roles == {Role.CALLBACK}


def test_a_team_leader_hands_over_one_ticket_by_the_table(city: City) -> None:
    number = dispatched(city)
    city.do("lead1", "hand_over", number, from_login="agent1", to_login="agent2", text="休假")
    with pytest.raises(Invalid, match="没有待办"):
        city.do("lead1", "hand_over", number, from_login="agent1", to_login="agent2", text="休假")
    with city.ticket(number) as (_, ticket):
        assert ticket.follower.login == "agent2"


def test_one_misfit_does_not_keep_back_the_rest(city: City) -> None:
    number = city.register("agent1", "submit", appeal_type="COMPLAINT", respondent_kind="PERSON",
                           respondent_name="何苇杭", respondent_login="agent4")  # fmt: skip
    other = city.register("agent1", "submit")
    handed = hand_over(city, "agent1", "agent4")
    assert handed.numbers == [other]
    assert [what for what, _ in handed.misfits] == [number] and "回避" in handed.words
