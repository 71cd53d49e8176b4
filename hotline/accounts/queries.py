"""Questions about people: who holds a post, who answers for a unit, who has a role."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, AccountRole, Post, Role, UnitPost
from hotline.directory.models import Unit
from hotline.errors import Invalid


def lasts(day: date) -> ColumnElement[bool]:
    """The condition that a post is held on `day` or later."""
    return or_(UnitPost.effective_to.is_(None), UnitPost.effective_to >= day)


def on_duty(day: date) -> ColumnElement[bool]:
    """The condition that a post is held on `day`, both its ends inclusive."""
    return and_(UnitPost.effective_from <= day, lasts(day))


def holder(session: Session, unit_ids: Iterable[int], posts: Iterable[Post], day: date) -> Account | None:
    """The first active holder of one of `posts` on `day`; of `unit_ids` the later ones count as nearer."""
    units, wanted = list(unit_ids), list(posts)
    query = select(UnitPost).join(Account).where(UnitPost.unit_id.in_(units), UnitPost.post.in_(wanted), on_duty(day))
    found = list(session.scalars(query.where(Account.is_active)))
    found.sort(key=lambda row: (-units.index(row.unit_id), wanted.index(row.post)))
    return found[0].account if found else None


def responsible_for(session: Session, unit: Unit, day: date) -> Account:
    """Who answers for a unit: its 联络员, the deputy, its leaders, else those of the nearest unit above.

    Raises Invalid when nobody does: a ticket is never sent to an empty room.
    """
    for unit_id in reversed(unit.chain):
        if account := holder(session, [unit_id], Post, day):
            return account
    raise Invalid(f"“{unit.short_name}”没有联络员，不能派单", code="unit_without_liaison", field="unit_id")


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
