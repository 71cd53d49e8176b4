"""What is asked of the knowledge base, which questions nothing answered, and which entries are wanted most.

A question is kept normalised and without what could name somebody: long runs of digits and letters are masked.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.knowledge.force import in_force
from hotline.knowledge.models import KbEntry
from hotline.knowledge.queries import Found, Hit, reads_internal
from hotline.knowledge.records import MAX_QUESTION, SearchLog
from hotline.ticket.models import Citation
from knowledge_base.normalise import normalise

MONTH = timedelta(days=30)
_DIGITS = re.compile(r"[0-9][0-9\s\-]{5,}[0-9xX]|[0-9A-Z]{15,18}|\S+@\S+", re.IGNORECASE)
"""Telephone, identity-card and credit-code numbers, however they are grouped; addresses of mail."""


@dataclass(frozen=True)
class Unanswered:
    """A question nothing answered: its words, how often it was asked, when last."""

    question: str
    times: int
    last_at: datetime


def masked(question: str) -> str:
    """The question as it is kept."""
    return _DIGITS.sub("***", " ".join(normalise(question).split()))[:MAX_QUESTION]


def log_search(
    session: Session, question: str, found: Found, now: datetime, *, is_public: bool, wordless: bool = False
) -> int | None:
    """Keep a question and how many answers it had; its id, for `choose`. A question of one character is none.

    `wordless`: that something was asked is counted, its words are not kept.
    """
    words = masked(question)
    if len(words) < 2:
        return None
    words = "" if wordless else words
    top = found.hits[0].entry_id if found.hits else None
    row = SearchLog(question=words, at=now, is_public=is_public, hits=len(found.hits), top_entry_id=top)
    session.add(row)
    session.flush()
    return row.id


def choose(session: Session, log_id: int, hit: Hit | tuple[int, int]) -> None:
    """The reader took this answer: a hit, or (entry id, version). An unknown question is let be."""
    row = session.get(SearchLog, log_id) if log_id in ROW_IDS else None
    if row is not None:
        entry_id, version = hit if isinstance(hit, tuple) else (hit.entry_id, hit.version)
        row.chosen_entry_id, row.chosen_version = entry_id, version


def unanswered(session: Session, since: datetime, top: int = 50) -> list[Unanswered]:
    """Questions without an answer and without a gap registered for them, the most frequent first."""
    counted = select(SearchLog.question, func.count().label("times"), func.max(SearchLog.at).label("last"))
    counted = counted.where(
        SearchLog.hits == 0, SearchLog.at >= since, SearchLog.gap_id.is_(None), SearchLog.question != ""
    )
    counted = counted.group_by(SearchLog.question).order_by(func.count().desc(), func.max(SearchLog.at).desc())
    return [Unanswered(row.question, row.times, row.last) for row in session.execute(counted.limit(top))]


def hot_entries(session: Session, actor: Actor | None, now: datetime, top: int = 10) -> list[tuple[KbEntry, int]]:
    """热点问题: the entries most cited and chosen in the last 30 days, of those that answer this reader today."""
    since = now - MONTH
    taken = union_all(
        select(Citation.entry_id.label("entry_id")).where(Citation.at >= since),
        select(SearchLog.chosen_entry_id).where(SearchLog.at >= since, SearchLog.chosen_entry_id.is_not(None)),
    ).subquery()
    counted = select(taken.c.entry_id, func.count().label("times")).group_by(taken.c.entry_id).subquery()
    answers = in_force(to_local(now).date(), public_only=not reads_internal(actor))
    query = answers.join(counted, counted.c.entry_id == KbEntry.id).add_columns(counted.c.times)
    rows = session.execute(query.order_by(counted.c.times.desc(), KbEntry.id).limit(top))
    return [(version.entry, times) for version, times in rows]
