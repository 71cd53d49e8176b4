"""Measure the suggestion: learn from some files of labelled texts, answer others."""

import gzip
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from routing.learning import Example, learn
from routing.suggest import Suggester, Suggestion

Cut = Callable[[str], Sequence[str]]
Row = Mapping[str, Any]
Answer = tuple[Suggestion, str, float]
"""What was suggested, what was right, and the seconds it took."""


def evaluate_suggest(train: Sequence[Path], test: Path, cut: Cut) -> dict[str, float]:
    """Learn from the rows of `train`, answer those of `test`; see `score` and `answered` for the figures.

    A row is {tokens, category} or {subject, body, category} (jsonl or jsonl.gz); raw text goes through `cut`, and the
    time that takes counts. fit_s is seconds. Raises OSError, ValueError or KeyError on files of another shape.
    """
    labelled, asked = [row for path in train for row in rows(path)], rows(test)
    begun = time.perf_counter()
    model = learn([example(row, cut) for row in labelled])
    fitted = {"fit_s": round(time.perf_counter() - begun, 2)}
    answers = ask_all(model, asked, cut)
    return {"train": len(labelled), "test": len(asked), **score(answers), **fitted, **speed(answers)}


def rows(path: Path) -> list[Row]:
    """The rows of a jsonl file, packed or not. Raises ValueError for a line that is no JSON."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def example(row: Row, cut: Cut) -> Example:
    """A row's tokens, the subject's before the body's, and its category."""
    return tokens_of(row, cut), row["category"]


def tokens_of(row: Row, cut: Cut) -> Sequence[str]:
    """The tokens as they stand, or those of subject and body."""
    found: Sequence[str] | None = row.get("tokens")
    return cut(f"{row.get('subject', '')}\n{row.get('body', '')}") if found is None else found


def ask_all(model: Suggester, asked: Iterable[Row], cut: Cut) -> list[Answer]:
    """Each row's suggestion beside what is right."""
    return [_ask(model, row, cut) for row in asked]


def _ask(model: Suggester, row: Row, cut: Cut) -> Answer:
    begun = time.perf_counter()
    suggestion = model.suggest(tokens_of(row, cut))
    return suggestion, row["category"], time.perf_counter() - begun


def score(answers: Sequence[Answer]) -> dict[str, float]:
    """Shares of right answers: the first choice, its F1 averaged over labels, one of three; and how far the bar helps.

    `sure` is the share of answers above the bar, `sure_accuracy` the share of right ones among them.
    """
    if not answers:
        return {}
    first = [suggestion.choices[0].label for suggestion, _, _ in answers]
    right = [label for _, label, _ in answers]
    among = [label in [choice.label for choice in suggestion.choices] for suggestion, label, _ in answers]
    sure = [suggestion.label == label for suggestion, label, _ in answers if suggestion.label is not None]
    figures = {
        "accuracy": share(one == label for one, label in zip(first, right, strict=True)),
        "macro_f1": macro_f1(first, right),
        "top3_accuracy": share(among),
        "sure": len(sure) / len(answers),
        "sure_accuracy": share(sure),
    }
    return {name: round(figure, 4) for name, figure in figures.items()}


def macro_f1(given: Sequence[str], right: Sequence[str]) -> float:
    """F1 of each label that was given or right, averaged."""
    from sklearn.metrics import f1_score

    return float(f1_score(right, given, average="macro", zero_division=0))


def share(yes: Iterable[bool]) -> float:
    """The share of true ones; of none 0."""
    seen = list(yes)
    return sum(seen) / len(seen) if seen else 0.0


def speed(answers: Sequence[Answer]) -> dict[str, float]:
    """The 95th percentile of the seconds a text took, in milliseconds."""
    ordered = sorted(seconds for _, _, seconds in answers)
    return {"p95_ms": round(1000 * ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)], 2)} if ordered else {}
