"""A city on which everything may be tried: each rehearsal is undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from hotline.database import Database
from tests.city import City
from tests.factories import STAGES, VARIANTS, make

FLAGGED = ("registered", "sent", "handling", "drafted", "reviewing", "called", "closed")
"""Stages that are made with every variant; all others are made plain."""


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


def numbers(city: City, *, sample: bool) -> dict[str, str]:
    """Stage, or stage with variant, → the number of a ticket there. A sample has the flags of one stage only."""
    flagged = FLAGGED[2:3] if sample else FLAGGED
    cells = [(stage, variant) for stage in STAGES for variant in VARIANTS if variant == "plain" or stage in flagged]
    return {name_of(stage, variant): make(city, stage, **VARIANTS[variant]) for stage, variant in cells}


def name_of(stage: str, variant: str) -> str:
    """ "handling" when plain, "handling+tip_off" otherwise."""
    return stage if variant == "plain" else f"{stage}+{variant}"
