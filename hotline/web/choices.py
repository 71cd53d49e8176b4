"""The lists that forms offer out of the directory, by their fields' metadata "source"."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES
from hotline.accounts.models import Account, AccountRole, Role
from hotline.accounts.queries import with_role
from hotline.clock import utcnow
from hotline.directory.models import Category, Region, Source, Unit, UnitKind
from hotline.directory.queries import effective
from hotline.experts import ranking
from hotline.experts.models import Expert
from hotline.supervision.task_forces import members_of, open_decisions
from hotline.ticket.models import Ticket
from hotline.ticket.parts import open_parts
from hotline.ui.forms import fields_of

Choices = list[Any]
DISABLED = "disabled"
"""Third of a group nobody can choose from."""
MANY = 12
"""Longer lists are searched by typing; without scripts they stay plain selects."""


def form_fields(
    session: Session,
    schema: type[Schema],
    day: date,
    *,
    ticket: Ticket | None = None,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The fields of a form for macro form_fields, with their lists from the directory as of `day`.

    `ticket` is needed by lists that hang on one (handlers, units_below).
    """
    described = fields_of(schema, values, errors, choices_of(session, schema, day, ticket))
    for field in described:
        if field["widget"] == "select" and not field.get("multiple") and _is_typed(field["choices"]):
            field["widget"] = "typeahead"
    return described


def choices_of(session: Session, schema: type[Schema], day: date, ticket: Ticket | None = None) -> dict[str, Choices]:
    """Field name → its list, for every field whose metadata names a source."""
    named = {name: _source(field) for name, field in schema().fields.items()}
    return {name: offered(session, source, day, ticket) for name, source in named.items() if source}


def _source(field: fields.Field[Any]) -> str | None:
    return field.metadata.get("source") if field.metadata.get("form") is not False else None


def _is_typed(choices: Choices) -> bool:
    """Whether a list is long enough to be searched by typing; one that also says what cannot be chosen is read."""
    length = sum(1 if isinstance(choice[1], str) else len(choice[1]) for choice in choices)
    return length > MANY and not any(choice[2:] == (DISABLED,) for choice in choices)


def offered(session: Session, source: str, day: date, ticket: Ticket | None = None) -> Choices:
    """One list: [(value, label)], [(value, label, keys)], [(group, [...])] or [(group, [...], DISABLED)].

    Read once a transaction.

    Raises KeyError for a source nobody knows, which is a programming error.
    """
    kept: dict[tuple[str, int | None], Choices] = session.info.setdefault("choices", {})
    key = (source, ticket.id if ticket and source in OF_TICKET else None)
    if key not in kept:
        kept[key] = SOURCES[source](session, day, ticket)
    return kept[key]


def _units(session: Session, day: date, ticket: Ticket | None) -> Choices:
    found = session.scalars(select(Unit).where(effective(Unit, day)).order_by(Unit.kind, Unit.path))
    kinds = [(kind, list(units)) for kind, units in groupby(found, lambda unit: unit.kind)]
    kinds.sort(key=lambda pair: list(UnitKind).index(pair[0]))
    return [(kind.label, [(unit.code, unit.name, unit.short_name) for unit in units]) for kind, units in kinds]


