"""scripts/bench index: the search as a running web process gives it: memory, time over HTTP, a publish made visible."""

import argparse
import http.client
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hotline.knowledge.content import Content
from hotline.servers import start, wait_for
from hotline.supervisor import kill_session
from knowledge_base.evaluate import speed
from knowledge_base.index import read_pointer
from scripts.bench_search import SETS, Judged, data_folder, mixed
from scripts.index_world import TODAY, World, fill, spread

PUBLISHES = 20
Row = dict[str, Any]


class Site:
    """A web server started as `hotline up` starts it, and one client with one connection."""

    def __init__(self, folder: Path, url: str, port: int) -> None:
        command = [sys.executable, "-m", "hotline", "web", "--port", str(port)]
        begun = time.perf_counter()
        self.log = folder / "web.log"
        with self.log.open("ab") as output:
            self.process = start(command, output, env={**os.environ, "HOTLINE_DATA": str(folder), "DATABASE_URL": url})
        self.client = http.client.HTTPConnection("127.0.0.1", port, 60)
        if not wait_for(self._answers, 300, alive=lambda: self.process.poll() is None):
            raise RuntimeError(self.log.read_text()[-2000:])
        self.started = time.perf_counter() - begun

    def _answers(self) -> bool:
        try:
            self.client.request(
                "GET", "/login"
            )  # as the supervisor asks, a page that has nothing to do with the search
            return bool(self.client.getresponse().read())
        except OSError:
            self.client.close()
            return False

    def ask(self, question: str) -> float:
        """Seconds until the whole page of answers is there."""
        begun = time.perf_counter()
        self.client.request("GET", f"/portal/knowledge?q={quote(question)}")
        response = self.client.getresponse()
        page = response.read()
        assert response.status == 200, page[-500:]
        return time.perf_counter() - begun

    def memory(self) -> Row:
        """Megabytes of the greatest of its processes: all, and without files that are only mapped."""
        main = self.process.pid
        workers = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        told = [Path(f"/proc/{pid}/status").read_text() for pid in (main, *workers)]
        rows = [dict(line.split(":", 1) for line in text.splitlines()) for text in told]
        return {
            "rss_mb": max(int(row["VmRSS"].split()[0]) for row in rows) // 1000,
            "rss_without_mapped_files_mb": max(int(row["RssAnon"].split()[0]) for row in rows) // 1000,
        }


@contextmanager
def site(folder: Path, url: str, port: int) -> Iterator[Site]:
    found = Site(folder, url, port)
    try:
        yield found
    finally:
        found.process.terminate()
        found.process.wait(20)
        kill_session(found.process.pid)


def contents(sets: Sequence[Judged], count: int) -> Iterator[Content]:
    for doc in mixed(sets, count):
        yield Content(doc.title[:200] or "无题", doc.text or "无正文", TODAY)


def publish(world: World, times: int) -> list[float]:
    """Seconds from each commit until the index of a process that was told nothing has it."""
    seconds = []
    for number in range(1, times + 1):
        revision, begun = world.publish(number), time.perf_counter()
        wait_for(lambda at=revision: read_pointer(world.folder).revision >= at, 30)  # type: ignore[misc]
        seconds.append(time.perf_counter() - begun)
        assert world.ask(number).is_found
        time.sleep(random.Random(number).uniform(0.0, 1.0))
    return seconds


def run(arguments: argparse.Namespace) -> bool:
    """One JSON line; whether the promises hold."""
    sets = [Judged(arguments.data / name) for name in SETS]
    questions = [row["text"] for judged in sets for row in random.Random(1).sample(judged.questions, 250)]
    with tempfile.TemporaryDirectory(prefix="hotline-") as made:
        folder = arguments.folder or Path(made)
        figures = measure(folder, sets, questions, arguments)
    good = (
        figures["http"]["p95_ms"] <= 40
        and figures["rss_mb"] <= 350
        and figures["publish_s"]["max"] <= 2
        and figures["first_ms"] <= 100
    )
    print(json.dumps({**figures, "good": good}))
    return bool(good)


def measure(folder: Path, sets: Sequence[Judged], questions: list[str], arguments: argparse.Namespace) -> Row:
    url = f"sqlite:///{folder / 'hotline.sqlite3'}"
    folder.mkdir(exist_ok=True)
    figures: Row = {"entries": arguments.entries, "load": round(os.getloadavg()[0], 1)}
    if not (folder / "hotline.sqlite3").exists():
        fill(url, contents(sets, arguments.entries))
    world = World(folder, url)
    if not (folder / "index" / "current").exists():
        begun = time.perf_counter()
        world.holder.rebuild()
        figures["build_s"] = round(time.perf_counter() - begun)
    with site(folder, url, arguments.port) as running:
        figures["start_s"] = round(running.started, 1)
        figures["first_ms"] = round(running.ask(questions[0]) * 1000, 1)
        figures["cold"] = speed([running.ask(question) for question in questions])
        figures["http"] = speed([running.ask(question) for question in questions])
        figures |= running.memory()
        figures["publish_s"] = spread(publish(world, PUBLISHES))
    return figures


def add_to(commands: Any) -> None:
    """The subcommand `index`."""
    command = commands.add_parser("index", help="a web process at 100,000 entries: time, memory, publish to visible")
    command.add_argument("--data", type=Path, default=data_folder(), help="folder with gov/ and law/")
    command.add_argument("--entries", type=int, default=100_000)
    command.add_argument("--port", type=int, default=8913)
    command.add_argument("--folder", type=Path, help="keep database and index here and use them again")
    command.set_defaults(run=run)
