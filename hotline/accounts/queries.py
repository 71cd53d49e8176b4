"""Questions about people: who answers for a unit, who holds a post, who has open work."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, AccountRole, Post, Role, UnitPost
from hotline.directory.models import Unit
from hotline.errors import Invalid


def holder(session: Session, unit_ids: Iterable[int], posts: Iterable[Post], day: date) -> Account | None:
    """The first active holder of one of `posts` on `day`; of `unit_ids` the later ones count as nearer."""
    units, wanted = list(unit_ids), list(posts)
    on_duty = (UnitPost.effective_from <= day) & or_(UnitPost.effective_to.is_(None), UnitPost.effective_to >= day)
    query = select(UnitPost).join(Account).where(UnitPost.unit_id.in_(units), UnitPost.post.in_(wanted), on_duty)
    found = list(session.scalars(query.where(Account.is_active)))
    found.sort(key=lambda row: (-units.index(row.unit_id), wanted.index(row.post)))
    return found[0].account if found else None


def responsible_for(session: Session, unit: Unit, day: date) -> Account:
    """Who answers for a unit: its 联络员, the deputy, its leaders, else those of the nearest unit above.

    Raises Invalid when nobody does: a ticket is never sent to an empty room.
    """
    chain = [int(part) for part in unit.path.split("/") if part]
    posts = (Post.LIAISON, Post.DEPUTY, Post.LEADER, Post.CHIEF)
    for length in range(len(chain), 0, -1):
        if account := holder(session, chain[length - 1 : length], posts, day):
            return account
    raise Invalid(f"“{unit.short_name}”没有联络员，不能派单", code="unit_without_liaison", field="unit_id")


def with_role(session: Session, role: Role) -> list[Account]:
    """All active accounts with a role, by name."""
    query = select(Account).join(AccountRole).where(AccountRole.role == role, Account.is_active)
    return list(session.scalars(query.order_by(Account.name)))


def members(session: Session, unit_id: int, roles: Iterable[Role]) -> list[Account]:
    """Active accounts of one unit with one of `roles`, by name."""
    query = select(Account).join(AccountRole).where(Account.unit_id == unit_id, AccountRole.role.in_(list(roles)))
    return list(session.scalars(query.where(Account.is_active).order_by(Account.name).distinct()))


def by_login(session: Session, login: str, role: Role, field: str) -> Account:
    """An active account with a role, as forms name it. Raises Invalid naming the field."""
    account = session.scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None or role not in account.roles:
        raise Invalid(f"“{login}”不是在岗的{role.label}", code="unknown_account", field=field)
    return account
