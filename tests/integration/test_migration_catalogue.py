"""The migration that gave the 派单目录 its versions: who led before leads after, and it can be undone."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from hotline import migrate
from hotline.directory.models import CatalogueRow, Category
from hotline.ticket.catalogue import book
from routing.catalogue import Matter, Way
from tests.city import LOAN_INTEREST, City

BEFORE, AFTER = "5d0f3c8a7b21", "5d0f3c2a71be"
DAY = date(2026, 3, 18)


def url_of(city: City) -> str:
    return city.database.engine.url.render_as_string(hide_password=False)


def sql(city: City, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with city.database.transaction() as session:
        found = session.execute(text(query), values)
        return [tuple(row) for row in found] if found.returns_rows else []


def leads(city: City, region: str, category: str = LOAN_INTEREST, day: date = DAY) -> tuple[str | None, Way]:
    with city.database.transaction(write=False) as session:
        choice = book(session, day).choose(Matter(category, region, day))
        return choice.unit, choice.way


@pytest.fixture
def old(city: City) -> City:
    """A city whose catalogue is as the migration before left it, one category having changed hands."""
    migrate.downgrade(url_of(city), BEFORE)
    sql(city, "UPDATE category_owner SET effective_to = '2025-12-31' WHERE region_id IS NULL AND category_id ="
              " (SELECT id FROM category WHERE code = :code)", code=LOAN_INTEREST)  # fmt: skip
    sql(city, "INSERT INTO category_owner (category_id, unit_id, support_unit_ids, effective_from) SELECT category.id,"
              " unit.id, '[]', '2026-01-01' FROM category, unit WHERE category.code = :code AND unit.code = 'GXJ'",
        code=LOAN_INTEREST)  # fmt: skip
    return city


def test_who_led_before_leads_after_each_in_its_time_and_zones_take_what_names_nobody(old: City) -> None:
    migrate.upgrade(url_of(old), AFTER)
    assert leads(old, "449902") == ("GXJ", Way.ROW)
    assert leads(old, "449902", day=date(2025, 12, 31)) == ("JRJ", Way.ROW)
    assert leads(old, "4499GX") == ("GXQ", Way.ZONE)
    assert leads(old, "449902", "010102") == ("WD-SJJ", Way.ROW)
    with old.database.transaction(write=False) as session:
        rows = select(CatalogueRow).join(Category).where(Category.code == LOAN_INTEREST).order_by(CatalogueRow.id)
        versions = [(row.version, row.slot, row.recorded_by) for row in session.scalars(rows)]
    assert versions == [(1, versions[0][1], "系统升级"), (2, versions[0][1], "系统升级")]


def test_the_way_back_keeps_what_the_old_table_can_say_and_no_more(city: City) -> None:
    known = "SELECT count(*) FROM catalogue_row WHERE category_id IS NOT NULL AND appeal_type IS NULL"
    [(expected,)] = sql(city, known)
    sql(city, "UPDATE catalogue_row SET effective_to = '2019-12-31' WHERE id ="
              " (SELECT min(id) FROM catalogue_row WHERE category_id IS NOT NULL AND appeal_type IS NULL)")  # fmt: skip
    migrate.downgrade(url_of(city), BEFORE)
    assert sql(city, "SELECT count(*) FROM category_owner") == [(expected - 1,)]
    migrate.upgrade(url_of(city))
    assert sql(city, known) == [(expected - 1,)]
    assert leads(city, "449902", "020101") == ("SWJ", Way.ROW)
