"""`hotline catalogue …`: the 派单目录 as an xlsx file, out and in. Imports happen when a command runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hotline.database import Database
    from hotline.dispatch.catalogue_changes import Effect
    from hotline.dispatch.catalogue_import import ImportPlan


@click.group()
def catalogue() -> None:
    """派单目录：导出、导入。"""


@catalogue.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export_file(path: Path) -> None:
    """把现行和已排定的安排导出为 xlsx。"""
    from hotline.clock import to_local, utcnow
    from hotline.dispatch import catalogue_sheet
    from hotline.dispatch.catalogue_import import exported

    with _database().transaction(write=False) as session:
        lines = exported(session, to_local(utcnow()).date())
    path.write_bytes(catalogue_sheet.write(lines))
    click.echo(f"已导出 {len(lines)} 项到 {path}")


@catalogue.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="变更原因，记入历史。")
@click.option("--complete", is_flag=True, help="文件是完整目录：文件中没有的安排自明日起停用。")
@click.option("--dry-run", is_flag=True, help="只预览，不保存。")
def import_file(path: Path, reason: str, complete: bool, dry_run: bool) -> None:
    """从 xlsx 导入：逐行列出新增、变更、停用；有一行有误则全部不保存，退出码为 1。"""
    from hotline.accounts.actor import SYSTEM
    from hotline.clock import to_local, utcnow
    from hotline.dispatch import catalogue_sheet
    from hotline.dispatch.catalogue_changes import OPERATOR
    from hotline.dispatch.catalogue_import import carry_out_plan, plan, plan_effects
    from hotline.errors import DomainError

    now = utcnow()
    try:
        lines = catalogue_sheet.read(path.read_bytes())
        with _database().transaction(write=not dry_run) as session:
            planned = plan(session, lines, to_local(now).date(), is_complete=complete)
            _report(planned)
            _report_tickets(plan_effects(session, planned, now, SYSTEM))
            if dry_run:
                sys.exit(1 if planned.errors else 0)
            entry = carry_out_plan(session, planned, path.name, OPERATOR, reason, now)
            moves = len(entry.details["moves"])
    except DomainError as error:
        sys.exit(error.message)
    click.echo(f"已导入；{moves} 件在办工单的承办单位随之变化，请督办员在“派单目录 / 变更记录”中确认改派。")


def _report(planned: "ImportPlan") -> None:
    from hotline.directory.catalogue import name_of

    words = {"new": "＋ 新增", "changed": "～ 变更", "ended": "－ 停用"}
    for one in planned.planned:
        if one.kind in words:
            click.echo(f"{words[one.kind]} 第 {one.line} 行 {name_of(one.entry)}：{one.entry.unit.name}")
    for row in planned.missing:
        click.echo(f"－ 停用 {name_of(row)}（文件中没有）")
    for text in planned.shown_errors:
        click.echo(f"✗ {text}")
    click.echo(f"不变 {len(planned.of('same'))} 项，有误 {len(planned.errors)} 行。")


def _report_tickets(found: "list[Effect]") -> None:
    for one in found:
        before, after = (unit.short_name if unit else "人工判断" for unit in (one.before, one.after))
        click.echo(f"→ 在办工单 {one.number}（{one.status.label}）：{before} → {after}")


def _database() -> "Database":
    from hotline import config
    from hotline.app import import_models
    from hotline.database import Database

    import_models()
    return Database(config.load())
