"""Knowledge entries and their versions. What a published version says never changes: a ticket's citation names it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, UtcDateTime, enum_column
from hotline.directory.models import Category, Unit
from hotline.labelled import Labelled

MAX_TITLE = 200
MAX_DOC_NUMBER = 80
MAX_PLACE = 80
MAX_URL = 300
MAX_CONTACT = 100


class EntryType(Labelled):
    POLICY = "POLICY", "政策"
    MATTER = "MATTER", "事项"
    QA = "QA", "问答"
    STATEMENT = "STATEMENT", "口径"
    NOTICE = "NOTICE", "通知"


class VersionStatus(Labelled):
    """Where a version stands in its life; whether it is the answer on a day is `force.state_of`."""

    DRAFT = "DRAFT", "草稿"
    FIRST_REVIEW = "FIRST_REVIEW", "待初审"
    SECOND_REVIEW = "SECOND_REVIEW", "待复审"
    PUBLISHED = "PUBLISHED", "已发布"
    REVIEW_DUE = "REVIEW_DUE", "待更新"
    EXPIRED = "EXPIRED", "已失效"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    REPLACED = "REPLACED", "已被替代"
    ARCHIVED = "ARCHIVED", "已归档"

    @property
    def is_open(self) -> bool:
        """Whether it is still being written or reviewed."""
        return self in OPEN

    @property
    def is_live(self) -> bool:
        """Whether it is published and nothing has ended it."""
        return self in LIVE


OPEN = frozenset({VersionStatus.DRAFT, VersionStatus.FIRST_REVIEW, VersionStatus.SECOND_REVIEW})
LIVE = frozenset({VersionStatus.PUBLISHED, VersionStatus.REVIEW_DUE})
_ONE_OPEN = text("status IN ('DRAFT', 'FIRST_REVIEW', 'SECOND_REVIEW')")


class KbEntry(Base):
    """One entry: who keeps it, whom it concerns, who may read it. `code` is what people say aloud.

    `region_code` "" = the whole city; `audience` are tags of enterprises ("小微企业"), empty = everybody.
    `current_version` is the newest that was ever published, 0 = none. `row_version` is raised by every decision.
    """

    __tablename__ = "kb_entry"
    __table_args__ = (CheckConstraint("replaced_by_id <> id", name="replaced_by_another"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    type: Mapped[EntryType] = mapped_column(enum_column(EntryType))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    region_code: Mapped[str] = mapped_column(String(16), default="")
    audience: Mapped[list[Any]] = mapped_column(default=list)
    is_public: Mapped[bool] = mapped_column(Boolean)
    maintainer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("kb_entry.id"))
    current_version: Mapped[int] = mapped_column(Integer)
    row_version: Mapped[int] = mapped_column(Integer, default=1)
    changed_in: Mapped[int] = mapped_column(Integer, index=True)
    """The revision of the knowledge base in which the entry last changed; the search index catches up by it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    versions: Mapped[list["KbEntryVersion"]] = relationship(
        back_populates="entry", order_by="KbEntryVersion.version", lazy="selectin"
    )
    unit: Mapped[Unit] = relationship()
    category: Mapped[Category | None] = relationship()
    maintainer: Mapped[Account | None] = relationship(foreign_keys="KbEntry.maintainer_id")
    deputy: Mapped[Account | None] = relationship(foreign_keys="KbEntry.deputy_id")
    replaced_by: Mapped["KbEntry | None"] = relationship(remote_side="KbEntry.id")
    """The successor: who asks for a replaced rule is shown the way to it."""

    @property
    def open_version(self) -> "KbEntryVersion | None":
        """The one version that is being written or reviewed."""
        return next((version for version in self.versions if version.status.is_open), None)

    @property
    def is_live(self) -> bool:
        """Whether it answers, or will when its day comes, as far as people have decided."""
        return any(version.status.is_live for version in self.versions)


