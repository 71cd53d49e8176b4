"""代办: one click when somebody is away (leave, illness): the work goes to a substitute, and comes back at the end."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Account, Post, Role, UnitPost
from hotline.clock import to_local
from hotline.errors import Conflict, DomainError, Forbidden, Invalid
from hotline.supervision.handover import Handed, hand_over, hand_over_all, open_work
from hotline.supervision.models import Substitution
from hotline.supervision.pool_handover import Misfit, bring_back
from hotline.ticket.queries import get

LONGEST = timedelta(days=180)
AT_DESK = frozenset({Role.AGENT, Role.TEAM_LEADER, Role.CALLBACK})


def substitute(
    session: Session, away: Account, taking: Account, last_day: date, reason: str, actor: Actor, now: datetime
) -> Substitution:
    """From today to `last_day`, both inclusive, `taking` holds what `away` holds: open tickets, consultations, shifts
    and posts; what does not fit stays, and `misfits` says why.

    Raises Invalid for a day that has passed and for who fits nothing, Conflict while another one stands in already,
    Forbidden.
    """
    if not may_arrange(actor, away):
        raise Forbidden("只能为本单位人员设代办", code="role_refused")
    today = to_local(now).date()
    if not today <= last_day <= today + LONGEST:
        raise Invalid("结束日期须在今天之后、半年之内", code="bad_period", field="last_day")
    if current(session, away) is not None:
        raise Conflict(f"{away.name}已有代办人，请先结束", code="already_substituted")
    posts = [(post.unit_id, post.post, post.effective_to) for post in open_work(session, away, now).posts]
    handed = hand_over_all(session, away, taking, f"{reason}，代办至 {last_day}", actor, now, last_day)
    if handed.is_in_vain:
        raise Invalid(f"{taking.name}不能承接：{handed.misfits[0][1]}", code="successor_misfit", field="to_login")
    for unit_id, post, until in posts:
        _limit_post(session, away, taking, (unit_id, post), last_day, until)
    row = Substitution(account_id=away.id, substitute_id=taking.id, reason=reason, numbers=handed.numbers, at=now)
    row.consultations, row.misfits = handed.consultations, [list(one) for one in handed.misfits]
    row.first_day, row.last_day, row.by_id = today, last_day, actor.account_id
    session.add(row)
    session.flush()
    return row


def _limit_post(
    session: Session, away: Account, taking: Account, held: tuple[int, Post], last_day: date, until: date | None
) -> None:
    """The substitute's post ends on the last day; the day after, its holder has it again."""
    unit_id, post = held
    theirs = select(UnitPost).filter_by(unit_id=unit_id, post=post, account_id=taking.id)
    row = session.scalars(theirs.order_by(UnitPost.effective_from.desc())).first()
    if row is None or (until is not None and until <= last_day):
        return
    row.effective_to = last_day
    back = UnitPost(unit_id=unit_id, post=post, account_id=away.id, effective_from=last_day + timedelta(days=1))
    back.effective_to = until
    session.add(back)


def may_arrange(actor: Actor, away: Account) -> bool:
    """Oneself, an administrator for anybody, a unit's leader for its people, a team leader for the desk's."""
    if Role.ADMIN in actor.roles or actor.account_id == away.id:
        return True
    leads = Role.UNIT_LEADER in actor.roles and away.unit_id in actor.unit_ids
    return leads or (Role.TEAM_LEADER in actor.roles and away.unit_id == actor.unit_id and bool(away.roles & AT_DESK))


def current(session: Session, account: Account) -> Substitution | None:
    """Who stands in for this account now."""
    return session.scalar(select(Substitution).filter_by(account_id=account.id, ended_at=None))


def is_over(session: Session, now: datetime) -> bool:
    """Whether somebody is back."""
    due = select(Substitution.id).where(Substitution.ended_at.is_(None), Substitution.last_day < to_local(now).date())
    return session.scalar(due.limit(1)) is not None


def give_back(session: Session, now: datetime) -> int:
    """End every substitution whose last day is over; how many tickets and consultations went back."""
    due = select(Substitution).where(Substitution.ended_at.is_(None), Substitution.last_day < to_local(now).date())
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    ended = [end(session, row, SYSTEM, now) for row in rows]
    return sum(len(one.numbers) + len(one.consultations) for one in ended)


def end(session: Session, row: Substitution, actor: Actor, now: datetime) -> Handed:
    """What passed over and the substitute still holds goes back to who is back; what cannot is listed with the reason.
    An account that was closed meanwhile gets nothing."""
    row.ended_at = now
    if not row.account.is_active:
        return Handed([], [], [])
    if (today := to_local(now).date()) <= row.last_day:
        _posts_back(session, row, today)
    misfits: list[Misfit] = []
    numbers = [number for number in _still_held(session, row, now) if _back(session, row, number, now, misfits)]
    back = (row.consultations, row.substitute, row.account, row.last_day, actor, now)
    consultations, failed = bring_back(session, *back)
    row.misfits = [*row.misfits, *(list(one) for one in (*misfits, *failed))]
    return Handed(numbers, consultations, [*misfits, *failed])


def _posts_back(session: Session, row: Substitution, today: date) -> None:
    """Whoever is back early has the posts again from today."""
    begins = row.last_day + timedelta(days=1)
    for later in session.scalars(select(UnitPost).filter_by(account_id=row.account_id, effective_from=begins)).all():
        same = {"unit_id": later.unit_id, "post": later.post, "effective_to": row.last_day}
        for held in session.scalars(select(UnitPost).filter_by(account_id=row.substitute_id, **same)).all():
            held.effective_to = today - timedelta(days=1)
            if held.effective_from >= today:
                session.delete(held)
        session.flush()
        later.effective_from = today


def _still_held(session: Session, row: Substitution, now: datetime) -> Collection[str]:
    held = open_work(session, row.substitute, now).numbers
    return [number for number in row.numbers if number in held]


def _back(session: Session, row: Substitution, number: str, now: datetime, misfits: list[Misfit]) -> bool:
    data = {"from_login": row.substitute.login, "to_login": row.account.login, "text": "代办期满，交回本人"}
    try:
        with session.begin_nested():
            hand_over(get(session, SYSTEM, number, lock=True), data, SYSTEM, now)
    except DomainError as error:  # moved on to where the one who is back no longer fits: the substitute keeps it
        misfits.append((number, error.message))
        return False
    return True
