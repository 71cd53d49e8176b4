"""The demo city 临海湾市: invented content for a first look and for tests."""

import random
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, Role
from hotline.database import Database
from hotline.demo import people
from hotline.demo.catalogue import amend
from hotline.demo.consultations import fill_consultations
from hotline.demo.directory import PASSWORD, fill_directory
from hotline.demo.history import history
from hotline.demo.knowledge import POLICIES
from hotline.demo.player import Progress, no_progress, player_for
from hotline.demo.watched import showcase as showcase
from hotline.demo.workshop import fill_workshop
from hotline.directory.models import Unit
from hotline.directory.time import working_calendar
from hotline.knowledge.operations import Ownership, import_text

TICKETS, SEED = 3000, 12345


def is_empty(database: Database) -> bool:
    """Whether nobody can log in yet: then the demo city may move in."""
    with database.transaction(write=False) as session:
        return session.scalar(select(Account.id).limit(1)) is None


def fill(
    database: Database, now: datetime, progress: Progress = no_progress, *, count: int = TICKETS, seed: int = SEED
) -> None:
    """Directory, knowledge, and the year of `count` tickets that ends at `now`. The same arguments give the same city.

    Each ticket is made by `perform()` at its own time. Raises what `perform()` raises: a story that does not fit the
    table is an error of ours.
    """
    with database.transaction() as session:
        fill_directory(session, now, seed)
        amend(session, now)
        entries = _import_policies(session, now)
        calendar = working_calendar(session)
    events = history(random.Random(seed), seed, calendar, now, count)
    player_for(database, entries).play(events, now, progress)
    fill_workshop(database, now)
    fill_consultations(database, now)


def _import_policies(session: Session, now: datetime) -> dict[str, str]:
    """Each policy's name → "entry:version" of its first clause, as the year's replies cite it."""
    units = dict(session.execute(select(Unit.code, Unit.id)).all())
    editor = session.scalar(select(Account.id).filter_by(login=people.showcase()["KB_EDITOR"].login))
    first: dict[str, str] = {}
    for policy in POLICIES:
        owner = Ownership(units[policy.unit_code])
        done = import_text(session, policy.read(), owner, author_id=editor, now=now)
        first[policy.name] = f"{done.created[0].id}:1"
    return first


def logins() -> list[tuple[str, str, str]]:
    """One account of each role: role in Chinese, login, password."""
    return [(Role(role).label, account.login, PASSWORD) for role, account in people.showcase().items()]
