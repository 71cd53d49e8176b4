"""The pool's tables go down with data in them; coming up, who is an expert already stands in the pool of his unit."""

from sqlalchemy import func, select

from hotline import migrate
from hotline.accounts.models import Account, AccountRole, Role
from hotline.experts.models import Expert, ExpertField, RosterShift
from hotline.experts.records import Advice
from hotline.ticket.models import Consultation, Ruling, Ticket
from tests.city import City
from tests.experts import FIRST, answered, expert_of
from tests.integration.test_migrations import url_of


def test_experts_of_before_join_the_pool_and_consultations_go_with_their_tables(city: City) -> None:
    answered(city)
    migrate.downgrade(url_of(city.database), "5d0f3c2a71be")
    migrate.upgrade(url_of(city.database))
    with city.database.transaction(write=False) as session:
        people = session.scalar(select(func.count()).select_from(AccountRole).where(AccountRole.role == Role.EXPERT))
        assert len(session.scalars(select(Expert.id)).all()) == people
        found = expert_of(session, FIRST)
        account = session.scalars(select(Account).filter_by(login=FIRST)).one()
        assert (found.unit_id, found.languages, found.max_parallel) == (account.unit_id, ["zh"], 3)
        for model in (Advice, ExpertField, RosterShift):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_questions_find_their_answers_again_and_what_an_ended_ticket_asked_is_withdrawn(city: City) -> None:
    open_, ended, answered_ = (city.register() for _ in range(3))
    for number in (open_, ended, answered_):
        city.do("dispatch1", "ask_expert", number, expert_login=FIRST, question="差什么？")
    city.do(FIRST, "expert_answer", answered_, answer="补齐", legal_basis="第六条")
    city.do("agent1", "withdraw", ended, text="撤回")
    migrate.downgrade(url_of(city.database), "f237ebbed4da")
    migrate.upgrade(url_of(city.database))
    with city.database.transaction(write=False) as session:
        found = {one.ticket_id: one for one in session.scalars(select(Consultation))}
        by_number = {ticket.no: found[ticket.id] for ticket in session.scalars(select(Ticket)) if ticket.id in found}
        assert by_number[open_].withdrawn_at is None and by_number[open_].ruling is None
        assert by_number[ended].withdrawn_at == city.now
        assert by_number[answered_].ruling is Ruling.PENDING
        assert session.scalars(select(Advice)).one().consultation_id == by_number[answered_].id
