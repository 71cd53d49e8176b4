"""`hotline kb …`: import files, rebuild the search index, say how it stands. Imports happen when a command runs."""

import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hotline.database import Database
    from hotline.knowledge.content import Ownership
    from hotline.knowledge.importing import Plan, Wishes
    from hotline.knowledge.indexing import IndexHolder

SUFFIXES = frozenset(
    {".txt", ".text", ".md", ".markdown", ".html", ".htm", ".docx", ".pdf", ".xlsx", ".doc", ".xls", ".wps"}
)
"""What a folder is searched for; old Word and Excel files too, so that they are refused in words, not passed over."""
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def kb() -> None:
    """知识库：导入文件、重建索引、查看状态。"""


@kb.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只预览，不保存任何条目。")
@click.option("--unit", "unit_code", metavar="CODE", help="责任单位编码；不填为热线单位。")
@click.option("--title", default="", help="标题；不填则从正文识别。只能与单个文件一起用。")
@click.option("--number", "doc_number", default="", help="文号；不填则从正文识别。")
@click.option("--effective-from", type=DAY, help="生效日期；不填则从正文识别。")
@click.option("--expires-at", type=DAY, help="有效期至（含当日）；不填则从正文识别。")
@click.option("--reject", multiple=True, metavar="KIND", help="不采用的修复类别（shifted、pinyin、private_use、tag）。")
@click.option("--checked", is_flag=True, help="存疑之处已对照原文核对（占位符除外）。")
@click.option("--draft", is_flag=True, help="一律存为草稿；不加时没有存疑的直接发布，存疑的存为草稿。")
@click.option("--internal", is_flag=True, help="仅内部可见。")
def import_files(paths: tuple[Path, ...], **options: Any) -> None:
    """导入 txt、docx、pdf（文字版）、html、md、xlsx（问答表）；目录含下级目录。每个文件要么全部入库，要么一条不入。"""
    from hotline import config
    from hotline.app import import_models
    from hotline.clock import utcnow
    from hotline.database import Database

    files, passed_over = found_in(paths)
    if options["title"] and len(files) > 1:
        sys.exit("--title 只能与单个文件一起用")
    import_models()
    database, now = Database(config.load()), utcnow()
    owner = _owner(database, options, now)
    lines, failed = [], 0
    with click.progressbar(files, label="导入", file=sys.stderr, item_show_func=_name) as shown:
        for path in shown:
            words, is_done = import_file(database, path, owner, options, now)
            lines.append(words)
            failed += not is_done
    _report(lines, len(files), failed, passed_over)
    sys.exit(1 if failed or not files else 0)


