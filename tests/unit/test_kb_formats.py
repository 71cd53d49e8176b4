"""Files of every kind give their words, or a reason in words why not; never half of them."""

import random
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from knowledge_base.formats import KINDS, MAX_BYTES, Unreadable, archive, read_file
from knowledge_base.formats.pdf import MAX_PAGES

POLICY = ["第一条 为支持企业更新设备，制定本办法。", "第二条 贴息比例为百分之五十。"]


def refused(content, name=""):
    with pytest.raises(Unreadable) as caught:
        read_file(content, name)
    assert "\u4e00" <= caught.value.message[-1] <= "\u9fff" or caught.value.message[-1] in "）”"
    return caught.value.code


def saved(thing):
    stream = BytesIO()
    thing.save(stream)
    return stream.getvalue()


def pdf_of(*pages, password=None, title=None):
    """A PDF whose pages show these lines in a font that no PDF has to embed."""
    writer = pypdf.PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): _song()})}
        )
        shown = [
            f"1 0 0 1 72 {760 - 20 * row} Tm <{line.encode('utf-16-be').hex()}> Tj" for row, line in enumerate(lines)
        ]
        stream = StreamObject()
        stream.set_data(f"BT /F1 12 Tf {' '.join(shown)} ET".encode())
        page[NameObject("/Contents")] = stream
    if title:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, "owner")
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _song():
    descendant = {"/Type": "/Font", "/Subtype": "/CIDFontType0", "/BaseFont": "/STSong-Light"}
    font = {"/Type": "/Font", "/Subtype": "/Type0", "/BaseFont": "/STSong-Light", "/Encoding": "/UniGB-UTF16-H"}
    names = lambda fields: DictionaryObject({NameObject(key): NameObject(value) for key, value in fields.items()})  # noqa: E731
    whole = names(font)
    whole[NameObject("/DescendantFonts")] = pypdf.generic.ArrayObject([names(descendant)])
    return whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "gbk"])
def test_plain_text_is_read_in_the_encodings_of_chinese_offices(encoding):
    found = read_file("第一条 贴息。\r\n第二条 补贴。".encode(encoding), "政策.txt")
    assert (found.kind, found.text) == ("txt", "第一条 贴息。\n第二条 补贴。")


def test_markdown_loses_its_marks_but_not_numbers_and_placeholders():
    head = "# 贴息办法\n\n**第一条** 见[细则](http://x)。\n1. 申请\n- 材料\n\n---\n热线*****平台\n"
    source = head + "| 项目 | 金额 |\n|---|---|\n| 贴息 | 50% |"
    found = read_file(source.encode(), "a.md")
    assert found.title_hints == ("贴息办法",)
    assert found.text.split("\n") == [
        "贴息办法",
        "",
        "第一条 见细则。",
        "1. 申请",
        "材料",
        "",
        "热线*****平台",
        "项目　金额",
        "贴息　50%",
    ]


def test_a_web_page_gives_its_paragraphs_without_menu_script_and_style():
    body = "<nav>首页</nav><h1>贴息办法</h1><script>x()</script><p>第一条 <b>贴息</b>。</p><div>第二条<br>补贴。</div>"
    page = f"<!DOCTYPE html><html><head><title>市政府网</title><style>p{{}}</style></head><body>{body}</body></html>"
    found = read_file(page.encode(), "下载")
    assert found.kind == "html"
    assert found.title_hints == ("贴息办法", "市政府网")
    assert found.text.split("\n") == ["贴息办法", "第一条 贴息。", "第二条", "补贴。"]


def test_a_page_that_says_gb2312_is_read_as_such():
    page = '<html><meta charset="gb2312"><body><table><tr><td>镕</td><td>贴息</td></tr></table></body></html>'
    assert read_file(page.encode("gb18030"), "a.htm").text == "镕　贴息"


def test_a_page_nested_ten_thousand_deep_is_read():
    assert read_file(("<html><body>" + "<div>" * 10_000 + "贴息").encode(), "a.html").text == "贴息"


def test_a_word_file_gives_paragraphs_tables_and_its_title_in_reading_order():
    document = docx.Document()
    document.add_heading("贴息办法", 0)
    document.add_paragraph(POLICY[0])
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "项目", "金额"
    document.add_paragraph(POLICY[1])
    found = read_file(saved(document), "x.docx")
    assert found.text.split("\n") == ["贴息办法", POLICY[0], "项目　金额", POLICY[1]]
    assert found.title_hints[0] == "贴息办法"


def test_numbers_that_word_counts_itself_are_written_out():
    document = docx.Document()
    root = document.part.numbering_part.element
    levels = [("chineseCountingThousand", "第%1条 "), ("chineseCounting", "（%2）"), ("decimal", "%3.")]
    inner = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for i, (style, pattern) in enumerate(levels)
    )
    root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{inner}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for depth, text in [(0, "目的"), (0, "对象："), (1, "企业；"), (2, "制造业；"), (1, "个人。"), (0, "附则")]:
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="90"/></w:numPr>')
        )
    found = read_file(saved(document))
    assert found.text.split("\n") == [
        "第一条 目的",
        "第二条 对象：",
        "（一）企业；",
        "1.制造业；",
        "（二）个人。",
        "第三条 附则",
    ]


def test_text_inserted_under_tracked_changes_is_kept_and_deleted_text_is_not():
    document = docx.Document()
    paragraph = document.add_paragraph("贴息")._p
    paragraph.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>五十</w:t></w:r></w:ins>"))
    paragraph.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>三十</w:delText></w:r></w:del>"))
    assert read_file(saved(document)).text == "贴息五十"


