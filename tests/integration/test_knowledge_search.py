"""The desk's search: the index follows the database, and when it cannot answer the database does."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, enterprise
from hotline.accounts.models import Role
from hotline.database import Base
from hotline.directory.models import Unit, UnitKind
from hotline.knowledge import indexing, life, queries, suggesting
from hotline.knowledge.content import Content, Ownership
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import KbEntry
from hotline.knowledge.operations import create_entry, publish_version
from knowledge_base import search as engine
from knowledge_base.index import IndexDamaged, build_path, read_pointer, writing
from knowledge_base.segment import Segmenter

NOW = datetime(2025, 4, 1, 1, 0, tzinfo=UTC)
TODAY = date(2025, 4, 1)
TOMORROW = TODAY + timedelta(days=1)
EDITOR = Actor(name="编辑甲", roles=frozenset({Role.KB_EDITOR}))
AGENT = Actor(name="话务员甲", roles=frozenset({Role.AGENT}))
SEGMENTER = Segmenter()


class World:
    """A database with some entries, and a holder in one process."""

    def __init__(self, folder):
        self.engine = create_engine(f"sqlite:///{folder / 'kb.sqlite3'}")
        Base.metadata.create_all(self.engine)
        self.folder = folder / "index"
        self.holder = self.process()
        with self.session() as session:
            session.add(Unit(id=1, code="GXJ", path="/1/", name="市工信局", short_name="工信", kind=UnitKind.BUREAU))
            session.flush()
            self.loan = self.add(
                session, "设备购置贷款贴息 第二条", "按实际利息的百分之五十贴息。", "临府办〔2025〕12号"
            )
            self.jobs = self.add(session, "招用员工社保补贴 第三条", "每人每月补贴八百元。")
            self.inner = self.add(session, "贴息内部口径", "贴息资金月底拨付。", is_public=False)

    @contextmanager
    def session(self):
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def process(self):
        """Another process's holder of the same folder."""
        return IndexHolder(self.folder, self.session, SEGMENTER)

    def add(self, session, title, text, doc_number="", *, is_public=True):
        content = Content(title, text, TODAY, doc_number=doc_number)
        return create_entry(session, content, Ownership(1, is_public=is_public), author_id=None, now=NOW)

    def publish(self, entry, text, effective_from=TODAY):
        with self.session() as session:
            entry = session.get(KbEntry, entry.id)
            publish_version(session, entry, Content(entry.code, text, effective_from), author_id=None, now=NOW)

    def search(self, text, *, actor=AGENT, on=TODAY, holder=None):
        with self.session() as session:
            return queries.search(session, holder or self.holder, text, actor=actor, on=on)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.holder.follow()
    yield world
    world.holder.wait()
    world.engine.dispose()


def versions(found):
    return {(hit.entry_id, hit.version) for hit in found.hits}


def test_the_desk_finds_an_entry_with_all_it_needs_to_cite_it(world):
    found = world.search("貸款貼息多少")
    hit = found.hits[0]
    assert not found.degraded
    assert (hit.entry_id, hit.version, hit.code) == (world.loan.id, 1, "KB-000001")
    assert (hit.doc_number, hit.state.label, hit.type_label) == ("临府办〔2025〕12号", "现行有效", "政策")
    assert hit.snippet == "按实际利息的百分之五十贴息。"


@pytest.mark.parametrize("reader", [None, enterprise(7)])
def test_an_internal_entry_is_found_by_staff_only(world, reader):
    assert (world.inner.id, 1) in versions(world.search("贴息口径"))
    assert (world.inner.id, 1) not in versions(world.search("贴息口径", actor=reader))


def test_an_index_that_is_up_to_date_is_left_alone(world):
    before = read_pointer(world.folder)
    assert world.holder.follow() == before


def test_a_published_version_is_found_in_every_process_after_one_has_followed(world):
    other = world.process()
    world.search("贴息", holder=other)
    world.publish(world.loan, "提高到百分之七十贴息。")
    world.holder.follow()
    assert (world.loan.id, 2) in versions(world.search("贴息百分之七十", holder=other))


def test_a_search_notices_that_the_index_lags_and_has_it_brought_up_to_date(world):
    world.publish(world.jobs, "每人每月补贴一千元。")
    world.search("社保补贴")
    world.holder.wait()
    assert (world.jobs.id, 2) in versions(world.search("补贴一千元"))


def test_a_withdrawn_or_replaced_answer_is_gone_and_its_successor_found_at_once_although_the_index_lags(world):
    with writing(world.folder):  # nobody brings the index up to date
        with world.session() as session:
            entry = session.get(KbEntry, world.jobs.id)
            life.withdraw(session, entry, entry.versions[-1], {"text": "有误"}, EDITOR, NOW)
        world.publish(world.loan, "提高到百分之七十贴息。")
        assert versions(world.search("社保补贴 贷款贴息")) == {(world.inner.id, 1), (world.loan.id, 2)}


def test_a_future_version_answers_from_its_first_day_without_a_new_index(world):
    world.publish(world.loan, "提高到百分之七十贴息。", effective_from=TOMORROW)
    generation = world.holder.follow().generation
    assert (world.loan.id, 1) in versions(world.search("贴息", on=TODAY))
    assert versions(world.search("百分之七十贴息", on=TOMORROW)) >= {(world.loan.id, 2)}
    assert (world.loan.id, 1) not in versions(world.search("贴息", on=TOMORROW))
    assert read_pointer(world.folder).generation == generation


