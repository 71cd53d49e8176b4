"""A knowledge base to measure and torment: entries that are found by their document numbers, and their index."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from hotline import migrate
from hotline.accounts.actor import SYSTEM
from hotline.app import import_models
from hotline.config import Settings
from hotline.database import Database
from hotline.directory.models import Unit, UnitKind
from hotline.knowledge import queries
from hotline.knowledge.content import Content, Ownership, fingerprint
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion, KbRevision, VersionStatus
from hotline.knowledge.operations import create_entry
from knowledge_base.index import IndexBusy
from knowledge_base.segment import Segmenter

NOW = datetime(2026, 3, 18, 1, tzinfo=UTC)
TODAY = date(2026, 3, 18)
CHUNK = 2000
SEGMENTER = Segmenter()


@dataclass(frozen=True)
class Answer:
    """What a question for one entry brought."""

    is_found: bool
    is_degraded: bool


class World:
    """The database and one process's view of the index in `folder`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.database = Database(Settings(folder, url, "", "chaos", "chaos"))
        self.folder = folder / "index"
        self.holder = self.process()

    def process(self) -> IndexHolder:
        """What a process that has just started knows: nothing."""
        return IndexHolder(self.folder, lambda: self.database.transaction(write=False), SEGMENTER)

    def publish(self, number: int) -> int:
        """Commit one entry to the database; the revision it made. Nobody is told."""
        with self.database.transaction() as session:
            owner = Ownership(1)
            return create_entry(session, content(number), owner, author_id=None, now=NOW).changed_in

    def ask(self, number: int, holder: IndexHolder | None = None) -> Answer:
        """Search one entry as a desk does."""
        with self.database.transaction(write=False) as session:
            found = queries.search(session, holder or self.holder, doc_number(number), actor=SYSTEM, on=TODAY)
        return Answer(any(hit.doc_number == doc_number(number) for hit in found.hits), found.degraded)


def publish_until_killed(folder: Path, url: str, first: int, committed: Connection) -> None:
    """Publish and follow without an end; send each number once it is committed."""
    import_models()
    world = World(folder, url)
    SEGMENTER.once("贴息")
    for number in range(first, 10**5):
        world.publish(number)
        committed.send(number)
        with suppress(IndexBusy):
            world.holder.follow()


def doc_number(number: int) -> str:
    return f"临府办〔2025〕{number}号"


def content(number: int) -> Content:
    """Everyday wording with a number that no other entry has."""
    text = f"第{number}批设备购置贷款，按实际支付利息的百分之五十贴息，每户每年最高二十万元，由市工信局受理。"
    return Content(f"设备购置贷款贴息细则（第{number}批）", text, TODAY, doc_number=doc_number(number))


def numbered(count: int) -> Iterator[Content]:
    """`count` entries with the numbers from 1."""
    return (content(number) for number in range(1, count + 1))


def fill(url: str, contents: Iterable[Content]) -> None:
    """A migrated database with these published entries, written in bulk; ids from 1 in their order."""
    migrate.upgrade(url)
    database = Database(Settings(Path("/nowhere"), url, "", "chaos", "chaos"))
    last = 0
    with database.transaction() as session:
        session.add(Unit(id=1, code="GXJ", path="/1/", name="市工信局", short_name="工信", kind=UnitKind.BUREAU))
        session.flush()
        numbered_contents = enumerate(contents, start=1)
        while chunk := list(islice(numbered_contents, CHUNK)):
            session.execute(insert(KbEntry), [entry_row(number) for number, _ in chunk])
            session.execute(insert(KbEntryVersion), [version_row(number, said) for number, said in chunk])
            last = chunk[-1][0]
        session.merge(KbRevision(id=1, number=last, last_code=last))
    if database.engine.dialect.name == "postgresql":
        with database.transaction() as session:  # the ids were given, so the sequence has not moved
            session.connection().exec_driver_sql(f"SELECT setval('kb_entry_id_seq', {last})")
            session.connection().exec_driver_sql(f"SELECT setval('kb_entry_version_id_seq', {last})")
    database.engine.dispose()


def entry_row(number: int) -> dict[str, Any]:
    kind = {"type": EntryType.POLICY, "unit_id": 1, "region_code": "", "audience": [], "is_public": True}
    life = {"current_version": 1, "row_version": 1, "changed_in": number, "created_at": NOW}
    return {"id": number, "code": f"KB-{number:06d}", **kind, **life}


def version_row(number: int, said: Content) -> dict[str, Any]:
    return {
        "id": number,
        "entry_id": number,
        "version": 1,
        "status": VersionStatus.PUBLISHED,
        "title": said.title,
        "full_text": said.full_text,
        "doc_number": said.doc_number,
        "effective_from": said.effective_from,
        "content_hash": fingerprint(said),
        "published_at": NOW,
    }


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and max in seconds."""
    ordered = sorted(seconds) or [0.0]
    at = {"p50": ordered[len(ordered) // 2], "p95": ordered[int(len(ordered) * 0.95)], "max": ordered[-1]}
    return {name: round(value, 2) for name, value in at.items()}
