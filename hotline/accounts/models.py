"""People who log in, their roles and posts, machine tokens, and what was audited."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.database import Base, UtcDateTime, enum_column
from hotline.directory.models import Unit


class Role(StrEnum):
    AGENT = "AGENT"
    TEAM_LEADER = "TEAM_LEADER"
    DISPATCHER = "DISPATCHER"
    REVIEWER = "REVIEWER"
    CALLBACK = "CALLBACK"
    HANDLER = "HANDLER"
    UNIT_LEADER = "UNIT_LEADER"
    EXPERT = "EXPERT"
    KB_EDITOR = "KB_EDITOR"
    GRASSROOTS = "GRASSROOTS"
    SUPERVISOR = "SUPERVISOR"
    AUDITOR = "AUDITOR"
    ADMIN = "ADMIN"
    ENTERPRISE = "ENTERPRISE"
    SYSTEM = "SYSTEM"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.AGENT: "话务员",
    Role.TEAM_LEADER: "班长",
    Role.DISPATCHER: "派单员",
    Role.REVIEWER: "审核员",
    Role.CALLBACK: "回访员",
    Role.HANDLER: "经办人",
    Role.UNIT_LEADER: "单位负责人",
    Role.EXPERT: "政策专家",
    Role.KB_EDITOR: "知识库编辑",
    Role.GRASSROOTS: "基层人员",
    Role.SUPERVISOR: "督办员",
    Role.AUDITOR: "审计员",
    Role.ADMIN: "系统管理员",
    Role.ENTERPRISE: "企业",
    Role.SYSTEM: "系统",
}


class Account(Base):
    """One person who logs in. `session_version` ends every session when raised."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    unit: Mapped[Unit] = relationship()
    role_rows: Mapped[list["AccountRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> frozenset[Role]:
        """What this person may be asked to do."""
        return frozenset(row.role for row in self.role_rows)


class AccountRole(Base):
    """One role of one account."""

    __tablename__ = "account_role"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True, index=True)


class Post(StrEnum):
    """Whom the rungs reach in a unit, in rising order."""

    LIAISON = "LIAISON"
    DEPUTY = "DEPUTY"
    LEADER = "LEADER"
    CHIEF = "CHIEF"

    @property
    def label(self) -> str:
        return {"LIAISON": "联络员", "DEPUTY": "联络员(B角)", "LEADER": "分管领导", "CHIEF": "主要领导"}[self]


class UnitPost(Base):
    """Who holds a post in a unit, from one day to another."""

    __tablename__ = "unit_post"
    __table_args__ = (UniqueConstraint("unit_id", "post", "effective_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    post: Mapped[Post] = mapped_column(enum_column(Post))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    effective_from: Mapped[date] = mapped_column(Date, default=date(2020, 1, 1))
    effective_to: Mapped[date | None] = mapped_column(Date)

    account: Mapped[Account] = relationship()


class ApiToken(Base):
    """A machine's bearer token; only SHA-256 of the long random secret is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship()


class AuditEntry(Base):
    """What was done outside a ticket's ledger: unmasking, logins refused, rules changed; append-only."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    action: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
