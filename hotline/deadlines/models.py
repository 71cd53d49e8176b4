"""Clocks and what they fired."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from hotline.database import Base, UtcDateTime, enum_column


class ClockState(StrEnum):
    """Only a running clock fires."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class Clock(Base):
    """One time limit of one subject. The subject's table lives in a higher room, so it is a kind and an id.

    `next_fire_at` is the true instant of the next rung, None when no rung is left or the clock does not run.
    `ladder_from` is `started_at` moved by the pauses, so that half of the time means half of the time given.
    `limit` is a `routing.deadlines.Limit` as text. `moves` lists each change of `due_at`, oldest first:
    {kind: extension|pause|imposed|recompute, at, from, to, reason, …} with instants in ISO 8601.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "name", "round"),
        Index(
            "ix_clock_due",
            "next_fire_at",
            sqlite_where=text("state = 'RUNNING'"),
            postgresql_where=text("state = 'RUNNING'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(32))
    round: Mapped[int] = mapped_column(default=0)
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("sla_profile.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ladder_from: Mapped[datetime] = mapped_column(UtcDateTime)
    limit: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    provisional: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ClockState] = mapped_column(enum_column(ClockState), default=ClockState.RUNNING)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_rung: Mapped[int] = mapped_column(default=0)
    next_fire_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    moves: Mapped[list[Any]] = mapped_column(default=list)

    @validates("started_at")
    def _start_is_final(self, _key: str, value: datetime) -> datetime:
        # Objection, transfer and rework would otherwise be ways to win time.
        if self.started_at not in (None, value):
            raise ValueError("a clock's start never changes")
        return value


class Firing(Base):
    """One rung that has fired. `due_at` is when it was due, `fired_at` when the sweep came by; `told` is what the
    subject's handler noted about whom it told, and how. `must_acknowledge`: one of them has to say that it arrived."""

    __tablename__ = "firing"
    __table_args__ = (
        UniqueConstraint("clock_id", "rung"),
        Index(  # as each database is asked, word for word: SQLite has no booleans
            "ix_firing_unacknowledged",
            "clock_id",
            sqlite_where=text("must_acknowledge = 1 AND acknowledged_at IS NULL"),
            postgresql_where=text("must_acknowledge AND acknowledged_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    rung: Mapped[int]
    name: Mapped[str] = mapped_column(String(32))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[list[Any]] = mapped_column(default=list)
    must_acknowledge: Mapped[bool] = mapped_column(default=False)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[int | None]
    pass_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is passed on to the next one above, unless somebody has confirmed it; None: nobody is left."""
