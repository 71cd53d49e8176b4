"""What every reader of a file gives back, and how it says that it cannot."""

from dataclasses import dataclass
from datetime import date


class Unreadable(Exception):
    """The file cannot be read as a whole, so nothing of it is. `code` is stable, `message` a Chinese sentence.

    Codes: file_empty, file_too_large, kind_unknown, kind_old_office, encoding_unknown, password, archive_broken,
    archive_bomb, pdf_broken, pdf_scanned, text_missing, sheet_without_header.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class QaRow:
    """One question and answer of a sheet. `place` names sheet and row ("问答!12"); None or "" where a cell is empty."""

    place: str
    question: str
    answer: str
    variants: tuple[str, ...] = ()
    doc_number: str = ""
    basis: str = ""
    category: str = ""
    effective_from: date | None = None
    expires_at: date | None = None


@dataclass(frozen=True)
class Extracted:
    """A file's words. A sheet of questions has `qa_rows` and no text; every other kind has text, one paragraph a line.

    `title_hints` are candidates for the title, best first (the file's own title, its first heading). `warnings` are
    Chinese sentences about what was left out (pictures, cells that could not be read as a day).
    """

    kind: str
    text: str = ""
    title_hints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    qa_rows: tuple[QaRow, ...] = ()
