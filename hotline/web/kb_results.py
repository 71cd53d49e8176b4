"""What a question found, as desks draw it: the hits, what may have been meant, what is asked often; and its record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from markupsafe import Markup
from sqlalchemy.exc import OperationalError

from hotline.knowledge import queries, searches, suggesting
from hotline.knowledge.force import State
from hotline.knowledge.gaps import REGISTRARS
from hotline.knowledge.models import EntryType, KbEntryVersion
from hotline.knowledge.outdated import outdated
from hotline.knowledge.queries import Found, Hit, Wanted
from hotline.knowledge.reading import basis_of, spoken
from hotline.knowledge.serving import MIN_QUESTION, cleaned, index
from hotline.ui.door import Door, door, house
from hotline.ui.marks import marked
from hotline.web.choices import offered
from hotline.web.citations import label

KINDS = {State.IN_FORCE: "ok", State.UPCOMING: "warn"}


@dataclass(frozen=True)
class Shown:
    """A hit as pages draw it: marked text, its state, and what "插入答复" writes and records."""

    hit: Hit
    title: Markup
    snippet: Markup
    kind: str
    answer: str
    basis: str
    is_internal: bool
    label: str

    @property
    def citation(self) -> str:
        """ "entry:version"."""
        return f"{self.hit.entry_id}:{self.hit.version}"

    @property
    def may_cite(self) -> bool:
        """Whether it answers today."""
        return self.hit.state is State.IN_FORCE


@dataclass(frozen=True)
class Narrowed:
    """The filters as a form brings them; `past`: also what is not in force."""

    type: str = ""
    region: str = ""
    past: bool = False

    @property
    def wanted(self) -> Wanted:
        """What the search is narrowed to; a type nobody knows narrows nothing."""
        known = EntryType[self.type] if self.type in EntryType.__members__ else None
        return Wanted(region_code=self.region or None, type=known)


def narrowed(form: Mapping[str, Any], prefix: str = "") -> Narrowed:
    """The filters out of a form or an address."""
    said = {name: str(form.get(f"{prefix}{name}", "")).replace("\x00", "")[:60] for name in ("type", "region", "past")}
    return Narrowed(said["type"], said["region"], bool(said["past"]))


@dataclass(frozen=True)
class Results:
    """What a question found; `asked` False = nothing was asked yet, or too little, and `hot` stands in.

    meant: the question as it was perhaps meant. by_title: words found nothing, titles did. units: whom this reader may
    give an unanswered question to.
    """

    q: str
    asked: bool
    narrowed: Narrowed
    hits: list[Shown] = field(default_factory=list)
    degraded: bool = False
    meant: str | None = None
    by_title: bool = False
    hot: list[tuple[KbEntryVersion, int]] = field(default_factory=list)
    types: list[tuple[str, str]] = field(default_factory=list)
    regions: list[Any] = field(default_factory=list)
    units: list[Any] = field(default_factory=list)


def find(d: Door, q: str, wish: Narrowed = Narrowed(), top: int = 8) -> Results:
    """Search for whoever stands at the door. A question longer than the engine reads is cut, not refused."""
    text = cleaned(q)
    if len(text) < MIN_QUESTION:
        return Results(text, False, wish, hot=hot(d), **_lists(d))
    found = _asked(d, text, wish.wanted, top)
    hits = found.hits or suggesting.titles(
        d.session, index(), text, actor=d.actor, on=d.today, top=top, wanted=wish.wanted
    )
    past = outdated(d.session, index(), text, on=d.today) if wish.past else []
    return Results(
        text,
        True,
        wish,
        hits=[_shown(d, hit) for hit in (*hits, *past)],
        degraded=found.degraded,
        meant=suggesting.meant(d.session, index(), text, actor=d.actor, on=d.today),
        by_title=bool(hits) and not found.hits,
        **_lists(d),
    )


def hot(d: Door, top: int = 8) -> list[tuple[KbEntryVersion, int]]:
    """热点问题: (what answers today, how often it was taken in the last 30 days)."""
    rows = searches.hot_entries(d.session, d.actor, d.now, top)
    return [(queries.entry(d.session, entry.id, actor=d.actor), times) for entry, times in rows]


def keep_question(
    q: str, *, search_id: int | None = None, citation: tuple[int, int] | None = None, wordless: bool = False
) -> int | None:
    """Record a question once it stands, or the answer (entry id, version) that was taken; the record's id.

    Counted without filters: what another filter would find is no gap. A `wordless` one counts only by the answer
    taken. A database that cannot be written costs the record, never the answer.
    """
    if wordless and citation is None:
        return None
    with door() as d:
        found = _asked(d, cleaned(q), queries.ANYTHING, 8) if search_id is None else None
        if citation:
            queries.entry(d.session, *citation, actor=d.actor)
    try:
        with house().database.transaction(write=True) as session:
            if found is not None:
                search_id = searches.log_search(session, cleaned(q), found, d.now, is_public=False, wordless=wordless)
            if search_id and citation:
                searches.choose(session, search_id, citation)
    except OperationalError as error:
        current_app.logger.warning("a question is not recorded: %s", error)
    return search_id


def _asked(d: Door, text: str, wanted: Wanted, top: int) -> Found:
    return queries.search(d.session, index(), text, actor=d.actor, on=d.today, top=top, wanted=wanted)


def _shown(d: Door, hit: Hit) -> Shown:
    version = queries.replay(d.session, hit.entry_id, hit.version)
    return Shown(
        hit,
        title=marked(hit.title, hit.title_marks),
        snippet=marked(hit.snippet, hit.snippet_marks),
        kind=KINDS.get(hit.state, "bad"),
        answer=spoken(version, hit.snippet),
        basis=basis_of(version),
        is_internal=not version.entry.is_public,
        label=label(version),
    )


def _lists(d: Door) -> dict[str, Any]:
    """What the filters offer, and to whom a question may be given."""
    may_register = bool(d.actor.roles & REGISTRARS)
    return {
        "types": [(kind.name, kind.label) for kind in EntryType],
        "regions": offered(d.session, "regions", d.today),
        "units": offered(d.session, "units", d.today) if may_register else [],
    }
