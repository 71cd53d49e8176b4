"""派单目录 as a sheet: what goes out comes back as no change; what is wrong is said by line and nothing is kept."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hotline.cli import main
from hotline.directory.catalogue import plain
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.dispatch import catalogue_sheet as sheet
from hotline.dispatch.catalogue_changes import OPERATOR
from hotline.dispatch.catalogue_import import ImportPlan, carry_out_plan, exported, plan
from hotline.errors import Invalid
from tests import services
from tests.city import LOAN_INTEREST, City

TODAY = date(2026, 3, 18)
LINE = {"category": LOAN_INTEREST, "lead": "市工信局"}


def of_lines(*lines: dict[str, str]) -> bytes:
    return sheet.write(lines)


def planned(city: City, *lines: dict[str, str], is_complete: bool = False) -> ImportPlan:
    with city.database.transaction(write=False) as session:
        return plan(session, sheet.read(of_lines(*lines)), TODAY, is_complete=is_complete)


def carried_out(city: City, *lines: dict[str, str], is_complete: bool = False) -> None:
    with city.database.transaction() as session:
        made = plan(session, sheet.read(of_lines(*lines)), TODAY, is_complete=is_complete)
        carry_out_plan(session, made, "目录.xlsx", OPERATOR, "年度调整", city.now)


def lines_of(city: City) -> list[dict[str, str]]:
    with city.database.transaction(write=False) as session:
        return exported(session, TODAY)


def stored(city: City, category: str = LOAN_INTEREST) -> list[dict[str, object]]:
    with city.database.transaction(write=False) as session:
        rows = select(CatalogueRow).join(Category).where(Category.code == category).order_by(CatalogueRow.id)
        return [plain(session, row) for row in session.scalars(rows)]


def test_what_is_exported_and_imported_again_changes_nothing(city: City) -> None:
    carried_out(city, LINE | {"region": "湾东区", "legal_basis": "=1+1", "effective_from": "2026-05-01"})
    lines = lines_of(city)
    assert len(lines) > 150
    again = planned(city, *lines, is_complete=True)
    assert (len(again.of("same")), again.errors, again.missing) == (len(lines), (), ())
    with pytest.raises(Invalid, match="没有变化"):
        _ = again.changes


def test_each_kind_of_line_is_told_and_then_done(city: City) -> None:
    lines = (
        LINE,
        LINE | {"region": "湾东区", "support": "市财政局、GXQ", "fallback": "WD", "effective_from": "2026年4月1日"},
        {
            "category": "10102",
            "region": "449902",
            "lead": "WD-SJJ",
            "support": "ZSJ",
            "effective_to": "2026-12-31",
        },
        {"category": "区域通则", "region": "高新区", "lead": "高新区管委会", "fallback": "SFB"},
    )
    with city.database.transaction() as session:
        for row in session.scalars(select(CatalogueRow)):
            row.legal_basis = ""
        assert [one.short_name for one in session.scalars(select(Unit).where(Unit.code.in_(["ZSJ", "SFB"])))] != []
    found = planned(city, *lines)
    assert found.errors == () and [one.kind for one in found.planned] == ["changed", "new", "ended", "same"]
    carried_out(city, *lines)
    first, second, third = stored(city)
    assert (first["effective_to"], second["lead"], second["effective_from"]) == ("2026-03-17", "GXJ", "2026-03-18")
    assert (third["region"], third["support"], third["fallback"]) == ("449902", ["CZJ", "GXQ"], "WD")
    assert [row["effective_to"] for row in stored(city, "010102") if row["region"] == "449902"] == ["2026-12-31"]


def test_every_wrong_line_is_said_by_its_number_and_nothing_is_saved(sqlite_city: City) -> None:
    before = lines_of(sqlite_city)
    wrong = (
        (LINE | {"category": "999999"}, "没有代码为“999999”的事项"),
        (LINE | {"lead": ""}, "没有填写主办单位"),
        (LINE | {"lead": "市马局"}, "没有“市马局”这个单位"),
        (LINE | {"region": "月球"}, "没有“月球”这个区域"),
        (LINE | {"appeal_type": "唠叨"}, "没有“唠叨”这个诉求类型"),
        (LINE | {"support": "市工信局"}, "主办单位不能同时协办"),
        (LINE | {"effective_from": "明天"}, "不是日期"),
        (LINE | {"effective_from": "2026-03-01"}, "不能改写过去"),
        (LINE | {"effective_to": "2026-01-01"}, "有效期至不能早于生效日期"),
    )
    found = planned(sqlite_city, LINE, *(line for line, _ in wrong), LINE | {"lead": "CZJ"})
    assert [number for number, _ in found.errors] == [*range(3, 12), 12]
    for (number, said), (_, expected) in zip(found.errors, wrong, strict=False):
        assert expected in said, (number, said)
    assert found.errors[-1][1].startswith("与第 2 行是同一事项")
    with pytest.raises(Invalid, match="有 10 行有误"):
        carried_out(sqlite_city, LINE, *(line for line, _ in wrong), LINE | {"lead": "CZJ"})
    assert lines_of(sqlite_city) == before


def test_a_complete_sheet_ends_what_it_leaves_out_but_never_a_categorys_lead(sqlite_city: City) -> None:
    lines = lines_of(sqlite_city)
    kept = [line for line in lines if line["region"] != "海棠街道"]
    found = planned(sqlite_city, *kept, is_complete=True)
    assert len(found.missing) == 3 and found.errors == ()
    carried_out(sqlite_city, *kept, is_complete=True)
    assert [row["effective_to"] for row in stored(sqlite_city, "140201") if row["region"] == "449902001"] == [
        "2026-03-18"
    ]
    found = planned(sqlite_city, *lines[1:], is_complete=True)
    assert "全市主办单位不能停用" in found.shown_errors[0]


def test_a_line_that_would_end_a_categorys_lead_is_wrong_in_the_preview_already(sqlite_city: City) -> None:
    [line] = [one for one in lines_of(sqlite_city) if one["category"] == LOAN_INTEREST and one["region"] == "全市"]
    found = planned(sqlite_city, line | {"effective_to": "2026-12-31"})
    assert found.shown_errors == ["第 2 行：全市主办单位不能停用，请指定新的主办单位"]


def test_two_units_of_one_name_are_told_apart_by_their_codes(sqlite_city: City) -> None:
    with sqlite_city.database.transaction() as session:
        twin = session.scalars(select(Unit).filter_by(code="CZJ")).one()
        twin.short_name = "市工信局"
    assert "有 2 个单位叫“市工信局”，请填代码" in planned(sqlite_city, LINE).errors[0][1]
    assert planned(sqlite_city, LINE | {"lead": "GXJ"}).errors == ()


def test_a_cell_is_never_a_formula(sqlite_city: City) -> None:
    evil = '=HYPERLINK("http://x","y")'
    book = openpyxl.load_workbook(io.BytesIO(of_lines({**LINE, "legal_basis": evil}, {**LINE, "lead": "@SUM(A1)"})))
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row if cell.value]
    assert all(cell.data_type == "s" and not str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)
    assert sheet.read(of_lines({**LINE, "legal_basis": evil}))[0].cells["legal_basis"] == evil


@settings(max_examples=15, deadline=None)
@given(st.text("=+-@'a一 ", min_size=1, max_size=6).map(str.strip))
def test_any_text_reads_back_as_it_was_written(text: str) -> None:
    assert sheet.read(of_lines({**LINE, "legal_basis": text}))[0].cells["legal_basis"] == text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_sheet"),
        (b"%PDF-1.4", "not_a_sheet"),
        (b"PK\x03\x04rubbish", "archive_broken"),
        (sheet.write([]), "sheet_without_header"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sheet.read(content)
    assert refused.value.code == code and refused.value.message


def test_control_characters_do_not_spoil_the_export() -> None:
    assert sheet.read(of_lines({**LINE, "legal_basis": "第\x0b六条"}))[0].cells["legal_basis"] == "第六条"


def test_a_number_that_lost_its_zero_and_a_real_date_are_understood(sqlite_city: City) -> None:
    book = openpyxl.Workbook()
    book.active.append(["派单目录（2026 年）"])
    book.active.append(["主办单位", "事项代码", "生效日期"])
    book.active.append(["市工信局", int(LOAN_INTEREST), date(2026, 4, 1)])
    stream = io.BytesIO()
    book.save(stream)
    with sqlite_city.database.transaction(write=False) as session:
        [line] = plan(session, sheet.read(stream.getvalue()), TODAY).of("changed")
        assert (line.line, line.entry.effective_from) == (3, date(2026, 4, 1))
        assert line.entry.category and line.entry.category.code == LOAN_INTEREST


def test_a_region_that_ended_no_longer_takes_rows(sqlite_city: City) -> None:
    with sqlite_city.database.transaction() as session:
        session.scalars(select(Region).filter_by(code="4499BS")).one().effective_to = date(2025, 12, 31)
    assert "没有“保税区”这个区域，或已停用" in planned(sqlite_city, LINE | {"region": "保税区"}).errors[0][1]


@pytest.fixture
def run(sqlite_city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", sqlite_city.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOTLINE_SECRET_KEY", services.KEY)
    monkeypatch.setenv("HOTLINE_PII_KEY", services.KEY)
    return lambda *words: CliRunner().invoke(main, ["catalogue", *map(str, words)])


def test_the_commands_write_a_file_and_take_it_back(
    run: Callable[..., Result], sqlite_city: City, tmp_path: Path
) -> None:
    path = tmp_path / "目录.xlsx"
    assert "已导出" in run("export", path).output
    again = run("import", path, "--reason", "核对", "--complete", "--dry-run")
    assert (again.exit_code, "有误 0 行" in again.output, "变更" in again.output) == (0, True, False)
    path.write_bytes(of_lines(LINE | {"region": "湾东区"}, LINE | {"lead": "市马局"}))
    refused = run("import", path, "--reason", "调整")
    assert refused.exit_code == 1 and "✗ 第 3 行：没有“市马局”这个单位" in refused.output
    assert len(stored(sqlite_city)) == 1
    path.write_bytes(of_lines(LINE | {"region": "湾东区"}))
    number = sqlite_city.register()
    previewed = run("import", path, "--reason", "调整", "--dry-run").output
    assert f"→ 在办工单 {number}（待派单）：市金融局 → 市工信局" in previewed
    done = run("import", path, "--reason", "调整")
    assert done.exit_code == 0 and "＋ 新增 第 2 行 4.2.1 贷款贴息兑付 · 湾东区：临海湾市工业和信息化局" in done.output
    assert [row["region"] for row in stored(sqlite_city)] == [None, "449902"]
