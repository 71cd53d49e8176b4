"""Word documents (docx): paragraphs with the numbers Word counts itself, and tables a row a line."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from docx import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from knowledge_base.formats.extracted import Extracted, Unreadable
from knowledge_base.formats.numbering import Numbering

_TEXT = ".//*[self::w:t or self::w:tab or self::w:br or self::w:noBreakHyphen]"
_NOT_SHOWN = {qn("w:moveFrom"), qn("w:del"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_SPELT = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:noBreakHyphen"): "-"}
_TITLE_STYLES = ("title", "标题", "heading 1")


def read(content: bytes) -> Extracted:
    """Text as a reader sees it with all changes accepted, without headers, footers and notes. Raises Unreadable."""
    try:
        document = Document(BytesIO(content))
        numbering = Numbering(document)
        blocks = list(_blocks(document.element.body, numbering))
        hints = tuple(_titles(document))
        pictures = len(document.inline_shapes)
    except (OpcError, LxmlError, KeyError, ValueError, AttributeError) as error:
        # python-docx takes a file's parts on trust: a missing or crooked one surfaces as any of these
        raise Unreadable("archive_broken", "docx 文件已损坏，无法读取，请另存后再导入") from error
    warnings = (f"有 {pictures} 张图片未导入，请确认正文完整",) if pictures else ()
    return Extracted("docx", "\n".join(blocks), hints, warnings)


def _blocks(parent: Any, numbering: Numbering) -> Iterator[str]:
    """Paragraphs and tables in reading order, those inside content controls too."""
    for child in parent.iterchildren():
        if child.tag == qn("w:p"):
            yield numbering.label(child) + _text(child)
        elif child.tag == qn("w:tbl"):
            yield from _rows(child, numbering)
        elif child.tag == qn("w:sdt"):
            for inner in child.iterchildren(qn("w:sdtContent")):
                yield from _blocks(inner, numbering)


def _rows(table: Any, numbering: Numbering) -> Iterator[str]:
    for row in table.iterchildren(qn("w:tr")):
        cells = ("".join(_blocks(cell, numbering)).strip() for cell in row.iterchildren(qn("w:tc")))
        yield "　".join(cell for cell in cells if cell)


def _text(paragraph: Any) -> str:
    return "".join(
        _SPELT.get(node.tag, node.text or "")
        for node in paragraph.xpath(_TEXT)
        if not any(above.tag in _NOT_SHOWN for above in node.iterancestors())
    )


def _titles(document: Any) -> Iterator[str]:
    """What the file calls its title: the first paragraph in a title's style, then the file's properties."""
    for paragraph in document.paragraphs:
        if (
            paragraph.style is not None
            and (paragraph.style.name or "").lower() in _TITLE_STYLES
            and paragraph.text.strip()
        ):
            yield paragraph.text.strip()
            break
    if title := (document.core_properties.title or "").strip():
        yield title
