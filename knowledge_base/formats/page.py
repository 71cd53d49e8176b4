"""Saved web pages: the words, a paragraph a line, without menus, scripts and styles."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge_base.formats import plain
from knowledge_base.formats.extracted import Extracted, Unreadable

_START = re.compile(rb"^\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([a-zA-Z0-9_-]+)""", re.I)
_GB = ("gb2312", "gbk", "gb18030", "gb-2312", "x-gbk")
_NOISE = "script,style,noscript,template,nav,footer,iframe,svg,form,button,[hidden]"
_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|br|center|dd|div|dl|dt|fieldset|figure|h[1-6]|header|hr|li|main|ol|p|pre"
    "|section|table|tbody|thead|tr|ul"
)
_CELLS = ("td", "th")
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_BODIES = ("#UCAP-CONTENT", ".TRS_Editor", "#zoom", ".article-content", ".pages_content", "article", "main")
"""Where government sites keep the document itself; the first that holds most of the page's words is read alone."""
_MOST = 0.5


def looks_like_html(content: bytes) -> bool:
    """Whether the content begins as a page does, whatever the file is called."""
    return bool(_START.match(content[:4096]))


def read(content: bytes) -> Extracted:
    """The page's words. Raises Unreadable when no encoding fits."""
    tree = LexborHTMLParser(_decode(content))
    title = tree.css_first("title")
    heading = tree.css_first("h1")
    hints = [_SPACES.sub(" ", node.text()).strip() for node in (heading, title) if node is not None]
    for node in tree.css(_NOISE):
        node.decompose()
    return Extracted("html", _text(_content(tree)), title_hints=tuple(hint for hint in hints if hint))


def _decode(content: bytes) -> str:
    """By mark, else as the page says, else like plain text. Pages say gb2312 and mean GB18030."""
    said = _CHARSET.search(content[:4096])
    if said and said[1].decode("ascii").lower() in _GB:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Unreadable("encoding_unknown", "网页的文字编码与声明不符，请另存为 UTF-8 编码后再导入") from error
    return plain.decode(content)


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    everything = tree.body
    if everything is None:
        return None
    whole = len(everything.text().strip())
    found = (node for selector in _BODIES for node in tree.css(selector))
    return next((node for node in found if len(node.text().strip()) > _MOST * whole), everything)


def _text(root: LexborNode | None) -> str:
    if root is None:
        return ""
    parts: list[str] = []
    _walk(root, parts)
    lines = (line.strip(" \u3000") for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line.strip())


def _walk(root: LexborNode, parts: list[str]) -> None:
    """Depth first with a stack of its own: a page may be nested deeper than Python's."""
    stack: list[LexborNode | str] = [root]
    while stack:
        here = stack.pop()
        if isinstance(here, str):
            parts.append(here)
        elif here.tag == "-text":
            parts.append(_SPACES.sub(" ", here.text(deep=False)))
        else:
            mark = "　" if here.tag in _CELLS else "\n" if _BLOCKS.fullmatch(here.tag or "") else ""
            stack.append(mark)
            stack.extend(reversed(list(here.iter(include_text=True))))
            parts.append("" if here.tag in _CELLS else mark)
