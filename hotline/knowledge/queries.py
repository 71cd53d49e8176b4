"""Read the knowledge base: one entry, what it said then, and which entries answer a question."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.database import ROW_IDS
from hotline.errors import NotFound
from hotline.knowledge.access import may_see_drafts, reads_internal
from hotline.knowledge.conflicts import Precedence, precedence
from hotline.knowledge.force import State, in_force
from hotline.knowledge.indexing import IndexHolder, current_revision
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion
from hotline.knowledge.regions import applying_in
from knowledge_base import search as engine
from knowledge_base.doc_numbers import parse_all
from knowledge_base.filters import Filters
from knowledge_base.index import IndexDamaged
from knowledge_base.snippet import Snippet, marks, snippet

log = logging.getLogger(__name__)

MAX_PLAIN_TERMS = 8
MAX_PLAIN_ROWS = 200
MAX_NEW = 3
"""Hits among what was published since the index was last written; there is seldom more than one such entry."""


@dataclass(frozen=True)
class Wanted:
    """What a search is narrowed to; None = anything. A region brings what applies there: its own, the city's, higher.

    `audience`: entries for these tags and entries for everybody.
    """

    region_code: str | None = None
    unit_id: int | None = None
    category_id: int | None = None
    type: EntryType | None = None
    audience: frozenset[str] | None = None


ANYTHING = Wanted()


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
    yields_to: Precedence | None = None
    """Another hit on the same matter that goes before this one."""


@dataclass(frozen=True)
class Found:
    """The hits, best first. `degraded`: plain text comparison answered, because the index cannot be read or written."""

    hits: list[Hit]
    degraded: bool = False


def by_code(session: Session, code: str, *, actor: Actor | None) -> KbEntry:
    """An entry by its code. Raises NotFound, also for what the reader may not see."""
    found = session.scalar(select(KbEntry).filter_by(code=code.strip().upper()))
    if found is None or not _may_see(found, actor):
        raise _not_found()
    return found


def entry(session: Session, entry_id: int, version: int | None = None, *, actor: Actor | None) -> KbEntryVersion:
    """A version of an entry (None = the newest), with `.entry`. Raises NotFound, also for what the reader may not see.

    Without a post one reads published public entries only; drafts are seen by those who work on them.
    """
    possible = entry_id in ROW_IDS and (version is None or version in ROW_IDS)
    found = session.get(KbEntry, entry_id) if possible else None
    if found is None or not _may_see(found, actor):
        raise _not_found()
    shown = _version(found, version)
    if shown.published_at is None and not may_see_drafts(actor, found):
        raise _not_found()
    return shown


def versions_for(entry: KbEntry, actor: Actor | None) -> list[KbEntryVersion]:
    """An entry's versions as this reader may see them, newest first."""
    drafts = may_see_drafts(actor, entry)
    return [one for one in reversed(entry.versions) if drafts or one.published_at is not None]


def _may_see(found: KbEntry, actor: Actor | None) -> bool:
    if not reads_internal(actor):
        return found.is_public and found.is_live
    return found.current_version > 0 or may_see_drafts(actor, found)


def _version(found: KbEntry, number: int | None) -> KbEntryVersion:
    wanted = number if number is not None else found.current_version or found.versions[-1].version
    for version in found.versions:
        if version.version == wanted:
            return version
    raise _not_found()


def replay(session: Session, entry_id: int, version: int) -> KbEntryVersion:
    """What a citation names, exactly as it was published, whatever has happened since. Raises NotFound."""
    possible = entry_id in ROW_IDS and version in ROW_IDS
    found = session.scalar(select(KbEntryVersion).filter_by(entry_id=entry_id, version=version)) if possible else None
    if found is None or found.published_at is None:
        raise _not_found()
    return found


def search(
    session: Session,
    holder: IndexHolder,
    text: str,
    *,
    actor: Actor | None,
    on: date,
    top: int = 10,
    wanted: Wanted = ANYTHING,
) -> Found:
    """The entries that answer `text` on that day, for this reader (None = the public).

    Never fails for the index's sake: when it is absent or damaged, plain comparison answers, marked as such, while
    the index is built again in the background.
    """
    allowed = _allowed(session, actor, on, wanted)
    try:
        hits = _indexed(session, holder, text, allowed, on=on, actor=actor, top=top, wanted=wanted)
        return Found(hits, degraded=holder.is_failing)
    except IndexDamaged as damage:
        log.warning("search goes on without the index: %s", damage)
        holder.repair_soon()
        return Found(_plain(session, holder, text, allowed, top=top, wanted=wanted), degraded=True)


def _allowed(session: Session, actor: Actor | None, on: date, wanted: Wanted) -> Select[KbEntryVersion]:
    """What this reader may find at all: the database's word, whatever the index says."""
    query = in_force(on, public_only=not reads_internal(actor))
    for column, value in (
        (KbEntry.unit_id, wanted.unit_id),
        (KbEntry.category_id, wanted.category_id),
        (KbEntry.type, wanted.type),
    ):
        query = query if value is None else query.where(column == value)
    if wanted.region_code is not None:
        query = query.where(KbEntry.region_code.in_(("", *applying_in(session, wanted.region_code))))
    return query


