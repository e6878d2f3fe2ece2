"""Metrics of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

# Of the recall that is told for two classes.
PRECISION = 0.9
# How often each row counts, (rows,) -> value.
Counted = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Metric:
    """A metric of actual and predicted values.

    Classification: integer codes (rows,) and probabilities (rows, classes); regression: numbers (rows,) twice.
    `prepare` does once what does not depend on how often each row counts, because a bootstrap asks hundreds of times.
    """

    prepare: Callable[[np.ndarray, np.ndarray], Counted]
    # Whether less is better, and between what it lies.
    loss: bool = False
    limits: tuple[float, float] = (-np.inf, np.inf)
    # Whether rows may weigh differently.
    weighable: bool = True
    # Whether resamples, in which rows occur several times, give other values on average: the interval is shifted back.
    biased: bool = False

    def __call__(self, actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> float:
        """The value with every row counted once, or as much as it weighs, float64 (rows,).

        Raises:
            ValueError: rows weigh differently, and it cannot count that.
        """
        self.refuse(weights)
        return self.prepare(actual, predicted)(np.ones(len(actual)) if weights is None else weights)

    def refuse(self, weights: np.ndarray | None) -> None:
        """Raise ValueError if there are weights and it cannot count them."""
        if weights is not None and not self.weighable:
            raise ValueError("data.weight: a metric made with of_rows cannot weigh rows: mean_of can")


def of_rows(function: Callable[[np.ndarray, np.ndarray], float], **known: Any) -> Metric:
    """A metric of any function of actual and predicted values, slower than one that prepares; `known` as in mean_of."""

    def prepare(actual: np.ndarray, predicted: np.ndarray) -> Counted:
        def value(counts: np.ndarray) -> float:
            rows = np.repeat(np.arange(len(actual)), counts.astype(np.int64))
            return function(actual[rows], predicted[rows])

        return value

    return Metric(prepare, weighable=False, **known)


def mean_of(of_row: Callable[[np.ndarray, np.ndarray], np.ndarray], root: bool = False, **known: Any) -> Metric:
    """The mean of a number of each row, (rows,), or its square root; `known` is what Metric knows beside it."""

    def prepare(actual: np.ndarray, predicted: np.ndarray) -> Counted:
        losses = of_row(actual, predicted).astype(np.float64)

        def value(counts: np.ndarray) -> float:
            mean = _dot(counts, losses) / counts.sum()
            return float(np.sqrt(mean) if root else mean)

        return value

    return Metric(prepare, **known)


def _dot(first: np.ndarray, second: np.ndarray) -> float:
    """The sum of products; `@` would start threads of its own in each thread of the bootstrap."""
    return float(np.einsum("i,i", first, second))


def classification_metrics(classes: int) -> dict[str, Metric]:
    """The metrics of a classifier by name; the area under the ROC curve of several classes is one against the rest."""
    # As scikit-learn's brier_score_loss: of two classes only the second one counts.
    half = 2 if classes == 2 else 1
    share: dict[str, Any] = {"limits": (0.0, 1.0)}
    loss: dict[str, Any] = {"loss": True, "limits": (0.0, np.inf)}
    at_precision = Metric(_recall_at_precision, biased=True, **share)
    of_two = {f"recall_at_precision_{PRECISION:g}": at_precision} if classes == 2 else {}
    positive = [1] if classes == 2 else list(range(classes))
    return {
        "accuracy": mean_of(lambda actual, predicted: actual == predicted.argmax(axis=1), **share),
        "balanced_accuracy": Metric(partial(_recall, classes), **share),
        "roc_auc": Metric(partial(_area, positive), **share),
        "log_loss": mean_of(_log_loss, **loss),
        "brier": mean_of(lambda actual, given: ((given - np.eye(classes)[actual]) ** 2).sum(axis=1) / half, **loss),
        "f1": Metric(partial(_f1, classes), **share),
        "average_precision": Metric(partial(_average_precision, positive), biased=True, **share),
        **of_two,
    }


def _log_loss(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    # Clipped as by scikit-learn, so that one wrong certainty is not infinite.
    smallest = np.finfo(predicted.dtype).eps
    loss: np.ndarray = -np.log(np.clip(predicted[np.arange(len(actual)), actual], smallest, 1 - smallest))
    return loss


def _recall(classes: int, actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """The mean over classes of the share of their rows that are right."""
    right = (actual == predicted.argmax(axis=1)).astype(np.float64)

    def value(counts: np.ndarray) -> float:
        hits = np.bincount(actual, weights=counts * right, minlength=classes)
        return float((hits / np.bincount(actual, weights=counts, minlength=classes)).mean())

    return value


def _f1(classes: int, actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """The mean over classes of the harmonic mean of precision and recall."""
    found = predicted.argmax(axis=1)
    right = (actual == found).astype(np.float64)

    def value(counts: np.ndarray) -> float:
        hits = np.bincount(actual, weights=counts * right, minlength=classes)
        rows, taken = (np.bincount(codes, weights=counts, minlength=classes) for codes in (actual, found))
        there = rows + taken > 0
        return float((2 * hits[there] / (rows + taken)[there]).mean())

    return value


def _average_precision(against: list[int], actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """The mean over these classes of the precision at every rise of the recall, as scikit-learn has it."""
    ranked = [_by_threshold(actual == code, predicted[:, code]) for code in against]

    def value(counts: np.ndarray) -> float:
        averages = []
        for at_thresholds in ranked:
            precision, recall = at_thresholds(counts)
            averages.append(_dot(np.diff(recall, prepend=0), precision))
        return float(np.mean(averages))

    return value


def _recall_at_precision(actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """The largest share of the second class that is found where at least 90% of what is found is right, else 0."""
    at_thresholds = _by_threshold(actual == 1, predicted[:, 1])

    def value(counts: np.ndarray) -> float:
        precision, recall = at_thresholds(counts)
        return float(recall[precision >= PRECISION].max(initial=0))

    return value


def _by_threshold(positive: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Precision and recall at each threshold, the highest first, by how often each row counts."""
    at_thresholds = passed(positive, scores)

    def value(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found, others = at_thresholds(counts)
        taken = found + others
        # Nothing may be taken where the first rows weigh nothing.
        return np.divide(found, taken, out=np.zeros_like(found), where=taken > 0), found / found[-1]

    return value


def passed(positive: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """How many rows of a class, and how many others, have at least a score, by how often each row counts.

    Args:
        positive: whether a row is of the class, bool (rows,).
        scores: float (rows,); both results are float64 (different scores,), the highest score first.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, of_class = scores[order], positive[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))

    def value(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        counted = counts[order]
        found = np.add.reduceat(counted * of_class, starts)
        return np.cumsum(found), np.cumsum(np.add.reduceat(counted, starts) - found)

    return value


def _area(against: list[int], actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """The mean of the areas under the ROC curves of these classes against the rest."""
    areas = [area_under_roc(actual == code, predicted[:, code]) for code in against]
    return lambda counts: float(np.mean([area(counts) for area in areas]))


def area_under_roc(positive: np.ndarray, scores: np.ndarray) -> Counted:
    """The share of pairs of a row of a class, bool (rows,), and another one that are in the right order, ties by half.

    This is the area under the ROC curve (J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29).
    """
    at_thresholds = passed(positive, scores)

    def value(counts: np.ndarray) -> float:
        found, others = at_thresholds(counts)
        # Each of the others loses against all rows of the class above it, and half of those beside it.
        beside = np.diff(found, prepend=0.0)
        return _dot(np.diff(others, prepend=0.0), found - beside / 2) / float(found[-1] * others[-1])

    return value


def _explained(actual: np.ndarray, predicted: np.ndarray) -> Counted:
    """One minus the squared errors in units of the squared distances from the mean."""
    # Distances from about the mean, because the squares of large numbers lose digits.
    centred, errors = actual - actual.mean(), (actual - predicted) ** 2

    def value(counts: np.ndarray) -> float:
        total = counts.sum()
        squares, wrong = _dot(counts, centred**2), _dot(counts, errors)
        spread = squares - _dot(counts, centred) ** 2 / total
        if spread <= 1e-12 * squares:
            # Rows of one value have no spread to explain: as in scikit-learn.
            return float(wrong == 0)
        return float(1 - wrong / spread)

    return value


def regression_metrics() -> dict[str, Metric]:
    """The metrics of a regression by name, errors in the target's unit."""
    loss: dict[str, Any] = {"loss": True, "limits": (0.0, np.inf)}
    return {
        "rmse": mean_of(lambda actual, predicted: (actual - predicted) ** 2, root=True, **loss),
        "mae": mean_of(lambda actual, predicted: np.abs(actual - predicted), **loss),
        "r2": Metric(_explained, limits=(-np.inf, 1.0)),
    }


def metrics_for(classes: tuple[str, ...]) -> dict[str, Metric]:
    """The metrics of a classifier if there are classes, else those of a regression."""
    return classification_metrics(len(classes)) if classes else regression_metrics()
