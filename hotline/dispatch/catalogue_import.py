"""A sheet against the 派单目录: what is new, what changes, what ends, what is wrong; nothing is stored here."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import AuditEntry
from hotline.directory.catalogue import (
    EVERYWHERE,
    GENERAL,
    Entry,
    check,
    check_end,
    name_of,
    says_the_same,
    sorted_rows,
    support_of,
)
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.directory.queries import effective
from hotline.dispatch.catalogue_changes import Changes, Effect, carry_out, effects
from hotline.dispatch.catalogue_sheet import ANY_TYPE, COLUMNS, Line
from hotline.errors import DomainError, Invalid
from hotline.ticket.models import AppealType

Coded = TypeVar("Coded", Unit, Region)
BETWEEN = re.compile(r"[、,，;；\n]+")
NOTHING = frozenset({"", "-", "—", "无", "长期"})


@dataclass(frozen=True)
class Planned:
    """What one line does. `kind`: new, changed, ended or same; `before` is the row it replaces or ends."""

    line: int
    kind: str
    entry: Entry
    before: CatalogueRow | None = None


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do: line by line, rows missing from a complete sheet, and the errors by line (0: none)."""

    planned: tuple[Planned, ...]
    missing: tuple[CatalogueRow, ...]
    errors: tuple[tuple[int, str], ...]
    today: date

    def of(self, kind: str) -> list[Planned]:
        """The lines of one kind."""
        return [one for one in self.planned if one.kind == kind]

    @property
    def changes(self) -> Changes:
        """What there is to carry out. Raises Invalid while a line is wrong or when nothing would change."""
        if self.errors:
            raise Invalid(
                f"有 {len(self.errors)} 行有误，没有保存任何内容", code="sheet_has_errors", errors=self.shown_errors
            )
        ends = [
            (one.before, one.entry.effective_to) for one in self.of("ended") if one.before and one.entry.effective_to
        ]
        ends += [(row, self.today) for row in self.missing]
        made = Changes(tuple(one.entry for one in self.planned if one.kind in ("new", "changed")), tuple(ends))
        if not made.slots:
            raise Invalid("与现有目录相同，没有变化", code="nothing_changed")
        return made

    @property
    def has_work(self) -> bool:
        """Whether there is something to carry out."""
        return not self.errors and bool(self.missing or any(one.kind != "same" for one in self.planned))

    @property
    def shown_errors(self) -> list[str]:
        """The errors as sentences: "第 7 行：没有“某某局”这个单位"."""
        return [f"第 {line} 行：{text}" if line else text for line, text in self.errors]

    @property
    def fingerprint(self) -> str:
        """The same for the same effect on the same catalogue: what was confirmed is what was previewed."""
        said = [
            (one.line, one.kind, one.entry.slot, str(one.entry.effective_from), _id(one.before)) for one in self.planned
        ]
        return hashlib.sha256(json.dumps([said, [row.id for row in self.missing]]).encode()).hexdigest()[:16]


def _id(row: CatalogueRow | None) -> int:
    return row.id if row else 0


def plan(session: Session, lines: Sequence[Line], today: date, *, is_complete: bool = False) -> ImportPlan:
    """What importing these lines today would do. `is_complete`: rows in force that no line names end today."""
    names, known = _Names(session, today), _by_slot(session)
    planned: list[Planned] = []
    errors: list[tuple[int, str]] = []
    for line in lines:
        try:
            entry = names.entry(line.cells)
            planned.append(_planned(session, line.number, entry, known[entry.slot], today))
        except DomainError as error:
            errors.append((line.number, error.message))
    errors += _doubles(planned)
    missing = _missing(session, planned, today) if is_complete and not errors else []
    errors += [(0, f"“{name_of(row)}”不在文件中：全市主办单位不能停用") for row in missing if row.is_needed]
    return ImportPlan(tuple(planned), tuple(missing), tuple(sorted(errors)), today)


