import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hotline.servers import wait_for

PROGRAMS = {"redis", "web", "worker-1", "worker-2", "ticker"}


class Running:
    """`hotline up` on an empty data folder, as scripts/run starts it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.output = data_dir.parent / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(self.command(), env=clean_environ(), stdout=output, stderr=output)

    def command(self) -> list[str]:
        where = ["--data", str(self.data_dir), "--port", str(self.port)]
        return [sys.executable, "-m", "hotline", "up", "--no-demo", *where]

    def is_up(self) -> bool:
        return "热线已启动" in self.output.read_text()

    def children(self) -> list[int]:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, check=False)
        return [int(pid) for pid in listed.stdout.split()]

    def page_status(self) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        return status


def clean_environ() -> dict[str, str]:
    hidden = {"REDIS_URL", "DATABASE_URL", "HOTLINE_DATA"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    house = Running(tmp_path / "data")
    assert wait_for(house.is_up, 60, alive=lambda: house.process.poll() is None), house.output.read_text()
    yield house
    house.process.terminate()
    house.process.wait(20)


def test_one_command_brings_up_the_house_and_one_signal_takes_it_down(running: Running) -> None:
    assert running.page_status() < 400
    assert {path.stem for path in (running.data_dir / "log").glob("*.log")} == PROGRAMS
    children = running.children()
    assert len(children) == len(PROGRAMS)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(15) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert "热线已停止" in running.output.read_text()


def test_a_killed_house_leaves_nothing_and_starts_again(running: Running) -> None:
    children = running.children()
    running.process.kill()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 15)
    again = subprocess.Popen(running.command(), env=clean_environ(), stdout=subprocess.PIPE, text=True)
    assert again.stdout is not None
    assert any("热线已启动" in line for line in again.stdout)
    again.terminate()
    assert again.wait(20) == 0


def test_a_second_start_says_what_stands_in_the_way(running: Running) -> None:
    second = subprocess.run(running.command(), env=clean_environ(), capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"数据目录 {running.data_dir} 正由另一个热线进程使用（进程号 {running.process.pid}）" in second.stderr
    elsewhere = ["--data", str(running.data_dir.parent / "other"), "--port", str(running.port)]
    command = [sys.executable, "-m", "hotline", "up", *elsewhere]
    taken = subprocess.run(command, env=clean_environ(), capture_output=True, text=True, check=False)
    assert taken.returncode == 1
    assert "端口已被占用" in taken.stderr