def test_the_index_alone_knows_which_version_answers_on_which_day(world):
    world.publish(world.loan, "提高到百分之六十贴息。", effective_from=TOMORROW + timedelta(days=5))
    world.publish(world.loan, "提高到百分之七十贴息。", effective_from=TOMORROW)  # comes before the one it replaces
    world.holder.rebuild()
    for day, version in ((TODAY, 1), (TOMORROW, 3), (TOMORROW + timedelta(days=9), 3)):
        hits = engine.search(world.holder.snapshot(), SEGMENTER, "设备贴息", on=day)
        assert [(hit.entry_id, hit.version) for hit in hits] == [(world.loan.id, version)]


def test_many_changes_at_once_build_a_new_index(world, monkeypatch):
    monkeypatch.setattr(indexing, "MAX_UPDATED", 1)
    before = read_pointer(world.folder).build
    world.publish(world.loan, "贴息一")
    assert world.holder.follow().build == before
    world.publish(world.loan, "贴息二")
    world.publish(world.jobs, "补贴二")
    assert world.holder.follow().build == before + 1


def test_an_index_ahead_of_its_database_is_built_again(world, tmp_path):
    world.publish(world.loan, "贴息一")
    ahead = world.holder.follow()
    (tmp_path / "restored").mkdir()
    older = World(tmp_path / "restored")
    rebuilt = IndexHolder(world.folder, older.session, SEGMENTER).follow()
    assert (rebuilt.build, rebuilt.revision) == (ahead.build + 1, ahead.revision - 1)
    older.engine.dispose()


def test_other_words_for_the_segmenter_build_a_new_index(world):
    before = read_pointer(world.folder)
    other = IndexHolder(world.folder, world.session, Segmenter(["湾企通"]))
    assert other.follow().build == before.build + 1


def test_without_an_index_plain_comparison_answers_says_so_and_the_index_is_built(tmp_path):
    world = World(tmp_path)
    found = world.search("贷款贴息")
    assert found.degraded
    assert found.hits[0].entry_id == world.loan.id
    world.holder.wait()
    assert not world.search("贷款贴息").degraded
    world.engine.dispose()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves broken files open
@pytest.mark.parametrize("victim", ["*.toc", "*.trm"])
def test_a_damaged_index_degrades_the_search_and_repairs_itself(world, victim):
    pointer = read_pointer(world.folder)
    (path,) = build_path(world.folder, pointer.build).glob(victim)
    path.write_bytes(b"\x00" * 10)
    fresh = world.holder = world.process()
    found = world.search("临府办（2025）12号")
    assert found.degraded
    assert versions(found) == {(world.loan.id, 1)}
    world.holder.wait()
    assert not world.search("贷款贴息", holder=fresh).degraded


def test_plain_comparison_keeps_to_dates_and_readers(world):
    with writing(world.folder):
        (world.folder / "current").unlink()
        world.publish(world.loan, "提高到百分之七十贴息。", effective_from=TOMORROW)
        assert versions(world.search("贴息", actor=None)) == {(world.loan.id, 1)}
        assert versions(world.search("贴息", on=TOMORROW)) == {(world.loan.id, 2), (world.inner.id, 1)}
        assert world.search("100%_贴").hits == world.search("").hits == []


def test_while_another_process_builds_the_search_still_answers(world):
    (world.folder / "current").unlink()
    with writing(world.folder):
        assert world.search("贷款贴息").degraded
        world.holder.wait()
        assert world.search("贷款贴息").hits


def test_a_failing_database_leaves_the_background_work_ready_for_the_next_try(world):
    (world.folder / "current").unlink()
    failures = [RuntimeError("the database is away")]

    def sessions():
        if failures:
            raise failures.pop()
        return world.session()

    holder = IndexHolder(world.folder, sessions, SEGMENTER)
    holder.follow_soon()
    holder.wait()
    with pytest.raises(IndexDamaged):
        holder.snapshot()
    holder.follow_soon()
    holder.wait()
    assert holder.snapshot().doc_count == 3


@pytest.mark.parametrize("end", ["internal", "withdrawn", "expired"])
def test_a_word_of_what_has_just_become_internal_or_ended_is_offered_to_the_public_no_more(world, end):
    with world.session() as session:
        made = [world.add(session, f"光伏设备购置第{i}条", f"光伏组件补贴{i}。").id for i in range(3)]
    world.holder.follow()

    def offered(actor=None, day=TODAY):
        with world.session() as session:
            return suggesting.meant(session, world.holder, "光福补贴", actor=actor, on=day)

    assert offered() == "光伏补贴"
    with world.session() as session:
        for entry in (session.get(KbEntry, one) for one in made):
            if end == "internal":
                entry.is_public = False
            elif end == "withdrawn":
                life.withdraw(session, entry, entry.versions[0], {"text": "有误"}, EDITOR, NOW)
            else:
                session.connection().exec_driver_sql("UPDATE kb_entry_version SET expires_at = effective_from")
    assert offered(day=TOMORROW if end == "expired" else TODAY) is None  # although the index has not followed
    assert end != "internal" or offered(AGENT) == "光伏补贴"
