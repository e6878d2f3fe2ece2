"""Metrics of a model, each with its interval."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn import metrics

from ...common.config import Evaluation

# (actual, predicted) -> value. Classification: integer codes (rows,) and probabilities (rows, classes); regression:
# numbers (rows,) twice.
Metric = Callable[[np.ndarray, np.ndarray], float]


def classification_metrics(classes: int) -> dict[str, Metric]:
    """The metrics of a classifier by name; the area under the ROC curve of several classes is one against the rest."""
    labels = np.arange(classes)

    def roc_auc(actual: np.ndarray, predicted: np.ndarray) -> float:
        if classes == 2:
            return float(metrics.roc_auc_score(actual, predicted[:, 1]))
        return float(metrics.roc_auc_score(actual, predicted, multi_class="ovr", labels=labels))

    return {
        "accuracy": lambda actual, predicted: float(np.mean(actual == predicted.argmax(axis=1))),
        "balanced_accuracy": lambda actual, predicted: _recalls(actual, predicted.argmax(axis=1), classes).mean(),
        "roc_auc": roc_auc,
        "log_loss": lambda actual, predicted: float(metrics.log_loss(actual, predicted, labels=labels)),
        # As scikit-learn's brier_score_loss: of two classes only the second one counts.
        "brier": lambda actual, predicted: float(
            ((predicted - np.eye(classes)[actual]) ** 2).sum(axis=1).mean() / (2 if classes == 2 else 1)
        ),
    }


def regression_metrics() -> dict[str, Metric]:
    """The metrics of a regression by name, errors in the target's unit."""
    return {
        "rmse": lambda actual, predicted: float(metrics.root_mean_squared_error(actual, predicted)),
        "mae": lambda actual, predicted: float(metrics.mean_absolute_error(actual, predicted)),
        "r2": lambda actual, predicted: float(metrics.r2_score(actual, predicted)),
    }


def metrics_for(classes: tuple[str, ...]) -> dict[str, Metric]:
    """The metrics of a classifier if there are classes, else those of a regression."""
    return classification_metrics(len(classes)) if classes else regression_metrics()


def with_intervals(
    named: dict[str, Metric],
    actual: np.ndarray,
    predicted: np.ndarray,
    evaluation: Evaluation,
    seed: int,
    threads: int = 1,
    groups: np.ndarray | None = None,
) -> dict[str, dict[str, float]]:
    """Each metric as value, low and high.

    The accuracy has Wilson's interval (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209), the others the percentiles of
    a bootstrap over rows; a resample without one of the classes is drawn again. If a group in `groups` (rows,) has
    several rows, whole groups are drawn, for the accuracy too, because rows of a group are alike. The number of threads
    changes only the time. Without resamples there are no intervals: low and high are the value.
    """
    if evaluation.resamples == 0:
        values = {name: metric(actual, predicted) for name, metric in named.items()}
        return {name: {"value": value, "low": value, "high": value} for name, value in values.items()}
    members = _members(np.arange(len(actual)) if groups is None else groups)
    wilson = {"accuracy"} if len(members.sizes) == len(actual) else set()
    resampling = {name: metric for name, metric in named.items() if name not in wilson}
    classes = np.unique(actual) if actual.dtype.kind == "i" else None

    def score(number: int) -> list[float]:
        # Each resample has its own random stream, so that the order of the threads does not matter.
        rows = _resample(np.random.default_rng((seed, number)), members, actual, classes)
        drawn = actual[rows], predicted[rows]
        return [metric(*drawn) for metric in resampling.values()]

    with ThreadPoolExecutor(threads) as pool:
        scores = list(pool.map(score, range(evaluation.resamples) if resampling else ()))
    resampled = dict(zip(resampling, np.transpose(scores), strict=True))
    tails = 100 * np.array([(1 - evaluation.confidence) / 2, (1 + evaluation.confidence) / 2])
    result = {}
    for name, metric in named.items():
        value = metric(actual, predicted)
        if name in wilson:
            test = binomtest(round(value * len(actual)), len(actual))
            low, high = test.proportion_ci(evaluation.confidence, method="wilson")
        else:
            low, high = np.percentile(resampled[name], tails)
        result[name] = {"value": float(value), "low": float(low), "high": float(high)}
    return result


def blocks(times: np.ndarray) -> np.ndarray:
    """A number for each row, int64 (rows,), equal in stretches of about the cube root of all rows that follow in time.

    Neighbours in time are alike, so that their errors are no independent draws: P. Bühlmann, Statistical Science 17
    (2002) 52, section 2.1, on the length of blocks.
    """
    length = max(1, round(len(times) ** (1 / 3)))
    order = np.argsort(times, kind="stable")
    numbers = np.empty(len(times), dtype=np.int64)
    numbers[order] = np.arange(len(times)) // length
    return numbers


class _Members(NamedTuple):
    """The rows of each group: order[start : start + size], int64 (rows,), (groups,) and (groups,)."""

    order: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray


def _members(groups: np.ndarray) -> _Members:
    codes = pd.factorize(groups, use_na_sentinel=False)[0]
    sizes = np.bincount(codes)
    return _Members(np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes, sizes)


def _resample(
    rng: np.random.Generator, members: _Members, actual: np.ndarray, classes: np.ndarray | None
) -> np.ndarray:
    for _ in range(1000):
        drawn = rng.integers(len(members.sizes), size=len(members.sizes))
        sizes = members.sizes[drawn]
        # The rows of a group are contiguous in `members.order`.
        places = np.repeat(members.starts[drawn] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        rows: np.ndarray = members.order[places]
        if classes is None or np.bincount(actual[rows], minlength=classes[-1] + 1)[classes].all():
            return rows
    raise ValueError(
        f"{len(actual)} test rows are too few for intervals: a class is missing from nearly every resample"
    )


def _recalls(actual: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    hits: Any = np.bincount(actual[actual == predicted], minlength=classes)
    return np.asarray(hits / np.bincount(actual, minlength=classes))
