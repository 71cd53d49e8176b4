"""Text with marks as safe HTML: found words, and what went and came between two versions."""

from collections.abc import Iterable
from typing import Protocol

from markupsafe import Markup, escape

CHANGED = {"gone": "del", "new": "ins"}


class Piece(Protocol):
    """A run of text; kind: same, gone, new."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """The text with its (start, end) marks in order, escaped."""
    parts, end = [], 0
    for start, stop in marks:
        parts.append(escape(text[end:start]) + Markup("<mark>") + escape(text[start:stop]) + Markup("</mark>"))
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def woven(pieces: Iterable[Piece]) -> Markup:
    """Pieces as running text: what went in <del>, what came in <ins>, escaped."""
    return Markup("").join(_piece(piece) for piece in pieces)


def _piece(piece: Piece) -> Markup:
    tag = CHANGED.get(piece.kind)
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), piece.text) if tag else escape(piece.text)
