"""Fit a model on rows of data/processed and score it: shared by training, cross-validation and tuning."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils.validation import has_fit_parameter

from ...common.config import Config
from ...common.problem import Problem
from ...common.rows import Data
from .baseline import baseline
from .domain import domain_metrics
from .estimators import Rows, chosen
from .explain import typical
from .metrics import Metric, metrics_for
from .parts import parts
from .preprocess import PARTS, divided_as, encode_target, preprocessing
from .store import Fitted


def fit(train: pd.DataFrame, validation: pd.DataFrame, config: Config) -> Fitted:
    """Fit preprocessing, model and baseline on training rows; validation rows may only decide when to stop.

    Raises:
        ValueError: a weight cannot be used, or the model takes none.
    """
    data, settings = config.data, chosen(config)
    classes = classes_of(train, data)
    problem = Problem(data.task, classes, config.seed, config.threads)
    # Neither target, weight nor what names the rows is a feature.
    roles = (data.target, data.id, data.group, data.time, data.weight)
    features = [name for name in train.columns if name not in roles]
    preprocess = preprocessing(train[features], settings.scaled, config.encoding, problem, data.texts)
    actual, counted = encode_target(train[data.target], classes), weights_of(train, data)
    with divided_as(preprocess, lambda: parts(train, config, PARTS)):
        inputs = preprocess.fit_transform(train[features], actual)
    estimator = settings.estimator(problem)
    by_class = balanced(actual, counted, len(classes)) if config.class_weights == "balanced" else None
    held_out = preprocess.transform(validation[features]), encode_target(validation[data.target], classes)
    settings.fit(
        estimator,
        Rows(inputs, actual, _weights(actual, counted, by_class)),
        Rows(*held_out, _weights(held_out[1], weights_of(validation, data), by_class)),
    )
    simple = baseline(problem, features)
    # A baseline of several steps, such as a cut, counts all rows alike.
    weighted = counted is not None and has_fit_parameter(simple, "sample_weight")
    simple.fit(train[features], actual, **({"sample_weight": counted} if weighted else {}))
    return Fitted(settings, problem, features, preprocess, estimator, simple, typical(train[features]))


def scored(fitted: Fitted, rows: pd.DataFrame, config: Config) -> dict[str, float]:
    """The metrics of a model on some rows, without intervals."""
    data, classes = config.data, fitted.problem.classes
    actual, predicted = encode_target(rows[data.target], classes), fitted.predict(rows)
    weights = weights_of(rows, data)
    return {name: metric(actual, predicted, weights) for name, metric in metrics_of(data, classes).items()}


def metrics_of(data: Data, classes: tuple[str, ...]) -> dict[str, Metric]:
    """The usual metrics and those of the field, by name."""
    return metrics_for(classes) | domain_metrics(data, classes)


def classes_of(train: pd.DataFrame, data: Data) -> tuple[str, ...]:
    """The sorted names of the classes, none for a regression."""
    return tuple(sorted(train[data.target].unique())) if data.task == "classification" else ()


def weights_of(rows: pd.DataFrame, data: Data) -> np.ndarray | None:
    """How much each row counts, float64 (rows,); None if all count alike.

    Raises:
        ValueError: a weight is missing, negative, infinite or no number, or all are zero.
    """
    if not data.weight:
        return None
    weights = pd.to_numeric(rows[data.weight], errors="coerce").to_numpy(np.float64)
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any() or not weights.any():
        what = f"{int(bad.sum())} rows have none" if bad.any() else "all are zero"
        raise ValueError(f"data.weight: {data.weight!r} must hold numbers from zero up, of which {what}")
    return weights


def balanced(actual: np.ndarray, weights: np.ndarray | None, classes: int) -> np.ndarray:
    """The weight of each class, float64 (classes,), with which all classes count alike in sum.

    Raises:
        ValueError: the target is a number, not a class.
    """
    from sklearn.utils.class_weight import compute_class_weight

    if not classes:
        raise ValueError("class_weights: a regression has no classes: set class_weights: none")
    if not np.bincount(actual, weights=weights, minlength=classes).all():
        raise ValueError("class_weights: the training rows of a class weigh nothing: set class_weights: none")
    of_class: np.ndarray = compute_class_weight("balanced", classes=np.arange(classes), y=actual, sample_weight=weights)
    return of_class


def _weights(actual: np.ndarray, weights: np.ndarray | None, by_class: np.ndarray | None) -> np.ndarray | None:
    if by_class is None:
        return weights
    of_row: np.ndarray = by_class[actual] * (1 if weights is None else weights)
    return of_row
