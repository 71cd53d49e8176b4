"""A file becomes entries: read, mended, taken apart, looked for in the knowledge base; stored as a whole or not at all.

`plan` says what an import would make and stores nothing; `store` makes exactly that, in the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.clock import to_local
from hotline.directory.models import Category
from hotline.errors import Invalid, TooLarge
from hotline.knowledge.content import Content, Ownership, doubtful, fingerprint, required
from hotline.knowledge.guards import OFFICIAL, VersionFacts
from hotline.knowledge.life import draft_with
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import LIVE, MAX_TITLE, OPEN, EntryType, KbEntry, KbEntryVersion
from hotline.knowledge.operations import MAX_TEXT, Imported, clause_content, create_entry
from hotline.workflow import choose
from knowledge_base import documents
from knowledge_base.doubts import Doubt
from knowledge_base.formats import Extracted, QaRow, Unreadable, read_file
from knowledge_base.repair import Repair, accepted, apply, repair

BATCH = 500
"""So many fingerprints a query: databases limit how many values one may name."""
TEMPLATE = "placeholder"
"""The one doubt that no tick settles: blanks are left in the text."""
OPERATOR = Actor(name="命令行导入", roles=frozenset({Role.KB_EDITOR}))
"""Whoever works at the command line, where nobody logs in."""


@dataclass(frozen=True)
class Wishes:
    """What whoever imports has decided; "" and None: as the file says.

    `rejected` names repairs that are not to be made, by kind or one by one; `is_checked`: the doubts were looked at.
    """

    title: str = ""
    doc_number: str = ""
    effective_from: date | None = None
    expires_at: date | None = None
    rejected: frozenset[str] = frozenset()
    is_checked: bool = False


@dataclass(frozen=True)
class Part:
    """One entry to be. `place` says where in the file: "第二章 第五条", "问答!12"; `category` as a sheet names it."""

    place: str
    content: Content
    category: str = ""


@dataclass(frozen=True)
class Plan:
    """What an import would make. `repairs` are all that were found in `text`, also the rejected ones.

    `doubts` are those that are still open; `warnings` is what was left out of the file.
    """

    name: str
    kind: str
    title: str
    doc_number: str
    published_on: date | None
    effective_from: date
    expires_at: date | None
    parts: tuple[Part, ...]
    text: str
    repairs: tuple[Repair, ...]
    doubts: tuple[Doubt, ...]
    warnings: tuple[str, ...]
    replaces: tuple[str, ...] = ()

    @property
    def is_template(self) -> bool:
        """Whether blanks are left: drafts only, never in force as it is."""
        return any(doubt.code == TEMPLATE for doubt in self.doubts)

    @property
    def is_sheet(self) -> bool:
        """Whether it is a sheet of questions and answers."""
        return self.kind == "xlsx"

    @property
    def publishable(self) -> bool:
        """Whether it may be published at once: an official text without doubts. Questions and answers are reviewed."""
        return not self.doubts and not self.is_sheet


def read_upload(source: Path | bytes, name: str = "") -> Extracted:
    """A file's words. Raises Invalid or TooLarge with the reader's own code and sentence, OSError."""
    try:
        found = read_file(source, name)
    except Unreadable as error:
        refusal = TooLarge if error.code in ("file_too_large", "archive_bomb") else Invalid
        raise refusal(error.message, code=error.code, field="file") from error
    if len(found.text) > MAX_TEXT:
        raise TooLarge(f"文件过长，最多 {MAX_TEXT // 10_000} 万字，请拆分后再导入", code="text_too_long", field="file")
    return found


def plan(found: Extracted, name: str, wishes: Wishes, now: datetime) -> Plan:
    """What an import of these words would make. Raises Invalid when there is nothing to import."""
    today = to_local(now).date()
    return _sheet_plan(found, name, wishes, today) if found.qa_rows else _document_plan(found, name, wishes, today)


def existing(session: Session, parts: Iterable[Part]) -> dict[str, str]:
    """Fingerprint → code of the entry that says the same already, as a draft or published."""
    hashes = list({fingerprint(part.content) for part in parts})
    query = select(KbEntryVersion.content_hash, KbEntry.code).join(KbEntryVersion.entry)
    query = query.where(KbEntryVersion.status.in_(OPEN | LIVE))
    found: dict[str, str] = {}
    for start in range(0, len(hashes), BATCH):
        rows = session.execute(query.where(KbEntryVersion.content_hash.in_(hashes[start : start + BATCH])))
        found |= dict(rows.all())
    return found


def same_number(session: Session, doc_number: str) -> int:
    """How many entries in force or in work come from a document of this number."""
    if not doc_number:
        return 0
    query = select(func.count(func.distinct(KbEntryVersion.entry_id))).filter_by(doc_number=doc_number)
    return session.scalar(query.where(KbEntryVersion.status.in_(OPEN | LIVE))) or 0


def store(
    session: Session, planned: Plan, owner: Ownership, actor: Actor, now: datetime, *, publishes: bool
) -> Imported:
    """Make the entries: published at once by the table's row `import`, else drafts that carry what is still doubtful.

    What is there already is skipped and named. Raises Invalid, Forbidden, IllegalAction.
    """
    if publishes:
        _may_publish(planned, owner, actor)
    known = existing(session, planned.parts)
    categories = _categories(session, planned.parts)
    result = Imported(planned.title, [], [])
    for part in planned.parts:
        mark = fingerprint(part.content)
        if mark in known:
            result.duplicates.append(part.content.title)
            continue
        placed = _placed(owner, categories.get(part.category))
        make = _published if publishes else _drafted
        entry = make(session, planned, part, placed, actor, now)
        known[mark] = entry.code
        result.created.append(entry)
    return result


def _may_publish(planned: Plan, owner: Ownership, actor: Actor) -> None:
    """The table's own row, and nobody's doubts."""
    if planned.is_template:
        raise Invalid("正文有未填写的占位符，只能存为草稿", code="template_not_published", field="publishes")
    is_official = owner.type in OFFICIAL and not planned.is_sheet
    choose(TABLE, "import", VersionFacts(status=None, unit_id=owner.unit_id, is_official=is_official), actor)
    if planned.doubts:
        raise Invalid("还有存疑之处，请对照原文核对后勾选", code="doubts_open", field="is_checked")


def _published(session: Session, planned: Plan, part: Part, owner: Ownership, actor: Actor, now: datetime) -> KbEntry:
    return create_entry(session, part.content, owner, author_id=actor.account_id, now=now)


def _drafted(session: Session, planned: Plan, part: Part, owner: Ownership, actor: Actor, now: datetime) -> KbEntry:
    entry = draft_with(session, owner, part.content, actor, now, f"由文件“{planned.name}”导入")
    of_file = [doubt.sentence for doubt in planned.doubts if not (planned.is_sheet and doubt.code == TEMPLATE)]
    entry.versions[0].doubts = list(dict.fromkeys([*of_file, *doubtful(part.content)]))
    session.flush()
    return entry


def _categories(session: Session, parts: Iterable[Part]) -> dict[str, int]:
    """Name → id of the categories that a sheet's rows name."""
    names = {part.category for part in parts if part.category}
    if not names:
        return {}
    rows = session.execute(select(Category.name, Category.id).where(Category.name.in_(names)))
    return dict(rows.all())


