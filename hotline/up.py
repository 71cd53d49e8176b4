"""One command to the first page: migrate, fill, then Redis, web, workers and ticker under the supervisor."""

import errno
import http.client
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from unicodedata import east_asian_width

from hotline.servers import redis_answers, redis_command, socket_folder, start
from hotline.supervisor import AlreadyRunning, Program, Supervisor, only_one

WORKERS = (("deadlines", "notify"), ("deadlines", "notify", "index", "reports"))
"""The queues of each worker, most urgent first: a long report never holds up a deadline."""
HOTLINE = (sys.executable, "-m", "hotline")
DEMO_MARK = "demo-city"
"""A file of this name in the data folder says that the database holds the demo city, whose passwords are public."""

Say = Callable[[str], None]


class CannotStart(Exception):
    """A Chinese sentence that says what stands in the way."""


@dataclass(frozen=True)
class Plan:
    """What is started, and where."""

    data_dir: Path
    host: str
    port: int
    with_demo: bool

    @property
    def url(self) -> str:
        """The address to open on this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}/"


def run(plan: Plan, say: Say) -> bool:
    """Start the house and watch it until Ctrl-C or SIGTERM. True after a clean stop.

    Raises CannotStart when the data folder or port is in use, Redis does not answer, or the migration fails.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor listens, TERM ends us like Ctrl-C
    plan.data_dir.mkdir(parents=True, exist_ok=True)
    os.environ["HOTLINE_DATA"] = str(plan.data_dir)
    try:
        with only_one(plan.data_dir), redis_programs(plan) as redis:
            _refuse_taken_port(plan)
            _prepare(plan)
            return _watch(plan, [*redis, *house_programs(plan)], say)
    except AlreadyRunning as error:
        raise CannotStart(str(error)) from None
    except KeyboardInterrupt:
        return True


def _watch(plan: Plan, programs: list[Program], say: Say) -> bool:
    supervisor = Supervisor(programs, plan.data_dir / "log", say)
    supervisor.listen()
    clean = supervisor.run(started=lambda: say(welcome(plan)))
    say("热线已停止。")
    return clean


@contextmanager
def redis_programs(plan: Plan) -> Iterator[list[Program]]:
    """The Redis to run: none when REDIS_URL names one; else ours, whose address goes to all others by REDIS_URL."""
    if url := os.environ.get("REDIS_URL"):
        if not redis_answers(url):
            raise CannotStart("REDIS_URL 指向的 Redis 没有应答。请先启动它，或去掉 REDIS_URL 使用自带的 Redis。")
        yield []
        return
    with ExitStack() as stack:
        folder = socket_folder(plan.data_dir, "redis.sock")
        if folder != plan.data_dir:
            stack.callback(rmtree, folder, ignore_errors=True)
        url = os.environ["REDIS_URL"] = f"unix://{folder / 'redis.sock'}"
        stack.callback(os.environ.pop, "REDIS_URL", None)
        yield [Program("redis", "Redis", redis_command(folder / "redis.sock"), ready=lambda: redis_answers(url))]


def house_programs(plan: Plan) -> Iterable[Program]:
    """Our own programs, in the order of their start."""
    web = [*HOTLINE, "web", "--host", plan.host, "--port", str(plan.port)]
    yield Program("web", "网页", web, ready=lambda: _page_answers(plan))
    for number, queues in enumerate(WORKERS, start=1):
        yield Program(f"worker-{number}", f"后台任务 {number}", [*HOTLINE, "worker", *queues])
    yield Program("ticker", "时钟", [*HOTLINE, "ticker"])


def _page_answers(plan: Plan) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if plan.host == "0.0.0.0" else plan.host, plan.port, 10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _refuse_taken_port(plan: Plan) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((plan.host, plan.port))
        except OSError as error:
            reason = "端口已被占用" if error.errno == errno.EADDRINUSE else error.strerror
            raise CannotStart(f"不能监听 {plan.host}:{plan.port}：{reason}。请用 --port 换一个端口。") from None


def _prepare(plan: Plan) -> None:
    # In processes of their own: the supervisor stays small, and forks before any library starts a thread.
    _step("数据库迁移", "migrate")
    if plan.with_demo:
        _step("建立演示城市", "demo")


def _step(label: str, command: str) -> None:
    if code := start([*HOTLINE, command]).wait():
        raise CannotStart(f"{label}失败（代码 {code}），原因见上。")


def welcome(plan: Plan) -> str:
    """What a newcomer needs: the address, and who can log in."""
    lines = ["", f"热线已启动：{plan.url}", f"数据目录：{plan.data_dir}（日志在 log/）", "按 Ctrl-C 停止。"]
    if (plan.data_dir / DEMO_MARK).exists():
        lines += ["", "演示账号（仅供试用）：", *_login_lines(), "", "约 40 秒后，标题以【演示】开头的工单将亮黄牌。"]
    else:
        found = f"HOTLINE_DATA={plan.data_dir} .venv/bin/hotline found --city 城市名 --code 区划代码"
        lines += ["", f"首次使用请初始化（建立热线单位和第一个管理员）：{found}"]
    return "\n".join([*lines, ""])


def _login_lines() -> Iterator[str]:
    from hotline.demo import logins

    for role, login, password in logins():
        yield f"  {_padded(role, 14)}{_padded(login, 14)}{password}"


def _padded(text: str, columns: int) -> str:
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return text + " " * max(columns - len(text) - wide, 1)
