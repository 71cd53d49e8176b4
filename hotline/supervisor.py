"""One small supervisor: starts the programs of a data folder, restarts what falls, and stops all of them once.

It knows nothing of what it runs. Single-threaded, because children are tied to the thread that made them.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hotline.servers import start, wait_for

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds before the first and any later restart of a program that keeps falling; doubled each time."""
STEADY = 20.0
"""Seconds after which a program counts as healthy, so that its next fall starts from the first pause."""
START_SECONDS = 60.0
"""How long a program may take to be ready."""
PATIENCE = 5.0
"""Seconds the programs get for a clean end before they are killed."""


class AlreadyRunning(Exception):
    """Another supervisor holds this data folder; the message says which, in Chinese."""


@dataclass(frozen=True)
class Program:
    """What to run. `name` is the log's file name, `label` what people read, `ready` whether it does its work."""

    name: str
    label: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True


def pause_after(falls: int) -> float:
    """Seconds to wait before restarting a program that has fallen `falls` times in a row (1, 2, …)."""
    return min(FIRST_PAUSE * 2 ** (falls - 1), LONGEST_PAUSE)


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder against a second start; the kernel lets go when this process ends, however it ends."""
    with (data_dir / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(_occupied(data_dir, file.read().strip())) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _occupied(data_dir: Path, pid: str) -> str:
    return (
        f"数据目录 {data_dir} 正由另一个热线进程使用（进程号 {pid or '未知'}）。请先停止它，或用 --data 指定别的目录。"
    )


class Child:
    """One program and its life: running, or waiting for its next start."""

    def __init__(self, program: Program, log_dir: Path) -> None:
        self.program = program
        self.log = log_dir / f"{program.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.next_start = 0.0
        self.falls = 0

    def start(self, now: float) -> None:
        """Start the program; its output is added to its log."""
        self.started_at = now
        with self.log.open("ab") as output:
            self.process = start(self.program.argv, output, env={**os.environ, **self.program.env})

    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def note_fall(self, now: float) -> int | None:
        """If the program has ended: sweep up what it left, plan its restart, answer its exit code."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        kill_session(self.process.pid)
        self.process = None
        self.falls = 1 if now - self.started_at > STEADY else self.falls + 1
        self.next_start = now + pause_after(self.falls)
        return code


class Supervisor:
    """Runs programs until told to stop. `say` prints one line for people."""

    def __init__(self, programs: Sequence[Program], log_dir: Path, say: Callable[[str], None]) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.children = [Child(program, log_dir) for program in programs]
        self.say = say
        self.stopping = False
        for child in self.children:
            if child.log.exists():
                child.log.replace(child.log.with_suffix(".log.1"))

    def listen(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal ask for the one clean stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def run(self, started: Callable[[], None] = lambda: None) -> bool:
        """Start everything in order, call `started`, watch until a stop is asked for; at the end nothing is left.

        False when a program does not even start: then something is wrong that no restart will mend.
        """
        try:
            if not all(self._start(child) for child in self.children):
                return self.stopping
            started()
            while not self.stopping:
                self._watch(time.monotonic())
                time.sleep(0.1)
            return True
        finally:
            self.stop()

    def _start(self, child: Child) -> bool:
        child.start(time.monotonic())
        if wait_for(child.program.ready, START_SECONDS, alive=lambda: not self.stopping and child.is_running()):
            return True
        if not self.stopping:
            self.say(f"{child.program.label}没有启动成功，日志 {child.log} 的末尾是：\n{_tail(child.log)}")
        return False

    def _watch(self, now: float) -> None:
        for child in self.children:
            code = child.note_fall(now)
            if code is not None:
                self.say(_fallen(child, code))
            if child.process is None and now >= child.next_start:
                child.start(now)

    def stop(self) -> None:
        """End the programs in reverse order of their start, politely first; kill what is left of their sessions."""
        running = [child.process for child in reversed(self.children) if child.process]
        for process in running:
            process.send_signal(signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        for process in running:
            _wait_until(process, end)
            kill_session(process.pid)
            process.wait()
        for child in self.children:
            child.process = None


def _fallen(child: Child, code: int) -> str:
    pause = pause_after(child.falls)
    return f"{child.program.label}意外退出（代码 {code}），{pause:g} 秒后重新启动；详情见 {child.log}"


def _wait_until(process: "subprocess.Popen[bytes]", end: float) -> None:
    try:
        process.wait(max(end - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def kill_session(session: int) -> None:
    """Kill every process of a session. A job of a killed worker has a process group of its own, so groups miss it."""
    for pid in _session_members(session):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _session_members(session: int) -> Iterator[int]:
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        with suppress(ProcessLookupError):
            if os.getsid(pid) == session:
                yield pid
