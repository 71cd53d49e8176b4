"""The index: build, follow, filters before the best are chosen, damage named, and figures through the same path."""

import gzip
import json
import math
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base import ranking
from knowledge_base.evaluate import evaluate_search, judge
from knowledge_base.index import Doc, IndexBusy, IndexDamaged, build, build_path, read_pointer, update, writing
from knowledge_base.packed import KINDS, POSTINGS, TEXTS
from knowledge_base.search import MAX_QUESTION, Filters, search
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import open_index

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
SEGMENTER = Segmenter()
TODAY = date(2025, 6, 1)
EVERYTHING = Filters(public_only=False)

DOCS = [
    Doc(1, 1, "设备购置贷款贴息办法 第三条 贴息标准", "按实际利息的百分之五十贴息，每户每年不超过五十万元。"),
    Doc(2, 1, "高新技术企业认定奖励 第二条", "首次通过认定的企业奖励二十万元。", doc_number="临府办〔2025〕12号"),
    Doc(3, 1, "高新技术企業認定獎勵 問答", "重新認定的企業獎勵十萬元。", doc_number="湾东府〔2025〕12号"),
    Doc(4, 1, "内部口径 贴息", "贴息资金暂缓拨付，对外统一答复。", is_public=False),
    Doc(5, 2, "旧版贴息办法", "贴息比例百分之三十。", expires_at=TODAY - timedelta(days=1)),
    Doc(6, 1, "新版贴息办法", "贴息比例百分之六十。", effective_from=TODAY + timedelta(days=1)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kb") / "index"
    build(folder, DOCS, SEGMENTER, revision=7)
    return folder


@pytest.fixture
def own_folder(tmp_path):
    build(tmp_path / "index", DOCS, SEGMENTER, revision=7)
    return tmp_path / "index"


def found(folder, question, *, on=TODAY, filters=EVERYTHING, top=10):
    return [hit.entry_id for hit in search(open_index(folder), SEGMENTER, question, on=on, top=top, filters=filters)]


def test_the_entry_about_the_question_comes_first_and_says_so(folder):
    best = search(open_index(folder), SEGMENTER, "设备贷款贴息多少", on=TODAY)[0]
    assert (best.entry_id, best.version) == (1, 1)
    assert best.snippet.text.startswith("按实际利息")
    assert "贴息" in "".join(best.title[start:end] for start, end in best.title_marks)


def test_a_question_in_one_script_finds_text_in_the_other(folder):
    assert set(found(folder, "高新技术企业奖励")) == set(found(folder, "高新技術企業獎勵")) == {2, 3}


def test_what_the_dictionary_cuts_differently_is_found_by_its_characters(tmp_path):
    text = "结婚的和尚未结婚的"
    assert "和尚" not in SEGMENTER.tokens(text)
    build(tmp_path / "i", [Doc(1, 1, "", text)], SEGMENTER)
    snapshot = open_index(tmp_path / "i")
    (hit,) = search(snapshot, SEGMENTER, "和尚", on=TODAY)
    assert hit.entry_id == 1
    assert not snapshot.postings("words", "和尚").known


def test_a_document_number_in_any_bracket_comes_first_and_only_of_the_organ_asked_for(folder):
    for question in ("临府办〔2025〕12号 贴息", "请问臨府辦(２０２５)１２號的贴息"):
        assert found(folder, question)[0] == 2
    assert found(folder, "湾东府[2025]12号 企业奖励二十万元")[0] == 3


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (TODAY - timedelta(days=1), {1, 4, 5}),  # the last day is still in force
        (TODAY, {1, 4}),
        (TODAY + timedelta(days=1), {1, 4, 6}),
    ],
)
def test_only_what_is_in_force_on_the_day_is_found(folder, on, expected):
    assert set(found(folder, "贴息", on=on)) == expected


def test_internal_entries_are_not_found_by_the_public(folder):
    assert 4 in found(folder, "贴息", filters=EVERYTHING)
    assert 4 not in found(folder, "贴息", filters=Filters())


