"""Measure the search on judged questions, through the same code that serves the desk."""

import gzip
import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from knowledge_base.index import Doc, build
from knowledge_base.search import search
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import Snapshot, open_index

DEPTH = 10
_TODAY = date(2025, 1, 1)  # any day: the judged documents are open-ended


def evaluate_search(docs_path: Path, queries_path: Path, qrels_path: Path) -> dict[str, float]:
    """Quality (0–1), speed (ms a question, questions a second, one thread) and size of an index of `docs_path`.

    Files are jsonl or jsonl.gz: docs {id, title, body}, queries {id, text}, qrels {q, d, rel}. Builds in a temporary
    folder. Raises OSError, ValueError or KeyError on files of another shape.
    """
    relevant = relevant_of(qrels_path)
    docs = list(rows(docs_path))
    queries = [query for query in rows(queries_path) if query["id"] in relevant]
    with tempfile.TemporaryDirectory() as name:
        folder, segmenter = Path(name) / "index", Segmenter()
        started = time.perf_counter()
        build(folder, (Doc(i, 1, doc["title"], doc["body"]) for i, doc in enumerate(docs)), segmenter)
        built = time.perf_counter()
        snapshot = open_index(folder)
        ids = [doc["id"] for doc in docs]
        runs = [_ask(snapshot, segmenter, query["text"], ids) for query in queries]
        megabytes = sum(file.stat().st_size for file in folder.rglob("*")) / 1e6
    quality = mean([judge(found, relevant[query["id"]]) for query, (found, _) in zip(queries, runs, strict=True)])
    sizes = {"docs": len(docs), "queries": len(queries)}
    cost = {"build_s": round(built - started, 2), "index_mb": round(megabytes, 1)}
    return {**sizes, **quality, **speed([seconds for _, seconds in runs]), **cost}


def judge(found: Sequence[str], relevant: Mapping[str, float]) -> dict[str, float]:
    """The measures of one answer list against {document: grade > 0}; gain of a grade is 2^grade - 1."""
    hits = [relevant.get(doc, 0.0) for doc in found[:DEPTH]]
    first = next((place for place, grade in enumerate(hits, 1) if grade), None)
    ideal = _gain(sorted(relevant.values(), reverse=True)[:DEPTH])
    recall = {f"recall@{depth}": sum(map(bool, hits[:depth])) / len(relevant) for depth in (1, 5, 10)}
    return {**recall, "mrr@10": 1 / first if first else 0.0, "ndcg@10": _gain(hits) / ideal}


def _gain(grades: Sequence[float]) -> float:
    return sum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def _ask(snapshot: Snapshot, segmenter: Segmenter, text: str, ids: Sequence[str]) -> tuple[list[str], float]:
    """The ids found, and the seconds it took."""
    started = time.perf_counter()
    hits = search(snapshot, segmenter, text, on=_TODAY, top=DEPTH)
    return [ids[hit.entry_id] for hit in hits], time.perf_counter() - started


def mean(judged: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each measure over all questions."""
    return {name: round(sum(row[name] for row in judged) / len(judged), 4) for name in (judged[0] if judged else ())}


def speed(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles in milliseconds, the first cold questions included, and questions a second."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    at = {f"p{p}_ms": round(1000 * ordered[min(len(ordered) * p // 100, len(ordered) - 1)], 2) for p in (50, 95, 99)}
    return {**at, "qps": round(len(ordered) / sum(ordered), 1)}


def relevant_of(path: Path) -> dict[str, dict[str, float]]:
    """Question → {document: grade}, from qrels rows; documents judged as not relevant are left out."""
    relevant: dict[str, dict[str, float]] = {}
    for row in rows(path):
        if row["rel"] > 0:
            relevant.setdefault(row["q"], {})[row["d"]] = row["rel"]
    return relevant


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a jsonl or jsonl.gz file."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
