"""A real house begins empty: one command, one administrator."""

import pytest

from hotline.accounts.actor import actor_of
from hotline.database import Database
from hotline.directory.time import default_profile, working_calendar
from hotline.errors import Conflict
from hotline.founding import found
from tests.city import START

FOUNDER = {"city": "珠海市", "code": "440400", "login": "admin", "password": "a long enough one", "now": START}


def test_a_new_house_has_time_rules_sources_and_somebody_who_answers(database: Database) -> None:
    with database.transaction() as session:
        account = found(session, **FOUNDER)
        assert default_profile(session).code == "124"
        assert not working_calendar(session).is_provisional(START, START)
        assert {"ADMIN", "SUPERVISOR"} <= actor_of(session, account).roles
        assert account.unit.code == "SZF"  # not of the hotline: somebody must be able to take a complaint about it


def test_a_house_is_founded_once(database: Database) -> None:
    with database.transaction() as session:
        found(session, **FOUNDER)
    with pytest.raises(Conflict), database.transaction() as session:
        found(session, **FOUNDER)
