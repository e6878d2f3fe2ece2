"""Results of each class, and importances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

from {{ cookiecutter.module_name }}.common.problem import Problem
from {{ cookiecutter.module_name }}.modeling.shared import details
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted

CLASSES = ("a", "b", "c", "never")


def test_precision_recall_and_f1_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(3, size=200), rng.random((200, 4)) * [1, 1, 1, 0]

    found = details.per_class(actual, predicted, CLASSES)

    expected = precision_recall_fscore_support(actual, predicted.argmax(axis=1), labels=range(4), zero_division=0.0)
    for code, name in enumerate(CLASSES):
        got = [found[name][key] for key in ("precision", "recall", "f1", "rows")]
        assert got == pytest.approx([values[code] for values in expected], abs=1e-12)


def test_confusions_are_counted_the_most_frequent_first() -> None:
    actual = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.eye(4)[[1, 1, 0, 1, 0, 2]]

    assert details.confusions(actual, predicted, CLASSES) == [
        {"actual": "a", "predicted": "b", "rows": 2},
        {"actual": "b", "predicted": "a", "rows": 1},
    ]


class Sum:
    """A regression that adds up some of its columns."""

    def __init__(self, columns: list[int]) -> None:
        self.columns = columns

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        total: np.ndarray = inputs[:, self.columns].sum(axis=1)
        return total


class Values:
    """A preprocessing that leaves numbers as they are."""

    def transform(self, table: pd.DataFrame) -> np.ndarray:
        return table.to_numpy()


def fitted(table: pd.DataFrame, columns: list[int]) -> Fitted:
    """A model that adds up these columns."""
    settings: Any = None
    problem = Problem("regression", (), 0, 1)
    return Fitted(settings, problem, list(table.columns), Values(), Sum(columns), None, {})


def test_what_the_model_uses_is_important_and_alike_features_are_so_together() -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 500))
    table = pd.DataFrame({"x": x, "again": x**3, "noise": noise})

    found = details.importances(fitted(table, [0]), table, x, seed=0)

    assert found["metric"] == "rmse" and found["rows"] == 500
    # Shuffled values differ by sqrt(2) standard deviations.
    assert found["features"]["x"]["value"] == pytest.approx(2**0.5, rel=0.1)
    assert found["features"]["noise"] == found["features"]["again"] == {"value": 0, "low": 0, "high": 0}
    assert list(found["together"]) == ["x, again"]
    half = details.importances(fitted(table.assign(again=x), [0, 1]), table.assign(again=x), 2 * x, seed=0)
    assert half["together"]["x, again"]["value"] > 1.5 * half["features"]["x"]["value"] > 1


def test_they_are_left_out_where_there_are_very_many_features_and_rows_are_sampled() -> None:
    table = pd.DataFrame(np.random.default_rng(2).normal(size=(1200, 201)), columns=[f"x{n}" for n in range(201)])

    assert details.importances(fitted(table, [0]), table, table["x0"].to_numpy(), seed=0)["features"] == {}
    few = table[["x0"]]
    assert details.importances(fitted(few, [0]), few, few["x0"].to_numpy(), seed=0)["rows"] == 1000


def test_a_constant_and_gaps_are_alike_to_nothing() -> None:
    table = pd.DataFrame({"x": [1.0, np.nan, 3, 4], "one": 1.0, "name": ["a", "b", "c", "d"]})

    assert details.alike(table) == []
