"""`hotline …`: every command imports what it needs when it runs, so that `evaluate` works without a database."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import click

from hotline.catalogue_commands import catalogue
from hotline.kb_commands import kb

DATA = click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: os.environ.get("HOTLINE_DATA", "var"),
    help="数据目录（数据库、附件、索引、日志、密钥），默认 var。",
)
HOST = click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。")
PORT = click.option("--port", type=click.IntRange(1, 65535), default=8012, show_default=True, help="监听端口。")


@click.group()
def main() -> None:
    """12345 企业服务热线。"""


main.add_command(catalogue)
main.add_command(kb)


@main.command()
@DATA
@HOST
@PORT
@click.option("--demo/--no-demo", default=True, help="数据库为空时是否建立演示城市。")
def up(data_dir: Path, host: str, port: int, demo: bool) -> None:
    """迁移数据库，启动 Redis、网页、后台任务和时钟，并一直看护它们（Ctrl-C 停止）。"""
    from hotline.up import CannotStart, Plan, run

    try:
        clean = run(Plan(data_dir.resolve(), host, port, demo), click.echo)
    except CannotStart as error:
        sys.exit(str(error))
    sys.exit(0 if clean else 1)


@main.command()
@HOST
@PORT
@click.option("--processes", default=1, show_default=True, help="网页进程数。")
@click.option("--threads", default=32, show_default=True, help="每个进程同时处理的请求数。")
def web(host: str, port: int, processes: int, threads: int) -> None:
    """网页和接口（granian）。"""
    from granian import Granian
    from granian.constants import Interfaces

    os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # an arena a thread would hold on to what each once needed
    server = Granian(
        "hotline.app:serve",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
        websockets=False,
    )
    server.serve()


@main.command()
@click.argument("queues", nargs=-1, type=click.Choice(["deadlines", "notify", "index", "reports"]))
def worker(queues: tuple[str, ...]) -> None:
    """后台任务（RQ），可以启动任意多个；不指定队列时处理 deadlines 和 notify。"""
    from hotline.app import create_app
    from hotline.jobs.worker import QUICK, work
    from hotline.queue import connect

    app = create_app()
    house = app.extensions["hotline"]
    house.database.engine.dispose()  # a forked job must not find its parent's connections
    if "index" in queues:
        app.extensions["knowledge"].segmenter.once("")  # the dictionary, once for all the children that index
    with app.app_context():
        work(connect(house.settings.redis_url), queues or QUICK)


@main.command()
def ticker() -> None:
    """时钟：每两秒唤起一次到期检查；Redis 不在时自己检查。可以启动任意多个。"""
    from hotline.app import create_app
    from hotline.queue import connect
    from hotline.ticker import house_tasks, run

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    app = create_app()
    house = app.extensions["hotline"]
    with app.app_context():
        run(connect(house.settings.redis_url), house_tasks(house.database), stop)


@main.command()
@click.option("--to", "revision", default="head", show_default=True, help="目标版本。")
@click.option("--draft", "what", metavar="WHAT", help="开发用：按模型与数据库的差别起草一个新的迁移文件。")
def migrate(revision: str, what: str | None) -> None:
    """把数据库升级到最新（或指定）版本。"""
    from hotline import config, migrate

    url = config.load().database_url
    if what:
        migrate.draft(url, what)
    else:
        migrate.upgrade(url, revision)


@main.command()
def demo() -> None:
    """数据库为空时建立演示城市；不为空时什么也不做。"""
    from hotline import demo
    from hotline.app import create_app
    from hotline.clock import utcnow
    from hotline.up import DEMO_MARK

    house = create_app().extensions["hotline"]
    if not demo.is_empty(house.database):
        return
    click.echo("正在建立演示城市（不超过一分钟）……")
    demo.fill(house.database, utcnow())
    demo.showcase(house.database, utcnow())  # its own, later `now`: its next rung falls due just after the start
    (house.settings.data_dir / DEMO_MARK).touch()


@main.command()
@click.option("--retry", is_flag=True, help="把停止重试的计时和发送失败的消息都再试一次。")
def alarms(retry: bool) -> None:
    """列出停止重试的计时和发送失败的消息；有的话退出码为 1。"""
    from hotline import config
    from hotline.app import import_models
    from hotline.clock import utcnow
    from hotline.database import Database
    from hotline.supervision.alarms import retry_all, waiting

    import_models()
    with Database(config.load()).transaction(write=retry) as session:
        lines = waiting(session)
        for line in lines:
            click.echo(line)
        click.echo(
            "已安排重试 {} 个计时、{} 条消息".format(*retry_all(session, utcnow())) if retry else f"共 {len(lines)} 项"
        )
    sys.exit(1 if lines and not retry else 0)


@main.group()
def evaluate() -> None:
    """用带标准答案的题目检验引擎；不需要数据库和 Redis。"""


@evaluate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def calendar(file: Path) -> None:
    """检验工作时间的计算：打印 {"total", "passed", "failed"}，有错时退出码为 1。"""
    from routing.evaluate import evaluate_calendar

    score = evaluate_calendar(file)
    click.echo(json.dumps(score, ensure_ascii=False))
    sys.exit(1 if score["failed"] else 0)


@evaluate.command()
@click.option("--docs", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="条目。")
@click.option("--queries", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="问题。")
@click.option("--qrels", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="答案。")
def search(docs: Path, queries: Path, qrels: Path) -> None:
    """检验知识搜索：jsonl 或 jsonl.gz，打印一行 JSON（召回、nDCG、耗时）。"""
    from knowledge_base.evaluate import evaluate_search

    click.echo(json.dumps(evaluate_search(docs, queries, qrels), ensure_ascii=False))


@evaluate.command("suggest")
@click.option(
    "--train",
    required=True,
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="学习用的工单，可多次给出。",
)
@click.option(
    "--test", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="检验用的工单。"
)
def judge_suggest(train: tuple[Path, ...], test: Path) -> None:
    """检验分类建议：jsonl 或 jsonl.gz（原文或分好的词），打印一行 JSON（准确率、宏平均 F1、前三命中、耗时）。"""
    from knowledge_base.segment import Segmenter
    from routing.evaluate_suggest import evaluate_suggest

    cut = Segmenter().once
    cut("")  # reads the dictionary, which no text is to wait for
    try:
        figures = evaluate_suggest(train, test, cut)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"文件不能用于检验，每行应为 {{tokens, category}} 或 {{subject, body, category}}：{error!r}")
    click.echo(json.dumps(figures, ensure_ascii=False))


@main.command()
@click.option("--city", required=True, help="城市名称，如：珠海市。")
@click.option("--code", required=True, help="行政区划代码，六位。")
@click.option("--login", default="admin", show_default=True, help="第一个管理员的工号。")
@click.password_option(help="管理员密码；不写在命令里则会询问。")
def found(city: str, code: str, login: str, password: str) -> None:
    """初始化一个空系统：时限方案、放假安排、来源、热线单位和第一个管理员。"""
    from hotline import config, founding
    from hotline.app import import_models
    from hotline.clock import utcnow
    from hotline.database import Database
    from hotline.errors import DomainError

    import_models()
    try:
        with Database(config.load()).transaction() as session:
            founding.found(session, city=city, code=code, login=login, password=password, now=utcnow())
    except DomainError as error:
        sys.exit(error.message)
    click.echo(f"已初始化。请用 {login} 登录，在“管理”里添加单位、人员、事项分类。")


@main.group()
def suggest() -> None:
    """分类与单位建议。"""


@suggest.command()
def train() -> None:
    """从本线已办结的工单重新学习分类与承办单位的建议，打印一行 JSON（版本、各用多少件、时间）。"""
    from hotline.app import create_app
    from hotline.clock import utcnow

    app = create_app()
    with app.extensions["hotline"].database.transaction(write=False) as session:
        learned = app.extensions["suggestions"].learn(session, utcnow())
    click.echo(json.dumps(learned.__dict__, ensure_ascii=False))


@main.group()
def keys() -> None:
    """姓名、电话的加密密钥。"""


@keys.command()
def rotate() -> None:
    """换密钥之后：把旧密钥加密的内容改用新密钥，重算电话检索；可随时中断、重复运行。"""
    from hotline import config, keys
    from hotline.app import import_models
    from hotline.database import Database
    from hotline.errors import DomainError

    import_models()
    try:
        written = keys.rotate(Database(config.load()), click.echo)
    except DomainError as error:
        sys.exit(error.message)
    click.echo(f"完成：更新 {written} 行。再运行一次应为 0 行，之后即可去掉旧密钥。")
