"""交接: nobody leaves with open work. What an account holds goes to another one before the account is closed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES, SYSTEM, UNIT_ROLES, Actor
from hotline.accounts.administration import close_account, serves
from hotline.accounts.models import Account, Role, UnitPost
from hotline.accounts.operations import audit
from hotline.accounts.queries import lasts
from hotline.clock import to_local
from hotline.directory.models import Unit
from hotline.errors import Conflict, DomainError, Invalid
from hotline.experts.pool import take_on
from hotline.supervision.pool_handover import Misfit, held, pass_over
from hotline.supervision.task_forces import open_decisions, task_force_of
from hotline.ticket.models import OPEN, Assignment, Consultation, Decision, Ticket
from hotline.ticket.operations import Data, apply, session_of
from hotline.ticket.parts import asked_of, check_person
from hotline.ticket.queries import get, visible


@dataclass(frozen=True)
class OpenWork:
    """What one account holds: numbers of open tickets by its part in them, its posts that have not ended, and (ids) the
    experts' consultations that wait for it."""

    followed: tuple[str, ...]
    handled: tuple[str, ...]
    asked: tuple[str, ...]
    posts: tuple[UnitPost, ...]
    consultations: tuple[int, ...] = ()

    @property
    def numbers(self) -> list[str]:
        """Every ticket, once."""
        return sorted({*self.followed, *self.handled, *self.asked})

    def __bool__(self) -> bool:
        return bool(self.numbers or self.posts or self.consultations)


@dataclass(frozen=True)
class Handed:
    """What passed over: tickets, consultations, posts; and row by row what did not, with the reason."""

    numbers: list[str]
    consultations: list[int]
    misfits: list[Misfit]
    posts: list[int] = field(default_factory=list)

    @property
    def is_in_vain(self) -> bool:
        """Whether there was something, and nothing of it passed."""
        return bool(self.misfits) and not (self.numbers or self.consultations or self.posts)

    @property
    def words(self) -> str:
        """For whoever pressed the button."""
        done = f"{len(self.numbers)} 件工单、{len(self.consultations)} 项咨询"
        failed = "；".join(f"{what}：{why}" for what, why in self.misfits)
        return f"{done}已交接" + (f"；未能交接 {len(self.misfits)} 项——{failed}" if failed else "")


def open_work(session: Session, account: Account, now: datetime) -> OpenWork:
    """What this account holds."""
    day = to_local(now).date()
    parts = (
        select(Assignment.ticket_id)
        .filter_by(handler_id=account.id, ended_at=None)
        .union(select(Decision.ticket_id).filter_by(handler_id=account.id, done_at=None, dropped_at=None))
    )
    asked = asked_of(account.id).with_only_columns(Consultation.ticket_id)
    posts = select(UnitPost).where(UnitPost.account_id == account.id, lasts(day)).order_by(UnitPost.id)
    return OpenWork(
        followed=_numbers(session, Ticket.follower_id == account.id),
        handled=_numbers(session, or_(Ticket.handler_id == account.id, Ticket.id.in_(parts))),
        asked=_numbers(session, Ticket.id.in_(asked)),
        posts=tuple(session.scalars(posts)),
        consultations=tuple(one.id for one in held(session, account, now)),
    )


def _numbers(session: Session, condition: ColumnElement[bool]) -> tuple[str, ...]:
    query = visible(SYSTEM).where(Ticket.status.in_(OPEN), condition).order_by(Ticket.no)
    return tuple(session.scalars(query.with_only_columns(Ticket.no)))


