"""scripts/bench search: how good and how fast the knowledge search is, beside other engines fed the same tokens."""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from knowledge_base.evaluate import judge, mean, relevant_of, rows, speed
from knowledge_base.index import Doc, build, read_pointer, update
from knowledge_base.search import search
from knowledge_base.segment import Segmenter, bigrams, characters
from knowledge_base.snapshot import open_index

SETS = ("gov", "law")
DAY = date(2026, 1, 1)
COLD_QUESTIONS = 100
Tokens = Sequence[str]
Row = dict[str, Any]


class Judged:
    """One of the judged sets: documents, questions and which answer which."""

    def __init__(self, folder: Path) -> None:
        self.docs = list(rows(folder / "docs.jsonl.gz"))
        self.relevant = relevant_of(folder / "qrels.jsonl.gz")
        self.questions = [row for row in rows(folder / "queries.jsonl.gz") if row["id"] in self.relevant]

    def texts(self) -> Iterator[str]:
        return (f"{doc['title']}\n{doc['body']}" for doc in self.docs)

    def run(self, ask: Callable[[str], list[int]]) -> Row:
        """Quality and speed of a function from a question's text to the places of documents."""
        judged, seconds = [], []
        for row in self.questions:
            begun = time.perf_counter()
            found = ask(row["text"])
            seconds.append(time.perf_counter() - begun)
            judged.append(judge([self.docs[at]["id"] for at in found], self.relevant[row["id"]]))
        return {**mean(judged), **speed(seconds)}


class Tokenizers:
    """What each engine is fed: words alone, or all that ours ranks by, the three kinds kept apart by a mark."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.by_name: dict[str, Callable[[str], Tokens]] = {"words": segmenter.once, "all": self._all}
        self._segmenter = segmenter

    def _all(self, text: str) -> Tokens:
        kinds = (("w", self._segmenter.once), ("b", bigrams), ("c", characters))
        return list(chain.from_iterable([mark + token for token in cut(text)] for mark, cut in kinds))


def compare(name: str, judged: Judged, segmenter: Segmenter) -> Iterator[Row]:
    """A row for our engine (texts in, hits with snippets out) and each of the others (numbers out)."""
    from scripts.other_engines import OTHERS  # needs the extra `bench`

    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "i", (Doc(i, 1, d["title"], d["body"]) for i, d in enumerate(judged.docs)), segmenter)
        snapshot = open_index(Path(folder) / "i")
        ours = judged.run(lambda text: [hit.entry_id for hit in search(snapshot, segmenter, text, on=DAY)])
        yield {"set": name, "engine": "ours", "tokens": "all", **ours}
    for tokens, cut in Tokenizers(segmenter).by_name.items():
        corpus = [cut(text) for text in judged.texts()]
        for engine, make in OTHERS.items():
            ask = make(corpus)
            yield {"set": name, "engine": engine, "tokens": tokens, **judged.run(lambda text: ask(cut(text)))}  # noqa: B023


def mixed(sets: Sequence[Judged], count: int) -> Iterator[Doc]:
    """`count` documents, each half of one of the judged ones and half of another."""
    rng = random.Random(1)
    docs = [doc for judged in sets for doc in judged.docs]
    for number in range(count):
        one, other = rng.choice(docs), rng.choice(docs)
        first, second = one["body"], other["body"]
        yield Doc(number, 1, one["title"], first[: len(first) // 2] + second[len(second) // 2 :])


def at_scale(folder: Path, questions: list[str]) -> Row:
    """Speed of a process that only reads, cold (nothing weighed yet) and warm, and the memory it takes."""
    segmenter = Segmenter()
    segmenter.once("贴息")
    begun = time.perf_counter()
    snapshot = open_index(folder)
    opened = time.perf_counter() - begun
    for question in questions:
        timed(snapshot, segmenter, question)
    warm = [timed(snapshot, segmenter, question) for question in questions]
    memory = {"rss_mb": resident("VmRSS"), "rss_without_mapped_files_mb": resident("RssAnon")}
    cold = [timed(open_index(folder), segmenter, question) for question in questions[:COLD_QUESTIONS]]
    return {
        "docs": snapshot.doc_count,
        "open_ms": round(opened * 1000, 1),
        "cold": speed(cold),
        "warm": speed(warm),
        **memory,
    }


def resident(name: str) -> int:
    """Megabytes of memory this process holds, as Linux tells."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(status[name].split()[0]) / 1000)


