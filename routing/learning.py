"""Learn to suggest: a linear support vector machine per label, its features scaled by how unevenly the label uses them.

The scaling is Wang and Manning's NB-SVM ("Baselines and Bigrams", ACL 2012), a label against the rest. scikit-learn
does the learning and is imported here only: whoever just asks a model need not load it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.features import Space, plain
from routing.suggest import NoModel, Suggester, softmax

Example = tuple[Sequence[str], str]
"""A text's tokens in reading order, and its label."""

STRENGTH = 1.0
"""Weight of an error against simplicity (C)."""
BLEND = 0.25
"""How far the features follow the log-count ratios: 0 not at all, 1 wholly."""
SMOOTHING = 0.1
SEED = 0
HELD_OUT = 5
"""Every fifth example is kept back once, to learn how far scores may be believed."""
FEW = 50
"""Examples below which there is nothing to keep back."""
CAUTIOUS = 2.0
"""The steepness without: a score of 1 against -1 is worth .98, against 0 .88."""
STEEPNESSES = np.geomspace(0.5, 12, 60)


def learn(examples: Sequence[Example]) -> Suggester:
    """A model of these texts; the same examples in the same order give the same model. Raises NoModel for none."""
    if not examples:
        raise NoModel("no examples")
    texts = [plain(tokens) for tokens, _ in examples]
    counts = Counter(label for _, label in examples)
    labels = tuple(sorted(counts))
    answers = np.array([labels.index(label) for _, label in examples])
    shares = np.array([counts[label] / len(examples) for label in labels], dtype=np.float32)
    space = Space.of(texts)
    rows = _matrix(space, texts)
    weights, bias = _machines(rows, answers, len(labels))
    return Suggester(labels, space, weights, bias, _steepness(rows, answers, len(labels)), shares)


def _matrix(space: Space, texts: Sequence[Sequence[str]]) -> Any:
    from scipy.sparse import csr_matrix

    rows = [space.row(tokens) for tokens in texts]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, columns, starts), shape=(len(rows), len(space.columns)))


def _machines(rows: Any, answers: NDArray[np.int64], labels: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (labels × columns) and bias; a label that no row or every row has gets none, and loses."""
    weights = np.zeros((labels, rows.shape[1]), dtype=np.float32)
    bias = np.full(labels, -1, dtype=np.float32)
    for label in range(labels):
        is_it = answers == label
        if 0 < is_it.sum() < len(answers):
            weights[label], bias[label] = _machine(rows, is_it)
    return weights, bias


def _machine(rows: Any, is_it: NDArray[np.bool_]) -> tuple[NDArray[np.float32], float]:
    """One label against the rest. Scaling a feature and then its weight is one linear model on the plain features."""
    from scipy.sparse import diags
    from sklearn.svm import LinearSVC

    scale = _unevenness(rows, is_it)
    machine = LinearSVC(C=STRENGTH, class_weight="balanced", random_state=SEED)
    machine.fit(rows @ diags(scale), is_it)
    return machine.coef_[0] * scale, float(machine.intercept_[0])


def _unevenness(rows: Any, is_it: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Per column 1 blended with |log ratio| of its share inside and outside the label, which averages 1."""
    inside, outside = (SMOOTHING + np.asarray(rows[which].sum(axis=0)).ravel() for which in (is_it, ~is_it))
    ratio = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum())))
    scale: NDArray[np.float32] = (1 - BLEND + BLEND * ratio / max(ratio.mean(), 1e-9)).astype(np.float32)
    return scale


def _steepness(rows: Any, answers: NDArray[np.int64], labels: int) -> float:
    """The factor that makes confidences of unseen texts most likely (temperature scaling, Guo et al. 2017)."""
    kept_back = np.arange(len(answers)) % HELD_OUT == 0
    if len(answers) < FEW or len(set(answers[~kept_back])) < 2:
        return CAUTIOUS
    weights, bias = _machines(rows[~kept_back], answers[~kept_back], labels)
    scores = rows[kept_back] @ weights.T + bias
    asked = np.arange(len(scores)), answers[kept_back]
    losses = [-np.log(softmax(factor * scores)[asked] + 1e-9).mean() for factor in STEEPNESSES]
    return float(STEEPNESSES[int(np.argmin(losses))])
