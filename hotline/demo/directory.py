"""The demo city's directory in the database: regions, units, people, categories, enterprises, sources."""

import random
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.accounts.models import Account, AccountRole, Post, Role, UnitPost
from hotline.accounts.operations import HASHER
from hotline.accounts.privacy import phone_lookup
from hotline.demo.catalogue import fill_catalogue
from hotline.demo.categories import CATEGORIES
from hotline.demo.city import REGIONS, UNITS
from hotline.demo.enterprises import enterprises
from hotline.demo.experts import fill_pool, fill_roster
from hotline.demo.people import ACCOUNTS, UNIT_PEOPLE
from hotline.directory.models import (
    Category,
    Enterprise,
    Region,
    RegionKind,
    Unit,
    UnitKind,
)
from hotline.directory.setup import set_up

PASSWORD = "Linhaiwan-2026"
"""Everybody's in the demo city; printed at start, never used elsewhere."""

Ids = dict[str, int]


def fill_directory(session: Session, now: datetime, seed: int = 12345) -> None:
    """Everything but tickets. The same seed gives the same city."""
    set_up(session, now)
    regions = _regions(session)
    units = _units(session, regions)
    _people(session, units)
    fill_catalogue(session, _categories(session), regions, units, now)
    _enterprises(session, regions, random.Random(seed))
    session.flush()
    fill_pool(session)
    fill_roster(session, now)


def _regions(session: Session) -> Ids:
    ids: Ids = {}
    for row in REGIONS:
        region = Region(code=row.code, name=row.name, kind=RegionKind(row.kind), parent_id=ids.get(row.parent or ""))
        session.add(region)
        session.flush()
        ids[row.code] = region.id
    return ids


def _units(session: Session, regions: Ids) -> Ids:
    made: dict[str, Unit] = {}
    for row in UNITS:
        parent = made.get(row.parent or "")
        unit = Unit(
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            kind=UnitKind(row.kind),
            parent_id=parent.id if parent else None,
            region_id=regions[row.region],
            duty_phone=row.duty_phone,
            duties=row.duties,
            sign_off_levels=row.sign_off_levels,
        )
        session.add(unit)
        session.flush()
        unit.path = f"{parent.path if parent else '/'}{unit.id}/"
        made[row.code] = unit
    for row in UNITS:
        if row.supervised_by:
            made[row.code].supervising_unit_id = made[row.supervised_by].id
    session.flush()
    return {code: unit.id for code, unit in made.items()}


def _people(session: Session, units: Ids) -> None:
    password = HASHER.hash(PASSWORD)  # once: argon2 is slow on purpose
    made: dict[str, Account] = {}
    for row in ACCOUNTS:
        roles = [AccountRole(role=Role(role)) for role in row.roles]
        account = Account(
            login=row.login, name=row.name, unit_id=units[row.unit], password_hash=password, role_rows=roles
        )
        made[row.login] = account
    session.add_all(made.values())
    session.flush()
    for people in UNIT_PEOPLE.values():
        posts = {
            Post.LIAISON: people.liaison,
            Post.DEPUTY: people.deputy,
            Post.LEADER: people.leader,
            Post.CHIEF: people.chief,
        }
        for post, login in posts.items():
            if login:
                session.add(UnitPost(unit_id=units[people.unit], post=post, account_id=made[login].id))
    session.flush()


def _categories(session: Session) -> Ids:
    made: dict[str, Category] = {}
    for row in CATEGORIES:
        parent = made.get(row.parent or "")
        category = Category(
            code=row.code,
            name=row.name,
            initials=row.initials,
            level=row.level,
            parent_id=parent.id if parent else None,
            full_name=f"{parent.full_name} / {row.name}" if parent else row.name,
        )
        session.add(category)
        session.flush()
        made[row.code] = category
    return {code: category.id for code, category in made.items()}


def _enterprises(session: Session, regions: Ids, rng: random.Random) -> None:
    for row in enterprises(rng):
        known = Enterprise(
            uscc=row.uscc,
            name=row.name,
            region_id=regions[row.region],
            address=row.address,
            industry=row.industry,
            tags=list(row.tags),
            contact_name=row.contact_name,
            contact_phone=row.contact_phone,
            phone_lookup=phone_lookup(row.contact_phone),
        )
        session.add(known)
    session.flush()
