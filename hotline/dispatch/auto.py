"""自动派单: where catalogue and model name the same unit with enough confidence, the ticket goes there by itself.

Whatever is in doubt is left to a person, with the reason. What was considered stands in `AutoDispatch`, so that killed
workers, a dead Redis and two tickers neither lose a ticket nor send it twice.
"""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.clock import to_local
from hotline.database import Database
from hotline.directory.models import Unit
from hotline.dispatch.auto_rules import considered, nearest, waits
from hotline.dispatch.learning import Models, advise
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule, Outcome
from hotline.dispatch.proposal import Proposal, propose, repeated
from hotline.errors import DomainError, Invalid
from hotline.ticket.models import AppealType, RespondentKind, Ticket, TicketStatus, Urgency
from hotline.ticket.parts import receiving_unit
from hotline.ticket.queries import get, visible
from hotline.ticket.similar import BATCH as READ_IN
from hotline.ticket.similar import SimilarTickets

log = logging.getLogger(__name__)

BATCH = 100
"""Tickets a run; the next tick goes on."""
STEPS = 20
"""Portions of older tickets that a process that has just started reads in a run, about two seconds."""

Perform = Callable[..., Ticket]
"""`actions.perform`, which stands above this room."""


@dataclass(frozen=True)
class Helpers:
    """What decides beside the catalogue: what the line has learned, and which tickets are alike."""

    models: Models
    similar: SimilarTickets

    @classmethod
    def of(cls, extensions: Mapping[str, Any]) -> "Helpers":
        """Those of the running app."""
        return cls(extensions["suggestions"], extensions["similar"])


@dataclass(frozen=True)
class Decision:
    """SENT to a unit, or left to a person; `reason` is for people, `confidence` the model's (0 to 1)."""

    outcome: Outcome
    reason: str
    unit: Unit | None = None
    confidence: float | None = None
    support: tuple[str, ...] = ()


def is_waiting(session: Session, _now: datetime) -> bool:
    """Whether some ticket is to be considered."""
    return bool(_waiting(session, 1))


def _waiting(session: Session, most: int) -> list[str]:
    """The numbers of the tickets to be considered, the oldest first."""
    condition = waits(session)
    if condition is None:
        return []
    query = visible(SYSTEM).where(condition).with_only_columns(Ticket.no).order_by(Ticket.id)
    return list(session.scalars(query.limit(most)))


def run(
    database: Database,
    now: Callable[[], datetime],
    helpers: Helpers,
    perform: Perform,
    rng: random.Random,
    max_seconds: float = 20,
) -> int:
    """Consider a batch, the oldest first, each ticket in a transaction of its own; how many were considered."""
    until = now() + timedelta(seconds=max_seconds)
    with database.transaction(write=False) as session:  # an idle house must not ask for SQLite's only writer
        numbers = _waiting(session, BATCH)
    if not numbers or not _knows_all(database, helpers.similar, now()):
        return 0
    done = 0
    for number in numbers:
        if now() >= until:
            break
        done += _considered(database, number, now(), helpers, perform, rng)
    return done


def _knows_all(database: Database, similar: SimilarTickets, now: datetime) -> bool:
    """Whether this process has read in every ticket that a repeat could repeat."""
    for _ in range(STEPS):
        with database.transaction(write=False) as session:
            if similar.follow(session, now) < READ_IN:
                return True
    return False


def _considered(
    database: Database, number: str, now: datetime, helpers: Helpers, perform: Perform, rng: random.Random
) -> bool:
    """One ticket, whatever happens; False when it did not wait any longer, or could not even be left."""
    try:
        with database.transaction() as session:
            return consider(session, number, now, helpers, perform, rng) is not None
    except Exception:  # one bad ticket must not stop the rest; the next tick tries again
        log.exception("%s was neither dispatched nor left", number)
        return False


def consider(
    session: Session, number: str, now: datetime, helpers: Helpers, perform: Perform, rng: random.Random
) -> AutoDispatch | None:
    """Send one ticket or leave it, in the caller's transaction; None when it does not wait any longer."""
    ticket = get(session, SYSTEM, number, lock=True)
    rule = nearest(session, ticket.category)
    if ticket.status is not TicketStatus.AWAITING_DISPATCH or rule is None or not rule.is_on:
        return None
    if session.scalar(visible(SYSTEM).where(Ticket.id == ticket.id, considered(rule))) is not None:
        return None
    state: dict[str, Any] = {"ticket_id": ticket.id, "ticket_version": ticket.version, "at": now}
    found = _decided(session, ticket, rule, now, helpers, perform)
    row = AutoDispatch(**state, rule_id=rule.id, rule_version=rule.version, outcome=found.outcome, reason=found.reason)
    row.unit_id, row.confidence = found.unit.id if found.unit else None, found.confidence
    row.is_sampled = found.outcome is Outcome.SENT and rng.random() * 100 < rule.sample
    session.add(row)
    return row