def _placed(owner: Ownership, category_id: int | None) -> Ownership:
    return owner if category_id is None else Ownership(**{**vars(owner), "category_id": category_id})


def _document_plan(found: Extracted, name: str, wishes: Wishes, today: date) -> Plan:
    mended = repair(found.text)
    text = apply(found.text, accepted(mended.repairs, wishes.rejected))
    hint = next(iter(found.title_hints), None)
    document = documents.read(text, title=hint, today=today)
    title = (wishes.title or document.title or Path(name).stem)[:MAX_TITLE]
    starts = wishes.effective_from or document.effective_from or document.published_on or today
    ends = wishes.expires_at or document.expires_at
    number = wishes.doc_number or document.doc_number or ""
    if not document.clauses:
        raise Invalid("文件没有可入库的正文", code="text_empty", field="file")
    return Plan(
        name=name,
        kind=found.kind,
        title=title,
        doc_number=number,
        published_on=document.published_on,
        effective_from=starts,
        expires_at=ends,
        parts=tuple(_clause_parts(document, title, number, starts, ends)),
        text=found.text,
        repairs=mended.repairs,
        doubts=tuple(_open_doubts(document.doubts, wishes, title, starts)),
        warnings=found.warnings,
        replaces=document.replaces,
    )


def _clause_parts(
    document: documents.Document, title: str, number: str, starts: date, ends: date | None
) -> Iterator[Part]:
    for clause in document.clauses:
        content = clause_content(clause, heading=title, doc_number=number, effective_from=starts, expires_at=ends)
        yield Part(clause.path or clause.place, content)


