"""scripts/bench similar: the duplicate hint on pairs labelled by hand, and its speed among 100,000 tickets."""

import argparse
import json
import os
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hotline.demo.appeals import appeals
from hotline.demo.categories import CATEGORY_BY_CODE
from hotline.demo.enterprises import enterprises
from knowledge_base.segment import Segmenter
from routing.evaluate_suggest import rows
from routing.similar import ALIKE, SimilarIndex
from scripts.bench_suggest import data_folder
from tests.calendars import local

LABELLED = Path(__file__).resolve().parent.parent / "tests" / "data" / "similar_pairs.json"
"""[[id, id, 1 or 0]] of stream.jsonl.gz: whether both messages are about one matter, as a reader would merge them."""
NOW = local("2026-03-25 10:00")
DAYS = 90
SEED = 7
Row = dict[str, Any]


def texts(cut: Any) -> dict[str, list[str]]:
    """Message id → tokens."""
    return {row["id"]: cut(f"{row['subject']}\n{row['body']}") for row in rows(data_folder() / "stream.jsonl.gz")}


def synthetic(cut: Any, real: Sequence[list[str]], count: int) -> list[list[str]]:
    """Texts that make the index large: half of a real message and half of another, and the demo city's own appeals."""
    rng = random.Random(SEED)
    known = enterprises(rng)
    own = [cut(f"{one.title}\n{one.body}") for one in appeals(rng, CATEGORY_BY_CODE, known, 2000)]
    mixed = []
    for _ in range(count):
        one, other = rng.choice(own if rng.random() < 0.5 else real), rng.choice(real)
        mixed.append(rng.sample(one, len(one) // 2) + rng.sample(other, len(other) // 2))
    return mixed


def filled(real: dict[str, list[str]], padding: Sequence[list[str]]) -> SimilarIndex:
    """All real messages somewhere among the padding, spread over the last DAYS days."""
    told = [*real.values(), *padding]
    order = list(range(len(told)))
    random.Random(SEED).shuffle(order)
    index = SimilarIndex(len(told))
    for place, number in enumerate(order):
        index.add(number, NOW - timedelta(days=DAYS * (1 - place / len(told))), told[number])
    return index


def judged(index: SimilarIndex, real: dict[str, list[str]]) -> Row:
    """Precision and recall of "these two are one matter" on the labelled pairs."""
    pairs = json.loads(LABELLED.read_text())
    told = [(index.alike(real[one], real[other]) >= ALIKE, bool(same)) for one, other, same in pairs]
    both = sum(said and same for said, same in told)
    said, same = sum(said for said, _ in told), sum(same for _, same in told)
    return {"pairs": len(told), "same": same, "precision": round(both / said, 3), "recall": round(both / same, 3)}


def timed(index: SimilarIndex, asked: Sequence[list[str]]) -> Row:
    seconds = []
    for tokens in asked:
        begun = time.perf_counter()
        index.find(tokens, NOW, DAYS)
        seconds.append(time.perf_counter() - begun)
    ordered = sorted(1000 * one for one in seconds)
    return {"p50_ms": round(ordered[len(ordered) // 2], 1), "p95_ms": round(ordered[len(ordered) * 95 // 100], 1)}


def similar(arguments: argparse.Namespace) -> bool:
    """One line; whether precision, recall and speed are as promised."""
    cut = Segmenter().once
    real = texts(cut)
    index = filled(real, synthetic(cut, list(real.values()), arguments.tickets - len(real)))
    figures = {"tickets": len(index), **judged(index, real), **timed(index, list(real.values())[:300])}
    good = figures["precision"] >= 0.9 and figures["recall"] >= 0.7 and figures["p95_ms"] <= 50
    print(json.dumps({"load": round(os.getloadavg()[0], 1), **figures, "good": good}), flush=True)
    return good


def add_to(commands: Any) -> None:
    command = commands.add_parser("similar", help="find tickets about the same matter among 100,000")
    command.add_argument("--tickets", type=int, default=100_000)
    command.set_defaults(run=similar)
