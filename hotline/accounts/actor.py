"""Who acts: the plain value that operations, guards and scope work with."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, Role
from hotline.directory.models import Unit

HOTLINE_ROLES = frozenset(
    {Role.AGENT, Role.TEAM_LEADER, Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK, Role.SUPERVISOR}
)
UNIT_ROLES = frozenset({Role.HANDLER, Role.UNIT_LEADER})


@dataclass(frozen=True)
class Actor:
    """A person, the enterprise behind one ticket, or the clock.

    `unit_ids` are the own unit and all below it. `avoids` (回避) are the units about which a complaint is none of this
    actor's business: the own one and all above it, but for those that the own one is there to supervise.
    `ticket_id` is set for an enterprise that proved number and query code: it acts on that ticket only.
    """

    name: str
    roles: frozenset[str]
    account_id: int | None = None
    unit_id: int | None = None
    unit_ids: frozenset[int] = frozenset()
    avoids: frozenset[int] = frozenset()
    ticket_id: int | None = None

    @property
    def is_hotline(self) -> bool:
        """Whether this is one of the hotline's own staff."""
        return bool(self.roles & HOTLINE_ROLES)

    @property
    def is_unit(self) -> bool:
        """Whether this one handles tickets for a unit."""
        return bool(self.roles & UNIT_ROLES)


SYSTEM = Actor(name="系统", roles=frozenset({Role.SYSTEM}))


def enterprise(ticket_id: int) -> Actor:
    """The enterprise that knows number and query code of this ticket."""
    return Actor(name="企业", roles=frozenset({Role.ENTERPRISE}), ticket_id=ticket_id)


def actor_of(session: Session, account: Account) -> Actor:
    """The actor behind an account, with the unit's place in the tree read once."""
    unit = account.unit
    below = session.scalars(select(Unit.id).where(Unit.path.startswith(unit.path, autoescape=True)))
    supervised = session.scalars(select(Unit.id).filter_by(supervising_unit_id=unit.id))
    return Actor(
        name=account.name,
        roles=account.roles,
        account_id=account.id,
        unit_id=unit.id,
        unit_ids=frozenset(below),
        avoids=unit.chain_ids.difference(supervised),
    )
