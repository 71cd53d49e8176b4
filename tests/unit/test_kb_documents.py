"""Taking policy texts apart: title, number, dates, and clauses with their place."""

import os
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.documents import read

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")

ARTICLES = """临府办〔2025〕12号
临海湾市人民政府办公室关于印发临海湾市设备购置

贷款贴息实施办法的通知

各区人民政府，市政府各部门：

现将《临海湾市设备购置贷款贴息实施办法》印发给你们，请遵照执行。

临海湾市人民政府办公室
2025年3月6日

临海湾市设备购置贷款贴息实施办法

第一章 总则
第一条 为支持企业更新设备，制定本办法。
第二条 贴息对象。本市注册的制造业企业可以申请：
（一）信用良好；
（二）设备款已付清。
第三条规定的材料另行公布。
第二章 附则
第三条 本办法自2025年4月1日起施行，有效期至2027年3月31日。
"""

PARAGRAPHS = """临海湾市优化营商环境若干措施
一、总体要求
坚持问题导向。
二、主要任务
（一）优化报装服务。推行一窗受理。
1.压减时限。低压用户3个工作日接电。
2.降低成本。红线外投资由供电企业承担。
1.5万元以下的工程免收费用。
（二）强化要素保障
（1）用地。推行标准地。
三、组织实施。各区负责落实。
"""


def places(text):
    return [clause.place for clause in read(text).clauses]


def test_title_broken_over_lines_is_joined_and_the_issued_document_wins_over_its_covering_notice():
    assert read(ARTICLES).title == "临海湾市设备购置贷款贴息实施办法"


def test_a_covering_notice_alone_gives_its_own_title_joined():
    head = ARTICLES.split("临海湾市人民政府办公室\n2025年3月6日")[0]
    assert read(head).title == "临海湾市人民政府办公室关于印发临海湾市设备购置贷款贴息实施办法的通知"


def test_number_and_dates_are_read_from_the_text():
    document = read(ARTICLES)
    assert document.doc_number == "临府办〔2025〕12号"
    assert document.published_on == date(2025, 3, 6)
    assert (document.effective_from, document.expires_at) == (date(2025, 4, 1), date(2027, 3, 31))


def test_a_day_that_does_not_exist_is_no_date():
    assert read("第一条 本办法自2025年2月30日起施行。").effective_from is None


def test_an_article_is_one_clause_and_keeps_its_numbered_items():
    document = read(ARTICLES)
    assert [clause.place for clause in document.clauses] == ["第一条", "第二条", "第三条"]
    second = document.clauses[1]
    assert second.heading == "贴息对象"
    assert second.text.endswith("（二）设备款已付清。\n第三条规定的材料另行公布。")


def test_a_reference_at_the_start_of_a_line_begins_no_article():
    assert places("第一条 依照\n第二条的规定办理。\n第二条 解释。") == ["第一条", "第二条"]


def test_the_path_of_an_article_names_its_chapter_and_its_items_may_be_cited():
    second = read(ARTICLES).clauses[1]
    assert (second.path, second.items) == ("第一章 第二条", ("（一）", "（二）"))


def test_a_heading_glued_to_the_end_of_the_paragraph_before_it_begins_its_own_clause():
    glued = (
        "一、机制\n(一)报送。\n每月报送进度，直至办结。(二)联动。\n每月调度，落到实处。二、要求\n(一)领导。\n各地负责。"
    )
    assert places(glued) == ["一、(一)", "一、(二)", "二、(一)"]


def test_numbers_inside_a_sentence_begin_no_clause():
    assert places("一、对象。（一）企业；（二）个人。") == ["一"]


def test_numbered_paragraphs_are_cited_with_the_numbers_above_them():
    assert places(PARAGRAPHS) == ["一", "二、（一）", "二、（一）1", "二、（一）2", "二、（二）（1）", "三"]


def test_a_decimal_at_the_start_of_a_line_begins_no_paragraph():
    assert "1.5万元以下的工程免收费用。" in read(PARAGRAPHS).clauses[3].text


def test_a_bare_heading_is_inherited_by_the_paragraphs_below_it():
    clause = read(
        "一、要素保障\n1.推行标准地，实行拿地即开工，企业提交承诺书后由区里当天受理，并且在三个工作日之内办结全部手续"
    )
    assert clause.clauses[0].heading == "要素保障"


def test_a_text_without_numbers_is_one_clause():
    clauses = read("热线答复口径。\n社保补贴按月发放。").clauses
    assert [(clause.place, clause.text) for clause in clauses] == [("", "热线答复口径。\n社保补贴按月发放。")]


@pytest.mark.parametrize("text", ["", "\n\n", "\x00", "第一条", "一、", "（一）", "章" * 10_000])
def test_odd_texts_are_taken_apart_without_an_error(text):
    assert len(read(text).clauses) <= 1


@pytest.mark.parametrize("text", [ARTICLES, PARAGRAPHS])
def test_no_line_of_the_body_is_lost(text):
    kept = "".join(clause.text + clause.heading for clause in read(text).clauses)
    body = text[text.index("第一条") if "第一条" in text else text.index("坚持") :]
    for line in body.splitlines():
        assert not line or line[-6:] in kept or line.startswith(("第二章", "二、", "（二）强化"))


@pytest.mark.skipif(not (SHARED / "policies").is_dir(), reason="the shared policy texts are not on this machine")
@pytest.mark.parametrize(
    ("name", "title", "number", "clauses"),
    [
        ("zhuhai-2021-7*", "珠海市以评促改优化营商环境工作方案", "珠府办〔2021〕7号", 23),
        (
            "zhuhai-2024-93*",
            "珠海市推动“高效办成一件事”打造“珠事通”政府服务品牌若干措施",
            "珠府函〔2024〕93号",
            24,
        ),
        ("zhanjiang*", None, None, 45),
        ("2022-*", "2022年全面優化營商環境攻堅行動方案", None, 37),  # six headings are glued to the paragraph before
    ],
)
def test_real_policies_come_apart(name, title, number, clauses):
    (path,) = (SHARED / "policies").glob(name)
    document = read(path.read_text())
    assert (document.title, document.doc_number, len(document.clauses)) == (title, number, clauses)
