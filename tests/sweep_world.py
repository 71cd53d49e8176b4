"""A small world for clocks: a ladder, a ledger of its own, and a handler that writes one row a rung."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, insert, select
from sqlalchemy.orm import Session

from hotline.database import Base, Database
from hotline.deadlines import operations
from hotline.deadlines.models import Clock, Firing
from hotline.deadlines.subjects import Subject
from hotline.deadlines.sweep import Fired, SweepContext, sweep
from hotline.directory.models import SlaProfile
from hotline.outbox.models import OutboxMessage
from routing.deadlines import Limit
from routing.escalation import Rung, RungName
from tests.calendars import CHINA_2026, local

START = local("2026-06-01 09:00")  # a Monday
TOTAL = "TOTAL"
RUNGS = ("reminder", "urge", "yellow", "red")
LADDER = (
    Rung(RungName.REMINDER, ("handler",), fraction=0.5),
    Rung(RungName.URGE, ("handler",), fraction=0.8),
    Rung(RungName.YELLOW, ("unit_leader",), fraction=1.0),
    Rung(RungName.RED, ("unit_chief",), after=Limit.parse("1wd")),
)
LEDGER = Table(
    "sweep_world_ledger",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer),
    Column("rung", String(32)),
    UniqueConstraint("subject_id", "rung"),
)
TABLES = [Base.metadata.tables[model.__tablename__] for model in (SlaProfile, Clock, Firing, OutboxMessage)]


def prepare(database: Database) -> Database:
    """The tables this world needs, where the migrations have not made them."""
    Base.metadata.create_all(database.engine, TABLES)
    LEDGER.metadata.create_all(database.engine)
    return database


def start(session: Session, subject_id: int, name: str = TOTAL, **changes: Any) -> Clock:
    """A clock of four clock hours from START (four hours: rungs at 11:00, 12:12, 13:00 and the next working day)."""
    given: dict[str, Any] = {
        "started_at": START,
        "limit": Limit.parse("4h"),
        "profile_id": None,
        "ladder": LADDER,
        "calendar": CHINA_2026,
        "day_ends": "close",
        "now": START,
    }
    return operations.start(session, Subject("ticket", subject_id), name, **{**given, **changes})


def hours(number: float) -> datetime:
    """So many hours after START."""
    return START + timedelta(hours=number)


@dataclass
class World:
    """A database with clocks, and the handler's failures: `bad` subjects always fail."""

    database: Database
    bad: set[int] = field(default_factory=set)
    handled: list[tuple[int, str, datetime]] = field(default_factory=list)

    def start(self, *subject_ids: int, **changes: Any) -> None:
        with self.database.transaction() as session:
            for subject_id in subject_ids:
                start(session, subject_id, **changes)

    def handle(self, session: Session, fired: Sequence[Fired], now: datetime) -> None:
        rows = [{"subject_id": one.clock.subject_id, "rung": str(one.rung.name)} for one in fired]
        session.execute(insert(LEDGER), rows)
        for one in fired:
            one.told.append({"whom": one.rung.whom[0], "channel": "inbox"})
            if one.clock.subject_id in self.bad:
                raise ArithmeticError(f"subject {one.clock.subject_id} is broken")

    def context(self, **changes: Any) -> SweepContext:
        return SweepContext(CHINA_2026, lambda _clock: LADDER, {"ticket": self.handle}, **changes)

    def sweep(self, now: datetime, batch: int = 100, **changes: Any) -> int:
        with self.database.transaction() as session:
            return sweep(session, now, self.context(**changes), batch)

    def fired(self, subject_id: int) -> list[str]:
        """The rungs this subject's clocks fired, in the order of firing."""
        query = select(Firing.name).join(Clock, Clock.id == Firing.clock_id).filter(Clock.subject_id == subject_id)
        with self.database.transaction(write=False) as session:
            return list(session.scalars(query.order_by(Firing.id)))

    def ledger(self, subject_id: int) -> list[str]:
        """The rungs in this subject's ledger, in the order of writing."""
        query = select(LEDGER.c.rung).where(LEDGER.c.subject_id == subject_id).order_by(LEDGER.c.id)
        with self.database.transaction(write=False) as session:
            return list(session.scalars(query))

    def clock(self, subject_id: int) -> Clock:
        with self.database.transaction(write=False) as session:
            return session.scalars(select(Clock).filter_by(subject_id=subject_id)).one()
