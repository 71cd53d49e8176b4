"""The lists that forms offer out of the directory, by their fields' metadata "source"."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES
from hotline.accounts.models import Account, AccountRole, Role
from hotline.accounts.queries import with_role
from hotline.directory.models import Category, Region, Source, Unit, UnitKind
from hotline.directory.queries import effective
from hotline.experts.models import Expert
from hotline.supervision.task_forces import members_of, open_decisions
from hotline.ticket.models import Ticket
from hotline.ticket.parts import complaints_of, is_concerned, open_parts
from hotline.ui.forms import fields_of

Choices = list[Any]
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
        if field["widget"] == "select" and not field.get("multiple") and _length(field["choices"]) > MANY:
            field["widget"] = "typeahead"
    return described


def choices_of(session: Session, schema: type[Schema], day: date, ticket: Ticket | None = None) -> dict[str, Choices]:
    """Field name → its list, for every field whose metadata names a source."""
    named = {name: _source(field) for name, field in schema().fields.items()}
    return {name: offered(session, source, day, ticket) for name, source in named.items() if source}


def _source(field: fields.Field[Any]) -> str | None:
    return field.metadata.get("source") if field.metadata.get("form") is not False else None


def _length(choices: Iterable[Any]) -> int:
    return sum(1 if isinstance(choice[1], str) else len(choice[1]) for choice in choices)


def offered(session: Session, source: str, day: date, ticket: Ticket | None = None) -> Choices:
    """One list: [(value, label)], [(value, label, keys)] or [(group, [...])]. Read once a transaction.

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
    taking = [part.unit for part in session.scalars(open_parts(ticket))] if ticket is not None else []
    inside = or_(false(), *(Unit.path.startswith(unit.path, autoescape=True) for unit in taking))
    below = select(Unit).where(effective(Unit, day), inside, Unit.id.not_in([unit.id for unit in taking]))
    return [(unit.code, unit.name) for unit in session.scalars(below.order_by(Unit.path))]


def _handlers(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """Those of the lead unit first, then of the units below it."""
    if ticket is None or ticket.lead_unit is None:
        return []
    inside = Unit.path.startswith(ticket.lead_unit.path, autoescape=True)
    query = select(Account).join(AccountRole).join(Unit, Account.unit_id == Unit.id)
    query = query.where(inside, Account.is_active, AccountRole.role == Role.HANDLER).order_by(Unit.path, Account.id)
    return [(one.login, f"{one.name}（{one.unit.short_name}）") for one in session.scalars(query)]


def _experts(session: Session, day: date, ticket: Ticket | None) -> Choices:
    """The pool: of a ticket the fitting ones first, nobody who has to keep out of it (回避)."""
    valid = Expert.valid_to.is_(None) | (Expert.valid_to >= day)
    pool = select(Expert).join(Expert.account).where(Account.is_active, Expert.valid_from <= day, valid)
    complaints = complaints_of(ticket) if ticket else []
    found = [one for one in session.scalars(pool.order_by(Account.name)) if not is_concerned(complaints, one.account)]
    leaf = ticket.category.code if ticket else ""
    found.sort(key=lambda one: not any(leaf.startswith(field.category.code) for field in one.fields))
    return [(one.account.login, _named(one)) for one in found]


def _named(expert: Expert) -> str:
    known = "、".join(field.category.name for field in expert.fields)
    return f"{expert.account.name}（{expert.unit.short_name}{'：' + known if known else ''}）"


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
