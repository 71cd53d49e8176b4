"""Who may find what: regions, units, audiences, types; and the same answers however the index lies on disk."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.filters import Filters
from knowledge_base.index import Doc, IndexDamaged, build, build_path, read_pointer, update
from knowledge_base.search import rank, search
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import open_index
from knowledge_base.weighting import Postings, Spread

SEGMENTER = Segmenter()
TODAY = date(2025, 6, 1)
TEXT = "设备购置贷款按实际利息的百分之五十贴息。"
DISTRICT, CITY, PROVINCE = "440402", "440400", "440000"
DOCS = [
    Doc(1, 1, "贷款贴息", TEXT, region_code=PROVINCE, unit_id=1, entry_type="POLICY", category="0101"),
    Doc(2, 1, "贷款贴息", TEXT, region_code=CITY, unit_id=2, audience=("小微企业", "个体工商户")),
    Doc(3, 1, "贷款贴息", TEXT, region_code=DISTRICT, unit_id=2, audience=("高新技术企业",)),
    Doc(4, 1, "贷款贴息", TEXT, unit_id=12, entry_type="QA"),
    Doc(5, 1, "贷款贴息", TEXT, region_code="440403", is_public=False),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kb") / "index"
    build(folder, DOCS, SEGMENTER)
    return open_index(folder)


def found(snapshot, **filters):
    return [hit.entry_id for hit in search(snapshot, SEGMENTER, "贷款贴息", on=TODAY, filters=Filters(**filters))]


def test_nearer_regions_come_first_and_other_regions_not_at_all(snapshot):
    assert found(snapshot, regions=(DISTRICT, CITY, PROVINCE), public_only=False) == [3, 2, 1, 4]
    assert found(snapshot, regions=(CITY, PROVINCE)) == [2, 1, 4]
    assert found(snapshot, regions=(PROVINCE,)) == [1, 4]


def test_a_much_better_answer_from_farther_away_stays_first(tmp_path):
    docs = [Doc(1, 1, "", "贴息的其他问题", region_code=DISTRICT), Doc(2, 1, "贷款贴息", TEXT, region_code=CITY)]
    build(tmp_path / "i", docs, SEGMENTER)
    assert found(open_index(tmp_path / "i"), regions=(DISTRICT, CITY)) == [2, 1]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"public_only": False}, [1, 2, 3, 4, 5]),
        ({"unit_ids": frozenset({2})}, [2, 3]),
        ({"unit_ids": frozenset({1, 12})}, [1, 4]),
        ({"audience": frozenset({"个体工商户"})}, [1, 2, 4]),  # who names no audience means everybody
        ({"entry_types": frozenset({"QA"})}, [4]),
        ({"categories": frozenset({"0101", "0999"})}, [1]),
        ({"unit_ids": frozenset({2}), "regions": (CITY,)}, [2]),
        ({"unit_ids": frozenset({99})}, []),
    ],
)
def test_each_filter_leaves_only_what_it_names(snapshot, filters, expected):
    assert found(snapshot, **filters) == expected


def test_equal_answers_keep_their_order_also_where_the_list_is_cut(snapshot):
    hits = rank(snapshot, SEGMENTER, "贷款贴息", on=TODAY, top=2, filters=Filters())
    assert [doc for doc, _ in hits] == [0, 1]


words = st.text(alphabet="贷款贴息设备购置利率的a1 ", max_size=12)


@settings(deadline=None, max_examples=25)
@given(st.lists(words, min_size=1, max_size=8), words)
def test_an_index_in_many_segments_answers_like_one_in_one(tmp_path_factory, texts, question):
    """Exactly alike: scores are taken over the whole collection, not by segment."""
    folder = tmp_path_factory.mktemp("kb")
    docs = [Doc(i, 1, "", text) for i, text in enumerate(texts)]
    build(folder / "whole", docs, SEGMENTER)
    build(folder / "parts", docs[:1], SEGMENTER)
    for revision, doc in enumerate(docs[1:], 1):
        update(folder / "parts", [doc], SEGMENTER, revision=revision, removed=[])
    answers = [search(open_index(folder / name), SEGMENTER, question, on=TODAY) for name in ("whole", "parts")]
    assert [{hit.entry_id: pytest.approx(hit.score) for hit in hits} for hits in answers[:1]] == [
        {hit.entry_id: hit.score for hit in hits} for hits in answers[1:]
    ]


def test_postings_that_are_not_packed_yet_are_read_from_the_index(tmp_path):
    build(tmp_path / "i", DOCS, SEGMENTER)
    before = search(open_index(tmp_path / "i"), SEGMENTER, "贷款贴息", on=TODAY)
    for place in packed(tmp_path / "i"):
        shutil.rmtree(place)
    assert search(open_index(tmp_path / "i"), SEGMENTER, "贷款贴息", on=TODAY) == before


def test_an_update_packs_only_the_new_segment_and_forgets_old_ones(tmp_path):
    build(tmp_path / "i", [Doc(100 + i, 1, "社保", "补贴") for i in range(100)], SEGMENTER)
    (first,) = packed(tmp_path / "i")
    written = (first / "docs").stat().st_mtime_ns
    for revision in range(1, 9):
        update(tmp_path / "i", [Doc(9, revision, "贴息", "新")], SEGMENTER, revision=revision, removed=[9])
    assert (first / "docs").stat().st_mtime_ns == written
    assert 1 < len(packed(tmp_path / "i")) < 9  # Whoosh has merged the small ones
    assert [hit.version for hit in search(open_index(tmp_path / "i"), SEGMENTER, "新", on=TODAY)] == [8]


def test_readers_meet_no_error_while_a_writer_commits(tmp_path):
    build(tmp_path / "i", DOCS, SEGMENTER)
    done = Event()

    def read():
        while not done.is_set():
            assert {1, 2} <= {hit.entry_id for hit in search(open_index(tmp_path / "i"), SEGMENTER, "贴息", on=TODAY)}
        return True

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            for revision in range(1, 16):
                update(tmp_path / "i", [Doc(9, revision, "贴息", "新")], SEGMENTER, revision=revision, removed=[9])
        finally:
            done.set()
        assert all(reader.result() for reader in readers)


@pytest.mark.parametrize("name", ["docs", "keys", "lengths"])
def test_damaged_packed_postings_are_named_as_damage(tmp_path, name):
    build(tmp_path / "i", DOCS, SEGMENTER)
    file = packed(tmp_path / "i")[0] / name
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(IndexDamaged):
        open_index(tmp_path / "i")


def test_the_terms_kept_over_all_documents_are_bounded(tmp_path, monkeypatch):
    build(tmp_path / "i", DOCS, SEGMENTER)
    snapshot = open_index(tmp_path / "i")
    monkeypatch.setattr("knowledge_base.snapshot.COMMON", 1000)
    monkeypatch.setattr("knowledge_base.snapshot.MAX_KEPT", 2 * snapshot.size)
    for term in ("贷", "款", "贴", "息"):
        snapshot.postings("characters", term)
    assert [term for _, term in snapshot._common] == ["贴", "息"]


def test_common_and_rare_terms_add_up_alike_however_they_are_kept(tmp_path, monkeypatch):
    build(tmp_path / "i", DOCS, SEGMENTER)
    snapshot = open_index(tmp_path / "i")
    monkeypatch.setattr("knowledge_base.snapshot.COMMON", 1)
    rare, often = snapshot.postings("words", "贷款"), np.zeros(snapshot.size, np.float32)
    monkeypatch.setattr("knowledge_base.snapshot.COMMON", 1000)
    common, over_all = snapshot.postings("words", "贷款"), np.zeros(snapshot.size, np.float32)
    rare.add_to(often, 2)
    common.add_to(over_all, 2)
    assert (type(rare), type(common)) == (Postings, Spread)
    assert np.array_equal(often, over_all)
    assert np.array_equal(often > 0, np.isin(np.arange(snapshot.size), snapshot.having("words", "贷款")))


def packed(folder):
    return sorted(build_path(folder, read_pointer(folder).build).glob("packed-*"))
