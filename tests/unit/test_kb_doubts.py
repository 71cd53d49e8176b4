"""The days a policy gives itself, and what an editor is asked to look at before publishing."""

import os
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.documents import read
from knowledge_base.normalise import normalise
from knowledge_base.numerals import chinese, value
from knowledge_base.repair import repair
from knowledge_base.segment import Segmenter

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
needs_policies = pytest.mark.skipif(
    not (SHARED / "policies").is_dir(), reason="the shared policy texts are not on this machine"
)
HEAD = "临海湾市贴息办法\n2025年3月6日\n"


def dates(sentence):
    document = read(f"{HEAD}第一条 {sentence}")
    return document.effective_from, document.expires_at


@pytest.mark.parametrize(
    ("sentence", "effective", "expires"),
    [
        ("本办法自2025年4月1日起施行，有效期至2027年3月31日。", date(2025, 4, 1), date(2027, 3, 31)),
        ("本办法自2025年4月1日起施行，有效期3年。", date(2025, 4, 1), date(2028, 3, 31)),
        ("本措施自印发之日起施行，有效期为两年。", date(2025, 3, 6), date(2027, 3, 5)),
        ("本措施自印发之日起施行，有效期为二年。", date(2025, 3, 6), date(2027, 3, 5)),
        ("本办法自发布之日起30日后施行，試行期六个月。", date(2025, 4, 5), date(2025, 10, 4)),
        ("本办法自2025年4月1日起實施，有效期自2025年4月1日至2026年12月31日。", date(2025, 4, 1), date(2026, 12, 31)),
        ("本办法自公布之日起施行，2028年1月1日起废止。", date(2025, 3, 6), date(2027, 12, 31)),
        ("本办法自公布之日起施行，自2028年1月1日起废止。", date(2025, 3, 6), date(2027, 12, 31)),
        ("本办法自2025年4月1日起施行，至2027年3月31日止。", date(2025, 4, 1), date(2027, 3, 31)),
        ("本办法自2025年4月1日起施行，有效期至2027年12月底。", date(2025, 4, 1), date(2027, 12, 31)),
        ("本办法自2025年4月1日起施行，有效期至2028年2月末。", date(2025, 4, 1), date(2028, 2, 29)),
        ("本办法自2025年4月1日起施行，有效期至2027年底。", date(2025, 4, 1), date(2027, 12, 31)),
        ("本办法自2025年4月1日起施行，有效期至2027年年底。", date(2025, 4, 1), date(2027, 12, 31)),
        ("本办法自2025年4月1日起施行，至2027年6月底止。", date(2025, 4, 1), date(2027, 6, 30)),
        ("本措施执行至2027年。", None, date(2027, 12, 31)),
        ("本办法自2025年4月1日起施行，有效期自施行之日起三年。", date(2025, 4, 1), date(2028, 3, 31)),
        ("本办法自2025年4月1日起施行，自施行之日起三年内有效。", date(2025, 4, 1), date(2028, 3, 31)),
        ("本办法自2025年4月1日起试行一年。", date(2025, 4, 1), date(2026, 3, 31)),
        ("本办法自2025年4月1日起施行，有效期至2027年13月底。", date(2025, 4, 1), None),
        ("本办法自9990年4月1日起施行，有效期九十年。", None, date(2115, 3, 5)),
        ("本措施在园区实施，至2027年6月底建成三个平台。", None, None),
        ("本措施所列任务执行至2027年底。", None, None),
        ("到2027年底，本措施支持的企业达到100家。", None, None),
        ("完成时限：2022年12月底。", None, None),
        ("2025年12月31日前完成，任务执行至2025年12月31日的单位报送总结。", None, None),
        ("许可证有效期至2026年5月1日的企业应当换证。", None, None),
        ("资质证书有效期5年。", None, None),
        ("本办法施行前，《旧贴息办法》有效期至2025年3月31日。", None, None),
        ("本办法施行后，许可证有效期5年。", None, None),
        ("《旧贴息办法》有效期延长至2024年12月31日。", None, None),
        ("《旧贴息办法》自2025年4月1日起废止。", None, None),
    ],
)
def test_only_what_a_policy_says_of_itself_is_its_own_date(sentence, effective, expires):
    assert dates(sentence) == (effective, expires)


def test_dates_of_a_page_s_own_table_are_read():
    head = "贴息办法\n发布日期：2025-03-06\n生效日期：2025-04-01\n失效日期：2027-03-31\n"
    document = read(head + "第一条 贴息。")
    assert document.published_on == date(2025, 3, 6)
    assert (document.effective_from, document.expires_at) == (date(2025, 4, 1), date(2027, 3, 31))


def test_a_signature_at_the_end_dates_the_text():
    assert read("贴息办法\n一、总则。\n二、附则。\n临海湾市财政局\n2025年3月6日").published_on == date(2025, 3, 6)


def test_documents_it_ends_are_named():
    text = "第一条 本办法自2025年4月1日起施行，《旧贴息办法》（临府办〔2020〕3号）同时废止。依照《预算法》执行。"
    assert read(text).replaces == ("《旧贴息办法》（临府办〔2020〕3号）",)


def codes(text, **more):
    return [doubt.code for doubt in read(text, **more).doubts]