class Guide:
    """A 惠企政策's guide: how an enterprise gets what the policy promises."""

    beneficiaries: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")
    payout_limit: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    enquiry_phone: Mapped[str] = mapped_column(String(MAX_CONTACT), default="")

    @property
    def is_guide(self) -> bool:
        """Whether it tells who may apply and under what conditions."""
        return bool(self.beneficiaries and self.conditions)


GUIDE_FIELDS = ("beneficiaries", "conditions", "payout_limit", "address", "enquiry_phone")


class KbEntryVersion(Guide, Base):
    """What an entry says. In force from `effective_from` to `expires_at`, both inclusive days in Shanghai.

    `ended_on` is the first day on which it is no answer any more because somebody withdrew or replaced it.
    `doubts` are what an import was not sure of, one sentence each; a draft with doubts cannot be submitted.
    """

    __tablename__ = "kb_entry_version"
    __table_args__ = (
        UniqueConstraint("entry_id", "version"),
        CheckConstraint("expires_at IS NULL OR expires_at >= effective_from", name="ends_after_start"),
        CheckConstraint(
            "published_at IS NOT NULL OR status IN ('DRAFT', 'FIRST_REVIEW', 'SECOND_REVIEW', 'ARCHIVED')",
            name="published_some_day",
        ),
        Index(
            "uq_kb_entry_version_one_open",
            "entry_id",
            unique=True,
            sqlite_where=_ONE_OPEN,
            postgresql_where=_ONE_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("kb_entry.id"))
    version: Mapped[int] = mapped_column(Integer)
    # The old status must be known when it is set: it decides what else may change.
    status: Mapped[VersionStatus] = mapped_column(enum_column(VersionStatus), active_history=True)
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    question_variants: Mapped[list[Any]] = mapped_column(default=list)
    phone_answer: Mapped[str] = mapped_column(Text, default="")
    full_text: Mapped[str] = mapped_column(Text)
    doc_number: Mapped[str] = mapped_column(String(MAX_DOC_NUMBER), default="")
    place: Mapped[str] = mapped_column(String(MAX_PLACE), default="")
    source_title: Mapped[str] = mapped_column(String(MAX_TITLE), default="")
    url: Mapped[str] = mapped_column(String(MAX_URL), default="")
    contact_phone: Mapped[str] = mapped_column(String(MAX_CONTACT), default="")
    contact_hours: Mapped[str] = mapped_column(String(MAX_CONTACT), default="")
    related: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of related entries."""
    effective_from: Mapped[date] = mapped_column(Date)
    expires_at: Mapped[date | None] = mapped_column(Date)
    review_due: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of what makes two texts the same entry, to find a document imported twice."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    first_reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    entry: Mapped[KbEntry] = relationship(back_populates="versions")
    author: Mapped[Account | None] = relationship(foreign_keys="KbEntryVersion.author_id")


class KbRevision(Base):
    """One row: counts the changes of the knowledge base and the codes given out. Locked by whoever changes it."""

    __tablename__ = "kb_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    last_code: Mapped[int] = mapped_column(Integer)


LIFE = frozenset({"status", "ended_on", "review_due"})
"""What may change in a version after its publication: where it stands, never what it says."""


@event.listens_for(KbEntryVersion, "before_update")
def _keep_what_was_said(_mapper: Any, _connection: Any, version: KbEntryVersion) -> None:
    state = inspect(version)
    changed = {attr.key for attr in state.mapper.column_attrs if state.attrs[attr.key].history.has_changes()}
    before = state.attrs.status.history
    was = (before.deleted or before.unchanged or [version.status])[0]
    if not was.is_open and changed - LIFE:
        _refuse(version)


@event.listens_for(KbEntryVersion, "before_delete")
def _keep_versions(_mapper: Any, _connection: Any, version: KbEntryVersion) -> None:
    _refuse(version)


def _refuse(version: KbEntryVersion) -> None:
    raise RuntimeError(f"version {version.version} of entry {version.entry_id} stands; publish a new one")
