"""Normalising and segmenting: one spelling for searching, the same tokens everywhere."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.doc_numbers import as_written, parse_all
from knowledge_base.normalise import clean, fold_char, normalise
from knowledge_base.segment import MAX_TOKEN, Segmenter, bigrams
from knowledge_base.snippet import SNIPPET_CHARS, marks, snippet

SEGMENTER = Segmenter()


def test_width_case_and_script_are_folded():
    assert normalise("ＡＢｃ１２３（優化營商環境）") == "abc123(优化营商环境)"


def test_control_private_and_zero_width_characters_vanish_but_line_breaks_stay():
    assert clean("贴\x00息\u200b政\ue000策\n第二行\t末") == "贴息政策\n第二行\t末"


def test_rare_characters_and_emoji_survive_cleaning():
    assert clean("𠮷野家😀") == "𠮷野家😀"


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=60))
def test_a_folded_character_is_never_a_control_character(text):
    assert all(char.isprintable() or char.isspace() for char in "".join(map(fold_char, text)))


def test_traditional_and_simplified_text_give_the_same_tokens():
    assert SEGMENTER.tokens("設備購置貸款貼息") == SEGMENTER.tokens("设备购置贷款贴息") != []


def test_tokens_hold_no_punctuation_and_no_spaces():
    assert SEGMENTER.tokens("，。！ 　「」—— ...") == []


def test_long_words_are_found_whole_and_in_parts():
    tokens = SEGMENTER.tokens("中华人民共和国")
    assert {"中华人民共和国", "共和国", "人民"} <= set(tokens)


def test_a_user_word_is_kept_whole():
    assert "湾企通" not in SEGMENTER.tokens("登录湾企通申报")
    assert "湾企通" in Segmenter(["湾企通"]).tokens("登录湾企通申报")


def test_user_words_change_the_fingerprint_and_their_order_does_not():
    assert Segmenter(["湾企通"]).fingerprint != SEGMENTER.fingerprint
    assert Segmenter(["甲", "乙"]).fingerprint == Segmenter(["乙", "甲"]).fingerprint


def test_an_endless_run_of_letters_is_no_token():
    assert SEGMENTER.tokens("x" * (MAX_TOKEN + 1)) == []


def test_the_segmenter_leaves_no_cache_in_the_shared_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Segmenter(accelerated=False).tokens("贴息")
    assert list(tmp_path.iterdir()) == []


def test_the_reference_segmenter_is_quiet(capfd):
    Segmenter(accelerated=False).tokens("贴息")
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("jieba").level >= logging.WARNING


def test_bigrams_stay_within_a_run_of_han_characters():
    assert bigrams("贴息3年,社保") == ["贴息", "社保"]


@pytest.mark.parametrize(
    "written",
    [
        "临府办〔2025〕12号",
        "临府办[2025]12号",
        "临府办【2025】１２号",
        "临府办（2025）12 号",
        "臨府辦［２０２５］第12號",
        "临府办﹝2025﹞12号",
        "临府办2025年12号",
        "临府办2025-12号",
        "临府办（2025）12",
    ],
)
def test_a_document_number_is_read_in_any_bracket_width_and_script(written):
    assert as_written(f" {written} ") == "临府办〔2025〕12号"


@pytest.mark.parametrize(
    "text", ["营业额（2025）12万", "会议（2025）12", "公告（2025）12.5%", "2025年12号线", "电话2025-12号"]
)
def test_years_and_figures_are_no_document_numbers(text):
    assert parse_all(text) == []


def test_a_number_in_a_question_means_the_document_although_words_stand_before_it():
    document, asked = parse_all("临府办〔2025〕12号")[0], parse_all("请问临府办〔2025〕12号怎么申请")[0]
    assert document.meets(asked)


@pytest.mark.parametrize("other", ["湾东府〔2025〕12号", "临府办〔2024〕12号", "临府办〔2025〕2号"])
def test_another_organ_year_or_serial_is_another_document(other):
    assert not parse_all("临府办〔2025〕12号")[0].meets(parse_all(other)[0])


def test_a_snippet_is_the_sentence_that_holds_the_rarest_words():
    answer = "贴息比例为实际支付利息的百分之五十，每户每年最多一百万元。"
    text = f"本办法适用于在本市登记注册、正常经营的各类工业企业。{answer}由财政局负责解释。"
    found = snippet(text, {"贴息": 5.0, "企业": 1.0})
    assert found.text == answer
    assert [found.text[start:end] for start, end in found.marks] == ["贴息"]


def test_a_snippet_of_an_endless_sentence_is_cut_around_the_word():
    found = snippet("甲" * 500 + "贴息" + "乙" * 500, {"贴息": 1.0})
    assert len(found.text) <= SNIPPET_CHARS
    assert "贴息" in found.text


def test_marks_point_into_the_text_as_written():
    text = "㈠ 設備貸款ＬＰＲ貼息"
    assert [text[start:end] for start, end in marks(text, {"贴息": 1.0, "lpr": 1.0})] == ["ＬＰＲ貼息"]


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=3), max_size=3))
def test_marks_are_in_order_apart_and_inside_the_text(text, terms):
    ends = [0]
    for start, end in marks(text, dict.fromkeys(terms, 1.0)):
        assert ends[-1] <= start < end <= len(text)
        ends.append(end)
