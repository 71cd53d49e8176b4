"""自动派单: the rules that somebody switched on, and what came of each ticket that fell under one."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.accounts.models import Account
from hotline.database import Base, UtcDateTime, enum_column
from hotline.directory.models import Category, Unit
from hotline.labelled import Labelled
from hotline.ticket.models import Ticket


class Outcome(Labelled):
    """SENT, or why a ticket was left to a person, in the order in which that is asked."""

    SENT = "SENT", "已自动派单"
    TIP_OFF = "TIP_OFF", "举报件"
    CONFIDENTIAL = "CONFIDENTIAL", "保密件"
    RESPONDENT = "RESPONDENT", "反映单位或个人"
    EMERGENCY = "EMERGENCY", "特急件"
    SUPERVISED = "SUPERVISED", "督办或专班件"
    RETURNED = "RETURNED", "曾派出、退回或转出"
    PAST_DUE = "PAST_DUE", "上级时限已过"
    REPEAT = "REPEAT", "可能重复"
    NO_UNIT = "NO_UNIT", "目录未明确主办"
    CANNOT_RECEIVE = "CANNOT_RECEIVE", "单位不能接收"
    NO_MODEL = "NO_MODEL", "没有学习模型"
    DISAGREE = "DISAGREE", "目录与模型不一致"
    UNSURE = "UNSURE", "把握不足"
    FAILED = "FAILED", "派单未成功"


class AutoDispatchRule(Base):
    """Tickets of a category and all below it are dispatched without a person; the nearest rule above a ticket counts,
    also one that is off.

    `bar`: percent of confidence from which the model counts; `sample`: percent of those sent that a person audits;
    `floor`: percent of right dispatches below which the rule switches itself off. `version` rises with every change.
    """

    __tablename__ = "auto_dispatch_rule"
    __table_args__ = (
        CheckConstraint("bar BETWEEN 50 AND 99", name="bar"),
        CheckConstraint("sample BETWEEN 1 AND 100", name="sample"),
        CheckConstraint("floor BETWEEN 50 AND 100", name="floor"),
        CheckConstraint("NOT is_on OR on_since IS NOT NULL", name="on_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), unique=True)
    is_on: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    bar: Mapped[int] = mapped_column(Integer, default=90)
    sample: Mapped[int] = mapped_column(Integer, default=10)
    floor: Mapped[int] = mapped_column(Integer, default=95)
    version: Mapped[int] = mapped_column(Integer, default=0)
    on_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    category: Mapped[Category] = relationship()


class AutoDispatch(Base):
    """A ticket considered under one version of a rule, once for each state (`ticket_version`) it waited in.

    `reason` is the sentence for people; `confidence` (0 to 1) the model's for `unit`, where one was asked. Of a
    dispatch: whether it `is_sampled`, the auditor's verdict, and when an objection to it was upheld.
    """

    __tablename__ = "auto_dispatch"
    __table_args__ = (
        UniqueConstraint("ticket_id", "ticket_version", "rule_id", "rule_version"),
        CheckConstraint("outcome <> 'SENT' OR unit_id IS NOT NULL", name="sent_somewhere"),
        CheckConstraint("outcome = 'SENT' OR (is_right IS NULL AND upheld_at IS NULL)", name="judged_when_sent"),
        CheckConstraint("(is_right IS NULL) = (checked_at IS NULL)", name="checked"),
        Index("ix_auto_dispatch_rule_id_at", "rule_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    ticket_version: Mapped[int] = mapped_column(Integer)
    rule_id: Mapped[int] = mapped_column(ForeignKey("auto_dispatch_rule.id"))
    rule_version: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    reason: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    confidence: Mapped[float | None] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_sampled: Mapped[bool] = mapped_column(Boolean, default=False)
    is_right: Mapped[bool | None] = mapped_column(Boolean)
    right_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    upheld_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    ticket: Mapped[Ticket] = relationship()
    rule: Mapped[AutoDispatchRule] = relationship()
    unit: Mapped[Unit | None] = relationship(foreign_keys="AutoDispatch.unit_id")
    right_unit: Mapped[Unit | None] = relationship(foreign_keys="AutoDispatch.right_unit_id")
    checked_by: Mapped[Account | None] = relationship(foreign_keys="AutoDispatch.checked_by_id")
