"""Cross-validation: the model fitted again on parts of the training rows, and scored on the rows left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ...common.config import Config
from .fitting import classes_of, fit, scored


def cross_validated(train: pd.DataFrame, validation: pd.DataFrame, config: Config) -> dict[str, Any]:
    """The metrics of each fold, and their means with intervals.

    In each fold the model is fitted without some training rows and scored on those; validation rows decide when to
    stop, as in training. No test row takes part. The interval of the mean is Student's with a variance that is larger
    by n_scored / n_fitted of a fold, since the folds share rows (C. Nadeau and Y. Bengio, Machine Learning 52
    (2003) 239).

    Returns:
        rows, that were divided; folds, each with the rows that it was fitted and scored on and its metrics; and
        metrics, each as value, low and high.

    Raises:
        ValueError: there are too few rows, groups or times for the folds, or a class would be missing from one.
    """
    found: list[dict[str, Any]] = []
    for fitted_on, left_out in _checked(train, config):
        model = fit(train.iloc[fitted_on], validation, config)
        metrics = scored(model, train.iloc[left_out], config)
        found.append({"fitted": len(fitted_on), "scored": len(left_out), "metrics": metrics})
    n = len(found)
    more = float(np.mean([fold["scored"] / fold["fitted"] for fold in found]))
    width = float(student.ppf((1 + config.evaluation.confidence) / 2, n - 1)) * np.sqrt(1 / n + more)
    means = {}
    for name in found[0]["metrics"]:
        values = np.array([fold["metrics"][name] for fold in found])
        mean, half = float(values.mean()), float(width * values.std(ddof=1))
        means[name] = {"value": mean, "low": mean - half, "high": mean + half}
    return {"rows": len(train), "folds": found, "metrics": means}


def folds(train: pd.DataFrame, config: Config) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of the rows to fit on and to score on, int64, for each fold, divided as the split divides the rows.

    Whole groups if the data have groups; in the order of time if split=time, each fold fitted on the rows before those
    that it scores; else at random, with the same share of every class unless split=random.

    Raises:
        ValueError: there are too few rows, groups or times.
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

    data, number = config.data, config.evaluation.folds
    if config.split.kind == "time":
        # Rows of one instant stay together.
        instant = np.unique(train[data.time].to_numpy(), return_inverse=True)[1]
        for before, after in TimeSeriesSplit(number).split(np.arange(instant.max() + 1)):
            yield np.flatnonzero(np.isin(instant, before)), np.flatnonzero(np.isin(instant, after))
    elif data.group:
        yield from GroupKFold(number, shuffle=True, random_state=config.seed).split(train, groups=train[data.group])
    elif data.task == "classification" and config.split.kind != "random":
        yield from StratifiedKFold(number, shuffle=True, random_state=config.seed).split(train, train[data.target])
    else:
        yield from KFold(number, shuffle=True, random_state=config.seed).split(train)


def _checked(train: pd.DataFrame, config: Config) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        with warnings.catch_warnings():
            # A class with fewer rows than folds is refused below.
            warnings.simplefilter("ignore", UserWarning)
            divided = list(folds(train, config))
    except ValueError as error:
        raise ValueError(f"evaluation.folds: {error}") from None
    target = train[config.data.target]
    for number, parts in enumerate(divided, start=1):
        for rows in parts:
            missing = sorted(set(classes_of(train, config.data)) - set(target.iloc[rows]))
            if missing:
                raise ValueError(
                    f"evaluation.folds: fold {number} would have no row of class {missing[0]!r}: "
                    "fewer folds are needed, or another split"
                )
    return divided
