"""The ticket itself. Its columns are its facts: the ledger records their changes, and replaying it rebuilds them."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, EncryptedText, UtcDateTime, enum_column
from hotline.directory.models import Category, Enterprise, Region, SlaProfile, Source, Unit
from hotline.ticket.models.codes import (
    AppealType,
    RefusalReason,
    RespondentKind,
    Satisfaction,
    TicketStatus,
    UnresolvedReason,
    Urgency,
)


class Registered:
    """What was registered: the appeal, and who raised it."""

    appeal_type: Mapped[AppealType] = mapped_column(enum_column(AppealType))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    wish: Mapped[str] = mapped_column(Text, default="")
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    place: Mapped[str] = mapped_column(String(200), default="")
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    external_no: Mapped[str | None] = mapped_column(String(64))
    imposed_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    must_report_back: Mapped[bool] = mapped_column(Boolean, default=False)
    respondent_kind: Mapped[RespondentKind | None] = mapped_column(enum_column(RespondentKind))
    respondent_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    respondent_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    respondent_name: Mapped[str] = mapped_column(String(120), default="")
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    contact_name: Mapped[str | None] = mapped_column(EncryptedText)
    contact_phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_lookup: Mapped[str | None] = mapped_column(String(64), index=True)
    call_time: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(20), default="普通话")
    urgency: Mapped[Urgency] = mapped_column(enum_column(Urgency), default=Urgency.NORMAL)
    is_confidential: Mapped[bool] = mapped_column(Boolean, default=False)
    is_anonymous: Mapped[bool] = mapped_column(Boolean, default=False)
    wants_callback: Mapped[bool] = mapped_column(Boolean, default=True)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))


class Progress:
    """How far it has come. Only `apply()` writes these."""

    round: Mapped[int] = mapped_column(Integer, default=0)
    lead_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    first_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    supervised_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disputed_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    task_force_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    urged_count: Mapped[int] = mapped_column(Integer, default=0)
    objection_count: Mapped[int] = mapped_column(Integer, default=0)
    objection_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extension_count: Mapped[int] = mapped_column(Integer, default=0)
    extension_pending: Mapped[bool] = mapped_column(Boolean, default=False)
    pause_pending: Mapped[bool] = mapped_column(Boolean, default=False)
    paused_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sign_offs_left: Mapped[int] = mapped_column(Integer, default=0)
    callback_tries: Mapped[int] = mapped_column(Integer, default=0)
    callback_valid: Mapped[bool] = mapped_column(Boolean, default=False)
    satisfaction: Mapped[Satisfaction | None] = mapped_column(enum_column(Satisfaction))
    is_resolved: Mapped[bool | None] = mapped_column(Boolean)
    unresolved_reason: Mapped[UnresolvedReason | None] = mapped_column(enum_column(UnresolvedReason))
    refusal_reason: Mapped[RefusalReason | None] = mapped_column(enum_column(RefusalReason))
    legal_route: Mapped[str] = mapped_column(Text, default="")
    transferred_to: Mapped[str] = mapped_column(String(60), default="")
    review_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_count: Mapped[int] = mapped_column(Integer, default=0)
    review_pending: Mapped[bool] = mapped_column(Boolean, default=False)
    is_rated: Mapped[bool] = mapped_column(Boolean, default=False)


class Ticket(Registered, Progress, Base):
    """工单. `version` is raised by decisions only; `last_seq` numbers the ledger."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("source_id", "external_no"),
        Index("ix_ticket_status_created_at", "status", "created_at"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("status <> 'MERGED' OR merged_into_id IS NOT NULL", name="merged_has_master"),
        CheckConstraint(
            "status NOT IN ('AWAITING_SIGN', 'OBJECTED', 'HANDLING', 'UNDER_REVIEW') "
            "OR (lead_unit_id IS NOT NULL AND handler_id IS NOT NULL)",
            name="handled_by_somebody",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    no: Mapped[str] = mapped_column(String(24), unique=True)
    query_code: Mapped[str] = mapped_column(EncryptedText)
    status: Mapped[TicketStatus] = mapped_column(enum_column(TicketStatus))
    version: Mapped[int] = mapped_column(Integer, default=0)
    last_seq: Mapped[int] = mapped_column(Integer, default=0)
    profile_id: Mapped[int] = mapped_column(ForeignKey("sla_profile.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    category: Mapped[Category] = relationship(foreign_keys="Ticket.category_id")
    region: Mapped[Region] = relationship(foreign_keys="Ticket.region_id")
    source: Mapped[Source] = relationship(foreign_keys="Ticket.source_id")
    profile: Mapped[SlaProfile] = relationship(foreign_keys="Ticket.profile_id")
    enterprise: Mapped[Enterprise | None] = relationship(foreign_keys="Ticket.enterprise_id")
    lead_unit: Mapped[Unit | None] = relationship(foreign_keys="Ticket.lead_unit_id")
    respondent_unit: Mapped[Unit | None] = relationship(foreign_keys="Ticket.respondent_unit_id")
    handler: Mapped[Account | None] = relationship(foreign_keys="Ticket.handler_id")
    follower: Mapped[Account] = relationship(foreign_keys="Ticket.follower_id")
    master: Mapped["Ticket | None"] = relationship(foreign_keys="Ticket.merged_into_id", remote_side="Ticket.id")


class TicketSequence(Base):
    """The last number given on a local day."""

    __tablename__ = "ticket_sequence"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


PERSONAL = frozenset({"contact_name", "contact_phone", "phone_lookup", "query_code"})
"""Columns whose values never stand in the ledger."""