def _by_slot(session: Session) -> defaultdict[str, list[CatalogueRow]]:
    """All versions of everything that was not withdrawn, the oldest first."""
    found: defaultdict[str, list[CatalogueRow]] = defaultdict(list)
    for row in session.scalars(select(CatalogueRow).order_by(CatalogueRow.version)):
        if not row.is_withdrawn:
            found[row.slot].append(row)
    return found


def _planned(session: Session, number: int, entry: Entry, known: Sequence[CatalogueRow], today: date) -> Planned:
    """Raises Invalid, Conflict for a line the catalogue cannot take."""
    for row in known:
        if row.effective_from == entry.effective_from and says_the_same(row, entry):
            return Planned(number, "same", entry, row)
    if not known:
        check(session, entry, None, today)
        return Planned(number, "new", entry)
    last = known[-1]
    if says_the_same(last, replace(entry, effective_to=last.effective_to)):
        if last.effective_to == entry.effective_to:
            return Planned(number, "same", entry, last)
        if entry.effective_to is not None and entry.effective_to >= today:
            check_end(last, entry.effective_to, today)
            return Planned(number, "ended", entry, last)
    if entry.effective_from == last.effective_from < today:
        entry = replace(entry, effective_from=today)  # the line was changed, its date was not: from now on
    check(session, entry, last, today)
    is_over = last.effective_to is not None and last.effective_to < entry.effective_from
    return Planned(number, "new" if is_over else "changed", entry, last)


def _doubles(planned: Iterable[Planned]) -> Iterator[tuple[int, str]]:
    """Lines that say something about the same at the same time."""
    seen: defaultdict[str, list[Planned]] = defaultdict(list)
    for one in planned:
        row = one.entry.as_row(0)
        for other in seen[one.entry.slot]:
            if row.meets(other.entry.as_row(0)):
                yield one.line, f"与第 {other.line} 行是同一事项、区域和类型，时间重叠"
        seen[one.entry.slot].append(one)


def _missing(session: Session, planned: Iterable[Planned], today: date) -> list[CatalogueRow]:
    named = {one.entry.slot for one in planned}
    lasting = effective(CatalogueRow, today) & or_(
        CatalogueRow.effective_to.is_(None), CatalogueRow.effective_to > today
    )
    return [row for row in session.scalars(select(CatalogueRow).where(lasting)) if row.slot not in named]


class _Names:
    """The directory by everything people call its rows; a name that two share is nobody's."""

    def __init__(self, session: Session, today: date) -> None:
        self.today = today
        units = list(session.scalars(select(Unit).where(effective(Unit, today))))
        regions = list(session.scalars(select(Region).where(effective(Region, today))))
        self.units = _by_name(units, ("code", "name", "short_name"))
        self.regions = _by_name(regions, ("code", "name"))
        self.categories = {one.code: one for one in session.scalars(select(Category).where(effective(Category, today)))}
        self.types = {text: kind.value for kind in AppealType for text in (kind.value, kind.label)}

    def entry(self, cells: dict[str, str]) -> Entry:
        """A line as an entry. Raises Invalid with what cannot be understood."""
        fallback, region = cells.get("fallback", ""), cells.get("region", "")
        lead = cells.get("lead", "")
        if lead in NOTHING:
            raise Invalid("没有填写主办单位")
        return Entry(
            category=self._category(cells.get("category", "")),
            region=None if region in (*NOTHING, EVERYWHERE) else _known(self.regions, region, "区域"),
            appeal_type=self._type(cells.get("appeal_type", "")),
            unit=_known(self.units, lead, "单位"),
            support=tuple(_known(self.units, one, "单位") for one in _parts(cells.get("support", ""))),
            fallback=None if fallback in NOTHING else _known(self.units, fallback, "单位"),
            legal_basis=cells.get("legal_basis", ""),
            effective_from=self._day(cells, "effective_from") or self.today,
            effective_to=self._day(cells, "effective_to"),
        )

    def _category(self, code: str) -> Category | None:
        if code == GENERAL:
            return None
        padded = code.zfill(len(code) + len(code) % 2)  # a spreadsheet takes 040201 for a number
        found = self.categories.get(code) or self.categories.get(padded)
        if found is None:
            raise Invalid(f"没有代码为“{code}”的事项，或已停用" if code else "没有填写事项代码")
        return found

    def _type(self, text: str) -> str | None:
        if text in NOTHING or text == ANY_TYPE:
            return None
        if text not in self.types:
            raise Invalid(f"没有“{text}”这个诉求类型")
        return self.types[text]

    @staticmethod
    def _day(cells: dict[str, str], name: str) -> date | None:
        text = cells.get(name, "")
        if text in NOTHING:
            return None
        numbers = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
        try:
            return date(*(int(part) for part in numbers.groups())) if numbers else date.fromisoformat(text)
        except ValueError:
            raise Invalid(f"{COLUMNS[name]}“{text}”不是日期，请写成 2026-04-01") from None


