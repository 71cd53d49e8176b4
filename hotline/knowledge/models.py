"""Knowledge entries and their versions. A version is never overwritten: a ticket's citation names one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from hotline.database import Base, UtcDateTime, enum_column

MAX_TITLE = 200
MAX_DOC_NUMBER = 80
MAX_PLACE = 80


class EntryType(StrEnum):
    POLICY = "POLICY"
    MATTER = "MATTER"
    QA = "QA"
    STATEMENT = "STATEMENT"
    NOTICE = "NOTICE"

    @property
    def label(self) -> str:
        return ENTRY_TYPE_LABELS[self]


ENTRY_TYPE_LABELS = {
    EntryType.POLICY: "政策",
    EntryType.MATTER: "事项",
    EntryType.QA: "问答",
    EntryType.STATEMENT: "口径",
    EntryType.NOTICE: "通知",
}


class EntryStatus(StrEnum):
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"

    @property
    def label(self) -> str:
        return {"PUBLISHED": "已发布", "WITHDRAWN": "已撤回"}[self]


class KbEntry(Base):
    """One entry: who keeps it, who may read it, which version is the newest. `code` is what people say aloud."""

    __tablename__ = "kb_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    type: Mapped[EntryType] = mapped_column(enum_column(EntryType))
    status: Mapped[EntryStatus] = mapped_column(enum_column(EntryStatus))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    is_public: Mapped[bool] = mapped_column(Boolean)
    current_version: Mapped[int] = mapped_column(Integer)
    changed_in: Mapped[int] = mapped_column(Integer, index=True)
    """The revision of the knowledge base in which the entry last changed; the search index catches up by it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list["KbEntryVersion"]] = relationship(
        back_populates="entry", order_by="KbEntryVersion.version", lazy="selectin"
    )


class KbEntryVersion(Base):
    """What an entry said from one publication to the next. In force `effective_from` to `expires_at`, inclusive."""

    __tablename__ = "kb_entry_version"
    __table_args__ = (
        UniqueConstraint("entry_id", "version"),
        CheckConstraint("expires_at IS NULL OR expires_at >= effective_from", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("kb_entry.id"))
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    question_variants: Mapped[list[Any]] = mapped_column(default=list)
    phone_answer: Mapped[str] = mapped_column(Text, default="")
    full_text: Mapped[str] = mapped_column(Text)
    doc_number: Mapped[str] = mapped_column(String(MAX_DOC_NUMBER), default="")
    place: Mapped[str] = mapped_column(String(MAX_PLACE), default="")
    source_title: Mapped[str] = mapped_column(String(MAX_TITLE), default="")
    effective_from: Mapped[date] = mapped_column(Date)
    expires_at: Mapped[date | None] = mapped_column(Date)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of what makes two texts the same entry, to find a document imported twice."""
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    entry: Mapped[KbEntry] = relationship(back_populates="versions")


class KbRevision(Base):
    """One row: counts the changes of the knowledge base and the codes given out. Locked by whoever changes it."""

    __tablename__ = "kb_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    last_code: Mapped[int] = mapped_column(Integer)


@event.listens_for(KbEntryVersion, "before_update")
@event.listens_for(KbEntryVersion, "before_delete")
def _refuse_change(_mapper: Any, _connection: Any, version: KbEntryVersion) -> None:
    session = object_session(version)
    if session is None or version in session.deleted or session.is_modified(version):
        raise RuntimeError(f"version {version.version} of entry {version.entry_id} stands; publish a new one")
