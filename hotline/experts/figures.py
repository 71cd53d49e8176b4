"""An expert's figures, recounted from stored rows: 接单率, 首响时长, 采纳率, 好评率. Nothing to count is None."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.experts.models import Expert
from hotline.experts.records import Advice, AdviceStatus, Invitation, Response
from hotline.ticket.models import Consultation

DEFINITIONS = {
    "accept_rate": "接受的通话邀请 ÷ 已有结果的通话邀请（撤回的不计）",
    "first_response": "从邀请或提问到接受、谢绝或作答的时间中位数",
    "adopt_rate": "一次审核通过、未被退回的答复 ÷ 已审核的答复",
    "praise_rate": "非常满意、满意、基本满意 ÷ 已评价的咨询",
}


@dataclass(frozen=True)
class Share:
    """A part of a whole; `rate` None where the whole is nothing."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def text(self) -> str:
        """ "92.0%", or "—"."""
        return f"{100 * self.part / self.whole:.1f}%" if self.whole else "—"


@dataclass(frozen=True)
class Figures:
    """What one expert did since a time. `first_response`: median seconds, None without any."""

    accepted: Share
    adopted: Share
    praised: Share
    first_response: float | None


def figures_of(session: Session, expert: Expert, since: datetime) -> Figures:
    """The figures of invitations, questions and answers since `since`."""
    invited = list(session.scalars(select(Invitation).filter_by(expert_id=expert.id).where(Invitation.at >= since)))
    asked = select(Consultation).filter_by(expert_id=expert.account_id).where(Consultation.at >= since)
    written = list(session.scalars(asked))
    answered = list(session.scalars(select(Advice).filter_by(expert_id=expert.id).where(Advice.at >= since)))
    reviewed = [one for one in answered if one.status in (AdviceStatus.DONE, AdviceStatus.RETURNED) or one.was_returned]
    rated = [one.satisfaction for one in answered if one.satisfaction is not None]
    times = [_seconds(one.at, one.responded_at) for one in invited if one.response in ANSWERED]
    times += [_seconds(one.at, one.answered_at) for one in written]
    settled = [one for one in invited if one.response not in (Response.PENDING, Response.WITHDRAWN)]
    return Figures(
        accepted=_share(one.response is Response.ACCEPTED for one in settled),
        adopted=_share(not one.was_returned for one in reviewed),
        praised=_share(not one.is_bad for one in rated),
        first_response=median(known) if (known := [one for one in times if one is not None]) else None,
    )


ANSWERED = (Response.ACCEPTED, Response.DECLINED)


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if end else None


def _share(flags: Iterable[bool]) -> Share:
    listed = list(flags)
    return Share(sum(listed), len(listed))
