"""自动派单's tables go down with data in them and come up empty; the tickets that were sent stay where they are."""

from pathlib import Path

from sqlalchemy import func, select

from hotline import migrate
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule
from tests.auto import Automatic, teach
from tests.city import City
from tests.integration.test_migrations import url_of


def test_rules_and_verdicts_go_with_their_tables_and_tickets_stay(city: City, tmp_path: Path) -> None:
    automatic = Automatic(city, teach(tmp_path))
    automatic.rule(sample=100)
    [row] = automatic.sent(1)
    automatic.judge(row, False)
    migrate.downgrade(url_of(city.database), "f237ebbed4da")
    migrate.upgrade(url_of(city.database))
    with city.database.transaction(write=False) as session:
        for model in (AutoDispatchRule, AutoDispatch):
            assert session.scalar(select(func.count()).select_from(model)) == 0
    number = automatic.register()
    automatic.rule()
    assert automatic.sweep() == 1 and city.status(number) == "AWAITING_SIGN"
