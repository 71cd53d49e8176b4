"""A consultation of the pool, whom it was offered to, its three-way call, its appointment, and what happened to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, UtcDateTime, enum_column
from hotline.directory.models import Category, Region, Unit
from hotline.experts.models import Expert
from hotline.labelled import Labelled
from hotline.ticket.models import Consultation, Satisfaction, Ticket


class AdviceKind(Labelled):
    CALL = "CALL", "通话咨询"
    TICKET = "TICKET", "工单咨询"
    APPOINTMENT = "APPOINTMENT", "预约咨询"


class AdviceStatus(Labelled):
    INVITING = "INVITING", "邀请专家"
    ON_DUTY_OFFICER = "ON_DUTY_OFFICER", "待值班人员接听"
    IN_CALL = "IN_CALL", "通话中"
    BOOKED = "BOOKED", "预约待确认"
    CONFIRMED = "CONFIRMED", "已预约"
    UNDER_REVIEW = "UNDER_REVIEW", "答复待审核"
    RETURNED = "RETURNED", "答复退回修改"
    DONE = "DONE", "已完成"
    CANCELLED = "CANCELLED", "已取消"
    NO_SHOW = "NO_SHOW", "未到场"

    @property
    def is_end(self) -> bool:
        """Whether nothing more is awaited."""
        return self in ENDS


ENDS = frozenset({AdviceStatus.DONE, AdviceStatus.CANCELLED, AdviceStatus.NO_SHOW})
TALKING = (AdviceStatus.INVITING, AdviceStatus.ON_DUTY_OFFICER, AdviceStatus.IN_CALL)
"""The caller is on the line."""
AHEAD = (AdviceStatus.BOOKED, AdviceStatus.CONFIRMED)
"""A meeting lies ahead."""


class Advice(Base):
    """One consultation. A call hangs on a ticket or on the draft (`draft_key`) of the agent `by_id`, an appointment and
    a question in writing (`consultation`: the ticket's own row of it) on a ticket.

    `unit_id` answers for the matter: its duty officer is reached when no expert is. `respondent_*` are whom the appeal
    complained of when the expert was asked for. The answer is the word of `answered_for` (the expert's unit).
    """

    __tablename__ = "advice"
    __table_args__ = (
        CheckConstraint("kind = 'CALL' OR ticket_id IS NOT NULL", name="on_ticket"),
        Index("ix_advice_by_id_draft_key", "by_id", "draft_key"),
        Index(
            "uq_advice_one_call",
            "by_id",
            "draft_key",
            unique=True,
            sqlite_where=text("status IN ('INVITING', 'ON_DUTY_OFFICER', 'IN_CALL')"),
            postgresql_where=text("status IN ('INVITING', 'ON_DUTY_OFFICER', 'IN_CALL')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AdviceKind] = mapped_column(enum_column(AdviceKind))
    status: Mapped[AdviceStatus] = mapped_column(enum_column(AdviceStatus), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    draft_key: Mapped[str | None] = mapped_column(String(100))
    question: Mapped[str] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    language: Mapped[str] = mapped_column(String(8), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    respondent_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    respondent_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), unique=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[str] = mapped_column(Text, default="")
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_for_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    was_returned: Mapped[bool] = mapped_column(Boolean, default=False)
    kb_entry_id: Mapped[int | None] = mapped_column(ForeignKey("kb_entry.id"))
    satisfaction: Mapped[Satisfaction | None] = mapped_column(enum_column(Satisfaction))

    ticket: Mapped[Ticket | None] = relationship()
    category: Mapped[Category | None] = relationship()
    region: Mapped[Region | None] = relationship()
    unit: Mapped[Unit] = relationship(foreign_keys="Advice.unit_id")
    answered_for: Mapped[Unit | None] = relationship(foreign_keys="Advice.answered_for_id")
    by: Mapped[Account | None] = relationship(foreign_keys="Advice.by_id")
    expert: Mapped[Expert | None] = relationship()
    consultation: Mapped[Consultation | None] = relationship()
    officer: Mapped[Account | None] = relationship(foreign_keys="Advice.officer_id")
    reviewed_by: Mapped[Account | None] = relationship(foreign_keys="Advice.reviewed_by_id")
    invitations: Mapped[list["Invitation"]] = relationship(lazy="selectin", order_by="Invitation.nth")
    call: Mapped["ThreeWayCall | None"] = relationship(lazy="selectin")
    appointment: Mapped["Appointment | None"] = relationship(lazy="selectin")

    @property
    def invitation(self) -> "Invitation | None":
        """The one that waits for its answer."""
        return next((one for one in self.invitations if one.response is Response.PENDING), None)


class AdviceReader(Base):
    """Whom a rung told to see to a consultation: he may read it while it is open."""

    __tablename__ = "advice_reader"

    advice_id: Mapped[int] = mapped_column(ForeignKey("advice.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)


class Response(Labelled):
    PENDING = "PENDING", "等待接听"
    ACCEPTED = "ACCEPTED", "已接受"
    DECLINED = "DECLINED", "已谢绝"
    TIMED_OUT = "TIMED_OUT", "逾时未接"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class Invitation(Base):
    """One offer to one expert, with the ranking's reason; of a consultation one waits and one is accepted at most."""

    __tablename__ = "expert_invitation"
    __table_args__ = (
        UniqueConstraint("advice_id", "expert_id"),
        UniqueConstraint("advice_id", "nth"),
        Index(
            "uq_expert_invitation_open",
            "advice_id",
            unique=True,
            sqlite_where=text("response IN ('PENDING', 'ACCEPTED')"),
            postgresql_where=text("response IN ('PENDING', 'ACCEPTED')"),
        ),
        Index("ix_expert_invitation_expert_id_at", "expert_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advice_id: Mapped[int] = mapped_column(ForeignKey("advice.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    nth: Mapped[int] = mapped_column(Integer)
    why: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    response: Mapped[Response] = mapped_column(enum_column(Response), default=Response.PENDING)
    responded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, default="")

    expert: Mapped[Expert] = relationship(lazy="joined")


class ThreeWayCall(Base):
    """三方通话 (GB/T 33358 3.7): whether the caller agreed, from when to when, and what was said.

    Without consent nobody is connected: the agent passes the answer on.
    """

    __tablename__ = "three_way_call"
    __table_args__ = (
        CheckConstraint("is_consented OR (started_at IS NULL AND ended_at IS NULL)", name="by_consent"),
        CheckConstraint("ended_at IS NULL OR started_at IS NOT NULL", name="begun"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advice_id: Mapped[int] = mapped_column(ForeignKey("advice.id"), unique=True)
    is_consented: Mapped[bool] = mapped_column(Boolean)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    summary: Mapped[str] = mapped_column(Text, default="")


class MeetingMode(Labelled):
    IN_PERSON = "IN_PERSON", "面谈"
    VIDEO = "VIDEO", "视频"


class Appointment(Base):
    """预约: one slot of one expert, in person or by video; `is_held` = nobody else may have this slot."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="hours"),
        Index(
            "uq_appointment_slot",
            "expert_id",
            "starts_at",
            unique=True,
            sqlite_where=text("is_held = 1"),  # as each database is asked: SQLite has no booleans
            postgresql_where=text("is_held"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    advice_id: Mapped[int] = mapped_column(ForeignKey("advice.id"), unique=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mode: Mapped[MeetingMode] = mapped_column(enum_column(MeetingMode))
    is_held: Mapped[bool] = mapped_column(Boolean, default=True)


class AdviceEvent(Base):
    """Who did what when; append-only. `data["told"]` are account ids."""

    __tablename__ = "advice_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    advice_id: Mapped[int] = mapped_column(ForeignKey("advice.id"), index=True)
    action: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(40))
    from_status: Mapped[AdviceStatus | None] = mapped_column(enum_column(AdviceStatus, "before"))
    to_status: Mapped[AdviceStatus] = mapped_column(enum_column(AdviceStatus, "after"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
