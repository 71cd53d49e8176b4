"""What the text itself suggests, for the intake and the dispatch desk: category, unit, and tickets like it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import select

from hotline.accounts.privacy import phone_lookup
from hotline.directory.models import Enterprise, Unit
from hotline.directory.uscc import normalise
from hotline.dispatch import proposal
from hotline.dispatch.learning import Advice, Models, advise
from hotline.intake.hints import is_number
from hotline.ticket.catalogue import is_concerned
from hotline.ticket.models import Ticket
from hotline.ticket.similar import Alike, SimilarTickets, caller_keys
from hotline.ui.door import Door

SHORT = 4
"""Characters below which a text says nothing yet."""


@dataclass(frozen=True)
class Suggested:
    """What stands under the appeal while it is typed. `category` is None once its first choice is taken."""

    category: Advice | None
    unit: Advice | None
    alike: list[Alike]


def suggested(d: Door, form: Mapping[str, str]) -> Suggested:
    """For the intake form as it stands."""
    text = f"{form.get('title', '')}\n{form.get('body', '')}".strip()
    if len(text) < SHORT:
        return Suggested(None, None, [])
    category = advise(d.session, _models(), "category", text, d.today)
    if category and category.options[0].row.code == form.get("category_code"):
        category = None
    alike = _similar().find(d.session, d.actor, d.now, text, keys=_keys(d, form))
    respondent = d.session.scalar(select(Unit).filter_by(code=form.get("respondent_unit_code", "")))
    return Suggested(category, _unit(d, text, respondent), alike)


def unit_advice(d: Door, ticket: Ticket) -> Advice | None:
    """Which units answered such texts, for the dispatcher; None without a model."""
    return _unit(d, f"{ticket.title}\n{ticket.body}", ticket.respondent_unit)


def _unit(d: Door, text: str, respondent: Unit | None) -> Advice | None:
    """The model's units without those that must keep out of it (回避)."""
    found = advise(d.session, _models(), "unit", text, d.today)
    options = [one for one in found.options if not is_concerned(one.row, respondent)] if found else []
    if found is None or not options:
        return None
    return replace(found, is_sure=found.is_sure and options[0] == found.options[0], options=options)


def repeated(d: Door, ticket: Ticket) -> list[Ticket]:
    """Open, unanswered tickets that this one may repeat, for the dispatcher."""
    return proposal.repeated(d.session, d.actor, d.now, ticket, _similar())


def _keys(d: Door, form: Mapping[str, str]) -> list[str]:
    """The caller on the form: number and enterprise, as far as they are told."""
    phone, uscc = form.get("contact_phone", ""), form.get("uscc", "")
    known = d.session.scalar(select(Enterprise.id).filter_by(uscc=normalise(uscc))) if uscc else None
    return caller_keys(phone_lookup(phone) if is_number(phone) else None, known)


def _models() -> Models:
    found: Models = current_app.extensions["suggestions"]
    return found


def _similar() -> SimilarTickets:
    found: SimilarTickets = current_app.extensions["similar"]
    return found