def test_filters_come_before_the_best_are_chosen(folder):
    assert len(found(folder, "贴息", filters=Filters(), top=1)) == 1


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9) | st.none(), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 9),
    st.booleans(),
)
@settings(deadline=None)  # each example builds an index
def test_an_expired_future_or_internal_entry_never_appears(tmp_path_factory, spans, day, public_only):
    first = date(2025, 1, 1)
    docs = [
        Doc(i, 1, "贴息", "贴息", first + timedelta(start), end and first + timedelta(end), is_public)
        for i, (start, end, is_public) in enumerate(spans)
    ]
    folder = tmp_path_factory.mktemp("p") / "i"
    build(folder, docs, SEGMENTER)
    on = first + timedelta(day)
    due = {
        doc.entry_id
        for doc in docs
        if doc.effective_from <= on <= (doc.expires_at or date.max) and (doc.is_public or not public_only)
    }
    assert set(found(folder, "贴息", on=on, filters=Filters(public_only))) == due


@pytest.mark.parametrize(
    "question",
    ["", "   ", "\x00", '" OR 1=1 *:* [TO] ~^(', "title:贴息 AND NOT (", "？？？", "x" * 5000, "\ud800", "😀" * 50],
)
def test_whatever_is_typed_is_only_text(folder, question):
    assert found(folder, question) in ([], [1, 4], [4, 1])


def test_a_pasted_page_is_answered_from_its_rarest_words(folder, monkeypatch):
    monkeypatch.setattr(ranking, "MAX_TERMS", 2)
    assert found(folder, "的办法企业万元" * 40 + "暂缓拨付")[0] == 4
    assert found(folder, "甲" * MAX_QUESTION + "贴息") == []


def test_a_term_tells_what_bm25_and_the_language_model_publish(tmp_path):
    build(tmp_path / "i", [Doc(1, 1, "", "贴息 贴息"), Doc(2, 1, "", "社保 补贴")], SEGMENTER)
    snapshot = open_index(tmp_path / "i")
    added = np.zeros(2, np.float32)
    snapshot.postings("words", "贴息").add_to(added)
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    bm25, likelihood = idf * 2.2 * 2 / (2 + 1.2), math.log(1 + 2 / (2 * 2 / 4))  # mu = 2 terms, 2 of all 4 are this
    assert list(added) == pytest.approx([bm25 + likelihood, 0], rel=1e-2)  # lengths are kept in steps of 4 %
    assert list(snapshot.prior("words")) == pytest.approx([math.log(2 / (2 + 2))] * 2)


def test_an_update_replaces_adds_and_removes_single_entries(own_folder):
    before = open_index(own_folder)
    changed = [Doc(1, 2, "设备贴息", "改为百分之七十。"), Doc(9, 1, "新条目", "贴息问答。")]
    pointer = update(own_folder, changed, SEGMENTER, revision=8, removed=[1, 4])
    assert (pointer.revision, pointer.generation) == (8, before.pointer.generation + 1)
    hits = search(open_index(own_folder), SEGMENTER, "贴息", on=TODAY, filters=EVERYTHING)
    assert {(hit.entry_id, hit.version) for hit in hits} == {(1, 2), (9, 1)}


def test_a_reader_goes_on_with_its_generation_while_a_new_index_is_swapped_in(own_folder):
    old = open_index(own_folder)
    build(own_folder, [Doc(50, 1, "贴息", "全新")], SEGMENTER, revision=9)
    assert search(old, SEGMENTER, "贴息比例", on=TODAY)[0].entry_id == 1
    assert found(own_folder, "贴息") == [50]


def test_old_builds_are_cleared_away_but_for_the_last_one(own_folder):
    for revision in (8, 9, 10):
        build(own_folder, DOCS, SEGMENTER, revision=revision)
    assert sorted(path.name for path in own_folder.glob("build-*")) == ["build-000003", "build-000004"]


def test_a_build_that_fails_leaves_the_present_index_in_place(own_folder):
    def broken():
        yield DOCS[0]
        raise ValueError("the source broke off")

    before = read_pointer(own_folder)
    with pytest.raises(ValueError, match="broke off"):
        build(own_folder, broken(), SEGMENTER, revision=9)
    assert read_pointer(own_folder) == before
    assert len(list(own_folder.glob("build-*"))) == 1
    assert build(own_folder, DOCS, SEGMENTER, revision=9).generation > before.generation


def test_generations_rise_even_after_the_pointer_was_lost(own_folder):
    before = read_pointer(own_folder)
    (own_folder / "current").unlink()
    assert build(own_folder, DOCS, SEGMENTER).generation > before.generation


