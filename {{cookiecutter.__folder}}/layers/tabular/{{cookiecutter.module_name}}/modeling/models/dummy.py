"""The baseline: a prediction that ignores the features."""

from __future__ import annotations

from typing import Any

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """No settings: class frequencies of the training rows, or their mean."""

    def estimator(self, problem: Problem) -> Any:
        from sklearn.dummy import DummyClassifier, DummyRegressor

        return DummyClassifier(strategy="prior") if problem.classes else DummyRegressor()
