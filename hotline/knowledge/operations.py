"""Change the knowledge base at its root: entries, published versions, imports. None of these commits.

What people do with a version step by step is `life`; an editor's import of an official text is published at once,
by its own row of the table (`import`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Account
from hotline.errors import Invalid, TooLarge
from hotline.knowledge.applying import about, next_revision
from hotline.knowledge.content import (
    Content,
    Ownership,
    fingerprint,
    is_blank,
    known_fingerprints,
    new_version,
    required,
)
from hotline.knowledge.guides import expect_guide
from hotline.knowledge.history import record
from hotline.knowledge.models import MAX_TITLE, KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.turning import stand, turn
from knowledge_base.documents import Clause, Document, read

MAX_TEXT = 2_000_000
"""Characters of one document; the longest statutes have a tenth of it."""


@dataclass(frozen=True)
class Imported:
    """What an import did: the entries made, and the titles of clauses that were there already."""

    title: str
    created: list[KbEntry]
    duplicates: list[str]


def open_entry(session: Session, version: KbEntryVersion, owner: Ownership, now: datetime) -> KbEntry:
    """A new entry with a code of its own around its first version."""
    revision = next_revision(session)
    revision.last_code += 1
    entry = KbEntry(
        code=f"KB-{revision.last_code:06d}",
        type=owner.type,
        unit_id=owner.unit_id,
        category_id=owner.category_id,
        region_code=owner.region_code,
        audience=list(owner.audience),
        is_public=owner.is_public,
        current_version=0,
        row_version=1,
        changed_in=revision.number,
        created_at=now,
        versions=[version],
    )
    session.add(entry)
    session.flush()
    return entry


def create_entry(
    session: Session, content: Content, owner: Ownership, *, author_id: int | None, now: datetime
) -> KbEntry:
    """A published entry with its first version. Raises Invalid."""
    entry = open_entry(session, _published(content, 1, author_id, now), owner, now)
    _stands(session, entry, entry.versions[0], entry.changed_in, now)
    return entry


def publish_version(
    session: Session, entry: KbEntry, content: Content, *, author_id: int | None, now: datetime
) -> KbEntryVersion:
    """The next version. It answers from its `effective_from` on; until then the one before goes on answering.

    A withdrawn entry is published again. Raises Invalid.
    """
    revision = next_revision(session)  # before the number is read: the row's lock makes two publishers take turns
    session.refresh(entry)
    version = _published(content, max(one.version for one in entry.versions) + 1, author_id, now)
    entry.versions.append(version)
    session.flush()
    _stands(session, entry, version, revision.number, now)
    return version


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
        clause_content(
            clause,
            heading=required(heading, "title", "未能从正文识别标题，请填写标题"),
            doc_number=doc_number or document.doc_number or "",
            effective_from=required(
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
    known = known_fingerprints(session, [fingerprint(content) for content in contents])
    result = Imported(title, [], [])
    for content in contents:
        if fingerprint(content) in known:
            result.duplicates.append(content.title)
            continue
        known.add(fingerprint(content))
        result.created.append(create_entry(session, content, owner, author_id=author_id, now=now))
    return result


def clause_content(
    clause: Clause, *, heading: str, doc_number: str, effective_from: date, expires_at: date | None
) -> Content:
    """What the entry of one clause says; `heading` is its document's title."""
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


def _published(content: Content, number: int, author_id: int | None, now: datetime) -> KbEntryVersion:
    if is_blank(content):
        raise Invalid("正文有未填写的占位符，只能存为草稿", code="template_not_published", field="full_text")
    return new_version(content, number, VersionStatus.PUBLISHED, author_id=author_id, published_at=now)


def _stands(session: Session, entry: KbEntry, version: KbEntryVersion, revision: int, now: datetime) -> None:
    author = session.get(Account, version.author_id) if version.author_id else None
    actor = Actor(name=author.name, roles=author.roles, account_id=author.id) if author else SYSTEM
    stand(session, entry, version, revision, now)
    shown = about(entry, version)
    record(session, shown, actor, now, action="import", label="导入发布", after=version.status.value)
    expect_guide(session, entry, version, now)
    turn(session, entry, now)
