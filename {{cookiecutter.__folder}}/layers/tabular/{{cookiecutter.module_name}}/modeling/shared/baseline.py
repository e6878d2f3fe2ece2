"""The baseline of every model: a prediction that ignores the features."""

from __future__ import annotations

from typing import Any

from ...common.problem import Problem


def baseline(problem: Problem, features: list[str]) -> Any:
    """Return an unfitted estimator for a table of these features: class frequencies, or the mean."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyClassifier(strategy="prior") if problem.classes else DummyRegressor()
