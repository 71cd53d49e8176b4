"""scripts/bench suggest: how well a category is suggested, beside plain linear support vector machines, in one run."""

import argparse
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hotline.demo.appeals import appeals
from hotline.demo.categories import CATEGORY_BY_CODE
from hotline.demo.enterprises import enterprises
from knowledge_base.segment import Segmenter
from routing.evaluate_suggest import Answer, Cut, example, rows, score, speed, tokens_of
from routing.features import plain
from routing.learning import Example, learn
from routing.suggest import Choice, Suggestion

FOLDS = 5
SEED = 7
DEMO_APPEALS = 2000
ALIKE = 0.5
"""Texts that share this part of their words are one group: never one in training and the other in the test."""
TOO_COMMON = 200
"""Texts with a word beyond which it brings no pair together."""
Row = dict[str, Any]
Model = Callable[[Sequence[str]], Suggestion]
Maker = Callable[[Sequence[Example]], Model]


def ours(examples: Sequence[Example]) -> Model:
    return learn(examples).suggest


def words(examples: Sequence[Example]) -> Model:
    """The usual baseline: sublinear tf-idf of words, one linear machine a category."""
    return _machine(examples, [plain])


def words_and_characters(examples: Sequence[Example]) -> Model:
    """The same with one to three characters of the joined text beside the words."""
    return _machine(examples, [plain, _characters])


def _characters(tokens: Iterable[str]) -> list[str]:
    text = "".join(plain(tokens))
    return [text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)]


def _machine(examples: Sequence[Example], kinds: Sequence[Callable[[Iterable[str]], list[str]]]) -> Model:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    weighers = make_union(*(TfidfVectorizer(analyzer=kind, sublinear_tf=True) for kind in kinds))
    model = make_pipeline(weighers, LinearSVC(random_state=SEED))
    model.fit([list(tokens) for tokens, _ in examples], [label for _, label in examples])

    def ask(tokens: Sequence[str]) -> Suggestion:
        scores = model.decision_function([list(tokens)])[0]
        best = [Choice(str(model.classes_[i]), 0.0) for i in (-scores).argsort()[:3]]
        return Suggestion(best[0].label, tuple(best), ())

    return ask


MODELS = {"svm_words": words, "svm_words_characters": words_and_characters, "ours": ours}


def groups(texts: Sequence[Sequence[str]]) -> list[int]:
    """A number per text; texts that share ALIKE of their words (Jaccard), also by way of a third, have the same."""
    sets, parent = [frozenset(text) for text in texts], list(range(len(texts)))
    posted: dict[str, list[int]] = defaultdict(list)

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, mine in enumerate(sets):
        near = {j for word in mine if len(posted[word]) < TOO_COMMON for j in posted[word]}
        for j in near:
            if len(mine & sets[j]) >= ALIKE * len(mine | sets[j]):
                parent[root(i)] = root(j)
        for word in mine:
            posted[word].append(i)
    return [root(i) for i in range(len(texts))]


def folds(examples: Sequence[Example]) -> list[tuple[Sequence[int], Sequence[int]]]:
    """(learned from, asked) five times; near-copies stay together and each category is spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    texts, labels = [plain(tokens) for tokens, _ in examples], [label for _, label in examples]
    return list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, labels, groups(texts)))


def crossed(make: Maker, examples: Sequence[Example], split: Any) -> Row:
    """The figures over all examples, each asked of a model that has not seen it; the longest fit."""
    answers, fits = [], []
    for learned, asked in split:
        ask, seconds = fitted(make, [examples[i] for i in learned])
        fits.append(seconds)
        answers += [answered(ask, lambda i=i: examples[i][0], examples[i][1]) for i in asked]
    return told(answers, max(fits))


def further(make: Maker, examples: Sequence[Example], test: Path, cut: Cut) -> Row:
    """The figures on another file of raw texts, learned from all examples; the time to cut the text counts."""
    ask, seconds = fitted(make, examples)
    answers = [answered(ask, lambda row=row: tokens_of(row, cut), row["category"]) for row in rows(test)]
    return told(answers, seconds)


def own_city(cut: Cut) -> Row:
    """The demo city's own taxonomy: from half of its appeals to the other half. They are composed from templates, so
    this shows many labels at work, not how hard real appeals are.
    """
    found = appeals(random.Random(SEED), CATEGORY_BY_CODE, enterprises(random.Random(SEED)), DEMO_APPEALS)
    examples = [(cut(f"{appeal.title}\n{appeal.body}"), appeal.category) for appeal in found]
    ask, seconds = fitted(ours, examples[::2])
    answers = [answered(ask, lambda tokens=tokens: tokens, label) for tokens, label in examples[1::2]]
    return {"labels": len({label for _, label in examples}), **told(answers, seconds)}


def fitted(make: Maker, examples: Sequence[Example]) -> tuple[Model, float]:
    begun = time.perf_counter()
    return make(examples), time.perf_counter() - begun


def answered(ask: Model, tokens: Callable[[], Sequence[str]], label: str) -> Answer:
    begun = time.perf_counter()
    return ask(tokens()), label, time.perf_counter() - begun


def told(answers: Sequence[Answer], fit_seconds: float) -> Row:
    return {**score(answers), "fit_s": round(fit_seconds, 2), **speed(answers)}


def data_folder() -> Path:
    here = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("HOTLINE_SHARED_DATA") or here.parent / "shared" / "data") / "appeals"


def suggest(_arguments: argparse.Namespace) -> bool:
    """One line; whether ours beats both baselines on both tests, and is fast enough."""
    segmenter = Segmenter()
    segmenter.once("")
    examples = [example(row, segmenter.once) for row in rows(data_folder() / "labelled_segmented.jsonl.gz")]
    split = folds(examples)
    test = data_folder() / "labelled.jsonl.gz"
    figures = {
        name: {"folds": crossed(make, examples, split), "further": further(make, examples, test, segmenter.once)}
        for name, make in MODELS.items()
    }
    good = all(beats(figures, name) for name in ("folds", "further"))
    print(
        json.dumps(
            {"load": round(os.getloadavg()[0], 1), **figures, "own_city": own_city(segmenter.once), "good": good},
            ensure_ascii=False,
        ),
        flush=True,
    )
    return good


def beats(figures: Row, test: str) -> bool:
    mine = figures["ours"][test]
    others = [figures[name][test]["macro_f1"] for name in MODELS if name != "ours"]
    return bool(mine["macro_f1"] > max(others) and mine["p95_ms"] <= 15 and mine["fit_s"] <= 60)


def add_to(commands: Any) -> None:
    command = commands.add_parser("suggest", help="suggest a category for labelled messages, beside linear SVMs")
    command.set_defaults(run=suggest)
