"""Change the knowledge base: import, publish, withdraw. None of these commits."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.errors import Invalid, TooLarge
from hotline.knowledge.models import (
    MAX_DOC_NUMBER,
    MAX_PLACE,
    MAX_TITLE,
    EntryStatus,
    EntryType,
    KbEntry,
    KbEntryVersion,
    KbRevision,
)
from knowledge_base.doc_numbers import as_written
from knowledge_base.documents import Clause, Document, read
from knowledge_base.normalise import clean, normalise

T = TypeVar("T")

MAX_TEXT = 2_000_000
"""Characters of one document; the longest statutes have a tenth of it."""


@dataclass(frozen=True)
class Content:
    """What a version says. `expires_at` is the last day in force; None = until replaced or withdrawn."""

    title: str
    full_text: str
    effective_from: date
    expires_at: date | None = None
    phone_answer: str = ""
    question_variants: tuple[str, ...] = ()
    doc_number: str = ""
    place: str = ""
    source_title: str = ""


@dataclass(frozen=True)
class Ownership:
    """Who keeps an entry, where it belongs, who may read it. `category_id` None = every category."""

    unit_id: int
    category_id: int | None = None
    is_public: bool = True
    type: EntryType = EntryType.POLICY


@dataclass(frozen=True)
class Imported:
    """What an import did: the entries made, and the titles of clauses that were there already."""

    title: str
    created: list[KbEntry]
    duplicates: list[str]


def create_entry(
    session: Session, content: Content, owner: Ownership, *, author_id: int | None, now: datetime
) -> KbEntry:
    """A published entry with its first version. Raises Invalid."""
    revision = _next_revision(session)
    revision.last_code += 1
    entry = KbEntry(
        code=f"KB-{revision.last_code:06d}",
        type=owner.type,
        status=EntryStatus.PUBLISHED,
        unit_id=owner.unit_id,
        category_id=owner.category_id,
        is_public=owner.is_public,
        current_version=1,
        changed_in=revision.number,
        created_at=now,
        versions=[_version(content, 1, author_id, now)],
    )
    session.add(entry)
    session.flush()
    return entry


def publish_version(
    session: Session, entry: KbEntry, content: Content, *, author_id: int | None, now: datetime
) -> KbEntryVersion:
    """The next version. It answers from its `effective_from` on; until then the one before goes on answering.

    A withdrawn entry is published again. Raises Invalid.
    """
    revision = _next_revision(session)  # before the number is read: the row's lock makes two publishers take turns
    session.refresh(entry)
    version = _version(content, entry.current_version + 1, author_id, now)
    entry.versions.append(version)
    entry.current_version = version.version
    entry.status = EntryStatus.PUBLISHED
    entry.changed_in = revision.number
    session.flush()
    return version


def withdraw(session: Session, entry: KbEntry) -> None:
    """Take an entry out of every answer; its versions stay for the tickets that cite them."""
    entry.status = EntryStatus.WITHDRAWN
    entry.changed_in = _next_revision(session).number
    session.flush()


def import_text(
    session: Session,
    text: str,
    owner: Ownership,
    *,
    author_id: int | None,
    now: datetime,
    title: str | None = None,
    doc_number: str | None = None,
    effective_from: date | None = None,
    expires_at: date | None = None,
) -> Imported:
    """Split a policy into entries, one a citable clause; what is already there is skipped and named.

    What is not given (title, number, dates) is taken from the text. Raises Invalid naming the field the text does
    not tell either, TooLarge.
    """
    if len(text) > MAX_TEXT:
        raise TooLarge(f"文件过长，最多 {MAX_TEXT // 10_000} 万字，请拆分后再导入", code="text_too_long")
    document = read(text)
    heading = (title or document.title or "").strip()
    contents = [
        _clause_content(
            clause,
            heading=_required(heading, "title", "未能从正文识别标题，请填写标题"),
            doc_number=doc_number or document.doc_number or "",
            effective_from=_required(
                effective_from or document.effective_from, "effective_from", "正文未写明施行日期，请填写生效日期"
            ),
            expires_at=expires_at or document.expires_at,
        )
        for clause in _clauses(document)
    ]
    return _store(session, heading, contents, owner, author_id, now)


def _clauses(document: Document) -> tuple[Clause, ...]:
    if not document.clauses:
        raise Invalid("文件没有可入库的正文", code="text_empty", field="text")
    return document.clauses


def _store(
    session: Session, title: str, contents: list[Content], owner: Ownership, author_id: int | None, now: datetime
) -> Imported:
    known = _known_hashes(session, [_hash(content) for content in contents])
    result = Imported(title, [], [])
    for content in contents:
        if _hash(content) in known:
            result.duplicates.append(content.title)
            continue
        known.add(_hash(content))
        result.created.append(create_entry(session, content, owner, author_id=author_id, now=now))
    return result


def _clause_content(
    clause: Clause, *, heading: str, doc_number: str, effective_from: date, expires_at: date | None
) -> Content:
    title = " ".join(part for part in (heading, clause.place, clause.heading) if part)
    return Content(
        title=title[:MAX_TITLE],
        full_text=clause.text,
        effective_from=effective_from,
        expires_at=expires_at,
        doc_number=doc_number,
        place=clause.place,
        source_title=heading[:MAX_TITLE],
    )


def _version(content: Content, number: int, author_id: int | None, now: datetime) -> KbEntryVersion:
    content_hash = _hash(content)
    doc_number = clean(content.doc_number).strip()
    version = KbEntryVersion(
        version=number,
        title=_required(clean(content.title).strip(), "title", "请填写标题"),
        question_variants=[clean(variant).strip() for variant in content.question_variants],
        phone_answer=clean(content.phone_answer).strip(),
        full_text=_required(clean(content.full_text).strip(), "full_text", "请填写正文"),
        doc_number=as_written(doc_number) or doc_number,
        place=clean(content.place).strip(),
        source_title=clean(content.source_title).strip(),
        effective_from=content.effective_from,
        expires_at=content.expires_at,
        content_hash=content_hash,
        published_at=now,
        author_id=author_id,
    )
    _check(version)
    return version


def _check(version: KbEntryVersion) -> None:
    limits = {"title": MAX_TITLE, "source_title": MAX_TITLE, "doc_number": MAX_DOC_NUMBER, "place": MAX_PLACE}
    for name, limit in limits.items():
        if len(getattr(version, name)) > limit:
            raise Invalid(f"{_LABELS[name]}不能超过 {limit} 个字", code="too_long", field=name)
    if version.expires_at is not None and version.expires_at < version.effective_from:
        raise Invalid("有效期至不能早于生效日期", code="dates_reversed", field="expires_at")


_LABELS = {"title": "标题", "source_title": "文件标题", "doc_number": "文号", "place": "条款位置"}


def _required(value: T | None, field: str, message: str) -> T:
    if not value:
        raise Invalid(message, code="required", field=field)
    return value


def _hash(content: Content) -> str:
    """Equal for the same words of the same document in force from the same day, however they are spaced or printed."""
    parts = (content.title, content.full_text, content.effective_from.isoformat())
    return hashlib.sha256("\0".join("".join(normalise(part).split()) for part in parts).encode()).hexdigest()


def _known_hashes(session: Session, hashes: list[str]) -> set[str]:
    """Those of the hashes that the newest version of a published entry has."""
    found = select(KbEntryVersion.content_hash).join(KbEntry, KbEntry.id == KbEntryVersion.entry_id)
    found = found.where(
        KbEntry.status == EntryStatus.PUBLISHED,
        KbEntryVersion.version == KbEntry.current_version,
        KbEntryVersion.content_hash.in_(hashes),
    )
    return set(session.scalars(found))


def _next_revision(session: Session) -> KbRevision:
    """The counter, raised by one and locked until the door's transaction ends."""
    revision = session.get(KbRevision, 1, with_for_update=True)
    if revision is None:
        revision = KbRevision(id=1, number=0, last_code=0)
        session.add(revision)
    revision.number += 1
    session.flush()
    return revision
