"""What may be done with an urgent notice, by whom and when: one dict for page and API alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.knowledge import notices
from hotline.knowledge.access import reads_internal
from hotline.knowledge.notices import RAISERS, REVIEWERS, SIGNERS
from hotline.knowledge.records import NoticeStatus, UrgentNotice
from hotline.ticket.schemas import Reasoned, Remark

NEWEST = 40


@dataclass(frozen=True)
class Step:
    """One step: its form, who may take it, what runs, and what is said when it is done."""

    label: str
    schema: type[Schema]
    roles: frozenset[Role]
    do: Callable[..., None]
    done: str


def _sign(session: Session, notice: UrgentNotice, _data: Any, actor: Actor, now: datetime) -> None:
    notices.sign(session, notice, actor, now)


STEPS = {
    "sign": Step("签发", Remark, SIGNERS, _sign, "已签发，各席位立即可见"),
    "refuse": Step("不予签发", Reasoned, SIGNERS, notices.refuse, "未签发"),
    "end": Step("提前停用", Reasoned, SIGNERS, notices.end, "已停用"),
    "review": Step("复核", Reasoned, REVIEWERS, notices.review, "已复核"),
}


def steps_of(notice: UrgentNotice, actor: Actor, now: datetime) -> list[str]:
    """What this actor may do with a notice now, by its status and its end."""
    is_over = notice.ends_at <= now
    fitting = {
        NoticeStatus.RAISED: ("refuse",) if is_over else ("sign", "refuse"),
        NoticeStatus.LIVE: ("review",) if is_over else ("end",),
    }.get(notice.status, ())
    return [name for name in fitting if STEPS[name].roles & actor.roles]


def is_live(notice: UrgentNotice, now: datetime) -> bool:
    """Whether it stands on the desks now."""
    return notice.status is NoticeStatus.LIVE and notice.ends_at > now


def shown_to(session: Session, actor: Actor, now: datetime) -> list[UrgentNotice]:
    """The newest notices: for those who raise and sign them all, for the other desks what stands there now."""
    if not reads_internal(actor):
        return []
    newest = session.scalars(select(UrgentNotice).order_by(UrgentNotice.id.desc()).limit(NEWEST))
    return [one for one in newest if actor.roles & RAISERS or is_live(one, now)]
