"""Sheets of questions and answers (xlsx): a header row names the columns, each row below is one entry."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from knowledge_base.formats.extracted import Extracted, QaRow, Unreadable
from knowledge_base.normalise import normalise

HEADER_WITHIN = 10
"""Rows: above the header stand a title and remarks at most."""
MAX_ROWS = 100_000
MAX_COLUMNS = 100

_COLUMNS = {
    "question": ("问题", "标准问", "标准问题", "咨询问题", "问题标题", "常见问题", "题目", "问"),
    "answer": ("答案", "答复", "口径", "标准答案", "答复内容", "答复口径", "回答", "解答", "答"),
    "variants": ("相似问", "相似问法", "相似问题", "扩展问", "问法", "其他问法"),
    "doc_number": ("文号", "发文字号", "文件号", "政策文号"),
    "basis": ("依据", "政策依据", "法律依据", "文件依据", "依据文件"),
    "category": ("分类", "类别", "类型", "主题", "事项分类", "问题分类"),
    "effective_from": ("生效日期", "施行日期", "实施日期", "开始日期", "生效时间"),
    "expires_at": ("失效日期", "有效期至", "截止日期", "到期日期", "失效时间"),
}
_FIELD_OF = {name: field for field, names in _COLUMNS.items() for name in names}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+[\d:]+)?")
_VARIANT_ENDS = re.compile(r"[\n;；|]+|(?<=[?？])")
Row = Sequence[Any]


def read(content: bytes) -> Extracted:
    """Every sheet that has a header with a question and an answer column. Raises Unreadable when none has."""
    doubts: list[str] = []
    rows = [row for title, cells in sheets(content) for row in _sheet(title, cells, doubts)]
    if not rows:
        message = f"没有找到问答：前 {HEADER_WITHIN} 行里要有一行表头，至少包含“问题”和“答复”两列，下面每行一问一答"
        raise Unreadable("sheet_without_header", message)
    return Extracted("xlsx", warnings=tuple(doubts), qa_rows=tuple(rows))


def sheets(content: bytes) -> list[tuple[str, list[Row]]]:
    """The values of every sheet, row by row, with the sheet's name. Raises Unreadable for a broken file."""
    from openpyxl import load_workbook  # 12 MB of a process that few ever need
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings(action="ignore"):  # of styles and extensions it skips
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            found = [(sheet.title, list(_cells(sheet))) for sheet in book.worksheets]
            book.close()
    except (InvalidFileException, SyntaxError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        # openpyxl takes a file's parts on trust: a missing or crooked one surfaces as any of these (XML as SyntaxError)
        raise Unreadable("archive_broken", "xlsx 文件已损坏，无法读取，请另存后再导入") from error
    return found


def _cells(sheet: Any) -> Iterator[Row]:
    """Values row by row. The sheet's own claim about its size is not believed: some programs write A1 for all."""
    sheet.reset_dimensions()
    return iter(sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True))


def _sheet(title: str, rows: Iterable[Row], doubts: list[str]) -> Iterator[QaRow]:
    columns: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if not columns and number <= HEADER_WITHIN:
            columns = _header(row)
        elif columns and any(cell_text(cell) for cell in row):
            found = _row(
                f"{title}!{number}", {field: row[at] for field, at in columns.items() if at < len(row)}, doubts
            )
            if found:
                yield found


def _header(row: Row) -> dict[str, int]:
    """Field → column when the row names a question and an answer column, else empty."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(row):
        field = _FIELD_OF.get(re.sub(r"[\s*:(].*|\s", "", normalise(cell_text(cell))))
        if field and field not in columns:
            columns[field] = at
    return columns if {"question", "answer"} <= columns.keys() else {}


def _row(place: str, cells: dict[str, Any], doubts: list[str]) -> QaRow | None:
    texts = {field: cell_text(cell) for field, cell in cells.items()}
    if not texts["question"] or not texts["answer"]:
        doubts.append(f"{place} 缺少{'问题' if not texts['question'] else '答复'}，未导入")
        return None
    return QaRow(
        place,
        texts["question"],
        texts["answer"],
        tuple(part for found in _VARIANT_ENDS.split(texts.get("variants", "")) if (part := found.strip())),
        doc_number=texts.get("doc_number", ""),
        basis=texts.get("basis", ""),
        category=texts.get("category", ""),
        effective_from=_day(place, "生效日期", cells.get("effective_from"), doubts),
        expires_at=_day(place, "失效日期", cells.get("expires_at"), doubts),
    )


def _day(place: str, label: str, cell: Any, doubts: list[str]) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = normalise(cell_text(cell))
    if not text or text in ("长期", "长期有效", "无", "-"):
        return None
    found = _DATE.fullmatch(text) or re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text)
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    doubts.append(f"{place} 的{label}“{text[:20]}”不是日期，已留空，请补填")
    return None


def cell_text(cell: Any) -> str:
    """A cell as people read it: 2024.0 is 2024."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()
