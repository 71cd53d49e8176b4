"""Which label (a category, a unit) suits a text? Learned from texts that have one; see `routing.learning`.

Answers need numpy only. Tokens come from outside: whoever learned from some segmenter's tokens asks with the same.
"""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from routing.features import Space, pieces, plain

FORMAT = 2
"""Raised with every change to features or file, so that an older file is learned anew."""
BAR = 0.6
"""Confidence below which the answer is 不确定. Of 7,521 messages 96 % were above it, and 95 % of those right."""
CHOICES = 3
MAX_WORDS = 5
WEIGHED = 20
"""Words that are looked at in detail for the reason."""


@dataclass(frozen=True)
class Choice:
    """A label and how likely it is, 0 to 1: of the answers at .8, about eight in ten are right."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Suggestion:
    """The likeliest labels, the best first, and the words that spoke for the first one, the strongest first.

    `label` is the first one, or None (不确定) when its confidence is below the bar or no word is known.
    """

    label: str | None
    choices: tuple[Choice, ...]
    words: tuple[str, ...]


class NoModel(ValueError):
    """No model can be made of this: no labelled text at all, or a file of another format."""


@dataclass(frozen=True)
class Suggester:
    """A learned model. Immutable, to be shared between threads.

    `weights` (labels × columns) and `bias` give a score per label, `steepness` turns scores into confidences;
    `shares` is how common each label was, the answer to a text without a known word.
    """

    labels: tuple[str, ...]
    space: Space
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    steepness: float
    shares: NDArray[np.float32]

    def suggest(self, tokens: Iterable[str], bar: float = BAR) -> Suggestion:
        """The best labels for a text's tokens in reading order, the subject first. Any tokens, also none."""
        tokens = plain(tokens)
        columns, values = self.space.row(tokens)
        if not len(columns) or len(self.labels) == 1:
            return Suggestion(None, self._best(self.shares), ())
        choices = self._best(softmax(self.steepness * self.scores(columns, values)))
        sure = choices[0].confidence >= bar
        return Suggestion(choices[0].label if sure else None, choices, self._words(tokens, columns, values, choices))

    def scores(self, columns: NDArray[np.int32], values: NDArray[np.float32]) -> NDArray[np.float32]:
        """A score per label for a row of the space."""
        found: NDArray[np.float32] = self.weights[:, columns] @ values + self.bias
        return found

    def _best(self, confidences: NDArray[np.float32]) -> tuple[Choice, ...]:
        order = np.argsort(-confidences, kind="stable")[:CHOICES]
        return tuple(Choice(self.labels[i], round(float(confidences[i]), 4)) for i in order)

    def _words(
        self, tokens: Sequence[str], columns: NDArray[np.int32], values: NDArray[np.float32], choices: Sequence[Choice]
    ) -> tuple[str, ...]:
        """The words that lifted the first choice over the second: their own weight and their characters'."""
        first, second = (self.labels.index(choice.label) for choice in choices[:2])
        lift = (self.weights[first, columns] - self.weights[second, columns]) * values
        lifts = dict(zip(columns.tolist(), lift.tolist(), strict=True))
        known = {word: lifts.get(self.space.columns.get(f"w{word}", -1), 0.0) for word in tokens if len(word) > 1}
        likely = sorted(known, key=lambda word: -known[word])[:WEIGHED]
        spoken = {word: self._lift_of(word, lifts) for word in likely}
        ordered = sorted((word for word, by in spoken.items() if by > 0), key=lambda word: -spoken[word])
        return tuple(ordered[:MAX_WORDS])

    def _lift_of(self, word: str, lifts: dict[int, float]) -> float:
        names = [f"w{word}", *(mark + part for mark in "ch" for part in pieces(word))]
        return sum(lifts.get(self.space.columns.get(name, -1), 0.0) for name in names)

    def to_bytes(self) -> bytes:
        """The model as a file: numpy's own format, nothing that could run when it is read."""
        head = {"format": FORMAT, "labels": self.labels, "steepness": self.steepness}
        file = io.BytesIO()
        np.savez_compressed(
            file,
            head=_packed(json.dumps(head)),
            names=_packed("\n".join(self.space.columns)),
            idf=self.space.idf,
            weights=self.weights.astype(np.float16),  # half the file; three digits are more than a suggestion needs
            bias=self.bias,
            shares=self.shares,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Suggester":
        """The model of a file. Raises NoModel when it is damaged or of another format."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                return cls._of(dict(file))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise NoModel("not a model of this version") from error

    @classmethod
    def _of(cls, file: dict[str, Any]) -> "Suggester":
        head = json.loads(file["head"].tobytes())
        if head["format"] != FORMAT:
            raise NoModel(f"format {head['format']}")
        names = file["names"].tobytes().decode().split("\n")
        space = Space({name: column for column, name in enumerate(names)}, file["idf"])
        weights = file["weights"].astype(np.float32)
        return cls(tuple(head["labels"]), space, weights, file["bias"], head["steepness"], file["shares"])


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores → confidences that add up to 1."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    confidences: NDArray[np.float32] = grown / grown.sum(axis=-1, keepdims=True)
    return confidences


def _packed(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)