def close(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """Close an account. Raises Conflict (account_has_open_work) with the numbers of what it still holds."""
    if account.id == actor.account_id:
        raise Conflict("不能停用自己的账号", code="own_account")
    _refuse(account, open_work(session, account, now), "停用")
    close_account(session, account, actor, now)


def check_change(session: Session, account: Account, roles: Collection[Role], unit_id: int, now: datetime) -> None:
    """Roles and unit may change as long as the open work still fits. Raises Conflict (account_has_open_work)."""
    work, held_roles = open_work(session, account, now), set(roles)
    leaves_unit = unit_id != account.unit_id or not held_roles & UNIT_ROLES
    misfits = OpenWork(
        followed=() if held_roles & HOTLINE_ROLES else work.followed,
        handled=work.handled if leaves_unit else (),
        asked=() if Role.EXPERT in held_roles else work.asked,
        posts=work.posts if unit_id != account.unit_id else (),
        consultations=() if Role.EXPERT in held_roles and unit_id == account.unit_id else work.consultations,
    )
    _refuse(account, misfits, "变更岗位或单位")


def check_unit_is_free(session: Session, unit: Unit) -> None:
    """Nobody works for a unit that ends. Raises Conflict (unit_has_open_work) with its open tickets or its people."""
    parts = select(Assignment.ticket_id).filter_by(unit_id=unit.id, ended_at=None)
    if numbers := list(_numbers(session, Ticket.id.in_(parts))):
        message = f"“{unit.short_name}”还有 {len(numbers)} 件在办工单，请先改派"
        raise Conflict(message, code="unit_has_open_work", numbers=numbers)
    names = session.scalars(select(Account.name).filter_by(unit_id=unit.id, is_active=True)).all()
    if names:
        message = f"“{unit.short_name}”还有 {len(names)} 个在用账号（{'、'.join(names[:5])}），请先调整"
        raise Conflict(message, code="unit_has_accounts")


def _refuse(account: Account, work: OpenWork, what: str) -> None:
    if not work:
        return
    posts = [post.post.label for post in work.posts]
    counted = ((len(work.numbers), "件在办工单"), (len(work.consultations), "项专家咨询"))
    parts = [f"{count} {name}" for count, name in counted if count] + (["、".join(posts)] if posts else [])
    message = f"{account.name}名下还有{'，'.join(parts)}，请先交接再{what}"
    raise Conflict(message, code="account_has_open_work", numbers=work.numbers, posts=posts)


def could_take(session: Session, work: OpenWork, leaving: Account, taking: Account) -> bool:
    """Whether an account's roles and unit fit this work: who is offered. 回避 is judged ticket by ticket."""
    units = {session.get_one(Unit, post.unit_id) for post in work.posts} | ({leaving.unit} if work.handled else set())
    follows = not work.followed or taking.roles & HOTLINE_ROLES
    answers = not work.asked or Role.EXPERT in taking.roles
    return bool(taking.id != leaving.id and follows and answers and all(serves(taking, unit) for unit in units))


def hand_over_all(
    session: Session,
    leaving: Account,
    taking: Account,
    reason: str,
    actor: Actor,
    now: datetime,
    until: date | None = None,
) -> Handed:
    """Everything one account holds goes to another (of the pool: to `until`), each row for itself.

    An administrator has no part in tickets: the rows of the ledger carry his name and the system's right.
    """
    if taking.id == leaving.id or not taking.is_active:
        raise Invalid("请选择另一个在岗的账号", code="bad_successor", field="to_login")
    clerk = replace(SYSTEM, name=actor.name, account_id=actor.account_id, unit_id=actor.unit_id)
    work = open_work(session, leaving, now)
    data = {"from_login": leaving.login, "to_login": taking.login, "text": reason}
    misfits: list[Misfit] = []

    def each(what: str, step: Callable[[], None]) -> bool:
        try:
            with session.begin_nested():
                step()
        except DomainError as error:
            misfits.append((what, error.message))
            return False
        return True

    def ticket(number: str) -> bool:
        return each(number, lambda: hand_over(get(session, clerk, number, lock=True), data, clerk, now))

    def post(one: UnitPost) -> bool:
        return each(one.post.label, lambda: _pass_on(session, one, taking, to_local(now).date()))

    numbers = [number for number in work.numbers if ticket(number)]
    posts = [one.id for one in work.posts if post(one)]
    consultations, failed = pass_over(session, leaving, taking, until, reason, actor, now)
    handed = Handed(numbers, consultations, [*misfits, *failed], posts)
    passed = {"to": taking.login, "tickets": numbers, "posts": posts, "consultations": consultations}
    audit(session, actor, "hand_over", f"account:{leaving.login}", now, reason, passed | {"misfits": handed.misfits})
    return handed


def hand_over(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """交接 one ticket: whatever part one account has in it goes to another of a fitting role and unit."""
    session = session_of(ticket)
    leaving, taking = (_account(session, data[field], field) for field in ("from_login", "to_login"))
    columns = [name for name in ("follower_id", "handler_id") if getattr(ticket, name) == leaving.id]
    held = select(Assignment).filter_by(ticket_id=ticket.id, handler_id=leaving.id, ended_at=None)
    decided = [one for one in open_decisions(ticket) if one.handler_id == leaving.id]
    parts: list[Assignment | Decision] = [*session.scalars(held), *decided]
    questions = list(session.scalars(asked_of(leaving.id).filter_by(ticket_id=ticket.id)))
    if not (columns or parts or questions):
        raise Invalid(f"{leaving.name}在本工单中没有待办", code="nothing_to_hand_over", field="from_login")
    units = [part.unit for part in parts] + ([ticket.lead_unit] if "handler_id" in columns and ticket.lead_unit else [])
    _check_fit(ticket, taking, follows="follower_id" in columns, units=units, answers=bool(questions))
    if questions:
        _check_asked(ticket, taking, now)
    apply(ticket, "hand_over", actor, now, data, **dict.fromkeys(columns, taking.id))
    for part in parts:
        part.handler_id = taking.id
    if "follower_id" in columns and ticket.task_force_since is not None:
        task_force_of(ticket).follower_id = taking.id
    for question in questions:
        question.expert_id = taking.id


def _account(session: Session, login: str, field: str) -> Account:
    account = session.scalar(select(Account).filter_by(login=login))
    if account is None or (field == "to_login" and not account.is_active):
        raise Invalid(f"“{login}”不是在岗人员的工号", code="unknown_account", field=field)
    return account


def _check_fit(ticket: Ticket, taking: Account, *, follows: bool, units: Collection[Unit], answers: bool) -> None:
    check_person(ticket, taking, "to_login")
    if follows and not taking.roles & HOTLINE_ROLES:
        raise _misfit(ticket, f"{taking.name}不是热线人员，不能做跟办人")
    if answers and Role.EXPERT not in taking.roles:
        raise _misfit(ticket, f"{taking.name}不是政策专家，不能答复咨询")
    for unit in units:
        if not serves(taking, unit):
            raise _misfit(ticket, f"{taking.name}不是“{unit.short_name}”的经办人或负责人")


def _check_asked(ticket: Ticket, taking: Account, now: datetime) -> None:
    """A question goes to who is in the pool, has a hand free, and was not asked on this ticket already."""
    session = session_of(ticket)
    if session.scalar(asked_of(taking.id).filter_by(ticket_id=ticket.id)) is not None:
        raise _misfit(ticket, f"{taking.name}在本工单已有一个待答复的咨询")
    take_on(session, taking.id, now, "to_login")


def _misfit(ticket: Ticket, why: str) -> Invalid:
    return Invalid(f"{ticket.no}：{why}", code="successor_misfit", field="to_login")


def _pass_on(session: Session, post: UnitPost, taking: Account, today: date) -> None:
    """End a post yesterday and begin the successor's today; one that has not begun before today just changes hands."""
    unit = session.get_one(Unit, post.unit_id)
    if not serves(taking, unit):
        raise Invalid(
            f"{taking.name}不能担任“{unit.short_name}”的{post.post.label}", code="post_misfit", field="to_login"
        )
    if post.effective_from >= today:
        post.account_id = taking.id
        return
    successor = UnitPost(unit_id=post.unit_id, post=post.post, account_id=taking.id, effective_from=today)
    successor.effective_to, post.effective_to = post.effective_to, today - timedelta(days=1)
    session.add(successor)
    session.flush()
