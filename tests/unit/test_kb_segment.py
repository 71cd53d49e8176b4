"""The fast segmenter cuts as the reference does, and our own rule cuts the rest."""

import gzip
import json
import os
import re
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.segment import Segmenter

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
WORDS = ["湾企通", "工业产品", "约谈", "临海湾市市民服务中心", "粤省事APP", "5G基站"]
FAST, REFERENCE = Segmenter(WORDS), Segmenter(WORDS, accelerated=False)
OWN = [
    "登录湾企通申报设备购置贷款贴息，约谈工业产品生产企业。",
    "临海湾市市民服务中心办理住房公积金缴存，乒乓球拍卖完了。",
    "欠薪讨薪怎么办？老板跑路三个月没发工资",
    "廖凡洪在柴桥街道办事处登记注册专精特新“小巨人”企业",
    "ISO9001质量管理体系认证补贴2.5万元，5G基站电费",
    "𠮷野家㐂寿司餐饮服务许可",
]


@pytest.mark.parametrize("text", OWN)
def test_both_segmenters_cut_own_texts_alike(text):
    assert FAST.tokens(text) == REFERENCE.tokens(text)
    assert FAST.words(text) == REFERENCE.words(text)


@settings(max_examples=300)
@given(st.text(alphabet="的一企业贴息补公积金办理登记约谈湾通工产品高新技术中心服务市区a1.5 ，", max_size=30))
def test_both_segmenters_cut_any_text_alike(text):
    assert sorted(FAST.tokens(text)) == sorted(REFERENCE.tokens(text))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared texts are not on this machine")
def test_both_segmenters_cut_real_texts_alike():
    runs = {run for text in _real_texts() for run in re.findall("[\u4e00-\u9fd5]+", text)}
    assert len(runs) > 3000
    assert [run for run in sorted(runs) if FAST.tokens(run) != REFERENCE.tokens(run)] == []


def _real_texts():
    for path in sorted((SHARED / "policies").glob("*.txt")):
        yield path.read_text()
    for path in sorted((SHARED / "search").glob("*/docs.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            yield from (json.loads(line)["body"] for line in islice(lines, 0, None, 200))


@pytest.mark.parametrize("segmenter", [FAST, REFERENCE])
@pytest.mark.parametrize("word", ["工业产品", "约谈", "湾企通", "临海湾市市民服务中心"])
def test_a_word_of_ours_is_kept_whole_where_the_dictionary_would_part_it(segmenter, word):
    assert word in segmenter.words(f"他们{word}生产许可")


def test_who_cuts_does_not_change_the_fingerprint():
    assert FAST.fingerprint == REFERENCE.fingerprint != Segmenter().fingerprint


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ISO9001", ["iso", "9001", "iso9001"]),
        ("2.5万元", ["2.5", "万元"]),
        ("a_b c+d", ["a", "b", "c", "d"]),
        ("15g基站", ["15", "15g", "基站"]),
        ("1,000", ["1", "000"]),
        ("㐂", ["㐂"]),
    ],
)
def test_letters_digits_and_rare_characters_are_cut_by_our_own_rule(text, tokens):
    assert FAST.tokens(text) == tokens


def test_a_word_of_letters_and_han_is_kept_whole_besides_its_parts():
    assert FAST.tokens("5G基站") == ["5g", "基站", "5g基站"]
    assert "粤省事app" in FAST.tokens("登录粤省事App申领")
    assert "5g基站" not in FAST.tokens("15g基站")


def test_words_joined_again_are_the_normalised_text():
    text = "登录湾企通 app，\n申报２.５万元（貼息）。"
    assert "".join(FAST.words(text)) == "登录湾企通 app,\n申报2.5万元(贴息)。"


def test_without_the_fast_segmenter_the_reference_does_the_same(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rjieba", None)
    assert Segmenter(WORDS).tokens(OWN[0]) == REFERENCE.tokens(OWN[0])
