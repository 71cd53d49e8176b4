"""The line learns from its own closed tickets which category and which unit a text belongs to.

Models lie in the data folder, a file for each and a version for both; `current` names the version that answers.
They can be learned again at any time; every process follows the pointer.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.directory.models import Category, Unit
from hotline.directory.queries import effective
from hotline.ticket.models import Objection, Ticket, TicketStatus
from hotline.ticket.models.codes import Ruling
from hotline.ticket.queries import scope
from routing.learning import Example, learn
from routing.suggest import BAR, NoModel, Suggester

log = logging.getLogger(__name__)

Cut = Callable[[str], Sequence[str]]
KINDS = ("category", "unit")
POINTER = "current"
MOST = 20_000
"""The newest tickets that are learned from: two years of a large city, and half a gigabyte while learning."""
FEWEST = 30
"""Below, a model would only repeat single tickets."""
FRESH = timedelta(hours=20)
KEPT = 2
"""Versions that stay: the one that answers, and the one some process may just be reading."""


@dataclass(frozen=True)
class Learned:
    """What was learned: the version, from how many texts, and when (ISO, UTC)."""

    version: str
    examples: dict[str, int]
    learned_at: str


def examples(session: Session, cut: Cut) -> dict[str, list[Example]]:
    """Kind → (tokens, label): category and unit of what was closed; of upheld objections at once the unit that got it.

    Confidential tickets teach nothing: their words would stand in the model's file.
    """
    upheld = exists().where(Objection.ticket_id == Ticket.id, Objection.ruling == Ruling.GRANTED)
    closed = Ticket.status == TicketStatus.CLOSED
    query = (
        select(Ticket.title, Ticket.body, Ticket.status, Category.code, Unit.code)
        .join(Category, Category.id == Ticket.category_id)
        .outerjoin(Unit, Unit.id == Ticket.lead_unit_id)
        .where(scope(SYSTEM), or_(closed, upheld), Ticket.is_confidential.is_(False))
    )
    found: dict[str, list[Example]] = {kind: [] for kind in KINDS}
    for title, body, status, category, unit in session.execute(query.order_by(Ticket.id.desc()).limit(MOST)):
        tokens = cut(f"{title}\n{body}")
        if status is TicketStatus.CLOSED:
            found["category"].append((tokens, category))
        if unit is not None:
            found["unit"].append((tokens, unit))
    return found


class Models:
    """One per process: the models that answer, read again when the pointer names others. Safe between threads."""

    def __init__(self, folder: Path, cut: Cut) -> None:
        self.folder = folder
        self.cut = cut
        self._held: tuple[str, dict[str, Suggester]] = ("", {})
        self._reading = threading.Lock()

    def learned(self) -> Learned | None:
        """What the pointer says; None: nothing was learned yet, or its file is damaged."""
        try:
            return Learned(**json.loads((self.folder / POINTER).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the last lesson was less than FRESH ago."""
        last = self.learned()
        return last is not None and now - datetime.fromisoformat(last.learned_at) < FRESH

    def model(self, kind: str) -> Suggester | None:
        """The model of one of KINDS; None where there is none or its file cannot be read."""
        last = self.learned()
        if last is None:
            return None
        with self._reading:
            if self._held[0] != last.version:
                self._held = (last.version, self._read(last))
            return self._held[1].get(kind)

    def learn(self, session: Session, now: datetime) -> Learned:
        """Learn both models from the database as it is and point to them. Raises OSError when the disk is full.

        A kind with fewer than FEWEST examples gets no model.
        """
        told = {kind: rows for kind, rows in examples(session, self.cut).items() if len(rows) >= FEWEST}
        made = Learned(f"{now:%Y%m%dT%H%M%S}", {kind: len(rows) for kind, rows in told.items()}, now.isoformat())
        self.folder.mkdir(parents=True, exist_ok=True)
        for kind, rows in told.items():
            self._write(self._file(made, kind), learn(rows).to_bytes())
        self._write(self.folder / POINTER, json.dumps(made.__dict__).encode())
        self._tidy()
        return made

    def _read(self, last: Learned) -> dict[str, Suggester]:
        found = {}
        for kind in last.examples:
            try:
                found[kind] = Suggester.from_bytes(self._file(last, kind).read_bytes())
            except (OSError, NoModel) as error:
                log.warning("no suggestion of a %s until the next lesson: %s", kind, error)
        return found

    def _file(self, learned: Learned, kind: str) -> Path:
        return self.folder / f"{learned.version}-{kind}.npz"

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, whoever reads meanwhile."""
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_bytes(content)
        draft.replace(path)

    def _tidy(self) -> None:
        versions = sorted({file.name.partition("-")[0] for file in self.folder.glob("*.npz")})
        for version in versions[:-KEPT]:
            for file in self.folder.glob(f"{version}-*.npz"):
                file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Option:
    """A category or unit that may be right, and how likely."""

    row: Any
    confidence: float


@dataclass(frozen=True)
class Advice:
    """What the model says of a text: sure of the first option or not (不确定), and the words that spoke for it."""

    is_sure: bool
    options: list[Option]
    words: tuple[str, ...]


def advise(session: Session, models: Models, kind: str, text: str, day: date, *, bar: float = BAR) -> Advice | None:
    """The model's advice for a text, sure from confidence `bar` on; None without a model or a text.

    What the directory does not know on that day is left out: a unit that is gone is nobody's proposal.
    """
    model = models.model(kind) if text.strip() else None
    if model is None:
        return None
    found = model.suggest(models.cut(text), bar)
    table: Any = Category if kind == "category" else Unit
    named = select(table).where(table.code.in_([choice.label for choice in found.choices]), effective(table, day))
    rows = {row.code: row for row in session.scalars(named)}
    options = [Option(rows[choice.label], choice.confidence) for choice in found.choices if choice.label in rows]
    return Advice(found.label in rows, options, found.words) if options else None
