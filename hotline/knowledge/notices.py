"""临时口径: raised, signed off and live in one step, pinned on every desk, read by each, reviewed afterwards."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES, Actor
from hotline.accounts.models import Account, AccountRole, Role
from hotline.accounts.queries import with_role
from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.errors import Conflict, Forbidden, Invalid, NotFound
from hotline.knowledge import clocks
from hotline.knowledge.clocks import NOTICE, KbClock
from hotline.knowledge.content import required
from hotline.knowledge.duties import about_notice
from hotline.knowledge.history import record
from hotline.knowledge.life import entry_named
from hotline.knowledge.queries import reads_internal
from hotline.knowledge.records import NoticeStatus, UrgentNotice, UrgentNoticeRead

RAISERS = frozenset({Role.KB_EDITOR, Role.TEAM_LEADER, Role.SUPERVISOR})
SIGNERS = frozenset({Role.SUPERVISOR})
REVIEWERS = RAISERS
LONGEST = timedelta(days=30)
"""What holds longer is no urgent notice but an entry."""
Data = Mapping[str, Any]


def raise_notice(session: Session, data: Data, actor: Actor, now: datetime) -> UrgentNotice:
    """拟发: waits for a supervisor's signature; a supervisor's own is live at once. Raises Invalid, Forbidden."""
    _demand(actor, RAISERS, "只有班长、知识库编辑和督办员可以拟发临时口径")
    ends_at = _end(data.get("ends_at"), now)
    code = data.get("entry_code")
    notice = UrgentNotice(
        **{name: data.get(name) or "" for name in ("title", "text", "basis")},
        status=NoticeStatus.RAISED,
        entry_id=entry_named(session, code, "entry_code").id if code else None,
        unit_id=actor.unit_id,
        ends_at=ends_at,
        raised_by_id=actor.account_id,
        raised_at=now,
    )
    session.add(notice)
    session.flush()
    told = with_role(session, Role.SUPERVISOR)
    record(session, about_notice(notice), actor, now, action="raise", label="拟发临时口径", text=notice.text, told=told)
    if actor.roles & SIGNERS:
        sign(session, notice, actor, now)
    return notice


def sign(session: Session, notice: UrgentNotice, actor: Actor, now: datetime) -> None:
    """签发: live on every desk from this instant, until its own end. Raises Forbidden, Conflict."""
    _demand(actor, SIGNERS, "只有督办员可以签发临时口径")
    _expect(notice, NoticeStatus.RAISED)
    if notice.ends_at <= now:
        raise Conflict("这条临时口径的截止时间已过，请重新拟发", code="notice_over")
    notice.status, notice.signed_by_id, notice.signed_at = NoticeStatus.LIVE, actor.account_id, now
    told = [*readers(session), notice.raised_by]
    record(session, about_notice(notice), actor, now, action="sign", label="临时口径", text=notice.text, told=told)
    _await_review(session, notice, now)


def refuse(session: Session, notice: UrgentNotice, data: Data, actor: Actor, now: datetime) -> None:
    """不予签发, with the reason. Raises Forbidden, Conflict."""
    _demand(actor, SIGNERS, "只有督办员可以签发临时口径")
    _expect(notice, NoticeStatus.RAISED)
    notice.status = NoticeStatus.REFUSED
    told = [notice.raised_by]
    record(session, about_notice(notice), actor, now, action="refuse", label="未签发", text=data["text"], told=told)


def end(session: Session, notice: UrgentNotice, data: Data, actor: Actor, now: datetime) -> None:
    """提前停用: off every desk at once. Raises Forbidden, Conflict."""
    _demand(actor, SIGNERS, "只有督办员可以停用临时口径")
    _expect(notice, NoticeStatus.LIVE)
    if notice.ends_at <= now:
        raise Conflict("这条临时口径已经到期", code="notice_over")
    notice.ends_at = now
    clocks.stop(session, NOTICE, notice.id, None, now)
    _await_review(session, notice, now)
    told = readers(session)
    record(session, about_notice(notice), actor, now, action="end", label="提前停用", text=data["text"], told=told)


def review(session: Session, notice: UrgentNotice, data: Data, actor: Actor, now: datetime) -> None:
    """复核: what became of it, once it is over: an entry, or nothing. Raises Forbidden, Conflict."""
    _demand(actor, REVIEWERS, "只有班长、知识库编辑和督办员可以复核临时口径")
    _expect(notice, NoticeStatus.LIVE)
    if notice.ends_at > now:
        raise Conflict("临时口径仍在使用，到期后再复核", code="notice_live")
    notice.status, notice.reviewed_at, notice.review_text = NoticeStatus.REVIEWED, now, data["text"]
    clocks.stop(session, NOTICE, notice.id, None, now)
    record(session, about_notice(notice), actor, now, action="review", label="复核", text=data["text"])


def mark_read(session: Session, notice: UrgentNotice, actor: Actor, now: datetime) -> None:
    """已阅: once for each account; a second time changes nothing."""
    key = (notice.id, actor.account_id)
    if actor.account_id is not None and session.get(UrgentNoticeRead, key) is None:
        session.add(UrgentNoticeRead(notice_id=notice.id, account_id=actor.account_id, at=now))
        session.flush()


def is_read_by(session: Session, notice: UrgentNotice, actor: Actor) -> bool:
    """Whether this account has confirmed that it has read a notice."""
    return session.get(UrgentNoticeRead, (notice.id, actor.account_id)) is not None


def get_notice(session: Session, actor: Actor, notice_id: int) -> UrgentNotice:
    """One notice, held for a change. Raises NotFound, also for who may not read what is internal."""
    notice = session.get(UrgentNotice, notice_id, with_for_update=True) if notice_id in ROW_IDS else None
    if notice is None or not reads_internal(actor):
        raise NotFound("没有找到这条临时口径", code="notice_not_found")
    return notice


def current_notices(session: Session, actor: Actor, now: datetime) -> list[tuple[UrgentNotice, bool]]:
    """What is pinned on this actor's desk now, newest first: (notice, has he read it)."""
    if not reads_internal(actor):
        return []
    read = exists().where(
        UrgentNoticeRead.notice_id == UrgentNotice.id, UrgentNoticeRead.account_id == actor.account_id
    )
    return [(notice, is_read) for notice, is_read in session.execute(_live(now).add_columns(read))]


