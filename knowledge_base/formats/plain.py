"""Plain text and Markdown, in the encodings Chinese offices use."""

import codecs
import re

from knowledge_base.formats.extracted import Extracted, Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ODD = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_MAX_ODD = 0.01
"""Share of characters that no text has; more of them, and it is a picture or a program that happened to decode."""
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$")
_MARKS = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(?<![*_])(\*\*|__)(?=[^\s*_])(.+?)(?<=[^\s*_])\1(?![*_])"), r"\2"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"^\s{0,3}(?:>\s?)+"), ""),
    (re.compile(r"^\s{0,3}[-*+]\s+"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|-])"), r"\1"),
)
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^\s*\|?(?:\s*:?-{3,}:?\s*\|?)+\s*$|^\s*(?:```|~~~)")


def read(content: bytes) -> Extracted:
    """Text as it stands. Raises Unreadable when no encoding fits."""
    return Extracted("txt", decode(content))


def read_markdown(content: bytes) -> Extracted:
    """Text without Markdown's own marks; "1." and a placeholder like "*****" stay as written.

    Not by a Markdown parser: it counts lists anew and takes placeholders for emphasis, and clauses are cited by number.
    """
    lines = decode(content).splitlines()
    headings = tuple(found[1] for line in lines if (found := _HEADING.match(line)))
    text = "\n".join(_unmarked(line) for line in lines if not _RULE.match(line))
    return Extracted("md", text, title_hints=headings[:1])


def decode(content: bytes) -> str:
    """By byte-order mark, else UTF-8, else GB18030; line ends become \\n. Raises Unreadable."""
    marked = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_ODD.findall(text)) <= _MAX_ODD * len(text):
            return "\n".join(text.splitlines())
    raise Unreadable("encoding_unknown", "认不出文件的文字编码，请另存为 UTF-8 编码的文本后再导入")


def _unmarked(line: str) -> str:
    if heading := _HEADING.match(line):
        line = heading[1]
    for mark, kept in _MARKS:
        line = mark.sub(kept, line)
    return line.strip("| ").replace(" | ", "　") if line.lstrip().startswith("|") else line
