"""The suggestion learns, explains itself, says when it does not know, and beats the plain machine."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.segment import Segmenter
from routing.evaluate_suggest import evaluate_suggest, example, macro_f1, rows, score
from routing.learning import Example, learn
from routing.suggest import Choice, NoModel, Suggester, Suggestion
from scripts.bench_suggest import crossed, groups, ours, words
from tests.calendars import shared_data

CUT = Segmenter().once
MESSAGES = shared_data("appeals/labelled_segmented.jsonl.gz")
LOAN = ["设备购置贷款怎么申请贴息", "技改贷款贴息比例是多少", "贷款利息补贴什么时候到账", "银行贷款到期想申请续贷"]
INSURANCE = ["员工社保断缴怎么补缴", "社保缴费基数怎么调整", "招用员工社会保险补贴怎么领", "职工养老保险转移手续"]
ROAD = ["厂区门口道路破损大货车进不来", "园区道路积水没人修", "工业路路灯坏了", "园区门口红绿灯时间太短"]
CITY: list[Example] = [
    (CUT(text), label) for label, texts in (("贷款", LOAN), ("社保", INSURANCE), ("道路", ROAD)) for text in texts
]


@pytest.fixture(scope="module")
def model() -> Suggester:
    return learn(CITY)


def test_a_text_gets_the_label_of_texts_like_it_and_the_words_that_spoke_for_it(model: Suggester) -> None:
    found = model.suggest(CUT("想问贷款贴息怎么申请"), bar=0.5)
    assert found.label == "贷款"
    assert {"贷款", "贴息"} & set(found.words)
    assert found.choices[0].label == "贷款"
    assert len(found.choices) == 3
    assert sum(choice.confidence for choice in found.choices) == pytest.approx(1, abs=0.001)


def test_below_the_bar_the_answer_is_uncertain_and_names_three(model: Suggester) -> None:
    mixed = model.suggest(CUT("道路旁边的员工"), bar=0.95)
    assert mixed.label is None
    assert {choice.label for choice in mixed.choices} == {"贷款", "社保", "道路"}


@pytest.mark.parametrize("text", ["", "   ", "。。。！", "zzzz qqqq", "\x00"])
def test_a_text_without_a_known_word_is_uncertain_and_gets_the_commonest_labels(model: Suggester, text: str) -> None:
    found = model.suggest(CUT(text))
    assert found.label is None
    assert len(found.choices) == 3
    assert found.words == ()


def test_a_new_label_with_one_example_is_learned_and_harms_nobody() -> None:
    grown = learn([*CITY, (CUT("出口货物报关单填错如何更改"), "海关")])
    assert grown.suggest(CUT("报关单填错了"), bar=0).label == "海关"
    assert [grown.suggest(tokens, bar=0).label for tokens, _ in CITY] == [label for _, label in CITY]


def test_one_example_alone_makes_a_model_that_is_never_sure() -> None:
    alone = learn(CITY[:1])
    assert alone.suggest(CITY[0][0]) == Suggestion(None, (Choice("贷款", 1.0),), ())


def test_examples_without_words_are_borne() -> None:
    found = learn([([], "空"), ([], "无"), *CITY]).suggest(CITY[0][0], bar=0)
    assert found.label == "贷款"


def test_no_example_makes_no_model() -> None:
    with pytest.raises(NoModel):
        learn([])


def test_the_spelling_of_who_cut_the_words_does_not_matter(model: Suggester) -> None:
    assert model.suggest(["贷款", " ", "A3区"]) == model.suggest(["贷款", "a3区"])


def test_the_opening_weighs_more_than_the_end(model: Suggester) -> None:
    filler = CUT("我们公司一直在这里经营情况良好感谢各位领导")
    first = model.suggest([*CUT("贷款贴息"), *filler, *CUT("社保补缴")])
    last = model.suggest([*CUT("社保补缴"), *filler, *CUT("贷款贴息")])
    assert confidence(first, "贷款") > confidence(last, "贷款") + 0.03


def confidence(found: Suggestion, label: str) -> float:
    return next(choice.confidence for choice in found.choices if choice.label == label)


def test_a_model_read_from_its_file_answers_alike(model: Suggester) -> None:
    again = Suggester.from_bytes(model.to_bytes())
    for tokens, _ in CITY:
        one, other = model.suggest(tokens), again.suggest(tokens)
        assert (one.label, one.words) == (other.label, other.words)
        assert np.allclose([c.confidence for c in one.choices], [c.confidence for c in other.choices], atol=0.01)


@pytest.mark.parametrize("spoil", [lambda b: b"", lambda b: b[:200], lambda b: b"PK" + b[9:], lambda b: b"\x80\x04."])
def test_a_damaged_file_is_no_model(model: Suggester, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NoModel):
        Suggester.from_bytes(spoil(model.to_bytes()))


def test_the_same_examples_give_the_same_model() -> None:
    assert learn(CITY).to_bytes() == learn(CITY).to_bytes()


def test_the_figures_of_a_file_of_answers_are_right() -> None:
    def answer(given: str, right: str, *, sure: bool) -> tuple[Suggestion, str, float]:
        return Suggestion(given if sure else None, (Choice(given, 0.5), Choice("c", 0.2)), ()), right, 0.0

    answers = [answer("a", "a", sure=True), answer("a", "b", sure=True), answer("b", "c", sure=False)]
    figures = score(answers)
    assert figures == {
        "accuracy": 0.3333,
        "macro_f1": pytest.approx((2 / 3 + 0 + 0) / 3, abs=1e-4),
        "top3_accuracy": 0.6667,
        "sure": 0.6667,
        "sure_accuracy": 0.5,
    }
    assert macro_f1(["x"], ["x"]) == 1


def test_files_of_tokens_teach_what_is_asked_as_raw_text(tmp_path: Path) -> None:
    train, test = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    train.write_text("\n".join(json.dumps({"tokens": tokens, "category": label}) for tokens, label in CITY))
    asked = [("", "申请贷款贴息", "贷款"), ("社保", "补缴", "社保"), ("", "", "道路")]
    test.write_text("\n".join(json.dumps({"subject": s, "body": b, "category": c}) for s, b, c in asked))
    figures = evaluate_suggest([train, train], test, CUT)
    assert (figures["train"], figures["test"], figures["accuracy"]) == (24, 3, 0.6667)
    assert {"macro_f1", "top3_accuracy", "fit_s", "p95_ms"} <= figures.keys()


def test_near_copies_are_one_group_and_others_are_not() -> None:
    texts = [["a", "b", "c", "d"], ["a", "b", "c", "e"], ["x", "y", "z"], ["e", "b", "c", "f"]]
    found = groups(texts)
    assert found[0] == found[1] == found[3] != found[2]


@pytest.mark.skipif(
    not shared_data("appeals/labelled_segmented.jsonl.gz").exists(), reason="the real messages are absent"
)
def test_on_real_messages_it_beats_a_linear_machine_over_words() -> None:
    examples = [example(row, CUT) for row in rows(MESSAGES)[::10]]
    every = range(len(examples))
    split: Sequence[tuple[list[int], list[int]]] = [([i for i in every if i % 3], [i for i in every if i % 3 == 0])]
    mine, plain = crossed(ours, examples, split), crossed(words, examples, split)
    assert mine["macro_f1"] >= plain["macro_f1"] + 0.01
    assert mine["top3_accuracy"] >= 0.96
    assert mine["sure_accuracy"] > mine["accuracy"]
