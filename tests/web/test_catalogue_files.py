"""派单目录 as a file on its page: previewed line by line, confirmed as previewed, all of it or nothing."""

import io
import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from hotline.directory.models import CatalogueRow
from hotline.dispatch import catalogue_sheet as sheet
from hotline.dispatch.catalogue_uploads import CatalogueUpload
from tests.city import LOAN_INTEREST, City
from tests.web.client import Desk

pytestmark = pytest.mark.usefixtures("city_time")
LINE = {"category": LOAN_INTEREST, "lead": "市工信局"}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def boss(app: Flask) -> Desk:
    return Desk(app, "super1")


def count(city: City, model: type = CatalogueRow) -> int:
    with city.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def uploaded(desk: Desk, *lines: dict[str, str]) -> str:
    """Upload a sheet and look at its preview; where that is."""
    desk.get("/catalogue/import")
    answer = desk.post("/catalogue/import", file=(io.BytesIO(sheet.write(lines)), "目录.xlsx"))
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"]
    desk.get(path)
    return path


def test_the_export_is_a_sheet_that_imports_without_a_change(city: City, boss: Desk) -> None:
    out = boss.get("/catalogue/export.xlsx")
    assert out.mimetype == sheet.MIME and ".xlsx" in out.headers["Content-Disposition"]
    boss.get("/catalogue/import")
    answer = boss.post("/catalogue/import", file=(io.BytesIO(out.data), "目录.xlsx"))
    page = boss.get(answer.headers["Location"]).text
    assert "与现有目录相同，没有变化" in page and "确认导入" not in page


def test_the_preview_tells_lines_before_and_after_and_tickets_and_the_confirmation_does_it(
    city: City, boss: Desk
) -> None:
    number, before = city.register(), count(city)
    path = uploaded(boss, LINE, LINE | {"region": "湾东区", "effective_from": "2026-04-01"})
    for text in ("尚未保存任何内容", "临海湾市金融工作局 →", "<b>临海湾市工业和信息化局</b>", "2026-04-01 起", number):
        assert text in boss.page, text
    assert count(city) == before
    seen = boss.hidden("seen")
    assert boss.post(path, confirm="1", seen=seen).status_code == 422  # without a reason
    answer = boss.post(path, confirm="1", seen=seen, reason="年度调整")
    assert answer.status_code == 303 and count(city) == before + 2 and count(city, CatalogueUpload) == 0
    page = boss.get(answer.headers["Location"]).text
    assert "已导入“目录.xlsx”：新增 1 项、变更 1 项、停用 0 项" in page and "import:目录.xlsx：2 项" in page
    assert boss.post(path, confirm="1", seen=seen, reason="再来一次").status_code == 404


def test_what_is_confirmed_must_be_what_was_previewed(city: City, boss: Desk) -> None:
    path, before = uploaded(boss, LINE), count(city)
    answer = boss.post(path, confirm="1", seen=boss.hidden("seen"), reason="年度调整", is_complete="1")
    assert answer.status_code == 409 and "预览之后目录或选项有变化" in answer.text
    assert count(city) == before


def test_wrong_lines_are_said_and_leave_nothing_to_confirm(city: City, boss: Desk) -> None:
    before = count(city)
    path = uploaded(boss, LINE, LINE | {"lead": "市马局", "region": "湾东区"})
    assert "第 3 行：没有“市马局”这个单位" in boss.page and 'name="confirm"' not in boss.page
    answer = boss.post(path, confirm="1", seen=boss.hidden("seen"), reason="年度调整")
    assert answer.status_code == 422 and count(city) == before
    assert boss.post(f"{path}/drop").status_code == 303 and count(city, CatalogueUpload) == 0


def test_a_preview_belongs_to_who_uploaded_it(app: Flask, boss: Desk) -> None:
    path = uploaded(boss, LINE)
    other = Desk(app, "admin1")
    assert other.get(path).status_code == 404
    assert Desk(app, "dispatch1").get(path).status_code == 403


def test_no_file_or_another_kind_of_file_is_refused_in_words(boss: Desk) -> None:
    boss.get("/catalogue/import")
    assert "请选择 xlsx 文件" in boss.post("/catalogue/import").text
    answer = boss.post("/catalogue/import", file=(io.BytesIO(b"%PDF-1.4"), "目录.pdf"))
    assert answer.status_code == 422 and re.search("请上传 xlsx 文件", answer.text)
