"""What every model has to beat: a prediction that does not look at the features."""

from __future__ import annotations

from typing import Any

from ...common.problem import Problem


def baseline(problem: Problem, features: list[str]) -> Any:
    """Return an estimator, to be fitted on a table of these features: class frequencies, or the mean."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyClassifier(strategy="prior") if problem.classes else DummyRegressor()
