"""The migration that gave each version its own status: what stood keeps standing, and it can be undone."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from hotline import migrate
from hotline.accounts.models import Account, AccountRole, Role
from hotline.database import Database
from hotline.deadlines.models import Clock
from tests.city import City
from tests.kb import AUTHOR, act, entry_of, made, revised, running, statuses, tick

BEFORE = "4c1d7a90be52"


LONG_AGO = "2025-06-01 00:00:00"
ENTRY = {"type": "POLICY", "is_public": True, "current_version": 2, "created_at": LONG_AGO}
TEXTS = dict.fromkeys(("phone_answer", "doc_number", "place", "source_title"), "")
VERSION = {**TEXTS, "title": "补贴", "full_text": "十元", "question_variants": "[]", "published_at": LONG_AGO}
VERSION["content_hash"] = "0" * 64


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def old(city: City) -> City:
    """A city whose knowledge base is as the migration before left it: one entry, one withdrawn one."""
    migrate.downgrade(url_of(city.database), BEFORE)
    with city.database.transaction() as session:
        unit = session.execute(text("SELECT id FROM unit WHERE code = 'WD'")).scalar_one()
        for number, status in ((1, "PUBLISHED"), (2, "WITHDRAWN")):
            entry = {"id": number, "code": f"KB-{number:06d}", "status": status, "unit_id": unit}
            _insert(session, "kb_entry", {**ENTRY, **entry, "changed_in": number})
            for version, begins in ((1, "2025-01-01"), (2, "2025-05-01")):
                said = {"entry_id": number, "version": version, "effective_from": begins, "expires_at": "2026-12-31"}
                _insert(session, "kb_entry_version", {**VERSION, **said})
    return city


def _insert(session, table: str, values: dict[str, object]) -> None:
    names = ", ".join(values)
    session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + name for name in values)})"), values)


def columns_of(city: City, query: str) -> list[tuple]:
    with city.database.transaction(write=False) as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_what_was_published_stays_published_and_its_clock_finds_out_the_rest(old: City) -> None:
    migrate.upgrade(url_of(old.database))
    assert statuses(old, "KB-000001") == ["PUBLISHED", "PUBLISHED"]
    assert statuses(old, "KB-000002") == ["WITHDRAWN", "WITHDRAWN"]
    assert running(old) == ["KB_TURN"]
    tick(old, "2026-03-18 09:00")
    assert statuses(old, "KB-000001") == ["REPLACED", "PUBLISHED"]
    with entry_of(old, "KB-000001") as (session, entry):
        assert (entry.row_version, entry.audience, entry.versions[1].review_due.isoformat()) == (2, [], "2026-06-01")
        waits = session.scalars(select(Clock).filter_by(subject_kind="kb_entry", state="RUNNING")).one()
        assert waits.due_at == datetime(2026, 5, 31, 16, tzinfo=UTC)


def test_the_way_back_forgets_drafts_and_keeps_what_was_published(city: City) -> None:
    withdrawn, kept = made(city), made(city, title="另一条")
    act(city, "kb1", "withdraw", withdrawn, text="有误")
    revised(city, kept, full_text="十五元")
    act(city, AUTHOR, "revise", kept)
    made(city, "DRAFT")
    with city.database.transaction() as session:
        reader = session.scalars(select(Account).filter_by(login="agent1")).one()
        session.add(AccountRole(account_id=reader.id, role=Role.GRASSROOTS))
    migrate.downgrade(url_of(city.database), BEFORE)
    assert columns_of(city, "SELECT code, status FROM kb_entry ORDER BY id") == [
        (withdrawn, "WITHDRAWN"),
        (kept, "PUBLISHED"),
    ]
    assert [row[0] for row in columns_of(city, "SELECT version FROM kb_entry_version WHERE full_text = '十五元'")] == [
        2
    ]
    assert columns_of(city, "SELECT id FROM clock WHERE subject_kind = 'kb_entry'") == []
    migrate.upgrade(url_of(city.database))
    assert statuses(city, kept) == ["PUBLISHED", "PUBLISHED"]
