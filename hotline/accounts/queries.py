"""Questions about people: who holds a post, who answers for a unit, who has a role."""

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, contains_eager

from hotline.accounts.models import Account, AccountRole, Post, Role, UnitPost
from hotline.directory.models import Unit
from hotline.errors import Invalid


def lasts(day: date) -> ColumnElement[bool]:
    """The condition that a post is held on `day` or later."""
    return or_(UnitPost.effective_to.is_(None), UnitPost.effective_to >= day)


def on_duty(day: date) -> ColumnElement[bool]:
    """The condition that a post is held on `day`, both its ends inclusive."""
    return and_(UnitPost.effective_from <= day, lasts(day))


Judge = Callable[[Account], bool]


def anybody(_account: Account) -> bool:
    """Nobody has to keep out of it."""
    return True


def holders(session: Session, unit_ids: Iterable[int], posts: Iterable[Post], day: date) -> list[Account]:
    """The active holders of `posts` on `day`, the first to be asked first; of `unit_ids` the later ones are nearer."""
    units, wanted = list(unit_ids), list(posts)
    query = select(UnitPost).join(UnitPost.account).options(contains_eager(UnitPost.account))
    query = query.where(UnitPost.unit_id.in_(units), UnitPost.post.in_(wanted), on_duty(day), Account.is_active)
    found = list(session.scalars(query))
    found.sort(key=lambda row: (-units.index(row.unit_id), wanted.index(row.post)))
    return [row.account for row in found]


def responsible_for(session: Session, unit: Unit, day: date, may: Judge = anybody) -> Account:
    """Who answers for a unit: its 联络员, the deputy, its leaders, else those of the nearest unit above.

    `may` is false for who must keep out of it (回避): the next one answers instead, and the unit's supervisor where
    only such people hold its posts. Raises Invalid when nobody is left: a ticket is never sent to an empty room.
    """
    for unit_id in _rooms(session, unit, day):
        if account := next(filter(may, holders(session, [unit_id], Post, day)), None):
            return account
    raise Invalid(f"“{unit.short_name}”没有可以承办的联络员，不能派单", code="unit_without_liaison", field="unit_code")


def _rooms(session: Session, unit: Unit, day: date) -> list[int]:
    """The unit, who supervises it (where the unit has people, but none who may), and the units above, nearest first."""
    own, *above = reversed(unit.chain)
    supervisor = unit.supervising_unit_id
    if supervisor is None or not holders(session, [own], Post, day):
        return [own, *above]
    return [own, supervisor, *above]


def with_role(session: Session, role: Role) -> list[Account]:
    """All active accounts with a role, by name."""
    query = select(Account).join(AccountRole).where(AccountRole.role == role, Account.is_active)
    return list(session.scalars(query.order_by(Account.name)))


def by_login(session: Session, login: str, role: Role, field: str) -> Account:
    """An active account with a role, as forms name it. Raises Invalid naming the field."""
    account = session.scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None or role not in account.roles:
        raise Invalid(f"“{login}”不是在岗的{role.label}", code="unknown_account", field=field)
    return account