@pytest.mark.parametrize(
    "blank",
    [
        "打造xx市4.0版",
        "同比上升x%",
        "依托*****热线",
        "奖励××万元",
        "于____年印发",
        "金额【待补充】",
        "×市办理",
        "审结x件",
    ],
)
def test_a_blank_makes_a_template(blank):
    document = read(f"第一条 {blank}。")
    assert document.is_template
    assert document.doubts[0].code == "placeholder"
    assert "草稿" in document.doubts[0].message


@pytest.mark.parametrize(
    "text", ["3×5米", "Excel表格", "5G+AI", "*注", "x86架构", "XXL", "补贴=单价×数量", "月租金×年数", "面积x单价"]
)
def test_marks_that_are_no_blanks_make_no_template(text):
    assert not read(f"第一条 {text}。").is_template


def test_a_text_that_speaks_of_later_years_only_has_an_implausible_date():
    text = "贴息办法\n一、到2021年底完成六成。\n二、2021年继续。\n某局\n2020年3月17日"
    assert "implausible_date" in codes(text)
    assert "implausible_date" not in codes(text.replace("三月", "").replace("2020年3月17日", "2020年12月17日"))
    assert "implausible_date" not in codes(text.replace("六成", "2020年的六成"))


def test_a_date_after_today_and_reversed_dates_are_doubted():
    assert "future_date" in codes(HEAD + "第一条 贴息。", today=date(2025, 3, 5))
    assert "future_date" not in codes(HEAD + "第一条 贴息。", today=date(2025, 3, 6))
    assert "dates_reversed" in codes("第一条 本办法自2025年4月1日起施行，有效期至2024年4月1日。")


def test_a_missing_article_is_named():
    (doubt,) = [
        doubt for doubt in read(HEAD + "第一条 甲。\n第二条 乙。\n第四条 丁。").doubts if doubt.code == "numbering_gap"
    ]
    assert doubt.excerpt == "第二条之后是第四条"


def test_counting_on_under_the_next_heading_is_no_gap():
    assert "numbering_gap" not in codes(
        "一、甲\n（一）子。\n1.一。\n2.二。\n（二）丑。\n3.三。\n二、乙\n（三）寅。\n（四）卯。"
    )


def test_an_attachment_that_is_only_named_is_asked_for():
    assert "attachment_missing" in codes("第一条 清单见附件。\n附件：重点事项清单")
    assert "attachment_missing" not in codes("第一条 清单见附件。\n附件：重点事项清单\n" + "第二条 事项。\n" * 6)


def test_what_lacks_is_asked_for_and_a_given_title_is_taken():
    assert {"no_title", "no_effective_date"} <= set(codes("第一条 贴息。"))
    assert read("第一条 贴息。", title="贴息办法").title == "贴息办法"
    assert "no_title" not in codes("第一条 贴息。", title="贴息办法")


def test_a_sound_policy_raises_no_doubt():
    assert codes(HEAD + "第一条 贴息。\n第二条 本办法自2025年4月1日起施行。") == []


@pytest.mark.parametrize(
    ("number", "written"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (103, "一百零三"), (110, "一百一十")]
)
def test_chinese_numbers_are_counted_as_in_documents(number, written):
    assert (chinese(number), value(written), value(str(number))) == (written, number, number)


def test_what_is_no_number_has_no_value():
    assert [value(text) for text in ("", "百", "一二", "甲", "²")] == [None] * 5


POLICIES = {
    "zhuhai-2021*": (date(2021, 7, 12), ["no_effective_date", "attachment_missing"]),
    "zhuhai-2024*": (date(2024, 5, 22), ["no_effective_date", "attachment_missing"]),
    "zhanjiang*": (date(2020, 3, 17), ["implausible_date", "no_title", "no_effective_date"]),
    "2022-*": (None, ["placeholder", "no_effective_date"]),
    "haizhu*": (date(2022, 9, 13), ["no_effective_date"]),
}


def policy(pattern):
    (path,) = (SHARED / "policies").glob(pattern)
    return repair(path.read_text()).text


@needs_policies
@pytest.mark.parametrize("name", POLICIES)
def test_real_policies_have_their_dates_and_doubts_and_no_task_s_deadline_ends_them(name):
    document = read(policy(name))
    assert (document.published_on, [doubt.code for doubt in document.doubts]) == POLICIES[name]
    assert document.expires_at is None


@needs_policies
def test_the_mended_policy_comes_apart_with_its_whole_numbering():
    document = read(policy("haizhu*"))
    assert document.title == "海珠區落實廣州市建設國家營商環境創新試點城市有關要求的實施方案"
    assert len(document.clauses) == 43
    assert document.clauses[2].place == "二、（三）1"


@needs_policies
@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_is_spelt_the_same_for_searching_in_both_scripts(name):
    from opencc import OpenCC

    text = normalise(policy(name))
    traditional = OpenCC("s2t").convert(text)
    assert sum(char != other for char, other in zip(traditional, text, strict=True)) > 1000
    back = normalise(traditional)
    # 回复 may be written 回復 or 回覆, and only the first comes back
    assert {pair for pair in zip(text, back, strict=True) if pair[0] != pair[1]} <= {("复", "覆")}
    assert Segmenter().tokens(OpenCC("t2s").convert(policy(name))) == Segmenter().tokens(policy(name))
