"""自动派单 before it is switched on: which waiting tickets would go where, and how it would have done lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.directory.models import Category, Unit
from hotline.dispatch.auto import Decision, Helpers, decide
from hotline.dispatch.auto_rules import covered, rules
from hotline.dispatch.learning import Models, advise
from hotline.ticket.catalogue import book, matter_of, named_units, target
from hotline.ticket.models import AppealType, Ticket, TicketStatus
from hotline.ticket.queries import visible

RECENT = timedelta(days=90)
MOST_WAITING, MOST_CLOSED = 100, 500
"""So many, the oldest waiting and the newest closed, are looked at."""


@dataclass(frozen=True)
class Backtest:
    """Of `closed` tickets, `sent` would have gone by themselves, `right` of them to the unit that closed them."""

    closed: int
    sent: int
    right: int

    @property
    def sent_text(self) -> str:
        """As people read it: "83.3%", "—" without a denominator."""
        return f"{self.sent / self.closed:.1%}" if self.closed else "—"

    @property
    def right_text(self) -> str:
        """The same of those right."""
        return f"{self.right / self.sent:.1%}" if self.sent else "—"


def forecast(
    session: Session, actor: Actor, category: Category, bar: int, helpers: Helpers, now: datetime
) -> list[tuple[Ticket, Decision]]:
    """What a rule for this category would do with the tickets that wait and this actor may see."""
    waiting = _under(session, actor, category).where(Ticket.status == TicketStatus.AWAITING_DISPATCH)
    tickets = session.scalars(waiting.order_by(Ticket.id).limit(MOST_WAITING))
    return [(ticket, decide(session, ticket, bar, helpers, now)) for ticket in tickets]


def backtest(session: Session, actor: Actor, category: Category, bar: int, models: Models, now: datetime) -> Backtest:
    """How it would have done with what was closed in 90 days. The model has learned from the same tickets."""
    closed = sent = right = 0
    for ticket, unit in _sendings(session, actor, category, bar, models, now):
        closed += 1
        sent += unit is not None
        right += unit is not None and unit.id == ticket.lead_unit_id
    return Backtest(closed, sent, right)


def _sendings(
    session: Session, actor: Actor, category: Category, bar: int, models: Models, now: datetime
) -> Iterator[tuple[Ticket, Unit | None]]:
    """Each closed ticket, and where catalogue and model would both have sent it (None: left to a person)."""
    day = to_local(now).date()
    catalogue = book(session, day)
    units = named_units(session, catalogue)
    done = (Ticket.status == TicketStatus.CLOSED, Ticket.closed_at >= now - RECENT, Ticket.lead_unit_id.is_not(None))
    open_to_it = (Ticket.appeal_type != AppealType.TIP_OFF, Ticket.is_confidential.is_(False))
    query = _under(session, actor, category).where(*done, *open_to_it).order_by(Ticket.closed_at.desc())
    for ticket in session.scalars(query.limit(MOST_CLOSED)):
        found = target(session, catalogue, units, matter_of(ticket, day), ticket.respondent_unit)
        advice = advise(session, models, "unit", f"{ticket.title}\n{ticket.body}", day, bar=bar / 100)
        is_sure = advice is not None and advice.is_sure and advice.options[0].row == found.unit
        yield ticket, found.unit if is_sure and not found.choice.is_gap else None


def _under(session: Session, actor: Actor, category: Category) -> Select[Ticket]:
    """The tickets for which a rule of this category is, or would be, the nearest."""
    own = {rule.category_id: rule.id for rule in rules(session)} | {category.id: 0}
    loads = [joinedload(getattr(Ticket, name)) for name in ("category", "region", "respondent_unit")]
    return visible(actor).where(Ticket.category_id.in_(covered(session, own)[0])).options(*loads)
