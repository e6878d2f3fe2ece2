"""Beside the metrics: the results of each class, and what the predictions rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .metrics import metrics_for
from .store import Fitted

# Confusions of a class with another one that are listed, the most frequent first.
LISTED = 10
# Features up to which importances are measured, rows they are measured on, and times that each is shuffled.
MOST, ROWS, REPEATS = 200, 1000, 5
# Rank correlation, either way, from which features are shuffled together.
ALIKE = 0.9


def per_class(actual: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Rows, precision, recall and F1 of each class, 0 where a ratio has no rows below it.

    Args:
        actual: integer codes (rows,).
        predicted: probabilities (rows, classes).
        classes: the names by code.
    """
    found = predicted.argmax(axis=1)
    right = np.bincount(actual[actual == found], minlength=len(classes))
    rows, taken = (np.bincount(codes, minlength=len(classes)) for codes in (actual, found))
    values = {
        "precision": right / np.maximum(taken, 1),
        "recall": right / np.maximum(rows, 1),
        "f1": 2 * right / np.maximum(rows + taken, 1),
    }
    return {
        name: {"rows": int(rows[code]), **{key: float(value[code]) for key, value in values.items()}}
        for code, name in enumerate(classes)
    }


def confusions(actual: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The most frequent confusions of a class with another one; arguments as those of `per_class`."""
    size = len(classes)
    counts = np.bincount(actual * size + predicted.argmax(axis=1), minlength=size**2)
    # What is on the diagonal is right.
    counts[:: size + 1] = 0
    return [
        {"actual": classes[pair // size], "predicted": classes[pair % size], "rows": int(counts[pair])}
        for pair in np.argsort(-counts, kind="stable")[:LISTED]
        if counts[pair]
    ]


def importances(fitted: Fitted, test: pd.DataFrame, actual: np.ndarray, seed: int) -> dict[str, Any]:
    """How much worse the predictions are if a feature, or features that are alike, are shuffled among the rows.

    Features that are alike stand in for one another, so that shuffling one of them shows less than all of them say
    (L. Breiman, Machine Learning 45 (2001) 5, section 10; C. Strobl et al., BMC Bioinformatics 9 (2008) 307).

    Args:
        fitted: the model.
        test: features of the test rows.
        actual: what they are, as `encode_target` gives it (rows,).
        seed: of the shuffling.

    Returns:
        metric, the loss that rises; rows, of which at most 1000 are taken; features and together, for each feature and
        for the names of alike ones the rise of the loss: value, the mean of five shuffles, low and high, the extremes.
        Both are empty for more than 200 features.
    """
    metric = "log_loss" if fitted.problem.classes else "rmse"
    loss = metrics_for(fitted.problem.classes)[metric]
    if len(test) > ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(test), ROWS, replace=False))
        test, actual = test.iloc[chosen], actual[chosen]
    rows = test[fitted.features]
    found: dict[str, Any] = {"metric": metric, "rows": len(rows), "features": {}, "together": {}}
    if len(fitted.features) > MOST:
        return found
    before = loss(actual, fitted.predict(rows))

    def rise(names: list[str]) -> dict[str, float]:
        losses = []
        for number in range(REPEATS):
            order = np.random.default_rng((seed, number)).permutation(len(rows))
            shuffled = rows[names].iloc[order].set_axis(rows.index)
            losses.append(loss(actual, fitted.predict(rows.assign(**shuffled))) - before)
        return {"value": float(np.mean(losses)), "low": float(min(losses)), "high": float(max(losses))}

    found["features"] = {name: rise([name]) for name in fitted.features}
    found["together"] = {", ".join(names): rise(names) for names in alike(rows)}
    return found


def alike(features: pd.DataFrame) -> list[list[str]]:
    """Groups of at least two numbers whose ranks correlate, missing values left out."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    numbers = features.select_dtypes("number")
    numbers = numbers.loc[:, numbers.nunique() > 1]
    if numbers.shape[1] < 2:
        return []
    apart = 1 - numbers.rank().corr().abs().fillna(0).to_numpy().round(9)
    np.fill_diagonal(apart, 0)
    groups = pd.Series(fcluster(linkage(squareform(apart), "average"), 1 - ALIKE, "distance"), numbers.columns)
    return [list(names) for names in groups.groupby(groups).groups.values() if len(names) > 1]
