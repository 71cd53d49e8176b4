"""The pool's tables go down with data in them; coming up, who is an expert already stands in the pool of his unit."""

from sqlalchemy import func, select

from hotline import migrate
from hotline.accounts.models import Account, AccountRole, Role
from hotline.experts.models import Expert, ExpertField, RosterShift
from hotline.experts.records import Advice
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
