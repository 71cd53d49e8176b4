"""`hotline kb …`: folders of files, each as a whole or not at all, and the five real policies found in both scripts."""

import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from hotline.cli import main
from hotline.errors import IllegalAction
from hotline.knowledge import queries
from hotline.knowledge.indexing import IndexHolder
from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from knowledge_base.index import read_pointer
from tests import kb, services
from tests.city import City

SHARED = Path(os.environ.get("HOTLINE_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
POLICIES = SHARED / "policies"
needs_policies = pytest.mark.skipif(not POLICIES.is_dir(), reason=f"no policies in {POLICIES}")
POLICY = """临海湾市夜间经济扶持办法
临商发〔2026〕7号
第一条 为支持夜间经济，制定本办法。
第二条 夜间经营商户每户补贴三千元。
第三条 本办法自2026年3月1日起施行。
"""

Run = Callable[..., Result]


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def run(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the city's database."""
    monkeypatch.setenv("DATABASE_URL", city.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("HOTLINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOTLINE_SECRET_KEY", services.KEY)
    monkeypatch.setenv("HOTLINE_PII_KEY", services.KEY)
    return lambda *words: CliRunner().invoke(main, ["kb", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files as offices have them: one good, one in a folder below, two bad, one of no concern."""
    made = tmp_path / "文件"
    (made / "下级").mkdir(parents=True)
    (made / "办法.txt").write_text(POLICY)
    (made / "下级" / "措施.md").write_text(POLICY.replace("夜间", "早市"))
    (made / "坏.docx").write_bytes(b"PK\x03\x04rubbish")
    (made / "空.pdf").write_bytes(b"")
    (made / "照片.png").write_bytes(b"\x89PNG")
    (made / "~$办法.docx").write_bytes(b"lock")
    return made


def stored(city: City) -> list[KbEntryVersion]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(KbEntryVersion).order_by(KbEntryVersion.id)))


def test_a_folder_is_imported_file_by_file_and_the_bad_ones_are_said(run: Run, city: City, folder: Path) -> None:
    result = run("import", folder, "--unit", "GXJ")
    assert result.exit_code == 1
    assert "✓" in result.stdout
    assert "坏.docx：" in result.stdout
    assert "已损坏" in result.stdout
    assert "文件是空的（file_empty）" in result.stdout
    assert "共 4 个文件，成功 2 个，失败 2 个，另有 1 个文件不是可导入的类型" in result.stdout
    assert "导入" in result.stderr
    assert {version.status for version in stored(city)} == {VersionStatus.PUBLISHED}
    assert len(stored(city)) == 6
    with city.database.transaction(write=False) as session:
        assert {entry.unit.code for entry in session.scalars(select(KbEntry))} == {"GXJ"}


def test_a_dry_run_says_the_same_and_stores_nothing(run: Run, city: City, folder: Path) -> None:
    result = run("import", folder / "办法.txt", "--dry-run")
    assert result.exit_code == 0
    assert "《临海湾市夜间经济扶持办法》（临商发〔2026〕7号）3 条，发布" in result.stdout
    assert stored(city) == []


def test_what_is_there_already_is_skipped(run: Run, city: City, folder: Path) -> None:
    run("import", folder / "办法.txt")
    again = run("import", folder / "办法.txt")
    assert again.exit_code == 0
    assert "入库 0 条，重复跳过 3 条" in again.stdout
    assert len(stored(city)) == 3


def test_a_file_that_fails_half_way_leaves_nothing_of_itself(run: Run, city: City, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["问题", "答复", "生效日期", "失效日期"])
    book.active.append(["好的一行", "可以入库。", "2026-01-01", ""])
    book.active.append(["坏的一行", "先失效后生效。", "2026-01-01", "2020-01-01"])
    book.save(tmp_path / "问答.xlsx")
    result = run("import", tmp_path / "问答.xlsx")
    assert result.exit_code == 1
    assert "有效期至不能早于生效日期（dates_reversed）" in result.stdout
    assert stored(city) == []


def test_a_template_stays_a_draft_whatever_is_asked(run: Run, city: City, tmp_path: Path) -> None:
    path = tmp_path / "模板.txt"
    path.write_text(POLICY.replace("三千元", "XX元"))
    assert run("import", path, "--checked").exit_code == 0
    assert {version.status for version in stored(city)} == {VersionStatus.DRAFT}
    with city.database.transaction(write=False) as session:
        assert list(session.scalars(queries.in_force(city.now.date(), public_only=False))) == []


def test_an_unknown_unit_and_one_title_for_many_files_are_refused(run: Run, city: City, folder: Path) -> None:
    assert run("import", folder, "--unit", "NO").exit_code == 1
    assert "--title" in run("import", folder, "--title", "一个标题").output
    assert stored(city) == []


def test_status_tells_a_missing_a_late_and_a_fresh_index(run: Run, city: City, folder: Path, tmp_path: Path) -> None:
    missing = run("status")
    assert (missing.exit_code, "降级" in missing.stdout) == (1, True)
    assert run("rebuild").exit_code == 0
    assert run("status").exit_code == 0
    before = read_pointer(tmp_path / "data" / "index")
    run("import", folder / "办法.txt")
    late = run("status")
    assert (late.exit_code, "落后" in late.stdout) == (1, True)
    assert "索引已重建" in run("rebuild").stdout
    fresh = run("status")
    assert (fresh.exit_code, "3 个版本，最新" in fresh.stdout) == (0, True)
    assert read_pointer(tmp_path / "data" / "index").build > before.build


@needs_policies
def test_the_five_policies_are_mended_split_and_found_in_both_scripts(run: Run, city: City, tmp_path: Path) -> None:
    result = run("import", POLICIES, "--unit", "GXJ", "--checked", "--effective-from", "2022-10-01")
    assert result.exit_code == 0, result.stdout
    lines = {Path(line[2:].split("：")[0]).name: line for line in result.stdout.splitlines() if line[0] == "✓"}
    assert len(lines) == 5
    (damaged,) = (line for line in lines.values() if "还原" in line or "删除" in line)
    assert "字后拼音注释删除 321 处" in damaged
    (template,) = (line for line in lines.values() if "存为草稿" in line)
    assert "繁体.txt" in template
    assert "占位符" in template
    _finish_one_clause_of_the_template(city)
    holder = IndexHolder(tmp_path / "index", lambda: city.database.transaction(write=False))
    holder.follow()
    for simplified, traditional, title in (
        ("优化升级开办企业一网通办", "優化升級開辦企業一網通辦", "珠海市以评促改"),
        ("打造企业服务新空间", "打造企業服務新空間", "珠海市推动"),
        ("提升政务基础设施支撑能力", "提升政務基礎設施支撐能力", "zhanjiang"),
        ("构建支持高质量发展的现代化产业政策体系", "構建支持高質量發展的現代化產業政策體系", "海珠區落實"),
        ("市场环境更加公平开放", "市場環境更加公平開放", "2022年全面優化"),
    ):
        for question in (simplified, traditional):
            with city.database.transaction(write=False) as session:
                found = queries.search(session, holder, question, actor=None, on=city.now.date())
            assert any(hit.title.startswith(title) for hit in found.hits[:3]), (question, found.hits[:3])


def _finish_one_clause_of_the_template(city: City) -> None:
    """Drafts answer nothing: one clause goes the whole way, once somebody has filled in its blanks."""
    with city.database.transaction(write=False) as session:
        drafts = select(KbEntryVersion).filter_by(status=VersionStatus.DRAFT).order_by(KbEntryVersion.id)
        version = session.scalars(drafts.offset(1).limit(1)).one()
        blank = {"title": version.title, "full_text": version.full_text, "effective_from": "2022-10-01"}
        code = version.entry.code
    kb.act(city, "kb1", "edit", code, **blank)
    with pytest.raises(IllegalAction, match="占位符"):
        kb.act(city, "kb1", "submit", code)
    kb.act(city, "kb1", "edit", code, **{**blank, "full_text": blank["full_text"].replace("xx", "80")})
    kb.act(city, "kb1", "submit", code)
    kb.act(city, "gxj.leader", "pass_review", code)
    kb.act(city, "kb2", "publish", code, is_checked=True)
