"""A process that answers: ready before its first question, and never more than a moment behind the database."""

import logging
import time
from datetime import date
from threading import Event, Thread

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.knowledge import queries, suggesting
from hotline.knowledge.indexing import IndexHolder, Sessions
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.records import SearchLog

log = logging.getLogger(__name__)

INTERVAL = 0.5
"""Seconds between two looks at the database: a publish is to be found everywhere within two."""
PATIENCE = 20.0
"""Seconds a process that answers leaves a whole new index to the workers and the ticker."""
QUESTIONS = 100


def warm(sessions: Sessions, holder: IndexHolder, on: date) -> None:
    """Load the dictionary, the synonyms, the titles, the words and the postings that are asked for most. Never raises.

    What people asked last tells which those are; where nobody has asked yet, the newest titles do. A process waits
    neither for an index that has to be built nor for a database that is away.
    """
    begun = time.perf_counter()
    try:
        with sessions() as session:
            _ask(session, holder, on)
            for reader in (None, SYSTEM):
                suggesting.titles(session, holder, "贴息", actor=reader, on=on)
                suggesting.meant(session, holder, "贴媳", actor=reader, on=on)
    except SQLAlchemyError as error:
        log.warning("the search starts cold: %s", error)
    log.info("the search is warm after %.1f s", time.perf_counter() - begun)


def _ask(session: Session, holder: IndexHolder, on: date) -> None:
    for question in _likely(session):
        if queries.search(session, holder, question, actor=SYSTEM, on=on).degraded:
            return


def _likely(session: Session) -> list[str]:
    worded = select(SearchLog.question).where(SearchLog.question != "")
    asked = session.scalars(worded.order_by(SearchLog.id.desc()).limit(QUESTIONS)).all()
    titles = session.scalars(select(KbEntryVersion.title).order_by(KbEntryVersion.id.desc()).limit(QUESTIONS)).all()
    return list(dict.fromkeys([*asked, *titles]))[:QUESTIONS] or ["贴息"]


def keep_up(holder: IndexHolder, stop: Event, interval: float = INTERVAL) -> Thread:
    """A thread that follows the database until `stop`, whether or not workers, ticker and Redis live."""
    holder.patience = PATIENCE

    def look() -> None:
        while not stop.wait(interval):
            holder.keep_up()

    thread = Thread(target=look, name="kb-keep-up", daemon=True)
    thread.start()
    return thread
