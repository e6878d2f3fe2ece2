"""What a single prediction rests on: how much each feature adds to it, compared with a typical row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .store import Fitted

# Features up to which each is told by itself. Of more, those that differ in a last number are told together.
MOST = 200
# Orders in which features are added, each also backwards, and the seed that draws them.
ORDERS, SEED = 4, 0


@dataclass(frozen=True)
class Explained:
    """Contributions, float64 (rows, features), that add up with `base`, (rows,), to what `of` names for each row.

    `names` are those of the features, or of features that are told together.
    """

    names: list[str]
    base: np.ndarray
    contributions: np.ndarray
    of: list[str]


def explained(fitted: Fitted, rows: pd.DataFrame) -> Explained:
    """What the predictions of some rows rest on, of classes that of the predicted one.

    Of XGBoost these are its own contributions to the log-odds (S. Lundberg et al., Nat. Mach. Intell. 2 (2020) 56), of
    linear models the coefficients times what differs from a typical row, both exact. Of others they are Shapley values
    of what the features of the row change in a typical one, in probabilities or numbers, over a few orders (E.
    Strumbelj, I. Kononenko, Knowl. Inf. Syst. 41 (2014) 647). The same rows give the same values.

    Args:
        fitted: the model.
        rows: their features.
    """
    rows, problem = rows[fitted.features], fitted.problem
    classes = fitted.predict(rows).argmax(axis=1) if problem.classes else np.zeros(len(rows), dtype=int)
    told = _contributions(fitted, rows)
    if told is None:
        groups = grouped(fitted.features)
        base, found = walked(fitted, rows, classes, list(groups.values()))
        return Explained(list(groups), base, found, _scale("probability", fitted, classes))
    own, base = _of_class(told, classes, problem.classes)
    score = "score" if len(problem.classes) > 2 else "log-odds"
    if fitted.settings.scaled:
        # Zero is no row: a typical one is.
        usual, shift = _of_class(_contributions(fitted, typical_rows(fitted, len(rows))), classes, problem.classes)
        own, base = own - usual, shift + usual.sum(axis=1)
    return Explained(fitted.features, base, _by_feature(own, fitted), _scale(score, fitted, classes))


def typical(features: pd.DataFrame) -> dict[str, float | str | None]:
    """A row as JSON has it: the median of each number, the most frequent of other values, None without any."""
    found: dict[str, float | str | None] = {}
    for name in features.columns:
        given = features[name].dropna()
        if given.empty:
            found[name] = None
        elif pd.api.types.is_numeric_dtype(given):
            found[name] = float(given.astype(float).median())
        else:
            found[name] = str(given.value_counts().sort_index().idxmax())
    return found


def typical_rows(fitted: Fitted, count: int) -> pd.DataFrame:
    """So many times the typical row of training."""
    columns = {name: pd.Series([fitted.typical[name]] * count) for name in fitted.features}
    return pd.DataFrame(columns).astype({name: float for name, value in fitted.typical.items() if value is None})


def grouped(names: list[str]) -> dict[str, list[str]]:
    """Names of features by what they are told as."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name if len(names) <= MOST else re.sub(r"[\s_.-]*\d+$", "", name) or name, []).append(name)
    return groups


def walked(
    fitted: Fitted, rows: pd.DataFrame, classes: np.ndarray, groups: list[list[str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Shapley values of groups of features, (rows, groups), and the prediction of the typical row, (rows,).

    A typical row becomes the given one, group by group, in several orders; a group adds what the prediction changes by.
    """
    draw = np.random.default_rng(SEED)
    forwards = [draw.permutation(len(groups)) for _ in range(ORDERS)]
    orders = np.array([order for one in forwards for order in (one, one[::-1])])
    # Of each order and step the groups that are those of the row, bool (orders, steps, groups).
    taken = orders.argsort(axis=1)[:, None, :] < np.arange(len(groups) + 1)[:, None]
    flat = taken.reshape(-1, len(groups))
    place = {name: number for number, names in enumerate(groups) for name in names}
    base, found = np.empty(len(rows)), np.empty((len(rows), len(groups)))
    usual = typical_rows(fitted, len(flat))
    for number, code in enumerate(classes):
        columns = {}
        for name in fitted.features:
            own = rows[name].iloc[[number] * len(flat)].set_axis(usual.index)
            columns[name] = own.where(flat[:, place[name]], usual[name])
        predicted = fitted.predict(pd.DataFrame(columns))
        score = (predicted[:, code] if fitted.problem.classes else predicted).reshape(taken.shape[:2])
        steps = np.diff(score, axis=1)
        base[number] = score[0, 0]
        found[number] = np.mean([step[order.argsort()] for step, order in zip(steps, orders, strict=True)], axis=0)
    return base, found


def _contributions(fitted: Fitted, rows: pd.DataFrame) -> Any:
    return fitted.settings.contributions(fitted.estimator, fitted.preprocess.transform(rows))


def _of_class(told: Any, classes: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The contributions to the class of each row, and their base. Of two classes a model tells the second alone."""
    told = np.asarray(told, dtype=np.float64)
    if told.shape[1] == 1:
        sign = np.where(classes == 0, -1.0, 1.0) if names else np.ones(len(classes))
        mine = told[:, 0] * sign[:, None]
    else:
        mine = told[np.arange(len(classes)), classes]
    return mine[:, :-1], mine[:, -1]


def _by_feature(own: np.ndarray, fitted: Fitted) -> np.ndarray:
    """Contributions of inputs, (rows, inputs), summed to those of the features that these are made from."""
    found = np.zeros((len(own), len(fitted.features)))
    place = {name: number for number, name in enumerate(fitted.features)}
    for name, _, columns in fitted.preprocess.transformers_:
        inputs = fitted.preprocess.output_indices_[name]
        listed = [columns] if isinstance(columns, str) else list(columns)
        for column, number in zip(_sources(fitted, name, listed), range(inputs.start, inputs.stop), strict=True):
            found[:, place[column]] += own[:, number]
    return found


def _sources(fitted: Fitted, step: str, columns: list[str]) -> list[str]:
    """Of each input that a step makes, the feature that it comes from."""
    made = fitted.preprocess.output_indices_[step]
    count = made.stop - made.start
    encoder = fitted.preprocess.named_transformers_[step]
    if step == "numbers":
        # Without those that had no value in training.
        return list(encoder.get_feature_names_out(columns))
    if step != "categories":
        # Words come from one text, means one for each class from each column.
        return [column for column in columns for _ in range(count // len(columns))]
    # Rare categories share an input.
    pairs = zip(encoder.categories_, encoder.infrequent_categories_, strict=True)
    sizes = [len(every) - (0 if rare is None else len(rare) - 1) for every, rare in pairs]
    return [column for column, size in zip(columns, sizes, strict=True) for _ in range(size)]


def _scale(unit: str, fitted: Fitted, classes: np.ndarray) -> list[str]:
    names = fitted.problem.classes
    return [f"{unit} of {names[code]}" if names else "predicted" for code in classes]
