"""What happens around entries: their history, urgent notices, corrections, feedback, searches, gaps, submissions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, UtcDateTime, enum_column
from hotline.directory.models import Unit
from hotline.knowledge.models import MAX_TITLE, KbEntry
from hotline.labelled import Labelled

MAX_QUESTION = 200


class KbHistory(Base):
    """Who did what when, to an entry or to what hangs on it; append-only. `data["told"]` are account ids.

    `subject_kind` and `subject_id` name the row it is about ("kb_entry", "kb_correction" …); `entry_id` the entry, if
    there is one, so that an entry's whole story is read in one query.
    """

    __tablename__ = "kb_history"
    __table_args__ = (Index("ix_kb_history_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int] = mapped_column(Integer)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("kb_entry.id"), index=True)
    version: Mapped[int | None] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(40))
    from_status: Mapped[str | None] = mapped_column(String(32))
    to_status: Mapped[str | None] = mapped_column(String(32))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class NoticeStatus(Labelled):
    RAISED = "RAISED", "待签发"
    LIVE = "LIVE", "已签发"
    REFUSED = "REFUSED", "未签发"
    REVIEWED = "REVIEWED", "已复核"


class UrgentNotice(Base):
    """临时口径: what every desk says from the moment a supervisor signs it until `ends_at`; reviewed afterwards."""

    __tablename__ = "kb_urgent_notice"
    __table_args__ = (
        Index("ix_kb_urgent_notice_status_ends_at", "status", "ends_at"),
        CheckConstraint("status NOT IN ('LIVE', 'REVIEWED') OR signed_at IS NOT NULL", name="signed_off"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    text: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[NoticeStatus] = mapped_column(enum_column(NoticeStatus))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("kb_entry.id"))
    """The entry it overrides for the time being, if it does."""
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_text: Mapped[str] = mapped_column(Text, default="")

    entry: Mapped[KbEntry | None] = relationship()
    raised_by: Mapped[Account] = relationship(foreign_keys="UrgentNotice.raised_by_id")
    signed_by: Mapped[Account | None] = relationship(foreign_keys="UrgentNotice.signed_by_id")


class UrgentNoticeRead(Base):
    """已阅: who has read a notice, and when."""

    __tablename__ = "kb_urgent_notice_read"

    notice_id: Mapped[int] = mapped_column(ForeignKey("kb_urgent_notice.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CorrectionKind(Labelled):
    EXPIRED = "EXPIRED", "已过期"
    WRONG = "WRONG", "内容有误"
    UNCLEAR = "UNCLEAR", "表述不清"
    CONFLICT = "CONFLICT", "与其他依据冲突"


class CorrectionStatus(Labelled):
    OPEN = "OPEN", "待答复"
    ACCEPTED = "ACCEPTED", "已采纳"
    REJECTED = "REJECTED", "未采纳"


class CorrectionReport(Base):
    """纠错: somebody says that a version is wrong; the owning unit answers within two working days."""

    __tablename__ = "kb_correction"
    __table_args__ = (
        Index("ix_kb_correction_status", "status"),
        CheckConstraint("(status = 'OPEN') = (answered_at IS NULL)", name="answered_or_open"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("kb_entry.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[CorrectionKind] = mapped_column(enum_column(CorrectionKind))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[CorrectionStatus] = mapped_column(enum_column(CorrectionStatus))
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")

    entry: Mapped[KbEntry] = relationship()
    reported_by: Mapped[Account] = relationship(foreign_keys="CorrectionReport.reported_by_id")


class Verdict(Labelled):
    USEFUL = "USEFUL", "有用"
    EXPIRED = "EXPIRED", "过期"
    WRONG = "WRONG", "有误"


class EntryFeedback(Base):
    """What one account thinks of one version; the last word counts."""

    __tablename__ = "kb_feedback"
    __table_args__ = (UniqueConstraint("entry_id", "version", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("kb_entry.id"))
    version: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SearchLog(Base):
    """One question put to the search and what came of it. `question` is normalised, its long digit runs masked."""

    __tablename__ = "kb_search_log"
    __table_args__ = (Index("ix_kb_search_log_hits_at", "hits", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(String(MAX_QUESTION))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)
    """Asked on the public site, not at a desk."""
    hits: Mapped[int] = mapped_column(Integer)
    top_entry_id: Mapped[int | None] = mapped_column(Integer)
    chosen_entry_id: Mapped[int | None] = mapped_column(Integer, index=True)
    chosen_version: Mapped[int | None] = mapped_column(Integer)
    gap_id: Mapped[int | None] = mapped_column(ForeignKey("kb_gap.id"), index=True)


class Obliged:
    """Something a unit owes the knowledge base, done by naming an entry."""

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("kb_entry.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")


class KnowledgeGap(Obliged, Base):
    """知识缺口: a question nothing answers, given to a unit; closed by the entry that does."""

    __tablename__ = "kb_gap"

    question: Mapped[str] = mapped_column(String(MAX_QUESTION))
    note: Mapped[str] = mapped_column(Text, default="")
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    unit: Mapped[Unit] = relationship()
    entry: Mapped[KbEntry | None] = relationship()


class Submission(Obliged, Base):
    """依据报送: after a consultation was closed, the unit names or submits the regulation it answered by."""

    __tablename__ = "kb_submission"
    __table_args__ = (UniqueConstraint("ticket_id", "round"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    round: Mapped[int] = mapped_column(Integer, default=0)

    unit: Mapped[Unit] = relationship()
    entry: Mapped[KbEntry | None] = relationship()


@event.listens_for(KbHistory, "before_update")
@event.listens_for(KbHistory, "before_delete")
def _append_only(*_: Any) -> None:
    raise RuntimeError("the history of the knowledge base is append-only")
