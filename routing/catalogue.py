"""派单目录: which unit leads a matter. Plain rows in, one answer out, and the answer says which row it stands on.

Of the rows for the category itself the most specific counts: the matter's own region or zone before those above it
before the whole city, then a row for the appeal type before one for any, then the newest start. Has the category no
row, its parents are asked. A row without a category is the region's own: in a functional zone (功能区) it takes what no
row gives elsewhere inside it, in other regions what nobody takes (兜底). Who cannot receive is passed over: the row's
fallback unit takes its place, then the region's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import combinations

EVERYWHERE = "全市"
Key = tuple[str | None, str | None, str | None]
"""Category (None: the region's own row), region (None: the whole city), appeal type (None: any)."""


@dataclass(frozen=True)
class Row:
    """One row, valid from `starts` to `ends`, both inclusive; codes throughout. `serial` tells rows apart."""

    serial: int
    category: str | None
    lead: str
    starts: date
    ends: date | None = None
    region: str | None = None
    appeal_type: str | None = None
    support: tuple[str, ...] = ()
    fallback: str | None = None

    @property
    def key(self) -> Key:
        """What the row is about; two rows in force for the same key are an overlap."""
        return self.category, self.region, self.appeal_type

    def in_force(self, day: date) -> bool:
        """Whether the row counts on this day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)

    def meets(self, other: "Row") -> bool:
        """Whether there is a day on which both are in force."""
        first, last = max(self.starts, other.starts), min(self.ends or date.max, other.ends or date.max)
        return first <= last


@dataclass(frozen=True)
class Topic:
    """A category of the taxonomy. Only leaves have matters; a parent's row serves what lies below it."""

    code: str
    name: str
    parent: str | None = None
    is_leaf: bool = True


@dataclass(frozen=True)
class Place:
    """A region."""

    code: str
    name: str
    parent: str | None = None
    is_zone: bool = False


@dataclass(frozen=True)
class Matter:
    """What is asked: a category in a region on a day; `appeal_type` None asks what holds for any type."""

    category: str
    region: str
    day: date
    appeal_type: str | None = None


class Way(StrEnum):
    """How an answer was found."""

    ROW = "ROW"
    ZONE = "ZONE"
    ROW_FALLBACK = "ROW_FALLBACK"
    PLACE_FALLBACK = "PLACE_FALLBACK"
    NOBODY = "NOBODY"


@dataclass(frozen=True)
class Choice:
    """The unit to lead (None: a person must judge) and the row that names it.

    `instead`: the category's row where the region's own stepped in; `passed`: units that could not receive.
    """

    unit: str | None
    way: Way
    row: Row | None = None
    instead: Row | None = None
    passed: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows this answer looked at, the one that counts first."""
        return tuple(row for row in (self.row, self.instead) if row)

    @property
    def support(self) -> tuple[str, ...]:
        """The rows' supporting units, without the one that leads."""
        named = dict.fromkeys(unit for row in self.rows for unit in row.support)
        return tuple(unit for unit in named if unit != self.unit)

    @property
    def is_gap(self) -> bool:
        """Whether the catalogue itself has no target here: nobody at all, or 兜底 only."""
        return self.way not in (Way.ROW, Way.ZONE)


@dataclass(frozen=True)
class Gap:
    """A leaf in a region without a target; `appeal_types` () = for every type."""

    topic: Topic
    place: Place
    choice: Choice
    appeal_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Rows with the trees they hang on. `names`: unit and appeal type codes → what people call them.

    `closed`: the units that cannot receive, because they have ended or nobody is there.
    """

    rows: tuple[Row, ...]
    topics: Mapping[str, Topic]
    places: Mapping[str, Place]
    names: Mapping[str, str]
    closed: Collection[str] = frozenset()

    def choose(self, matter: Matter) -> Choice:
        """Who leads this matter. Raises KeyError for a category or region nobody knows."""
        passed: list[str] = []
        row, candidates = self._candidates(matter)
        for choice in candidates:
            if choice.unit not in self.closed:
                return replace(choice, passed=tuple(passed))
            passed.append(choice.unit or "")
        return Choice(None, Way.NOBODY, instead=row, passed=tuple(dict.fromkeys(passed)))

    def explain(self, matter: Matter, choice: Choice) -> str:
        """Why this unit, in one sentence that names the row: "派单目录 4.2.1 · 湾东区：由市金融局主办"."""
        name = self.names.get(choice.unit or "", choice.unit)
        where, absent = self._where(matter, choice), self._passed(choice)
        return {
            Way.ROW: f"{where}：{absent}由{name}主办",
            Way.ZONE: f"{where}：目录未单列，功能区事项由{name}主办",
            Way.ROW_FALLBACK: f"{where}：{absent}由兜底单位{name}承接",
            Way.PLACE_FALLBACK: f"{where}：{absent or '没有登记承办单位，'}由区域兜底单位{name}承接",
            Way.NOBODY: f"{where}：{absent or '没有登记承办单位，'}请派单员判断",
        }[choice.way]

    def gaps(self, day: date, appeal_types: Collection[str] = ()) -> Iterator[Gap]:
        """Every leaf in every region whose choice on this day is none, or only a fallback unit."""
        for topic in self.topics.values():
            if topic.is_leaf:
                for place in self.places.values():
                    yield from self._gaps_at(topic, place, day, appeal_types)

    def overlaps(self, since: date) -> Iterator[tuple[Row, Row]]:
        """Pairs of rows for the same key that are in force on the same day, on `since` or later; the older first."""
        by_key: defaultdict[Key, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row.starts, row.serial)):
            if row.ends is None or row.ends >= max(since, row.starts):
                by_key[row.key].append(row)
        for alike in by_key.values():
            yield from (pair for pair in combinations(alike, 2) if pair[0].meets(pair[1]))

    def broken(self, day: date) -> Iterator[tuple[Row, str]]:
        """Rows in force on this day that name a unit which cannot receive, and that unit."""
        for row in self.rows:
            if row.in_force(day):
                named = dict.fromkeys((row.lead, *row.support, *filter(None, [row.fallback])))
                yield from ((row, unit) for unit in named if unit in self.closed)

    @cached_property
    def _by_topic(self) -> Mapping[str | None, list[Row]]:
        found: defaultdict[str | None, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.category].append(row)
        return found

    def _candidates(self, matter: Matter) -> tuple[Row | None, list[Choice]]:
        """The category's row, and who could take the matter, in order."""
        around = list(self._above(matter.region))
        zone, inside = self._zone(matter, around)
        own = self._row(matter, inside) if zone else None
        row = own or self._row(matter, [*around, None])
        found = self._taken_by(row, None, Way.ROW, Way.ROW_FALLBACK) if row else []
        if zone and own is None:
            found = [*self._taken_by(zone, row, Way.ZONE, Way.PLACE_FALLBACK), *found]
        for place in (*around, None):
            if (general := self._best([None], matter, [place])) and general is not zone:
                found += self._taken_by(general, row, Way.PLACE_FALLBACK, Way.PLACE_FALLBACK)
        return row, found

    @staticmethod
    def _taken_by(row: Row, instead: Row | None, lead: Way, fallback: Way) -> list[Choice]:
        """The units a row names to take a matter."""
        found = [Choice(row.lead, lead, row, instead)]
        return [*found, Choice(row.fallback, fallback, row, instead)] if row.fallback else found

    def _zone(self, matter: Matter, around: Sequence[Place]) -> tuple[Row | None, Sequence[Place]]:
        """The own row of the nearest functional zone that has one, and the places inside that zone."""
        for at, place in enumerate(around):
            if place.is_zone and (row := self._best([None], matter, [place])):
                return row, around[: at + 1]
        return None, ()

    def _row(self, matter: Matter, places: Sequence[Place | None]) -> Row | None:
        """The row of the category, else of its parents, that counts for these places."""
        return self._best((topic.code for topic in self._parents(matter.category)), matter, places)

    def _best(self, topics: Iterable[str | None], matter: Matter, places: Sequence[Place | None]) -> Row | None:
        """The row that counts of the first topic that has any; places nearest first, None being the whole city."""
        near = {place.code if place else None: -distance for distance, place in enumerate(places)}
        for topic in topics:
            fitting = [
                (near[row.region], row.appeal_type is not None, row.starts, row.serial, row)
                for row in self._by_topic.get(topic, ())
                if row.region in near and row.appeal_type in (None, matter.appeal_type) and row.in_force(matter.day)
            ]
            if fitting:
                return max(fitting)[-1]
        return None

    def _gaps_at(self, topic: Topic, place: Place, day: date, appeal_types: Collection[str]) -> Iterator[Gap]:
        general = self.choose(Matter(topic.code, place.code, day))
        above = [None, *(parent.code for parent in self._parents(topic.code))]
        if not any(row.appeal_type for code in above for row in self._by_topic.get(code, ())):
            if general.is_gap:
                yield Gap(topic, place, general)
            return
        choices = {kind: self.choose(Matter(topic.code, place.code, day, kind)) for kind in appeal_types}
        open_ones = tuple(kind for kind, choice in choices.items() if choice.is_gap)
        if open_ones:
            every = len(open_ones) == len(choices)
            yield Gap(topic, place, choices[open_ones[0]], () if every else open_ones)

    def _above(self, region: str) -> Iterator[Place]:
        """The region itself, then the regions it lies in."""
        place: Place | None = self.places[region]
        while place is not None:
            yield place
            place = self.places.get(place.parent or "")

    def _parents(self, category: str) -> Iterator[Topic]:
        """The category itself, then those above it."""
        topic: Topic | None = self.topics[category]
        while topic is not None:
            yield topic
            topic = self.topics.get(topic.parent or "")

    def _where(self, matter: Matter, choice: Choice) -> str:
        """The row an answer stands on: number, region, appeal type, and the parent category it was found at."""
        row = choice.row if choice.way in (Way.ROW, Way.ROW_FALLBACK) else None
        code, region = (row.category or "", row.region) if row else (matter.category, matter.region)
        words = [f"派单目录 {number(code)}", self.places[region].name if region else EVERYWHERE]
        words += [self.names.get(row.appeal_type, row.appeal_type)] if row and row.appeal_type else []
        above = f"（按上级事项“{self.topics[code].name}”）" if code != matter.category else ""
        return " · ".join(words) + above

    def _passed(self, choice: Choice) -> str:
        names = "、".join(self.names.get(unit, unit) for unit in choice.passed)
        return f"{names}暂不能接收，" if names else ""


def number(code: str) -> str:
    """A category's code as the catalogue numbers it: two digits a level, "040201" → "4.2.1"; others as they are."""
    if not code.isdecimal() or len(code) % 2:
        return code
    return ".".join(str(int(code[at : at + 2])) for at in range(0, len(code), 2))


def catalogue_of(
    rows: Iterable[Row],
    topics: Iterable[Topic],
    places: Iterable[Place],
    names: Mapping[str, str],
    closed: Collection[str] = frozenset(),
) -> Catalogue:
    """A catalogue out of its parts in any order."""
    by_code = {topic.code: topic for topic in topics}, {place.code: place for place in places}
    return Catalogue(tuple(rows), *by_code, names, closed)
