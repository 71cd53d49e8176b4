"""A change of the key of names and numbers: nothing is lost, and numbers are found again."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Table, Text, select, type_coerce

from hotline import keys
from hotline.accounts.privacy import phone_lookup
from hotline.cli import main
from hotline.database import Base, Database, EncryptedText
from hotline.directory.models import Enterprise
from hotline.errors import Unavailable
from hotline.experts.models import Expert
from hotline.intake import drafts
from hotline.ticket.listing import page
from hotline.ticket.models import Contact, Ticket
from tests import factories, services
from tests.city import APPEAL, City

KNOWN = select(Enterprise).where(Enterprise.contact_phone.is_not(None))
NEW = "another-key-for-tests-only"


@pytest.fixture
def old(city: City, monkeypatch: pytest.MonkeyPatch) -> City:
    """A city written under the old key. The columns' cipher belongs to the process: it is put back at the end."""
    monkeypatch.setattr(EncryptedText, "secrets", city.database.secrets)
    with city.database.transaction() as session:
        drafts.save(session, city.actor("agent1").account_id or 0, "a-draft-key-1", {"title": ["草稿"]}, city.now)
    return city


def reopened(city: City, *previous: str) -> City:
    """The same database, by a process that has the new key and these older ones."""
    url = city.database.engine.url.render_as_string(hide_password=False)
    known = replace(services.settings(Path("."), url), pii_key=NEW, previous_pii_keys=previous)
    return City(Database(known), city.now, city.category)


def found(city: City, phone: str) -> list[str]:
    with city.database.transaction(write=False) as session:
        return [row.ticket.no for row in page(session, city.actor("super1"), city.now, view="all", q=phone).rows]


def test_after_a_rotation_everything_is_read_and_found_without_the_old_key(old: City) -> None:
    number = factories.make(old, "handling")
    factories.act(old, "wd.handler", "contact", number, phone="13800001234")
    with old.ticket(number) as (_, ticket):
        code = ticket.query_code
    between = reopened(old, services.KEY)
    assert found(between, APPEAL["contact_phone"]) == []  # why the command is needed
    assert keys.rotate(between.database, lambda line: None) > 3
    new = reopened(between)
    assert found(new, APPEAL["contact_phone"]) == [number]
    with new.ticket(number) as (session, ticket):
        assert (ticket.contact_name, ticket.query_code) == (APPEAL["contact_name"], code)
        assert session.scalars(select(Contact.phone)).all() == ["13800001234"]
        assert session.scalar(select(Ticket.phone_lookup)) == phone_lookup(APPEAL["contact_phone"])
        for enterprise in session.scalars(KNOWN):
            assert enterprise.phone_lookup == phone_lookup(str(enterprise.contact_phone))
        assert drafts.all_of(session, new.actor("agent1").account_id or 0)[0].title == "草稿"


def test_a_rotation_broken_off_goes_on_where_it_was_and_a_second_one_finds_nothing(old: City) -> None:
    numbers = [old.register() for _ in range(3)]
    new, heard = reopened(old, services.KEY), []

    def broken_off(line: str) -> None:
        heard.append(line)
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.rotate(new.database, broken_off, batch=60)
    done = sum(int(re.findall(r"本批更新 (\d+) 行", line)[0]) for line in heard)
    assert done > 0
    rest = keys.rotate(new.database, heard.append, batch=60)
    with new.database.transaction(write=False) as session:
        known = len(session.scalars(KNOWN).all())
        experts = len(session.scalars(select(Expert.id)).all())
    assert done + rest == known + experts + len(numbers) + 1  # the draft
    assert keys.rotate(new.database, heard.append) == 0
    assert re.search(r"ticket：已检查 3/3 行", heard[-1] + heard[-2])


def test_without_the_old_key_nothing_is_touched_and_the_row_is_named(old: City) -> None:
    old.register()
    before = sealed(old)
    with pytest.raises(Unavailable, match="HOTLINE_PREVIOUS_PII_KEYS"):
        keys.rotate(reopened(old).database, lambda line: None)
    assert sealed(old) == before


def sealed(city: City) -> list[str]:
    """The ciphertexts of the enterprises' and tickets' numbers as they stand in the database."""
    tables: list[Table] = [Base.metadata.tables[name] for name in ("enterprise", "ticket")]
    with city.database.transaction(write=False) as session:
        return [t for one in tables for t in session.scalars(select(type_coerce(one.c.contact_phone, Text)))]


def test_the_command_says_what_it_did(old: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old.register()
    url = old.database.engine.url.render_as_string(hide_password=False)
    environ = {"HOTLINE_DATA": str(tmp_path), "DATABASE_URL": url, "HOTLINE_PII_KEY": NEW}
    refused = CliRunner().invoke(main, ["keys", "rotate"], env=environ)
    assert (refused.exit_code, "旧密钥" in refused.output) == (1, True)
    environ["HOTLINE_PREVIOUS_PII_KEYS"] = services.KEY
    first, second = (CliRunner().invoke(main, ["keys", "rotate"], env=environ) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "完成：更新 0 行" not in first.output
    assert "完成：更新 0 行" in second.output
