"""The index of a running house: damaged, full, behind or busy, it answers, says so, and mends itself."""

import resource
import time
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError

from hotline.knowledge import readiness
from hotline.servers import wait_for
from knowledge_base.index import IndexBusy, IndexDamaged, build, read_pointer, update, writing
from scripts.index_faults import FAULTS
from scripts.index_world import SEGMENTER, TODAY, World, fill, numbered

ENTRIES = 12
WELL, MARKED = (True, False), (True, True)
"""(found, degraded)."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    fill(f"sqlite:///{folder / 'kb.sqlite3'}", numbered(ENTRIES))
    return folder / "kb.sqlite3"


@pytest.fixture
def world(filled, tmp_path):
    (tmp_path / "kb.sqlite3").write_bytes(filled.read_bytes())
    world = World(tmp_path, f"sqlite:///{tmp_path / 'kb.sqlite3'}")
    world.holder.follow()
    yield world
    world.holder.wait()
    world.database.engine.dispose()


@contextmanager
def no_room():
    """The system refuses every byte more than a few, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def asked(world, number, holder):
    answer = world.ask(number, holder)
    return answer.is_found, answer.is_degraded


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves broken files open
@pytest.mark.parametrize("name", FAULTS)
def test_after_damage_a_new_process_answers_says_so_and_mends_the_index_for_all(world, name):
    held = world.process()
    held.follow()
    FAULTS[name](world.folder)
    fresh = world.process()
    assert asked(world, 3, fresh) == MARKED
    fresh.wait()
    assert [asked(world, 3, holder) for holder in (fresh, held, world.process())] == [WELL] * 3
    assert not list(world.folder.glob("damaged-*"))


def test_a_process_that_has_the_index_open_goes_on_while_the_others_mend_it(world):
    assert asked(world, 3, world.holder) == WELL
    FAULTS["deleted segment"](world.folder)
    with writing(world.folder):
        assert asked(world, 4, world.process()) == MARKED
        assert asked(world, 4, world.holder) == WELL


def test_what_one_process_cannot_read_the_index_worker_learns_from_it(world):
    worker, reader = world.process(), world.process()
    FAULTS["truncated TOC"](world.folder)
    assert not worker.is_behind()
    with writing(world.folder):
        asked(world, 3, reader)
        reader.wait()
    assert worker.is_behind()
    worker.follow()
    assert asked(world, 3, reader) == WELL


def test_on_a_full_disk_the_newest_entry_is_found_and_marked_and_with_room_it_is_indexed(world):
    world.publish(50)
    with no_room():
        world.holder.follow_soon()
        world.holder.wait()
    before = read_pointer(world.folder)
    with writing(world.folder):
        assert asked(world, 50, world.holder) == MARKED
        assert asked(world, 3, world.holder) == MARKED
        world.holder.wait()
    world.holder.follow_soon()
    world.holder.wait()
    assert asked(world, 50, world.holder) == WELL
    after = read_pointer(world.folder)
    assert (after.build, after.revision) == (before.build, before.revision + 1)


def test_a_full_disk_is_tried_again_at_once_and_then_after_a_rest(world):
    before, tries = world.publish(50), []
    held, world.holder._sessions = world.holder._sessions, lambda: tries.append(1) or held()
    with no_room():
        for _ in range(4):
            world.holder.follow_soon()
            world.holder.wait()
    assert len(tries) == 2
    assert read_pointer(world.folder).revision == before - 1


def test_what_was_just_published_is_found_before_it_is_indexed_and_without_a_mark(world):
    with writing(world.folder):
        world.publish(50)
        assert asked(world, 50, world.process()) == WELL


def test_a_process_that_answers_leaves_a_whole_new_index_to_the_others_for_a_while(world):
    FAULTS["deleted folder"](world.folder)
    serving = world.process()
    serving.patience = 0.3
    with pytest.raises(IndexBusy):
        serving.follow()
    time.sleep(0.4)
    serving.follow()
    assert asked(world, 3, serving) == WELL


def test_a_writer_that_looked_too_early_does_not_take_back_what_another_has_written(world):
    newest = world.publish(50)
    after = world.holder.follow()
    assert after.revision == newest
    assert update(world.folder, [], SEGMENTER, revision=newest - 1, removed=[1]) == after


def test_a_process_that_is_never_asked_follows_by_itself(world):
    idle, stop = world.process(), Event()
    thread = readiness.keep_up(idle, stop, interval=0.05)
    revision = world.publish(50)
    assert wait_for(lambda: idle._snapshot is not None and idle._snapshot.pointer.revision == revision, 10)
    stop.set()
    thread.join()
    idle.wait()


def test_following_outlives_a_database_that_is_away(world):
    holder, stop = world.process(), Event()
    sessions, calls = holder._sessions, []

    def failing():
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("SELECT", {}, Exception("away"))
        return sessions()

    holder._sessions = failing
    thread = readiness.keep_up(holder, stop, interval=0.02)
    assert wait_for(lambda: holder._snapshot is not None, 10)
    stop.set()
    thread.join()


def test_a_warm_process_has_dictionary_synonyms_and_postings_before_its_first_question(world):
    holder = world.process()
    readiness.warm(holder._sessions, holder, TODAY)
    assert holder.segmenter._cutters is not None
    assert "synonyms" in vars(holder)
    assert holder._snapshot._places.cache_info().currsize


def test_a_process_starts_without_an_index_and_without_a_database(world):
    FAULTS["deleted folder"](world.folder)
    holder = world.process()
    holder.patience = 60.0
    readiness.warm(holder._sessions, holder, TODAY)
    holder.wait()
    with pytest.raises(IndexDamaged):
        holder.snapshot()

    def away():
        raise OperationalError("SELECT", {}, Exception("away"))

    readiness.warm(away, holder, TODAY)


def test_a_new_index_is_built_beside_the_old_one_which_answers_meanwhile(world):
    holder = world.process()
    asked(world, 3, holder)

    def docs():
        assert asked(world, 3, holder) == WELL
        assert asked(world, 3, world.process()) == WELL
        yield from ()

    build(world.folder, docs(), SEGMENTER, revision=ENTRIES)
    assert not holder.snapshot().doc_count