def timed(snapshot: Any, segmenter: Segmenter, question: str) -> float:
    begun = time.perf_counter()
    search(snapshot, segmenter, question, on=DAY)
    return time.perf_counter() - begun


def publish(folder: Path, segmenter: Segmenter, times: int = 8) -> Row:
    """The slowest of some publishes of one entry: written, opened and found."""
    seconds = []
    for number in range(times):
        begun = time.perf_counter()
        fresh = Doc(10**6, number, "设备购置贷款贴息", f"第{number}次修订：按实际利息的百分之五十贴息。")
        update(folder, [fresh], segmenter, revision=read_pointer(folder).revision + 1, removed=[10**6])
        hits = search(open_index(folder), segmenter, f"设备购置贷款贴息第{number}次修订", on=DAY)
        assert (hits[0].entry_id, hits[0].version) == (10**6, number)
        seconds.append(time.perf_counter() - begun)
    return {"publish_s": round(max(seconds), 2)}


def scale(folder: Path, sets: Sequence[Judged], count: int, segmenter: Segmenter) -> Row:
    figures: Row = {"load": round(os.getloadavg()[0], 1)}
    if not (folder / "current").exists():
        begun = time.perf_counter()
        build(folder, mixed(sets, count), segmenter)
        figures["build_s"] = round(time.perf_counter() - begun)
    questions = [row["text"] for judged in sets for row in random.Random(1).sample(judged.questions, 250)]
    with get_context("spawn").Pool(1) as pool:  # a process of its own, so that memory counts reading only
        figures |= pool.apply(at_scale, (folder, questions))
    return figures | publish(folder, segmenter)


def shown(row: Row) -> Row:
    figures = " ".join(f"{row[name]:8.4f}" for name in ("recall@1", "recall@10", "mrr@10", "ndcg@10"))
    times = " ".join(f"{row[name]:8.2f}" for name in ("p50_ms", "p95_ms"))
    print(f"{row['set']:4} {row['engine']:12} {row['tokens']:6} {figures} {times}", flush=True)
    return row


def run(arguments: argparse.Namespace) -> bool:
    """Print both tables; whether the search is ahead of every other engine and keeps its times."""
    segmenter = Segmenter()
    sets = [Judged(arguments.data / name) for name in SETS]
    good = True
    print(f"{'set':4} {'engine':12} {'tokens':6} recall@1 recall@10  mrr@10  ndcg@10   p50 ms   p95 ms")
    for name, judged in zip(SETS, sets, strict=True):
        ours, *others = (shown(row) for row in compare(name, judged, segmenter))
        good &= all(ours["ndcg@10"] > other["ndcg@10"] for other in others)
    if arguments.docs:
        with tempfile.TemporaryDirectory() as made:
            figures = scale(arguments.folder or Path(made) / "index", sets, arguments.docs, segmenter)
        print(json.dumps(figures))
        good &= figures["warm"]["p95_ms"] <= 10 and figures["cold"]["p95_ms"] <= 20 and figures["publish_s"] <= 2
    return good


def data_folder() -> Path:
    """Where the judged sets lie: HOTLINE_SHARED_DATA, or the folder beside this repository."""
    here = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("HOTLINE_SHARED_DATA") or here.parent / "shared" / "data") / "search"


def add_to(commands: Any) -> None:
    """The subcommand `search`."""
    command = commands.add_parser("search", help="quality beside bm25s, tantivy and FTS5; speed at 100,000 entries")
    command.add_argument(
        "--data", type=Path, default=data_folder(), help="folder with gov/ and law/ (docs, queries, qrels)"
    )
    command.add_argument("--docs", type=int, default=100_000, help="entries of the speed run; 0 leaves it out")
    command.add_argument("--folder", type=Path, help="keep the speed run's index here and use it again")
    command.set_defaults(run=run)
