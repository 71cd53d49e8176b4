"""Callbacks: each try, and what the enterprise said."""

from sqlalchemy import Boolean, Text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.database import Base, enum_column
from hotline.ticket.models import ContactResult, Satisfaction
from hotline.ticket.models.handling import OnTicket


class CallbackAttempt(OnTicket, Base):
    """回访: 响应, 解决 and 满意 are asked apart; only an answered call is a valid callback (有效回访)."""

    __tablename__ = "callback_attempt"

    result: Mapped[ContactResult] = mapped_column(enum_column(ContactResult))
    was_contacted: Mapped[bool | None] = mapped_column(Boolean)
    is_resolved: Mapped[bool | None] = mapped_column(Boolean)
    satisfaction: Mapped[Satisfaction | None] = mapped_column(enum_column(Satisfaction))
    process_satisfaction: Mapped[Satisfaction | None] = mapped_column(enum_column(Satisfaction, "process_satisfaction"))
    text: Mapped[str] = mapped_column(Text, default="")
