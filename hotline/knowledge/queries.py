"""Read the knowledge base: one entry, what it said then, and which entries answer a question."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.database import ROW_IDS
from hotline.errors import NotFound
from hotline.knowledge.indexing import IndexHolder, current_revision
from hotline.knowledge.models import EntryStatus, KbEntry, KbEntryVersion
from knowledge_base import search as engine
from knowledge_base.doc_numbers import parse_all
from knowledge_base.index import IndexDamaged
from knowledge_base.snippet import Snippet, marks, snippet

log = logging.getLogger(__name__)

MAX_PLAIN_TERMS = 8
MAX_PLAIN_ROWS = 200


class State(StrEnum):
    """Whether a version is the answer on a given day."""

    IN_FORCE = "IN_FORCE"
    UPCOMING = "UPCOMING"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"
    WITHDRAWN = "WITHDRAWN"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    State.IN_FORCE: "现行有效",
    State.UPCOMING: "即将生效",
    State.EXPIRED: "已失效",
    State.REPLACED: "已被新版本替代",
    State.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True)
class Hit:
    """One answer, ready to show and to cite. Marks are (start, end) offsets into title and snippet."""

    entry_id: int
    code: str
    version: int
    title: str
    title_marks: tuple[tuple[int, int], ...]
    snippet: str
    snippet_marks: tuple[tuple[int, int], ...]
    doc_number: str
    place: str
    type_label: str
    state: State
    effective_from: date
    expires_at: date | None
    score: float


@dataclass(frozen=True)
class Found:
    """The hits, best first. `degraded`: the index could not answer and plain text comparison did."""

    hits: list[Hit]
    degraded: bool = False


def reads_internal(actor: Actor | None) -> bool:
    """Whether this reader may see entries that are not public: everybody with a post, nobody else."""
    return actor is not None and bool(actor.roles - {Role.ENTERPRISE})


def entry(session: Session, entry_id: int, version: int | None = None, *, actor: Actor | None) -> KbEntryVersion:
    """A version of an entry (None = the newest), with `.entry`. Raises NotFound, also for what the reader may not see.

    Without a post one reads published public entries only.
    """
    possible = entry_id in ROW_IDS and (version is None or version in ROW_IDS)
    found = session.get(KbEntry, entry_id) if possible else None
    internal = reads_internal(actor)
    if found is None or not (internal or (found.is_public and found.status == EntryStatus.PUBLISHED)):
        raise _not_found()
    return replay(session, entry_id, found.current_version if version is None else version)


def replay(session: Session, entry_id: int, version: int) -> KbEntryVersion:
    """What a citation names, exactly as it was published, whatever has happened since. Raises NotFound."""
    found = session.scalar(select(KbEntryVersion).filter_by(entry_id=entry_id, version=version))
    if found is None:
        raise _not_found()
    return found


def state_of(version: KbEntryVersion, on: date) -> State:
    """Where a version stands on a day."""
    if version.entry.status == EntryStatus.WITHDRAWN:
        return State.WITHDRAWN
    if version.effective_from > on:
        return State.UPCOMING
    if any(later.version > version.version and later.effective_from <= on for later in version.entry.versions):
        return State.REPLACED
    return State.EXPIRED if version.expires_at is not None and version.expires_at < on else State.IN_FORCE


def in_force(on: date, *, public_only: bool) -> Select[KbEntryVersion]:
    """The versions that are the answer on a day: of each published entry the newest that has begun, if not expired."""
    later = aliased(KbEntryVersion)
    replaced = exists().where(
        later.entry_id == KbEntryVersion.entry_id,
        later.version > KbEntryVersion.version,
        later.effective_from <= on,
    )
    query = select(KbEntryVersion).join(KbEntryVersion.entry).options(contains_eager(KbEntryVersion.entry))
    query = query.where(
        KbEntry.status == EntryStatus.PUBLISHED,
        KbEntryVersion.effective_from <= on,
        or_(KbEntryVersion.expires_at.is_(None), KbEntryVersion.expires_at >= on),
        ~replaced,
    )
    return query.where(KbEntry.is_public) if public_only else query


def search(session: Session, holder: IndexHolder, text: str, *, actor: Actor | None, on: date, top: int = 10) -> Found:
    """The entries that answer `text` on that day, for this reader (None = the public).

    Never fails for the index's sake: when it is absent or damaged, plain comparison answers, marked as such, while
    the index is built again in the background.
    """
    public_only = not reads_internal(actor)
    try:
        hits = _indexed(session, holder, text, on=on, public_only=public_only, top=top)
        return Found(hits)
    except IndexDamaged as damage:
        log.warning("search goes on without the index: %s", damage)
        holder.repair_soon()
        return Found(_plain(session, holder, text, on=on, public_only=public_only, top=top), degraded=True)


def _indexed(session: Session, holder: IndexHolder, text: str, *, on: date, public_only: bool, top: int) -> list[Hit]:
    snapshot = holder.snapshot()
    if snapshot.pointer.revision != current_revision(session):
        holder.follow_soon()
    filters = engine.Filters(public_only=public_only)
    found = engine.search(snapshot, holder.segmenter, text, on=on, top=top, filters=filters)
    # The index may lag behind by a moment; the database has the last word on what may be shown.
    valid = _valid(session, {hit.entry_id for hit in found}, on, public_only)
    return [
        _hit(valid[hit.entry_id], hit.title_marks, hit.snippet, hit.score)
        for hit in found
        if hit.entry_id in valid and valid[hit.entry_id].version == hit.version
    ]


def _valid(session: Session, ids: Collection[int], on: date, public_only: bool) -> dict[int, KbEntryVersion]:
    query = in_force(on, public_only=public_only).where(KbEntryVersion.entry_id.in_(ids))
    return {version.entry_id: version for version in session.scalars(query)}


def _plain(session: Session, holder: IndexHolder, text: str, *, on: date, public_only: bool, top: int) -> list[Hit]:
    """Plain comparison: entries that contain the most of the longest words."""
    terms = _plain_terms(holder, text[: engine.MAX_QUESTION])
    if not terms:
        return []
    columns = (KbEntryVersion.title, KbEntryVersion.full_text, KbEntryVersion.doc_number)
    matches = or_(*(column.contains(term, autoescape=True) for column in columns for term in terms))
    rows = session.scalars(in_force(on, public_only=public_only).where(matches).limit(MAX_PLAIN_ROWS))
    scored = sorted(((_overlap(row, terms), -row.id, row) for row in rows), key=lambda item: item[:2], reverse=True)
    return [
        _hit(row, marks(row.title, terms), snippet(row.full_text, terms), points) for points, _, row in scored[:top]
    ]


def _plain_terms(holder: IndexHolder, text: str) -> dict[str, float]:
    """The longest words of the question, each weighing its length."""
    words = {word for word in holder.segmenter.tokens(text) if len(word) > 1}
    numbers = {f"〔{number.year}〕{number.serial}号" for number in parse_all(text)}
    chosen = sorted(words | numbers, key=lambda word: (-len(word), word))[:MAX_PLAIN_TERMS]
    return {word: float(len(word)) for word in chosen}


def _overlap(row: KbEntryVersion, terms: dict[str, float]) -> float:
    whole = f"{row.title}\n{row.doc_number}\n{row.full_text}"
    return sum(weight for term, weight in terms.items() if term in whole)


def _hit(version: KbEntryVersion, title_marks: tuple[tuple[int, int], ...], shown: Snippet, score: float) -> Hit:
    return Hit(
        entry_id=version.entry_id,
        code=version.entry.code,
        version=version.version,
        title=version.title,
        title_marks=title_marks,
        snippet=shown.text,
        snippet_marks=shown.marks,
        doc_number=version.doc_number,
        place=version.place,
        type_label=version.entry.type.label,
        state=State.IN_FORCE,
        effective_from=version.effective_from,
        expires_at=version.expires_at,
        score=round(score, 4),
    )


def _not_found() -> NotFound:
    return NotFound("没有找到这条知识，或您不能查看", code="kb_entry_not_found")


def cited(session: Session, citations: Collection[str]) -> list[tuple[int, int, str, str]]:
    """What "entry:version" citations name: (entry id, version, title, document number). Raises NotFound."""
    pairs = [tuple(int(part) for part in citation.split(":")) for citation in dict.fromkeys(citations)]
    found = [replay(session, entry_id, version) for entry_id, version in pairs]
    return [(row.entry_id, row.version, row.title, row.doc_number) for row in found]
