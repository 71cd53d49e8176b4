"""The duplicate hint: who is found, who is not, and what the index forgets."""

from datetime import timedelta

import pytest

from knowledge_base.segment import Segmenter
from routing.evaluate_suggest import rows
from routing.similar import SimilarIndex
from scripts.bench_similar import filled, judged, synthetic
from tests.calendars import local, shared_data

CUT = Segmenter().once
NOW = local("2026-03-25 10:00")
TEXTS = {
    1: "丽发新城附近修建搅拌厂噪音扰民，灰尘很大",
    2: "设备购置贷款贴息什么时候到账",
    3: "员工社保断缴如何补缴",
    4: "园区门口道路积水无人维修",
}


def index(room: int = 100) -> SimilarIndex:
    made = SimilarIndex(room)
    for number, text in TEXTS.items():
        made.add(number, NOW - timedelta(days=number), CUT(text), [f"phone{number}"])
    return made


def found(made: SimilarIndex, text: str, days: int = 30, keys: tuple[str, ...] = ()) -> list[int]:
    return [one.id for one in made.find(CUT(text), NOW, days, keys)]


def test_a_text_on_the_same_matter_is_found_and_others_are_not() -> None:
    assert found(index(), "丽发新城旁边的搅拌厂太吵，灰尘大") == [1]
    assert found(index(), "咨询出口退税办理流程") == []


def test_the_same_caller_is_found_whatever_the_text_and_stands_first() -> None:
    made = index()
    same = made.find(CUT("丽发新城搅拌厂噪音灰尘"), NOW, 30, ["phone3"])
    assert [one.id for one in same] == [3, 1]
    assert [one.is_same_caller for one in same] == [True, False]


def test_what_lies_before_the_window_is_not_found() -> None:
    assert found(index(), TEXTS[4], days=3, keys=("phone4",)) == []
    assert found(index(), TEXTS[4], days=5) == [4]


@pytest.mark.parametrize("text", ["", "。。。", "的"])
def test_a_text_without_words_finds_nothing_and_harms_nothing(text: str) -> None:
    made = index()
    made.add(9, NOW, CUT(text))
    assert found(made, text) in ([], [9])
    assert found(made, TEXTS[2]) == [2]


def test_when_it_is_full_the_oldest_goes_with_its_caller() -> None:
    made = index(room=3)
    assert len(made) == 3
    assert found(made, TEXTS[1], keys=("phone1",)) == []
    assert found(made, TEXTS[4]) == [4]


def test_the_same_text_is_wholly_alike_and_nothing_is_alike_to_nothing() -> None:
    made = index()
    assert made.alike(CUT(TEXTS[1]), CUT(TEXTS[1])) == pytest.approx(1, abs=1e-5)
    assert made.alike(CUT(TEXTS[1]), CUT(TEXTS[2])) < 0.1
    assert made.alike([], []) == 0


@pytest.mark.skipif(not shared_data("appeals/stream.jsonl.gz").exists(), reason="the real messages are absent")
def test_on_pairs_labelled_by_hand_it_is_right_nine_times_of_ten_and_finds_seven_of_ten() -> None:
    path = shared_data("appeals/stream.jsonl.gz")
    real = {row["id"]: CUT(f"{row['subject']}\n{row['body']}") for row in rows(path)}
    figures = judged(filled(real, synthetic(CUT, list(real.values()), 3000)), real)
    assert figures["pairs"] == 200
    assert figures["precision"] >= 0.9
    assert figures["recall"] >= 0.7
