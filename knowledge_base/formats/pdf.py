"""PDF files that hold text. A scan holds pictures only, and is refused in words.

pypdf (BSD-3, a release most months) reads the fonts offices embed and the predefined Chinese encodings; against
pdfminer.six it keeps the reading order and opens files that only have an owner's password.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from knowledge_base.formats.extracted import Extracted, Unreadable

MAX_PAGES = 2000
_SCAN_CHARS = 15
"""Characters a page on average; fewer are page numbers and stamps on a scan."""
_PAGE_NUMBER = re.compile(
    r"^\s*(?:[-—–－]+\s*\d{1,4}\s*[-—–－]+|第\s*\d+\s*页(?:\s*[,，/]?\s*共\s*\d+\s*页)?|\d{1,4}\s*/\s*\d{1,4}|\d{1,3})\s*$"
)
_PRINTED = re.compile(
    r"^\s*(?:(?:file|https?)://\S+(?:\s+\d+/\d+)?|[\d/.-]{6,10},?\s+\d{1,2}:\d\d(?:\s?[AP]M)?.{0,60})\s*$"
)
"""What browsers print above and below a page: address and time."""
_TITLE = re.compile(r"[\u4e00-\u9fff]{4}")
_WIDE = r"\u2e80-\u9fff\u3000-\u303f\uff00-\uffef“”‘’—…"
_INNER_SPACE = re.compile(rf"(?<=[{_WIDE}]) (?=[!-~])|(?<=[!-~]) (?=[{_WIDE}])")
_RADICALS = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06]")
_NEW_PARAGRAPH = re.compile(
    r"\s*(?:第\s*[〇零一二三四五六七八九十百千\d]+\s*[编章节条]|[〇零一二三四五六七八九十百]+、|[(（][〇零一二三四五六七八九十百\d]+[)）]|\d{1,3}[.．、](?!\d)|附件)"
)
_ENDS = "。！？；：:;!?"
_NEARLY_FULL = 0.85


def read(content: bytes) -> Extracted:
    """The text of all pages, broken lines joined to paragraphs. Raises Unreadable."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # its warnings are about fonts, not for whoever imports
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("password", "PDF 设置了打开密码，请取消密码后再导入")
        if len(reader.pages) > MAX_PAGES:
            raise Unreadable("file_too_large", f"PDF 超过 {MAX_PAGES} 页，请拆分后再导入")
        pages = [_spelt(page.extract_text()) for page in reader.pages]
        title = (reader.metadata and reader.metadata.title) or ""
    except (
        PyPdfError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        NotImplementedError,
        RecursionError,
    ) as error:
        # pypdf trusts a file's structure: a damaged one surfaces as any of these
        raise Unreadable("pdf_broken", "PDF 文件已损坏，无法读取，请重新下载后再导入") from error
    return _extracted(pages, str(title))


def _extracted(pages: list[str], title: str) -> Extracted:
    if sum(len("".join(page.split())) for page in pages) < _SCAN_CHARS * len(pages) or not pages:
        raise Unreadable("pdf_scanned", "PDF 是扫描件，没有可识别的文字，请先做文字识别（OCR）或导入文字版")
    empty = [str(number) for number, page in enumerate(pages, 1) if not page.strip()]
    warnings = (f"第 {'、'.join(empty)} 页没有文字（可能是图片），未导入",) if empty else ()
    hints = (title.strip(),) if _TITLE.search(title) else ()  # others are names of files and programs
    return Extracted("pdf", "\n".join(_paragraphs(pages)), hints, warnings)


def _spelt(page: str) -> str:
    """Radicals and compatibility forms that printing software puts for plain characters (⼀ for 一) made plain."""
    return _INNER_SPACE.sub("", _RADICALS.sub(lambda char: unicodedata.normalize("NFKC", char[0]), page))


def _paragraphs(pages: list[str]) -> Iterator[str]:
    """A line goes on in the next when it is nearly as long as the widest and ends without a sentence mark."""
    lines = [line.strip() for page in pages for line in page.splitlines() if line.strip()]
    lines = [line for line in lines if not (_PAGE_NUMBER.match(line) or _PRINTED.match(line))]
    full = _NEARLY_FULL * max((len(line) for line in lines), default=0)
    paragraph = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        paragraph += line
        if len(line) < full or line[-1] in _ENDS or _NEW_PARAGRAPH.match(after):
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph
