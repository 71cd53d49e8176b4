"""派单目录 as an xlsx sheet: one row a line, names as people read them; what is written reads back as the same."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from hotline.directory.catalogue import EVERYWHERE, GENERAL
from hotline.errors import Invalid, TooLarge
from knowledge_base.formats import MAX_BYTES, Unreadable
from knowledge_base.formats.archive import office_kind
from knowledge_base.formats.sheet import cell_text, sheets

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = {
    "category": "事项代码", "name": "事项名称", "region": "适用区域", "appeal_type": "诉求类型", "lead": "主办单位",
    "support": "协办单位", "fallback": "兜底单位", "legal_basis": "法律依据", "effective_from": "生效日期",
    "effective_to": "有效期至",
}  # fmt: skip
"""What a cell is called here and at the head of its column."""
WIDTHS = (12, 32, 14, 10, 30, 36, 24, 46, 12, 12)
REQUIRED = frozenset({"category", "lead"})
ANY_TYPE = "全部"
UNSAFE = ("=", "+", "-", "@", "\t", "\r", "'")
"""A cell that begins so is taken for a formula by some program; the quote itself, so that it reads back."""
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that no xlsx may hold."""
HEADER_WITHIN, MAX_LINES = 10, 20_000
NOTES = (
    "派单目录：每行一项安排，按“事项代码 + 适用区域 + 诉求类型”识别。",
    f"事项代码可填任一级；填“{GENERAL}”表示该区域的承接单位（功能区）或兜底单位（其他区域）。",
    f"适用区域不填即{EVERYWHERE}；诉求类型不填即全部类型；协办单位用顿号隔开。",
    "单位、区域可填全称、简称或代码。",
    "修改一行即自生效日期起换成新的安排（日期不改则自导入当日起），原安排保留在历史中；填“有效期至”即到期停用。",
    "导入前会列出新增、变更、停用和有误的行，确认后才保存；有一行有误则全部不保存。",
)


@dataclass(frozen=True)
class Line:
    """One line of a sheet: its number as the program shows it, and its cells as text by the names of COLUMNS."""

    number: int
    cells: dict[str, str]


def write(lines: Iterable[dict[str, str]]) -> bytes:
    """A workbook of these rows, with a second sheet that says how to fill it in."""
    from openpyxl import Workbook  # 12 MB of a process that few ever need

    book = Workbook()
    sheet = book.active
    sheet.title = "派单目录"
    sheet.append(list(COLUMNS.values()))
    for line in lines:
        sheet.append([safe(line.get(name, "")) for name in COLUMNS])
    _dress(sheet)
    notes = book.create_sheet("填写说明")
    for note in NOTES:
        notes.append([note])
    notes.column_dimensions["A"].width = 100
    stored = BytesIO()
    book.save(stored)
    return stored.getvalue()


def _dress(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for at, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
        head = sheet.cell(1, at)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="EAF2FF")
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.number_format = "@"  # text: 040201 keeps its zero
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def safe(text: str) -> str:
    """Text that a workbook can hold and no spreadsheet program takes for a formula."""
    text = CONTROLS.sub("", text)
    return f"'{text}" if text.lstrip(" ").startswith(UNSAFE) else text


def read(content: bytes) -> list[Line]:
    """The lines of the first sheet that has the header. Raises Invalid or TooLarge with a sentence."""
    try:
        if len(content) > MAX_BYTES:
            raise TooLarge(f"文件超过 {MAX_BYTES // 2**20} MB", code="file_too_large", field="file")
        if content[:2] != b"PK" or office_kind(content) != "xlsx":
            raise Invalid("请上传 xlsx 文件（Excel 工作簿）", code="not_a_sheet", field="file")
        found = next((lines for _, rows in sheets(content) if (lines := _lines(rows))), [])
    except Unreadable as error:
        raise Invalid(error.message, code=error.code, field="file") from error
    if not found:
        message = "没有找到派单目录：前 10 行里要有一行表头，至少包含“事项代码”和“主办单位”，下面每行一项"
        raise Invalid(message, code="sheet_without_header", field="file")
    if len(found) > MAX_LINES:
        raise TooLarge(f"最多 {MAX_LINES} 行，请分次导入", code="sheet_too_long", field="file")
    return found


def _lines(rows: Sequence[Sequence[Any]]) -> list[Line]:
    columns: dict[str, int] = {}
    found = []
    for number, row in enumerate(rows, 1):
        if not columns:
            columns = _header(row) if number <= HEADER_WITHIN else {}
        elif any(cell_text(cell) for cell in row):
            found.append(Line(number, {name: _cell(row[at]) for name, at in columns.items() if at < len(row)}))
    return found


def _header(row: Sequence[Any]) -> dict[str, int]:
    """Name → column when the row is the header, else empty."""
    heads = [cell_text(cell).replace(" ", "") for cell in row]
    columns = {name: heads.index(head) for name, head in COLUMNS.items() if head in heads}
    return columns if columns.keys() >= REQUIRED else {}


def _cell(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return cell_text(cell).removeprefix("'")
