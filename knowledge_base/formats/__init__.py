"""Files → text or question rows: txt, md, html, docx, pdf with text, xlsx of questions and answers.

`read_file` is the door. The kind is told by the content, the name only decides between txt, md and html. A file is
read as a whole or, with a reason in words, not at all.
"""

from importlib import import_module
from pathlib import Path, PurePath

from knowledge_base.formats import archive, page, plain
from knowledge_base.formats.extracted import Extracted, QaRow, Unreadable

__all__ = ["KINDS", "MAX_BYTES", "Extracted", "QaRow", "Unreadable", "read_file"]

MAX_BYTES = 50 * 1024 * 1024
"""Of one file; the longest regulations have a hundredth of it."""
KINDS = ("txt", "md", "html", "docx", "pdf", "xlsx")
_UNDERSTOOD = "可导入 txt、md、html、docx、pdf（文字版）和 xlsx（问答表）"
_HTML_NAMES = (".html", ".htm", ".xhtml")


def read_file(source: Path | bytes, name: str = "") -> Extracted:
    """Read one file; `name` is what the user calls it (default: the path's own). Raises Unreadable, OSError."""
    if isinstance(source, Path):
        _check_size(source.stat().st_size)
        name, source = name or source.name, source.read_bytes()
    _check_size(len(source))
    kind = _kind(source, name)
    found = _read(kind, source)
    if not found.text.strip() and not found.qa_rows:
        raise Unreadable("text_missing", "文件里没有可导入的文字")
    return found


def _check_size(size: int) -> None:
    if size == 0:
        raise Unreadable("file_empty", "文件是空的")
    if size > MAX_BYTES:
        raise Unreadable(
            "file_too_large", f"文件有 {size // 2**20} MB，超过 {MAX_BYTES // 2**20} MB 的上限，请拆分后再导入"
        )


def _kind(content: bytes, name: str) -> str:
    """By signature; what has none is text, told apart by the name."""
    if content.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise archive.old_office(content)
    if content[:2] == b"PK":
        return archive.office_kind(content)
    suffix = PurePath(name).suffix.lower()
    if suffix in _HTML_NAMES or page.looks_like_html(content):
        return "html"
    if suffix in ("", ".txt", ".text", ".md", ".markdown"):
        return "md" if suffix.startswith(".m") else "txt"
    if suffix in (".docx", ".xlsx"):
        raise Unreadable("archive_broken", f"{suffix[1:]} 文件已损坏，无法打开，请重新下载或另存后再导入")
    raise Unreadable("kind_unknown", f"不认识的文件类型“{suffix}”，{_UNDERSTOOD}")


def _read(kind: str, content: bytes) -> Extracted:
    if kind in _LARGE:
        read = import_module(f"knowledge_base.formats.{_LARGE[kind]}").read
    else:
        read = {"txt": plain.read, "md": plain.read_markdown, "html": page.read}[kind]
    extracted: Extracted = read(content)
    return extracted


_LARGE = {"docx": "word", "pdf": "pdf", "xlsx": "sheet"}
"""Their libraries take 20 MB of a process, and few processes ever read such a file."""