def _open_doubts(doubts: Iterable[Doubt], wishes: Wishes, title: str, starts: date) -> Iterator[Doubt]:
    """What nobody has settled yet; where something was assumed, the doubt says what."""
    for doubt in doubts:
        if doubt.code != TEMPLATE and wishes.is_checked:
            continue
        if doubt.code == "no_title" and not wishes.title:
            yield Doubt(doubt.code, f"未能从正文识别标题，暂用“{title}”，请核对")
        elif doubt.code == "no_effective_date" and wishes.effective_from is None:
            yield Doubt(doubt.code, f"正文未写明施行日期，暂按 {starts:%Y-%m-%d} 起施行，请核对")
        elif doubt.code not in ("no_title", "no_effective_date"):
            yield doubt


def _sheet_plan(found: Extracted, name: str, wishes: Wishes, today: date) -> Plan:
    title = (wishes.title or Path(name).stem)[:MAX_TITLE]
    starts = wishes.effective_from or today
    undated = sum(row.effective_from is None for row in found.qa_rows) if wishes.effective_from is None else 0
    blank = "{} 的答复有未填写的占位符，只能存为草稿"
    doubts = [Doubt(TEMPLATE, blank.format(row.place), row.answer[:40]) for row in _blanks(found)]
    if undated and not wishes.is_checked:
        message = f"{undated} 行没有生效日期，暂按 {starts:%Y-%m-%d} 起施行，请核对"
        doubts.append(Doubt("no_effective_date", message))
    return Plan(
        name=name,
        kind=found.kind,
        title=title,
        doc_number=wishes.doc_number,
        published_on=None,
        effective_from=starts,
        expires_at=wishes.expires_at,
        parts=tuple(_row_part(row, wishes, starts) for row in found.qa_rows),
        text="",
        repairs=(),
        doubts=tuple(doubts),
        warnings=found.warnings,
    )


def _blanks(found: Extracted) -> Sequence[QaRow]:
    """Rows with a blank left in the answer; told by the reader of documents, so that both mean the same by it."""
    return [row for row in found.qa_rows if documents.read(row.answer).is_template]


def _row_part(row: QaRow, wishes: Wishes, starts: date) -> Part:
    title = required(row.question, "file", f"{row.place} 没有问题")
    content = Content(
        title=title[:MAX_TITLE],
        full_text=row.answer,
        effective_from=row.effective_from or starts,
        expires_at=row.expires_at or wishes.expires_at,
        question_variants=row.variants,
        doc_number=row.doc_number or wishes.doc_number,
        source_title=row.basis[:MAX_TITLE],
    )
    return Part(row.place, content, row.category)


def type_of(planned: Plan, wanted: EntryType | None) -> EntryType:
    """What kind of entry it becomes unless somebody says otherwise."""
    return wanted or (EntryType.QA if planned.is_sheet else EntryType.POLICY)
