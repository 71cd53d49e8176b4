import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotline import supervisor as supervisor_module
from hotline.servers import wait_for
from hotline.supervisor import AlreadyRunning, Child, Program, Supervisor, only_one, pause_after

STAY = "import time; time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STAY
WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STAY!r}], process_group=0)"


def program(code: str, name: str = "program", ready: Callable[[], bool] = lambda: True) -> Program:
    return Program(name, "程序", [sys.executable, "-c", code], ready=ready)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def members(session: int) -> list[int]:
    return list(supervisor_module._session_members(session))


@contextmanager
def stopped_when(supervisor: Supervisor, condition: Callable[[], bool]) -> Iterator[None]:
    """Asks for the stop from beside, as a signal would, once the condition holds (or after 15 s)."""

    def watch() -> None:
        wait_for(condition, 15)
        supervisor.stopping = True

    beside = threading.Thread(target=watch)
    beside.start()
    yield
    beside.join()


def test_a_fallen_program_is_started_again_and_people_are_told(tmp_path: Path) -> None:
    starts, said = tmp_path / "starts", []
    falling = program(f"open({str(starts)!r}, 'a').write('started\\n'); raise SystemExit(3)")
    supervisor = Supervisor([falling], tmp_path / "log", said.append)
    with stopped_when(supervisor, lambda: len(lines(starts)) >= 2):
        assert supervisor.run()
    assert len(lines(starts)) >= 2
    assert "程序意外退出（代码 3），0.5 秒后重新启动" in said[0]


def test_the_pause_doubles_up_to_its_limit() -> None:
    assert [pause_after(falls) for falls in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, supervisor_module.LONGEST_PAUSE]


@pytest.mark.parametrize(("lived", "falls"), [(1.0, 4), (supervisor_module.STEADY + 1, 1)])
def test_only_a_program_that_falls_early_is_made_to_wait_longer(tmp_path: Path, lived: float, falls: int) -> None:
    child = Child(program("pass"), tmp_path)
    child.falls = 3
    child.start(now=100.0)
    assert child.process is not None
    child.process.wait()
    assert child.note_fall(now=100.0 + lived) == 0
    assert child.falls == falls
    assert child.next_start == 100.0 + lived + pause_after(falls)


@pytest.mark.parametrize("code", [STAY, STUBBORN, WITH_CHILD], ids=["polite", "deaf to TERM", "with a group beside it"])
def test_a_stop_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(supervisor_module, "PATIENCE", 0.5)
    supervisor = Supervisor([program(code)], tmp_path, print)
    wanted = 2 if code == WITH_CHILD else 1
    sessions: list[int] = []

    def is_up() -> bool:
        process = supervisor.children[0].process
        sessions[:] = [process.pid] if process else []
        return bool(sessions) and len(members(sessions[0])) == wanted

    with stopped_when(supervisor, is_up):
        supervisor.run()
    assert wait_for(lambda: members(sessions[0]) == [], 2)


def test_what_a_fallen_program_leaves_is_swept_up_before_it_starts_again(tmp_path: Path) -> None:
    child = Child(program(WITH_CHILD), tmp_path)
    child.start(now=0.0)
    assert child.process is not None
    session = child.process.pid
    assert wait_for(lambda: len(members(session)) == 2, 10)
    child.process.kill()
    child.process.wait()
    child.note_fall(now=1.0)
    assert wait_for(lambda: members(session) == [], 2)


def test_programs_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hotline.supervisor import Program, Supervisor\n"
        f"program = Program('stay', 'stay', [sys.executable, '-c', {STAY!r}])\n"
        f"supervisor = Supervisor([program], Path({str(tmp_path)!r}), print)\n"
        "supervisor.run(lambda: print(supervisor.children[0].process.pid, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        child = int(running.stdout.readline())
        os.kill(running.pid, signal.SIGKILL)
    assert wait_for(lambda: not Path(f"/proc/{child}").exists(), 5)


def test_a_program_that_does_not_start_ends_the_house_and_shows_its_last_words(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([program("raise SystemExit('no such colour')", ready=lambda: False)], tmp_path, said.append)
    assert not supervisor.run(started=lambda: said.append("started"))
    assert "没有启动成功" in said[0]
    assert "no such colour" in said[0]
    assert "started" not in said


def test_programs_start_in_order_each_after_the_one_before_is_ready(tmp_path: Path) -> None:
    order = tmp_path / "order"
    first = f"import time; time.sleep(0.5); open({str(order)!r}, 'a').write('first\\n'); {STAY}"
    second = f"open({str(order)!r}, 'a').write('second\\n'); {STAY}"
    programs = [program(first, "first", ready=order.exists), program(second, "second")]
    supervisor = Supervisor(programs, tmp_path / "log", print)
    with stopped_when(supervisor, lambda: len(lines(order)) == 2):
        supervisor.run()
    assert lines(order) == ["first", "second"]


def test_a_second_start_on_the_same_folder_is_refused_in_words(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(AlreadyRunning, match=f"数据目录 {tmp_path} 正由另一个") as refused,
        only_one(tmp_path),
    ):
        pass
    assert str(os.getpid()) in str(refused.value)
    with only_one(tmp_path):
        pass  # free again