def _fits(version: KbEntryVersion, wanted: Wanted) -> bool:
    """An entry for everybody, or for one of the tags asked for."""
    tags = version.entry.audience
    return wanted.audience is None or not tags or bool(wanted.audience & set(tags))


def _indexed(
    session: Session,
    holder: IndexHolder,
    text: str,
    allowed: Select[KbEntryVersion],
    *,
    on: date,
    actor: Actor | None,
    top: int,
    wanted: Wanted,
) -> list[Hit]:
    snapshot, new = holder.snapshot(), list[Hit]()
    if snapshot.pointer.revision != current_revision(session):
        holder.follow_soon()
        unindexed = allowed.where(KbEntry.changed_in > snapshot.pointer.revision)
        new = _plain(session, holder, text, unindexed, top=MAX_NEW, wanted=wanted)
    filters, also = _filters(session, actor, wanted), holder.synonyms.expand(text)
    found = engine.search(snapshot, holder.segmenter, text, on=on, top=top, filters=filters, also=also)
    # The index may lag behind by a moment; the database has the last word on what may be shown.
    rows = session.scalars(allowed.where(KbEntryVersion.entry_id.in_({hit.entry_id for hit in found})))
    valid = {(row.entry_id, row.version): row for row in rows if _fits(row, wanted)}
    gone = {hit.entry_id for hit in new}
    hits = [hit for hit in found if (hit.entry_id, hit.version) in valid and hit.entry_id not in gone]
    marked = precedence([valid[hit.entry_id, hit.version] for hit in hits])
    return [
        replace(
            hit_of(valid[hit.entry_id, hit.version], hit.title_marks, hit.snippet, hit.score),
            yields_to=marked.get(hit.entry_id),
        )
        for hit in hits[: top - len(new)]
    ] + new


def _filters(session: Session, actor: Actor | None, wanted: Wanted) -> Filters:
    """The same for the index, so that it narrows before it chooses the best."""
    return Filters(
        public_only=not reads_internal(actor),
        regions=applying_in(session, wanted.region_code) if wanted.region_code is not None else (),
        unit_ids=frozenset() if wanted.unit_id is None else frozenset({wanted.unit_id}),
        audience=wanted.audience or frozenset(),
        entry_types=frozenset() if wanted.type is None else frozenset({wanted.type.value}),
        categories=frozenset() if wanted.category_id is None else frozenset({str(wanted.category_id)}),
    )


def _plain(
    session: Session, holder: IndexHolder, text: str, allowed: Select[KbEntryVersion], *, top: int, wanted: Wanted
) -> list[Hit]:
    """Plain comparison: entries that contain the most of the longest words."""
    terms = plain_terms(holder, text[: engine.MAX_QUESTION])
    if not terms:
        return []
    columns = (KbEntryVersion.title, KbEntryVersion.full_text, KbEntryVersion.doc_number)
    matches = or_(*(column.contains(term, autoescape=True) for column in columns for term in terms))
    possible = allowed.where(matches).limit(MAX_PLAIN_ROWS)
    if numbers := [KbEntryVersion.doc_number.contains(term) for term in terms if "〕" in term]:
        possible = possible.order_by(or_(*numbers).desc())
    rows = [row for row in session.scalars(possible) if _fits(row, wanted)]
    scored = sorted(((_overlap(row, terms), -row.id, row) for row in rows), key=lambda item: item[:2], reverse=True)
    return [
        hit_of(row, marks(row.title, terms), snippet(row.full_text, terms), points) for points, _, row in scored[:top]
    ]


def plain_terms(holder: IndexHolder, text: str) -> dict[str, float]:
    """The longest words of the question, each weighing its length."""
    words = {word for word in holder.segmenter.tokens(text) if len(word) > 1}
    numbers = {f"〔{number.year}〕{number.serial}号" for number in parse_all(text)}
    chosen = sorted(words | numbers, key=lambda word: (-len(word), word))[:MAX_PLAIN_TERMS]
    return {word: float(len(word)) for word in chosen}


def _overlap(row: KbEntryVersion, terms: dict[str, float]) -> float:
    whole = f"{row.title}\n{row.doc_number}\n{row.full_text}"
    return sum(weight for term, weight in terms.items() if term in whole)


def titled(
    session: Session, entry_ids: Sequence[int], *, actor: Actor | None, on: date, wanted: Wanted = ANYTHING
) -> list[Hit]:
    """These entries as hits, in this order: those among them that this reader may find on that day."""
    rows = session.scalars(_allowed(session, actor, on, wanted).where(KbEntryVersion.entry_id.in_(entry_ids)))
    valid = {row.entry_id: row for row in rows if _fits(row, wanted)}
    return [hit_of(valid[one], (), snippet(valid[one].full_text, {}), 0.0) for one in entry_ids if one in valid]


def hit_of(
    version: KbEntryVersion,
    title_marks: tuple[tuple[int, int], ...],
    shown: Snippet,
    score: float,
    state: State = State.IN_FORCE,
) -> Hit:
    """A version as an answer to show."""
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
        state=state,
        effective_from=version.effective_from,
        expires_at=version.expires_at,
        score=round(score, 4),
    )


def _not_found() -> NotFound:
    return NotFound("没有找到这条知识，或您不能查看", code="kb_entry_not_found")
