"""The interval of each metric."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from ...common.config import Evaluation
from .metrics import Metric


def with_intervals(
    named: dict[str, Metric],
    actual: np.ndarray,
    predicted: np.ndarray,
    evaluation: Evaluation,
    seed: int,
    threads: int = 1,
    groups: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> dict[str, dict[str, float]]:
    """Each metric as value, low and high.

    The accuracy has Wilson's interval (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209), the others the percentiles of
    a bootstrap over rows; a resample without one of the classes is drawn again. Those of a biased metric, which is a
    share, are shifted by the bootstrap's estimate of the bias (B. Efron and R. J. Tibshirani, An Introduction to the
    Bootstrap (1993), section 10.3). If a group in `groups` (rows,) has
    several rows, whole groups are drawn, for the accuracy too, because rows of a group are alike. Nor has the accuracy
    of rows that weigh differently, `weights` (rows,), Wilson's interval. The number of threads
    changes only the time. Without resamples there are no intervals: low and high are the value.
    """
    for metric in named.values():
        metric.refuse(weights)
    if evaluation.resamples == 0:
        values = {name: metric(actual, predicted, weights) for name, metric in named.items()}
        return {name: {"value": value, "low": value, "high": value} for name, value in values.items()}
    group = pd.factorize(np.arange(len(actual)) if groups is None else groups, use_na_sentinel=False)[0]
    wilson = {"accuracy"} if group.max() + 1 == len(actual) and weights is None else set()
    resampling = {name: metric.prepare(actual, predicted) for name, metric in named.items() if name not in wilson}
    classes = np.unique(actual) if actual.dtype.kind == "i" else None

    def score(number: int) -> list[float]:
        # Each resample has its own random stream, so that the order of the threads does not matter.
        counts = _resample(np.random.default_rng((seed, number)), group, actual, classes, weights)
        return [metric(counts) for metric in resampling.values()]

    with ThreadPoolExecutor(threads) as pool:
        scores = list(pool.map(score, range(evaluation.resamples) if resampling else ()))
    resampled = dict(zip(resampling, np.transpose(scores), strict=True))
    tails = 100 * np.array([(1 - evaluation.confidence) / 2, (1 + evaluation.confidence) / 2])
    result = {}
    for name, metric in named.items():
        value = metric(actual, predicted, weights)
        if name in wilson:
            test = binomtest(round(value * len(actual)), len(actual))
            low, high = test.proportion_ci(evaluation.confidence, method="wilson")
        else:
            scores_of = resampled[name]
            low, high = np.percentile(scores_of, tails)
            if metric.biased:
                low, high = np.clip([low, high] - scores_of.mean() + value, 0, 1)
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


def _resample(
    rng: np.random.Generator,
    group: np.ndarray,
    actual: np.ndarray,
    classes: np.ndarray | None,
    weights: np.ndarray | None,
) -> np.ndarray:
    """How often each row is drawn, times its weight, float64 (rows,), if as many groups are drawn as there are."""
    groups = int(group.max()) + 1
    for _ in range(1000):
        drawn = np.bincount(rng.integers(groups, size=groups), minlength=groups)
        counts: np.ndarray = drawn[group] * (1.0 if weights is None else weights)
        if classes is None or np.bincount(actual, weights=counts, minlength=classes[-1] + 1)[classes].all():
            return counts
    raise ValueError(
        f"{len(actual)} test rows are too few for intervals: a class is missing from nearly every resample"
    )
