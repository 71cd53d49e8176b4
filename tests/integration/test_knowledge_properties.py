"""An expired, future, withdrawn, foreign or internal entry never appears where it must not, and the right ones do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, enterprise
from hotline.accounts.models import Role
from hotline.database import Base
from hotline.directory.models import Region, RegionKind, Unit, UnitKind
from hotline.knowledge import life, queries
from hotline.knowledge.content import Content, Ownership
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.operations import create_entry, publish_version
from hotline.knowledge.queries import Wanted
from knowledge_base.segment import Segmenter

NOW = datetime(2026, 3, 18, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 18)
EDITOR = Actor(name="编辑甲", roles=frozenset({Role.KB_EDITOR}))
SEGMENTER = Segmenter()
REGIONS = ("", "000000", "449900", "449902", "449903")
APPLIES = {"449902": {"", "000000", "449900", "449902"}, "449903": {"", "000000", "449900", "449903"}}
READERS = {
    None: False,
    enterprise(1): False,
    Actor(name="话务员", roles=frozenset({Role.AGENT})): True,
    Actor(name="街道", roles=frozenset({Role.GRASSROOTS})): True,
}

days = st.integers(-3, 3).map(lambda offset: TODAY + timedelta(days=offset))
spans = st.tuples(days, st.none() | st.integers(0, 3))
entries = st.fixed_dictionaries(
    {
        "versions": st.lists(spans, min_size=1, max_size=3),
        "region": st.sampled_from(REGIONS),
        "is_public": st.booleans(),
        "is_withdrawn": st.booleans(),
    }
)


@contextmanager
def city() -> Iterator[Session]:
    """An empty city with one unit and three regions."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Unit(id=1, code="GXJ", path="/1/", name="工信局", short_name="工信", kind=UnitKind.BUREAU))
        for number, code in enumerate(REGIONS[2:], start=1):
            parent = 1 if number > 1 else None
            session.add(Region(id=number, code=code, name=code, kind=RegionKind.COUNTY, parent_id=parent))
        session.flush()
        yield session
    engine.dispose()


def store(session: Session, spec: dict) -> int:
    contents = [
        Content("租金补贴", "租金补贴标准", start, start + timedelta(days=length) if length is not None else None)
        for start, length in spec["versions"]
    ]
    owner = Ownership(1, is_public=spec["is_public"], region_code=spec["region"])
    entry = create_entry(session, contents[0], owner, author_id=None, now=NOW)
    for content in contents[1:]:
        publish_version(session, entry, content, author_id=None, now=NOW)
    live = [version for version in entry.versions if version.status.is_live]
    if spec["is_withdrawn"]:
        for version in reversed(live):
            life.withdraw(session, entry, version, {"text": "有误"}, EDITOR, NOW)
    return entry.id


def answer(spec: dict, on: date) -> int | None:
    """The version that a plain reading of the rules gives: the newest that has begun, unless it is over."""
    begun = [number for number, (start, _) in enumerate(spec["versions"], start=1) if start <= on]
    if not begun:
        return None
    start, length = spec["versions"][begun[-1] - 1]
    return begun[-1] if length is None or on <= start + timedelta(days=length) else None


@pytest.mark.parametrize("is_degraded", [False, True])
@settings(max_examples=40, deadline=None)
@given(
    specs=st.lists(entries, min_size=1, max_size=5),
    on=days,
    region=st.none() | st.sampled_from(sorted(APPLIES)),
    reader=st.sampled_from(list(READERS)),
)
def test_a_search_finds_exactly_what_is_in_force_there_that_day_for_that_reader(
    tmp_path_factory, is_degraded, specs, on, region, reader
) -> None:
    with city() as session:
        stored = {store(session, spec): spec for spec in specs}
        holder = IndexHolder(tmp_path_factory.mktemp("index"), lambda: Session(session.connection()), SEGMENTER)
        if is_degraded:
            holder.repair_soon = lambda: None  # type: ignore[method-assign]
        else:
            holder.follow()
        found = queries.search(
            session, holder, "租金补贴", actor=reader, on=on, top=50, wanted=Wanted(region_code=region)
        )
        shown = {hit.entry_id: hit.version for hit in found.hits}
    assert found.degraded is is_degraded
    for entry_id, spec in stored.items():
        may = (spec["is_public"] or READERS[reader]) and (region is None or spec["region"] in APPLIES[region])
        right = answer(spec, on) if may else None
        if spec["is_withdrawn"]:
            assert shown.get(entry_id) in (right, None)
        else:
            assert shown.get(entry_id) == right, spec
        if spec["is_withdrawn"] and on >= TODAY and may:
            assert entry_id not in shown, spec
