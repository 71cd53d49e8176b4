"""A city on which everything may be tried: each rehearsal is undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from hotline.database import Database
from tests.city import City
from tests.factories import STAGES, VARIANTS, make

FLAGGED = {"tip_off": ("registered", "handling"), "about_unit": ("handling", "closed"), "about_person": ("handling",)}
"""Variants that change who may act, and the stages that are made with them; every stage is made plain."""


class Rehearsal(Database):
    """Transactions inside one that never ends: what they commit is undone with it."""

    def __init__(self, database: Database) -> None:
        self.secrets, self.engine = database.secrets, database.engine
        self.connection = database.engine.execution_options(write=True).connect()
        self.connection.begin()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Session]:
        options = {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}
        with Session(self.connection, **options) as session, session.begin():  # type: ignore[arg-type]
            yield session

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside has not happened."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()

    def end(self) -> None:
        self.connection.close()


def numbers(city: City) -> dict[str, str]:
    """ "handling" or "handling+tip_off" → the number of a ticket there."""
    flagged = {f"{stage}+{flag}": make(city, stage, **VARIANTS[flag]) for flag, at in FLAGGED.items() for stage in at}
    return {stage: make(city, stage) for stage in STAGES} | flagged