def test_only_one_writes_at_a_time(own_folder):
    with writing(own_folder), pytest.raises(IndexBusy):
        update(own_folder, [], SEGMENTER, revision=8, removed=[1])


def test_an_index_cut_with_other_words_is_not_updated(own_folder):
    with pytest.raises(IndexDamaged, match="dictionary"):
        update(own_folder, [], Segmenter(["湾企通"]), revision=8, removed=[1])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves broken files open
@pytest.mark.parametrize("victim", ["*.toc", "*_stored.col", "*.trm", "current"])
@pytest.mark.parametrize("damage", ["truncate", "delete", "garble"])
def test_damage_is_one_clear_error_and_a_new_build_mends_it(own_folder, victim, damage):
    target = next(path for path in own_folder.rglob(victim) if path.is_file())
    if damage == "delete":
        target.unlink()
    else:
        target.write_bytes(target.read_bytes()[: 20 if damage == "truncate" else 0] or b"\x93garbled" * 40)
    with pytest.raises(IndexDamaged):
        found(own_folder, "贴息")
    build(own_folder, DOCS, SEGMENTER, revision=9)
    assert found(own_folder, "贴息")


def test_the_folder_is_private_and_one_that_others_may_write_is_not_opened(own_folder):
    assert own_folder.stat().st_mode & 0o777 == 0o700
    own_folder.chmod(0o777)
    with pytest.raises(IndexDamaged, match="others"):
        open_index(own_folder)


def test_no_class_of_ours_is_pickled_into_the_index(folder):
    toc = next(build_path(folder, read_pointer(folder).build).glob("*.toc")).read_bytes()
    assert b"whoosh" in toc
    assert b"knowledge_base" not in toc


def test_many_threads_read_one_snapshot(folder):
    snapshot = open_index(folder)
    questions = ["贴息标准", "高新技术企业", "奖励二十万元", "百分之五十"] * 20

    def ask(question):
        return [hit.entry_id for hit in search(snapshot, SEGMENTER, question, on=TODAY)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, questions))
    assert answers == [ask(question) for question in questions]


def test_the_measures_are_the_textbook_ones():
    measured = judge(["a", "b", "c"], {"b": 1, "z": 1})
    ideal = 1 + 1 / math.log2(3)
    assert measured["ndcg@10"] == pytest.approx(1 / math.log2(3) / ideal)
    assert (measured["mrr@10"], measured["recall@1"], measured["recall@5"]) == (0.5, 0.0, 0.5)


@pytest.mark.parametrize("name", [*KINDS, *POSTINGS, *TEXTS])
@pytest.mark.parametrize("keeps", [0, 1 / 2])
def test_a_packed_file_cut_short_is_damage(own_folder, name, keeps):
    [path] = own_folder.glob(f"build-*/packed-*/{name}")
    os.truncate(path, int(path.stat().st_size * keeps))
    with pytest.raises(IndexDamaged, match=name):
        open_index(own_folder)


def test_postings_cut_short_while_they_are_read_are_damage_and_no_crash(own_folder):
    snapshot = open_index(own_folder)
    [path] = own_folder.glob("build-*/packed-*/docs")
    os.truncate(path, 0)
    with pytest.raises(IndexDamaged, match="docs"):
        search(snapshot, SEGMENTER, "贴息", on=TODAY)


def test_evaluation_reads_plain_and_packed_files_and_goes_through_the_search(tmp_path):
    rows = {
        "docs.jsonl": [
            {"id": "d1", "title": "贴息", "body": "贷款贴息"},
            {"id": "d2", "title": "社保", "body": "补贴"},
        ],
        "queries.jsonl.gz": [{"id": "q1", "text": "社保补贴"}, {"id": "q2", "text": "没有判定的问题"}],
        "qrels.jsonl": [{"q": "q1", "d": "d2", "rel": 1}],
    }
    for name, lines in rows.items():
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    figures = evaluate_search(*(tmp_path / name for name in rows))
    assert (figures["docs"], figures["queries"], figures["ndcg@10"], figures["recall@1"]) == (2, 1, 1.0, 1.0)
    assert set(figures) == {
        *("docs", "queries", "recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10"),
        *("p50_ms", "p95_ms", "p99_ms", "qps", "build_s", "index_mb"),
    }