def _units_below(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """Below the lead, or below a unit that supports it."""
    taking = _taking_part(session, ticket)
    below = select(Unit).where(effective(Unit, day), _inside(taking), Unit.id.not_in([unit.id for unit in taking]))
    return [(unit.code, unit.name) for unit in session.scalars(below.order_by(Unit.path))]


def _handlers(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """Those of the lead unit and below it first, then those of the other units that take part."""
    inside = _inside(_taking_part(session, ticket))
    query = select(Account).join(AccountRole).join(Unit, Account.unit_id == Unit.id)
    query = query.where(inside, Account.is_active, AccountRole.role == Role.HANDLER).order_by(Unit.path, Account.id)
    found = sorted(session.scalars(query), key=lambda one: not ticket or ticket.lead_unit_id not in one.unit.chain_ids)
    return [(one.login, f"{one.name}（{one.unit.short_name}）") for one in found]


def _taking_part(session: Session, ticket: Ticket | None) -> list[Unit]:
    return [part.unit for part in session.scalars(open_parts(ticket))] if ticket is not None else []


def _inside(units: list[Unit]) -> ColumnElement[bool]:
    """The condition that a unit is one of these or lies below one."""
    return or_(false(), *(Unit.path.startswith(unit.path, autoescape=True) for unit in units))


def _experts(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """The pool in the ranking's order with its reasons; below it who cannot be asked, with why, not to be chosen."""
    if ticket is None:
        return []
    fitting, refused = ranking.judged(session, ticket, utcnow())
    open_ = [(one.expert.account.login, _named(one)) for one in fitting]
    shut = [("-", _named(one)) for one in refused]
    groups = [("按推荐次序", open_), ("暂不能请教", shut, DISABLED)]
    return [group for group in groups if group[1]]


def _named(place: ranking.Place) -> str:
    return f"{place.expert.account.name}（{place.expert.unit.short_name}）：{place.why}"


def _expert_accounts(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """Who has the role and is not in the pool yet."""
    inside = set(session.scalars(select(Expert.account_id)))
    people = [one for one in with_role(session, Role.EXPERT) if one.id not in inside]
    return [(one.login, f"{one.name}（{one.unit.short_name}）") for one in people]


def _desk(session: Session, day: date, ticket: Ticket | None) -> Choices:
    query = select(Account).join(AccountRole).where(AccountRole.role.in_(HOTLINE_ROLES), Account.is_active)
    found = session.scalars(query.order_by(Account.login).distinct())
    return [(one.login, f"{one.name}（{'、'.join(sorted(role.label for role in one.roles))}）") for one in found]


def _regions(session: Session, day: date, ticket: Ticket | None) -> Choices:
    found = session.scalars(select(Region).where(effective(Region, day)).order_by(Region.id))
    return [(region.code, region.name) for region in found]


def _categories(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """The third level under its two others; pinyin initials find it too."""
    query = select(Category).where(effective(Category, day), Category.level == 3).order_by(Category.code)
    by_group = groupby(session.scalars(query), lambda row: row.full_name.rpartition(" / ")[0])
    return [(group, [(row.code, row.name, row.initials) for row in rows]) for group, rows in by_group]


def _topics(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """Categories of every level, each under its first level; 派单目录 speaks of whole branches too."""
    query = select(Category).where(effective(Category, day)).order_by(Category.code)
    by_group = groupby(session.scalars(query), lambda row: row.full_name.partition(" / ")[0])
    return [(group, [(row.code, _topic_label(row), row.initials) for row in rows]) for group, rows in by_group]


def _topic_label(row: Category) -> str:
    return row.name if row.level == 3 else f"{row.name}（{'全部' if row.level == 1 else '整类'}）"


def _sources(session: Session, day: date, ticket: Ticket | None) -> Choices:
    found = session.scalars(select(Source).where(effective(Source, day)).order_by(Source.id))
    return [(source.code, source.name) for source in found]


def _parts(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """The units that have a part in the ticket, the lead first."""
    parts = list(session.scalars(open_parts(ticket))) if ticket is not None else []
    return list({part.unit.code: (part.unit.code, part.unit.name) for part in parts}.values())


def _members(session: Session, day: date, ticket: Ticket | None) -> Choices:
    return [(str(one.id), one.label) for one in members_of(ticket)] if ticket is not None else []


def _decisions(session: Session, day: date, ticket: Ticket | None) -> Choices:
    rows = open_decisions(ticket) if ticket is not None else []
    return [(str(one.id), f"{one.unit.short_name}：{one.text[:40]}") for one in rows]


OF_TICKET = frozenset({"units_below", "handlers", "experts", "parts", "members", "decisions"})
SOURCES: dict[str, Callable[[Session, date, Ticket | None], Choices]] = {
    "units": _units,
    "units_below": _units_below,
    "handlers": _handlers,
    "parts": _parts,
    "members": _members,
    "decisions": _decisions,
    "experts": _experts,
    "expert_accounts": _expert_accounts,
    "desk": _desk,
    "regions": _regions,
    "categories": _categories,
    "topics": _topics,
    "sources": _sources,
}