def _by_name(rows: Iterable[Coded], names: Sequence[str]) -> dict[str, list[Coded]]:
    found: defaultdict[str, list[Coded]] = defaultdict(list)
    for row in rows:
        for text in {getattr(row, name) for name in names}:
            found[text].append(row)
    return found


def _known(rows: dict[str, list[Coded]], text: str, word: str) -> Coded:
    found = rows.get(text, [])
    if len(found) > 1:
        raise Invalid(f"有 {len(found)} 个{word}叫“{text}”，请填代码")
    if not found:
        raise Invalid(f"没有“{text}”这个{word}，或已停用")
    return found[0]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in BETWEEN.split(text) if part.strip() not in NOTHING]


def cells_of(session: Session, row: CatalogueRow, twins: frozenset[str] = frozenset()) -> dict[str, str]:
    """A row as a line of the sheet; units whose name is another's too (`twins`) by their code."""
    named = [row.unit, row.fallback, *support_of(session, row)]
    lead, fallback, *support = [(unit.code if unit.name in twins else unit.name) if unit else "" for unit in named]
    return {
        "category": row.category.code if row.category else GENERAL,
        "name": row.category.name if row.category else "",
        "region": row.region.name if row.region else EVERYWHERE,
        "appeal_type": AppealType(row.appeal_type).label if row.appeal_type else ANY_TYPE,
        "lead": lead,
        "support": "、".join(support),
        "fallback": fallback,
        "legal_basis": row.legal_basis,
        "effective_from": row.effective_from.isoformat(),
        "effective_to": row.effective_to.isoformat() if row.effective_to else "",
    }


def lasting(session: Session, today: date) -> list[CatalogueRow]:
    """What an export holds: the rows in force today and those planned."""
    counts = (CatalogueRow.effective_to >= today) & (CatalogueRow.effective_to >= CatalogueRow.effective_from)
    return list(session.scalars(sorted_rows(or_(CatalogueRow.effective_to.is_(None), counts))))


def exported(session: Session, today: date) -> list[dict[str, Any]]:
    """The whole catalogue as lines of the sheet."""
    names = [unit.name for unit in session.scalars(select(Unit).where(effective(Unit, today)))]
    twins = frozenset(name for name in names if names.count(name) > 1)
    return [cells_of(session, row, twins) for row in lasting(session, today)]


def plan_effects(session: Session, planned: ImportPlan, now: datetime, reader: Actor) -> list[Effect]:
    """The open tickets, of those the reader may see, that the plan would send elsewhere; none while a line is wrong."""
    return effects(session, planned.changes, now, reader) if planned.has_work else []


def carry_out_plan(
    session: Session, planned: ImportPlan, name: str, actor: Actor, reason: str, now: datetime
) -> AuditEntry:
    """Do what the plan says, all of it or nothing. Raises Invalid while a line is wrong."""
    return carry_out(session, planned.changes, actor, reason, now, f"import:{name}")