def unread_by(session: Session, notice: UrgentNotice) -> list[Account]:
    """Who of the desks has not read it yet, by name."""
    read = set(session.scalars(select(UrgentNoticeRead.account_id).filter_by(notice_id=notice.id)))
    return [account for account in readers(session) if account.id not in read]


def readers(session: Session) -> list[Account]:
    """Whom every urgent notice concerns: the hotline's own staff."""
    query = select(Account).join(AccountRole).where(AccountRole.role.in_(HOTLINE_ROLES), Account.is_active)
    return list(session.scalars(query.distinct().order_by(Account.name)))


def waiting_notices(session: Session) -> list[UrgentNotice]:
    """Notices that still ask for something (signature or review), newest first."""
    wanted = UrgentNotice.status.in_((NoticeStatus.RAISED, NoticeStatus.LIVE))
    return list(session.scalars(select(UrgentNotice).where(wanted).order_by(UrgentNotice.id.desc())))


def _await_review(session: Session, notice: UrgentNotice, now: datetime) -> None:
    """Reviewed by the close of the first working day after its end: from now on nobody has to remember it."""
    due_at = clocks.working_day_after(session, notice.ends_at)
    clocks.start_until(session, NOTICE, notice.id, KbClock.NOTICE_REVIEW, due_at, now)


def _live(now: datetime) -> Select[UrgentNotice]:
    live = select(UrgentNotice).where(UrgentNotice.status == NoticeStatus.LIVE, UrgentNotice.ends_at > now)
    return live.order_by(UrgentNotice.signed_at.desc(), UrgentNotice.id.desc())


def _end(ends_at: datetime | None, now: datetime) -> datetime:
    ends_at = required(ends_at, "ends_at", "请填写截止时间")
    if ends_at <= now:
        raise Invalid("截止时间须在现在之后", code="end_in_past", field="ends_at")
    if ends_at > now + LONGEST:
        last = to_local(now + LONGEST)
        raise Invalid(f"临时口径最长 30 天，最晚到 {last:%Y-%m-%d %H:%M}", code="end_too_late", field="ends_at")
    return ends_at


def _demand(actor: Actor, roles: frozenset[Role], message: str) -> None:
    if not actor.roles & roles:
        raise Forbidden(message, code="role_refused")


def _expect(notice: UrgentNotice, status: NoticeStatus) -> None:
    if notice.status is not status:
        message = f"这条临时口径{notice.status.label}，不能进行此操作"
        raise Conflict(message, code="illegal_action", status=notice.status.value)