def _decided(
    session: Session, ticket: Ticket, rule: AutoDispatchRule, now: datetime, helpers: Helpers, perform: Perform
) -> Decision:
    """Decide and do it; what fails is undone and left."""
    number = ticket.no
    try:
        with session.begin_nested():
            found = decide(session, ticket, rule.bar, helpers, now)
            if found.outcome is Outcome.SENT and found.unit is not None:
                units = {"unit_code": found.unit.code, "support_unit_codes": list(found.support)}
                form = {**units, "text": found.reason, "version": ticket.version}
                perform(session, SYSTEM, "dispatch", form, now, number=number)
            return found
    except DomainError as error:
        return Decision(Outcome.FAILED, error.message)
    except Exception:
        log.exception("%s could not be dispatched", number)
        return Decision(Outcome.FAILED, "自动派单出错，请人工派单")


def decide(session: Session, ticket: Ticket, bar: int, helpers: Helpers, now: datetime) -> Decision:
    """What a rule with this bar (percent) does with a ticket that waits. Changes nothing."""
    outcome = unfit(ticket, now)
    if outcome is not None:
        return Decision(outcome, f"{outcome.label}，由人工派单")
    if repeated(session, SYSTEM, now, ticket, helpers.similar):
        return Decision(Outcome.REPEAT, "可能与在办工单重复，请核对是否并单")
    about = (ticket.category, ticket.region, ticket.respondent_unit, ticket.appeal_type)
    proposal = propose(session, SYSTEM, now, *about)
    return _named(ticket, proposal, now) or _agreed(session, ticket, proposal, bar, helpers.models, now)


def unfit(ticket: Ticket, now: datetime) -> Outcome | None:
    """Why such a ticket is always a person's; None: it is not."""
    marks = (
        (ticket.appeal_type is AppealType.TIP_OFF, Outcome.TIP_OFF),
        (ticket.is_confidential, Outcome.CONFIDENTIAL),
        (_is_about_somebody(ticket), Outcome.RESPONDENT),
        (ticket.urgency is Urgency.EMERGENCY, Outcome.EMERGENCY),
        (ticket.supervised_since or ticket.task_force_since, Outcome.SUPERVISED),
        (ticket.round or ticket.objection_count or ticket.dispatched_at or ticket.transferred_to, Outcome.RETURNED),
        (ticket.imposed_due_at and ticket.imposed_due_at <= now, Outcome.PAST_DUE),
        (ticket.previous_id, Outcome.REPEAT),
    )
    return next((outcome for applies, outcome in marks if applies), None)


def _is_about_somebody(ticket: Ticket) -> bool:
    """Whether it complains of a unit or a person: 回避 is a person's to judge."""
    named = ticket.respondent_unit_id is not None or ticket.respondent_account_id is not None
    return named or ticket.respondent_kind in (RespondentKind.UNIT, RespondentKind.PERSON)


def _named(ticket: Ticket, proposal: Proposal, now: datetime) -> Decision | None:
    """Why the catalogue's unit will not do; None when a row names it outright and it can receive."""
    if proposal.unit is None or proposal.choice.is_gap:
        passed = Outcome.CANNOT_RECEIVE if proposal.choice.passed else Outcome.NO_UNIT
        return Decision(passed, proposal.reason)
    try:
        receiving_unit(ticket, proposal.unit.code, now)
    except Invalid as error:
        return Decision(Outcome.CANNOT_RECEIVE, error.message)
    return None


def _agreed(session: Session, ticket: Ticket, proposal: Proposal, bar: int, models: Models, now: datetime) -> Decision:
    """SENT when the model is sure of the catalogue's unit."""
    day, text = to_local(now).date(), f"{ticket.title}\n{ticket.body}"
    advice = advise(session, models, "unit", text, day, bar=bar / 100)
    if advice is None:
        return Decision(Outcome.NO_MODEL, "还没有从已办结工单学到单位，由人工派单")
    best = advice.options[0]
    said = {"unit": best.row, "confidence": best.confidence}
    if not advice.is_sure:
        return Decision(Outcome.UNSURE, f"学习模型把握 {best.confidence:.0%}，不足以自动派单（门槛 {bar}%）", **said)
    if best.row != proposal.unit:
        return Decision(Outcome.DISAGREE, f"{proposal.reason}；学习模型建议{best.row.name}，两者不一致", **said)
    words = f"，依据：{'、'.join(advice.words)}" if advice.words else ""
    reason = f"自动派单：{proposal.reason}；学习模型同为该单位（{best.confidence:.0%}）{words}"
    return Decision(Outcome.SENT, reason, **said, support=tuple(unit.code for unit in proposal.support))
