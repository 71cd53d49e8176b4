"""集中诉求: open tickets of different enterprises on one matter, to be merged at one go and answered once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.dispatch.proposal import Proposal, propose
from hotline.errors import Forbidden
from hotline.ticket.lifecycle import DISPATCHER, TABLE
from hotline.ticket.merging import merged_counts
from hotline.ticket.models import AppealType, Ticket
from hotline.ticket.models.codes import MASTERS
from hotline.ticket.queries import scope, visible
from hotline.ticket.similar import SimilarTickets

DAYS, LEAST = 30, 3
"""Tickets of so many days; from so many on they are a mass complaint. Values to be set with the city, of no rule."""
MOST = 3000
"""Newest open tickets that are compared: a second or two."""
GROUPS, SHOWN = 30, 100
"""Largest groups on the page, and oldest tickets of each; the rest come up when these are merged."""
MOVABLE = frozenset(row.source for row in TABLE if row.action == "merge")


@dataclass(frozen=True)
class Line:
    """A ticket of a group; `movable`: whether the table lets it be merged; `merged`: how many it has taken in."""

    ticket: Ticket
    movable: bool
    merged: int


@dataclass(frozen=True)
class Group:
    """Tickets on one matter, oldest first. `proposal` is None where the proposed master is at a unit already."""

    master: Ticket
    lines: list[Line]
    total: int
    enterprises: int
    words: list[str]
    proposal: Proposal | None

    @property
    def first(self) -> datetime:
        """When the oldest came in."""
        return self.lines[0].ticket.created_at

    @property
    def latest(self) -> datetime:
        """When the newest shown came in."""
        return self.lines[-1].ticket.created_at


def groups(session: Session, actor: Actor, now: datetime, similar: SimilarTickets) -> list[Group]:
    """The largest first, of what this actor may see and merge. Raises Forbidden for who may not.

    Tip-offs are looked at one by one, and stand in no group.
    """
    check_role(actor)
    found = _worth_it(session, actor, _stars(session, actor, now, similar))
    similar.counted(actor.account_id, now, len(found))
    return [_group(session, actor, now, similar, members) for members in found[:GROUPS]]


def check_role(actor: Actor) -> None:
    """Raises Forbidden for whoever merges nothing."""
    if not DISPATCHER & actor.roles:
        raise Forbidden("集中诉求由派单员和督办员合并", code="role_refused")


def count(session: Session, actor: Actor, now: datetime, similar: SimilarTickets) -> int:
    """How many groups there are for this actor, or were a minute ago."""

    def counted() -> int:
        return len(_worth_it(session, actor, _stars(session, actor, now, similar)))

    return similar.lately(actor.account_id, now, counted)


def _stars(session: Session, actor: Actor, now: datetime, similar: SimilarTickets) -> list[tuple[int, ...]]:
    open_ones = select(Ticket.id).where(
        scope(actor),
        Ticket.status.in_(MASTERS),
        Ticket.appeal_type != AppealType.TIP_OFF,
        Ticket.created_at >= now - timedelta(days=DAYS),
    )
    ids = session.scalars(open_ones.order_by(Ticket.id.desc()).limit(MOST)).all()
    return [star.members for star in similar.stars(session, now, ids, LEAST)]


def _worth_it(session: Session, actor: Actor, found: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Groups of which at least one ticket can be merged into another: not those that units all have in hand."""
    asked = {id for members in found for id in members}
    free = select(Ticket.id).where(scope(actor), Ticket.id.in_(asked), Ticket.status.in_(MOVABLE))
    movable = set(session.scalars(free)) - set(merged_counts(session, asked, actor))
    return [members for members in found if movable & set(members)]


def _group(session: Session, actor: Actor, now: datetime, similar: SimilarTickets, members: Iterable[int]) -> Group:
    loads = [joinedload(getattr(Ticket, name)) for name in ("category", "region", "enterprise", "lead_unit")]
    query = visible(actor).where(Ticket.id.in_(members)).options(*loads).order_by(Ticket.id)
    tickets = list(session.scalars(query))
    merged = merged_counts(session, [one.id for one in tickets], actor)
    master = min(
        tickets, key=lambda one: (-merged.get(one.id, 0), one.signed_at is None, one.lead_unit_id is None, one.id)
    )
    shown = tickets[:SHOWN] if master in tickets[:SHOWN] else [*tickets[: SHOWN - 1], master]
    return Group(
        master=master,
        lines=[Line(one, _is_movable(one, merged), merged.get(one.id, 0)) for one in shown],
        total=len(tickets),
        enterprises=len({one.enterprise_id or one.phone_lookup or one.id for one in tickets}),
        words=similar.joining(master, tickets),
        proposal=None if master.lead_unit_id else _proposal(session, actor, now, master),
    )


def _is_movable(ticket: Ticket, merged: dict[int, int]) -> bool:
    return ticket.status in MOVABLE and ticket.id not in merged and ticket.task_force_since is None


def _proposal(session: Session, actor: Actor, now: datetime, master: Ticket) -> Proposal:
    about = (master.category, master.region, master.respondent_unit, master.appeal_type)
    return propose(session, actor, now, *about)