def found_in(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """The files behind the paths, folders searched through; and how many in them are of no known kind."""
    files: dict[Path, None] = {}
    passed_over = 0
    for path in paths:
        inside = _files_in(path) if path.is_dir() else [path]
        known = [one for one in inside if not path.is_dir() or one.suffix.lower() in SUFFIXES]
        passed_over += len(inside) - len(known)
        files |= dict.fromkeys(known)
    return list(files), passed_over


def _files_in(folder: Path) -> list[Path]:
    """Every file, without hidden ones and the locks that Office leaves."""
    found = sorted(one for one in folder.rglob("*") if one.is_file())
    return [one for one in found if not any(part.startswith((".", "~$")) for part in one.relative_to(folder).parts)]


def _name(path: Path | None) -> str:
    return path.name if path else ""


def _report(lines: Iterable[str], total: int, failed: int, passed_over: int) -> None:
    for line in lines:
        click.echo(line)
    rest = f"，另有 {passed_over} 个文件不是可导入的类型，未处理" if passed_over else ""
    click.echo(f"共 {total} 个文件，成功 {total - failed} 个，失败 {failed} 个{rest}。")


def _owner(database: "Database", options: dict[str, Any], now: datetime) -> "Ownership":
    """Who keeps what is imported."""
    from sqlalchemy import select

    from hotline.clock import to_local
    from hotline.directory.models import Unit, UnitKind
    from hotline.directory.queries import by_code
    from hotline.errors import DomainError
    from hotline.knowledge.content import Ownership

    with database.transaction(write=False) as session:
        try:
            code = options["unit_code"]
            unit = (
                by_code(session, Unit, code, to_local(now).date())
                if code
                else session.scalar(select(Unit).filter_by(kind=UnitKind.HOTLINE).limit(1))
            )
        except DomainError as error:
            sys.exit(error.message)
        if unit is None:
            sys.exit("还没有热线单位，请用 --unit 指定责任单位")
        return Ownership(unit_id=unit.id, is_public=not options["internal"])


def import_file(
    database: "Database", path: Path, owner: "Ownership", options: dict[str, Any], now: datetime
) -> tuple[str, bool]:
    """One file in a transaction of its own: its line for the report, and whether it went well."""
    from hotline.errors import DomainError
    from hotline.knowledge import importing

    try:
        planned = importing.plan(importing.read_upload(path), path.name, _wishes(options), now)
        publishes = planned.publishable and not options["draft"]
        if options["dry_run"]:
            return f"· {path}：{_said(planned, publishes)}", True
        kept = type(owner)(**{**vars(owner), "type": importing.type_of(planned, None)})
        with database.transaction() as session:
            done = importing.store(session, planned, kept, importing.OPERATOR, now, publishes=publishes)
        stored = f"入库 {len(done.created)} 条，重复跳过 {len(done.duplicates)} 条"
    except DomainError as error:
        return f"✗ {path}：{error.message}（{error.code}）", False
    except OSError as error:
        return f"✗ {path}：文件无法读取：{error.strerror or error}（file_unreadable）", False
    return f"✓ {path}：{_said(planned, publishes)}；{stored}", True


def _wishes(options: dict[str, Any]) -> "Wishes":
    from hotline.knowledge.importing import Wishes

    return Wishes(
        title=options["title"],
        doc_number=options["doc_number"],
        effective_from=_day(options["effective_from"]),
        expires_at=_day(options["expires_at"]),
        rejected=frozenset(options["reject"]),
        is_checked=options["checked"],
    )


def _day(typed: datetime | None) -> date | None:
    return typed.date() if typed else None


def _said(planned: "Plan", publishes: bool) -> str:
    """A plan in a line: title, number, how many entries, mends, doubts."""
    number = f"（{planned.doc_number}）" if planned.doc_number else ""
    kind = "发布" if publishes else "存为草稿"
    return "；".join([f"《{planned.title}》{number}{len(planned.parts)} 条，{kind}", *_remarks(planned)])


def _remarks(planned: "Plan") -> Iterator[str]:
    from collections import Counter

    from knowledge_base.repair import LABELS

    for kind, count in Counter(one.kind for one in planned.repairs).items():
        yield f"{LABELS[kind]} {count} 处"
    yield from (f"存疑：{doubt.sentence}" for doubt in planned.doubts)
    yield from planned.warnings


@kb.command()
def rebuild() -> None:
    """在新目录重建本机的搜索索引，完成后切换；期间搜索照常。"""
    from knowledge_base.index import IndexBusy

    try:
        pointer = _open_house()[1].rebuild()
    except IndexBusy:
        sys.exit("另一个进程正在更新索引，请稍后再试")
    click.echo(f"索引已重建：第 {pointer.generation} 代，修订 {pointer.revision}。")


@kb.command()
def status() -> None:
    """数据库修订、索引代次与条数；索引落后或损坏（搜索降级）时退出码为 1。"""
    from hotline.knowledge.indexing import current_revision
    from knowledge_base.index import IndexDamaged

    database, holder = _open_house()
    with database.transaction(write=False) as session:
        revision = current_revision(session)
    click.echo(f"数据库修订：{revision}")
    try:
        snapshot = holder.snapshot()
    except IndexDamaged as damage:
        click.echo(f"索引：不可用，搜索已降级为字面比对（{damage}）；可运行 hotline kb rebuild")
        sys.exit(1)
    pointer = snapshot.pointer
    state = "最新" if pointer.revision == revision else f"落后 {revision - pointer.revision} 个修订，网页进程会自动跟上"
    click.echo(f"索引：第 {pointer.generation} 代，修订 {pointer.revision}，{snapshot.doc_count} 个版本，{state}")
    sys.exit(0 if pointer.revision == revision else 1)


def _open_house() -> tuple["Database", "IndexHolder"]:
    from hotline import config
    from hotline.app import import_models
    from hotline.database import Database
    from hotline.knowledge.indexing import IndexHolder

    import_models()
    settings = config.load()
    database = Database(settings)
    return database, IndexHolder(settings.index_dir, lambda: database.transaction(write=False))