def test_a_pdf_gives_its_text_and_title_and_joins_broken_lines():
    wide = "第一条 为支持企业更新设备，降低融资成本，扩大有效投资，根据国家和"
    found = read_file(pdf_of([wide, "省有关规定，制定本办法。", POLICY[1], "- 1 -"], title="贴息办法"))
    assert found.text.split("\n") == [wide + "省有关规定，制定本办法。", POLICY[1]]
    assert found.title_hints == ("贴息办法",)


def test_printing_software_s_radicals_become_plain_characters():
    assert "⽀" not in read_file(pdf_of(["第⼀条 为⽀持企业更新设备，制定本办法，现予公布。"])).text


def test_a_page_without_text_among_others_is_named():
    found = read_file(pdf_of(POLICY * 2, []))
    assert found.warnings == ("第 2 页没有文字（可能是图片），未导入",)


def test_an_owner_s_password_alone_does_not_lock_a_pdf():
    assert POLICY[0] in read_file(pdf_of(POLICY, password="")).text


def test_locked_scanned_and_broken_pdfs_are_refused_in_words():
    assert refused(pdf_of(POLICY, password="secret")) == "password"
    assert refused(pdf_of([], [])) == "pdf_scanned"
    assert refused(pdf_of(POLICY)[:300]) == "pdf_broken"
    assert refused(b"%PDF-1.7 nothing") == "pdf_broken"


def sheet_of(*rows, title="问答"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return saved(book)


def test_a_sheet_of_questions_is_read_by_its_header():
    header = ["序号", "标准问题", "答复 口径*", "相似问", "政策文号", "政策依据", "分类", "生效日期", "失效日期"]
    row = [
        1,
        "怎么申请贴息？",
        "登录平台申请。",
        "贴息咋办？\n贴息流程；",
        "临府办〔2025〕12号",
        "第二条",
        "金融",
        date(2025, 4, 1),
        "2027年3月31日",
    ]
    found = read_file(sheet_of(["2025年热线问答"], header, row), "问答.xlsx")
    (entry,) = found.qa_rows
    assert (entry.place, entry.question, entry.answer) == ("问答!3", "怎么申请贴息？", "登录平台申请。")
    assert entry.variants == ("贴息咋办？", "贴息流程")
    assert (entry.doc_number, entry.basis, entry.category) == ("临府办〔2025〕12号", "第二条", "金融")
    assert (entry.effective_from, entry.expires_at) == (date(2025, 4, 1), date(2027, 3, 31))


def test_a_row_without_answer_and_a_cell_that_is_no_day_are_named():
    rows = [["问题", "答案", "失效日期"], ["甲？", None, None], ["乙？", "是", "明年底"], ["丙？", "否", "长期"]]
    found = read_file(sheet_of(*rows))
    assert [entry.question for entry in found.qa_rows] == ["乙？", "丙？"]
    assert found.warnings == ("问答!2 缺少答复，未导入", "问答!3 的失效日期“明年底”不是日期，已留空，请补填")


def test_a_sheet_without_questions_is_refused():
    assert refused(sheet_of(["姓名", "电话"], ["甲", "1"])) == "sheet_without_header"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "file_empty"),
        (b" \n ", "a.txt", "text_missing"),
        (b"\xff\xfe\xd8\x00\x00\xdc", "a.txt", "encoding_unknown"),
        (bytes(range(256)) * 4, "a.txt", "encoding_unknown"),
        (b"<html><body><script>1</script></body></html>", "a.html", "text_missing"),
        (b"GIF89a....", "a.gif", "kind_unknown"),
        (b"hello", "a.docx", "archive_broken"),
        (b"PK\x03\x04 broken", "a.docx", "archive_broken"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "a.docx", "password"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.doc", "kind_old_office"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content, name, code):
    assert refused(content, name) == code


def zipped(*parts):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts:
            target.writestr(name, content)
    return stream.getvalue()


def test_an_archive_of_something_else_is_refused():
    assert refused(zipped(("a.txt", "贴息"))) == "kind_unknown"


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1000)
    assert refused(zipped(("word/document.xml", "0" * 1001))) == "archive_bomb"


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_truncated_or_garbled_word_file_is_refused(cut):
    whole = saved(docx.Document())
    at = int(len(whole) * cut)
    assert refused(whole[:at], "a.docx") == "archive_broken"
    assert (
        refused(zipped(("word/document.xml", "<w:document"), ("[Content_Types].xml", "<x")), "a.docx")
        == "archive_broken"
    )


def test_a_file_of_200_mb_is_refused_without_being_read(tmp_path: Path):
    huge = tmp_path / "巨大.pdf"
    with huge.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    assert refused(huge) == "file_too_large"
    assert huge.stat().st_size > MAX_BYTES


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch):
    monkeypatch.setattr("knowledge_base.formats.pdf.MAX_PAGES", 1)
    assert MAX_PAGES > 1
    assert refused(pdf_of(POLICY, POLICY)) == "file_too_large"


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_flipped_bytes_is_read_or_refused_but_never_an_accident(seed):
    chance = random.Random(seed)
    content = bytearray(
        chance.choice([pdf_of(POLICY), saved(docx.Document()), sheet_of(["问题", "答案"], ["甲？", "乙"])])
    )
    for _ in range(chance.randrange(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        assert read_file(bytes(content)).kind in KINDS
    except Unreadable as error:
        assert error.code


def test_what_browsers_print_around_a_page_and_titles_of_programs_are_left_out():
    printed = ["2026/11/21 11:43", *POLICY, "https://www.example.cn/a/b.html 1/1"]
    found = read_file(pdf_of(printed, title="Microsoft Word - a.doc"))
    assert (found.text.split("\n"), found.title_hints) == (POLICY, ())
