"""Scraped documents are mended, each mend is counted and can be refused, and sound texts stay as they are."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.repair import RepairKind, accepted, apply, repair

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
needs_policies = pytest.mark.skipif(
    not (SHARED / "policies").is_dir(), reason="the shared policy texts are not on this machine"
)


def slipped(line, eaten=""):
    """The line as a page shows it that lost half of its first indenting space; "?" stands for halves that got lost."""
    content = ("\u3000" + line).encode("gb18030")[1:]
    shown = "?" + content[: len(content) // 2 * 2].decode("gb18030")
    return shown + ("?" if len(content) % 2 else "") + eaten


def test_a_pinyin_note_behind_a_character_is_removed():
    assert repair("海珠區(qū)優(yōu)化營商環境（jìng）。").text == "海珠區優化營商環境。"


@pytest.mark.parametrize(
    "text",
    [
        "（一）总则 (二)附则 海珠区(含新区) 企业(A类) 平台(app) 三省(省力、省时)",
        "贴息(LPR)和贷款(qu)",
        "咖啡馆(café owner)在一楼 ABC(qū)",
    ],
)
def test_nothing_else_in_brackets_is_touched(text):
    assert repair(text).text == text


@pytest.mark.parametrize(
    "heading", ["（一）指导思想。", "（五）健全更加开放透明的市场准入机制。", "（十二）優化經常性涉企服務。"]
)
def test_a_line_whose_bytes_slipped_by_one_is_read_again(heading):
    damaged = slipped(heading)
    assert heading[1:4] not in damaged
    mended = repair(f"上一段。\n {damaged}\n下一段。")
    assert mended.counts == {RepairKind.SHIFTED: 1}
    assert mended.text == f"上一段。\n{heading}\n下一段。"


def test_a_tag_whose_beginning_was_eaten_goes_with_the_heading():
    assert repair(slipped("（二）主要目标。", eaten="/strong>")).text == "（二）主要目标。"


@pytest.mark.parametrize(
    "text", ["　　（三）加快发展。", "?是问号", "。句号在前", "┌──┐\n│表格│", "ㄅㄆㄇ注音符号", "№①ǘ"]
)
def test_odd_but_sound_lines_are_left_alone(text):
    assert repair(text).text == text


def test_stray_tags_go_and_block_tags_become_line_breaks_but_angle_brackets_of_text_stay():
    mended = repair("甲</strong>乙<br/>丙<p class='x'>丁 <企业名称> a<b 3<5>2")
    assert mended.text == "甲乙\n丙\n丁 <企业名称> a<b 3<5>2"
    assert mended.counts == {RepairKind.TAG: 3}


def test_private_use_marks_go():
    assert repair("贴\ue5d2息\U000f0001").counts == {RepairKind.PRIVATE_USE: 2}


def test_the_editor_refuses_a_kind_or_a_single_mend():
    text = "區(qū)甲</b>優(yōu)"
    mends = repair(text).repairs
    assert apply(text, accepted(mends, ["pinyin"])) == "區(qū)甲優(yōu)"
    assert apply(text, accepted(mends, [mends[0].id])) == "區(qū)甲優"
    assert apply(text, accepted(mends, ["pinyin", "tag"])) == text


@given(st.text(alphabet="區优(qū)（yī）<b></p>?。ㄒ唬┲\ue000\n　a", max_size=60))
def test_mends_never_overlap_and_name_what_stands_there(text):
    found = repair(text)
    end = 0
    for one in found.repairs:
        assert end <= one.offset
        end = one.offset + len(one.before)
        assert text[one.offset : end] == one.before
    assert apply(text, []) == text


def policy(pattern):
    (path,) = (SHARED / "policies").glob(pattern)
    return path.read_text()


@needs_policies
@pytest.mark.parametrize("name", ["zhuhai-2021*", "zhuhai-2024*", "zhanjiang*", "2022-*"])
def test_sound_policies_stay_as_written(name):
    text = policy(name)
    assert repair(text).text == text
    assert repair(text).repairs == ()


@needs_policies
def test_the_damaged_policy_loses_its_321_notes_and_gets_its_ten_headings_back():
    text = policy("haizhu*")
    mended = repair(text)
    assert mended.counts == {RepairKind.PINYIN: 321, RepairKind.SHIFTED: 10}
    brackets = re.compile(r"[(（][^()（）]*[)）]")
    kept = [found for found in brackets.findall(text) if not re.search("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]", found)]
    assert [found for found in brackets.findall(mended.text) if found in kept] == kept
    for heading in [
        "（一）指導思想。",
        "（二）主要目標。",
        "（三）形成更多海珠特色的典型經驗",
        "（四）進一步破除區域分割",
        "（五）健全更加開放透明",
        "（六）持續提升投資",
        "（七）更好支持市場主體創新",
        "（九）維護公平競爭",
        "（十二）優化經常性",
        "（十三）加強統籌協調",
    ]:
        assert f"\n{heading}" in mended.text
