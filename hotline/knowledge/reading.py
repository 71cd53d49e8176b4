"""An entry as its readers see it: the answer, what it stands on, and where it leads. Only what this reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import SHANGHAI
from hotline.errors import NotFound
from hotline.knowledge import queries
from hotline.knowledge.conflicts import Precedence, precedence
from hotline.knowledge.force import State, in_force, said_at, state_of
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.queries import reads_internal

SPOKEN = 300
"""A clause longer than this many characters is not read out whole: its best sentence stands in."""
MAX_CLAUSES = 80
MAX_RELATED = 6
GUIDE = {
    "beneficiaries": "惠及对象",
    "conditions": "申报条件",
    "payout_limit": "兑现时限",
    "address": "受理地址",
    "enquiry_phone": "咨询电话",
}


@dataclass(frozen=True)
class Article:
    """A version with all that its page shows. `newest`: the version to read instead, where there is one.

    `clauses` are those of the same document, in its order, this one among them; `related` other entries.
    """

    version: KbEntryVersion
    state: State
    versions: list[tuple[KbEntryVersion, State]]
    newest: KbEntryVersion | None
    successor: KbEntryVersion | None
    rival: Precedence | None
    clauses: list[KbEntryVersion]
    related: list[KbEntryVersion]

    @property
    def entry(self) -> KbEntry:
        """The entry of which this is a version."""
        return self.version.entry

    @property
    def guide(self) -> list[tuple[str, str]]:
        """(label, text) of the 惠企 guide, as far as it is filled in."""
        said = [(label, getattr(self.version, name)) for name, label in GUIDE.items()]
        return [(label, text) for label, text in said if text]

    @property
    def contacts(self) -> list[tuple[str, str]]:
        """(label, text) of who can be asked."""
        said = (("责任单位", self.entry.unit.name), ("联系电话", self.version.contact_phone))
        return [(label, text) for label, text in (*said, ("服务时间", self.version.contact_hours)) if text]


def article(session: Session, version: KbEntryVersion, actor: Actor | None, on: date) -> Article:
    """All that this reader may see around a version he may see, on that day."""
    versions = [(one, state_of(one, on)) for one in queries.versions_for(version.entry, actor)]
    answers = next((one for one, state in versions if state is State.IN_FORCE), None)
    mine = in_force(on, public_only=not reads_internal(actor))
    related = _related(session, mine, version)
    return Article(
        version=version,
        state=state_of(version, on),
        versions=versions,
        newest=answers if answers is not version else None,
        successor=_successor(session, mine, version.entry),
        rival=precedence([version, *related]).get(version.entry_id),
        clauses=_clauses(session, mine, version),
        related=related,
    )


def public_article(session: Session, entry_id: int, on: date) -> Article:
    """What the public reads: the version in force of a public entry. Raises NotFound, the same for whatever is not."""
    found = session.scalar(in_force(on, public_only=True).where(KbEntryVersion.entry_id == entry_id))
    if found is None:
        raise NotFound("没有找到这条知识，或已不再有效", code="kb_entry_not_found")
    return article(session, found, None, on)


def answered_on(entry: KbEntry, day: date, now: datetime) -> KbEntryVersion | None:
    """当时的答复: what was answered at the end of a local day (today: now); None when there was no answer."""
    return said_at(entry, min(datetime.combine(day, time.max, SHANGHAI), now))


def spoken(version: KbEntryVersion, snippet: str = "") -> str:
    """What is read out: the telephone answer, else the clause, else its best sentence."""
    short = version.full_text if len(version.full_text) <= SPOKEN or not snippet else snippet
    return version.phone_answer or short


def basis_of(version: KbEntryVersion) -> str:
    """《title》（number）place."""
    number = f"（{version.doc_number}）" if version.doc_number else ""
    return f"《{version.source_title or version.title}》{number}{version.place}"


def _successor(session: Session, mine: Select[KbEntryVersion], entry: KbEntry) -> KbEntryVersion | None:
    if entry.replaced_by_id is None:
        return None
    return session.scalar(mine.where(KbEntryVersion.entry_id == entry.replaced_by_id))


def _clauses(session: Session, mine: Select[KbEntryVersion], version: KbEntryVersion) -> list[KbEntryVersion]:
    """Entries of one document were imported in its order. A document without a clause to name has none."""
    if not version.source_title or not version.place:
        return []
    same = mine.where(
        KbEntryVersion.source_title == version.source_title, KbEntryVersion.doc_number == version.doc_number
    )
    return list(session.scalars(same.order_by(KbEntryVersion.entry_id).limit(MAX_CLAUSES)))


def _related(session: Session, mine: Select[KbEntryVersion], version: KbEntryVersion) -> list[KbEntryVersion]:
    """Those it names, in its order, then others of its category from other documents."""
    named = {row.entry.code: row for row in session.scalars(mine.where(KbEntry.code.in_(version.related)))}
    first = [named[code] for code in version.related if code in named]
    return _distinct([*first, *_neighbours(session, mine, version)], version)[:MAX_RELATED]


def _neighbours(session: Session, mine: Select[KbEntryVersion], version: KbEntryVersion) -> list[KbEntryVersion]:
    if version.entry.category_id is None:
        return []
    foreign = or_(KbEntryVersion.source_title == "", KbEntryVersion.source_title != version.source_title)
    others = mine.where(KbEntry.category_id == version.entry.category_id, foreign)
    return list(session.scalars(others.order_by(KbEntryVersion.published_at.desc()).limit(MAX_RELATED + 1)))


def _distinct(rows: Sequence[KbEntryVersion], version: KbEntryVersion) -> list[KbEntryVersion]:
    return list({row.entry_id: row for row in rows if row.entry_id != version.entry_id}.values())
