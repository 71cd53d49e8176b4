"""导入文件: nothing is stored before the confirmation, everything by it; what cannot be read is said in words."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from flask import Flask
from pypdf import PdfWriter
from sqlalchemy import func, select

from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.uploads import KEPT, KbUpload
from tests.city import City
from tests.web.client import Desk

POLICY = """临海湾市夜间经济扶持办法
临商发〔2026〕7号
第一条 为支持(chí)夜间经济，制定本办法。
第二条 夜间经营商户每户补贴三千元，由所在区商务部门审核。
第三条 本办法自2026年3月1日起施行，有效期至2028年2月29日。
"""
TEMPLATE = POLICY.replace("三千元", "XX元")
UNIT = {"unit_code": "GXJ", "is_public": "1", "repair": ["pinyin", "shifted", "private_use", "tag"]}

pytestmark = pytest.mark.usefixtures("city_time")


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


def uploaded(desk: Desk, content: bytes | str, name: str = "办法.txt") -> Any:
    """Send the file and look at its preview; the path of the preview, or the refusal."""
    desk.get("/knowledge/import")
    data = content.encode() if isinstance(content, str) else content
    answer = desk.post("/knowledge/import", file=(io.BytesIO(data), name))
    if answer.status_code == 303:
        desk.get(answer.location)
        return answer.location
    return answer


def versions(city: City) -> list[KbEntryVersion]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(KbEntryVersion).order_by(KbEntryVersion.id)))


def uploads(city: City) -> int:
    with city.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(KbUpload)) or 0


def test_a_preview_names_clauses_dates_and_mends_and_stores_no_entry(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    uploaded(desk, POLICY)
    for said in ("拆分为 3 条", "临商发〔2026〕7号", "2028-02-29", "第二条", "字后拼音注释删除：<b>1</b> 处"):
        assert said in desk.page
    assert "<del>(chí)</del>" in desk.page
    assert versions(city) == []


def test_the_confirmation_publishes_every_clause_at_once_and_only_once(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    path = uploaded(desk, POLICY)
    assert desk.post(path, confirm="1", mode="publish", **UNIT).status_code == 303
    made = versions(city)
    assert [version.place for version in made] == ["第一条", "第二条", "第三条"]
    assert {(v.status, v.effective_from, v.expires_at) for v in made} == {
        (VersionStatus.PUBLISHED, date(2026, 3, 1), date(2028, 2, 29))
    }
    assert "支持夜间经济" in made[0].full_text
    assert desk.post(path, confirm="1", mode="publish", **UNIT).status_code == 404
    assert (len(versions(city)), uploads(city)) == (3, 0)


def test_a_mend_that_is_rejected_is_not_made(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    path = uploaded(desk, POLICY)
    desk.post(path, **{**UNIT, "repair": "tag"})
    assert 'value="pinyin" form="import-form">' in desk.page
    desk.post(path, confirm="1", **{**UNIT, "repair": "tag"})
    assert "支持(chí)夜间经济" in versions(city)[0].full_text


def test_duplicates_are_named_and_never_stored_twice(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    desk.post(uploaded(desk, POLICY), confirm="1", **UNIT)
    path = uploaded(desk, POLICY)
    assert desk.page.count("重复，跳过") == 3
    assert "全部条目都已在库" in desk.page
    assert "库内已有 3 条条目来自同一文号" in desk.page
    assert 'name="confirm"' not in desk.page
    desk.post(path, confirm="1", **UNIT)
    assert len(versions(city)) == 3


def test_a_template_becomes_drafts_with_a_warning_and_never_an_answer(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    path = uploaded(desk, TEMPLATE)
    assert "有占位符：只能存为草稿" in desk.page
    assert 'name="mode"' not in desk.page
    assert desk.post(path, confirm="1", mode="publish", is_checked="1", **UNIT).status_code == 422
    assert versions(city) == []
    assert desk.post(path, confirm="1", is_checked="1", **UNIT).status_code == 303
    assert {version.status for version in versions(city)} == {VersionStatus.DRAFT}
    assert all("占位符" in version.doubts[0] for version in versions(city))


def test_a_date_that_cannot_be_right_is_asked_about_before_anything_is_published(app: Flask, city: City) -> None:
    text = "关于优化服务的实施方案\n2020年3月17日\n一、2021年底前完成改造。\n二、2021年全面推行一网通办。\n"
    desk = Desk(app, "kb1")
    path = uploaded(desk, text)
    assert "日期可能有误" in desk.page
    answer = desk.post(path, confirm="1", mode="publish", **UNIT)
    assert answer.status_code == 422
    assert "请对照原文核对后勾选" in answer.text
    assert versions(city) == []
    given = {"effective_from": "2021-03-17", "is_checked": "1", "mode": "publish"}
    assert desk.post(path, confirm="1", **given, **UNIT).status_code == 303
    assert {version.effective_from for version in versions(city)} == {date(2021, 3, 17)}


def test_a_handler_imports_drafts_for_the_own_unit_only(app: Flask, city: City) -> None:
    desk = Desk(app, "gxj.handler")
    path = uploaded(desk, POLICY)
    assert 'name="mode"' not in desk.page
    assert desk.post(path, confirm="1", mode="publish", **UNIT).status_code == 403
    assert desk.post(path, confirm="1", **{**UNIT, "unit_code": "KCJ"}).status_code == 409
    assert versions(city) == []
    assert desk.post(path, confirm="1", **UNIT).status_code == 303
    assert {version.status for version in versions(city)} == {VersionStatus.DRAFT}


def test_a_preview_belongs_to_whoever_uploaded_and_expires_after_a_day(app: Flask, city: City) -> None:
    path = uploaded(Desk(app, "kb1"), POLICY)
    other = Desk(app, "kb2")
    assert other.get(path).status_code == 404
    city.now += KEPT
    mine = Desk(app, "kb1")
    assert mine.get(path).status_code == 200
    city.now += KEPT / 24
    assert mine.get(path).status_code == 404
    uploaded(mine, POLICY)
    assert uploads(city) == 1


def test_what_is_given_up_leaves_nothing(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    path = uploaded(desk, POLICY)
    assert desk.post(f"{path}/drop").status_code == 303
    assert (versions(city), uploads(city)) == ([], 0)


def test_a_sheet_of_questions_becomes_drafts_for_review_with_their_variants(
    app: Flask, city: City, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["问题", "答复", "相似问", "生效日期"])
    book.active.append(["停车优惠怎么领", "凭执照在平台领取。", "停车券在哪领；怎么免停车费", "2026-01-01"])
    book.save(tmp_path / "a.xlsx")
    desk = Desk(app, "kb1")
    path = uploaded(desk, (tmp_path / "a.xlsx").read_bytes(), "问答.xlsx")
    assert 'name="mode"' not in desk.page
    refused = desk.post(path, confirm="1", mode="publish", **{**UNIT, "type": "POLICY"})
    assert (refused.status_code, "经初审、复审发布" in refused.text, versions(city)) == (409, True, [])
    assert desk.post(path, confirm="1", **UNIT).status_code == 303
    (version,) = versions(city)
    assert version.status is VersionStatus.DRAFT
    assert (version.title, version.question_variants) == ("停车优惠怎么领", ["停车券在哪领", "怎么免停车费"])
    with city.database.transaction(write=False) as session:
        assert session.scalars(select(KbEntry.type)).one() == "QA"


@pytest.mark.parametrize("name", ["办法.docx", "办法.html", "办法.md", "办法.txt"])
def test_the_same_policy_is_read_from_every_kind_of_file(app: Flask, city: City, name: str) -> None:
    content = POLICY.encode("gb18030") if name.endswith("txt") else POLICY.encode()
    if name.endswith("docx"):
        document, stream = Document(), io.BytesIO()
        for line in POLICY.splitlines():
            document.add_paragraph(line)
        document.save(stream)
        content = stream.getvalue()
    if name.endswith("html"):
        content = "".join(f"<p>{line}</p>" for line in POLICY.splitlines()).encode()
    desk = Desk(app, "kb1")
    uploaded(desk, content, name)
    assert "拆分为 3 条" in desk.page


def scanned() -> bytes:
    stream, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(stream)
    return stream.getvalue()


def locked() -> bytes:
    stream, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret")
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (scanned(), "扫描.pdf", "PDF 是扫描件"),
        (locked(), "加密.pdf", "PDF 设置了打开密码"),
        (b"PK\x03\x04rubbish", "坏.docx", "已损坏"),
        (b"", "空.txt", "请选择文件或粘贴正文"),
        (b"   \n", "空白.txt", "没有可导入的文字"),
        (b"MZ\x00\x01\x02" * 40, "程序.exe", "不认识的文件类型"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "旧.doc", "另存为"),
        (b"a" * (51 * 1024 * 1024), "大.txt", "上限"),
    ],
    ids=["scan", "password", "broken", "empty", "blank", "kind", "old", "large"],
)
def test_what_cannot_be_read_is_said_in_words_and_leaves_nothing(
    app: Flask, city: City, content: bytes, name: str, sentence: str
) -> None:
    answer = uploaded(Desk(app, "kb1"), content, name)
    assert answer.status_code in (413, 422)
    assert sentence in answer.text
    assert (versions(city), uploads(city)) == ([], 0)


def test_a_file_of_200_megabytes_is_refused_at_the_door(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    desk.get("/knowledge/import")
    assert "内容太大" in uploaded(desk, b"a" * (200 * 1024 * 1024), "巨.txt").text


@pytest.mark.parametrize("login", ["agent1", "wd.ht.reader", "super1"])
def test_only_authors_import(app: Flask, city: City, login: str) -> None:
    desk = Desk(app, login)
    assert desk.get("/knowledge/import").status_code == 403
    desk.get("/knowledge")
    assert desk.post("/knowledge/import", text=POLICY).status_code == 403
    assert uploads(city) == 0


def test_a_pasted_text_is_read_like_a_file(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    desk.get("/knowledge/import")
    answer = desk.post("/knowledge/import", text=POLICY)
    assert "拆分为 3 条" in desk.get(answer.location).text
