"""Cross-validation: the model fitted again on parts of the training rows, and scored on the rows left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ...common.config import Config
from .fitting import classes_of, fit, metrics_of, scored
from .parts import Part, later_parts, parts


def cross_validated(train: pd.DataFrame, validation: pd.DataFrame, config: Config) -> dict[str, Any]:
    """The metrics of each fold, and their means with intervals.

    In each fold the model is fitted without some training rows and scored on those, divided as the split divides the
    rows; by time, each fold is fitted on the rows before those that it scores. Validation rows decide when to stop, as
    in training, also where they are later. No test row takes part. The interval of the mean is Student's with
    a variance that is larger by n_scored / n_fitted of a fold, since the folds share rows (C. Nadeau and Y. Bengio,
    Machine Learning 52 (2003) 239).

    Returns:
        rows, that were divided; folds, each with the rows that it was fitted and scored on and its metrics; and
        metrics, each as value, low and high.

    Raises:
        ValueError: there are too few rows, groups or times for the folds, or a class would be missing from one.
    """
    found: list[dict[str, Any]] = []
    for fitted_on, left_out in _checked(train, config):
        model = fit(train.iloc[fitted_on], validation, config)
        scores = scored(model, train.iloc[left_out], config)
        found.append({"fitted": len(fitted_on), "scored": len(left_out), "metrics": scores})
    n = len(found)
    more = float(np.mean([fold["scored"] / fold["fitted"] for fold in found]))
    width = float(student.ppf((1 + config.evaluation.confidence) / 2, n - 1)) * np.sqrt(1 / n + more)
    means, metrics = {}, metrics_of(config.data, classes_of(train, config.data))
    for name in found[0]["metrics"]:
        values = np.array([fold["metrics"][name] for fold in found])
        mean, half = float(values.mean()), float(width * values.std(ddof=1))
        low, high = metrics[name].limits
        means[name] = {"value": mean, "low": max(low, mean - half), "high": min(high, mean + half)}
    return {"rows": len(train), "folds": found, "metrics": means}


def _checked(train: pd.DataFrame, config: Config) -> list[Part]:
    try:
        divide = later_parts if config.split.kind == "time" else parts
        divided = divide(train, config, config.evaluation.folds)
    except ValueError as error:
        raise ValueError(f"evaluation.folds: {error}") from None
    target = train[config.data.target]
    for number, part in enumerate(divided, start=1):
        for rows in part:
            missing = sorted(set(classes_of(train, config.data)) - set(target.iloc[rows]))
            if missing:
                raise ValueError(
                    f"evaluation.folds: fold {number} would have no row of class {missing[0]!r}: "
                    "fewer folds are needed, or another split"
                )
    return divided
