"""Logistic regression."""

from __future__ import annotations

from typing import Any

from pydantic import PositiveFloat, PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings, linear_contributions


class Model(ModelSettings):
    """scikit-learn's LogisticRegression with an L2 penalty."""

    tasks = ("classification",)
    C: PositiveFloat
    max_iter: PositiveInt

    def estimator(self, problem: Problem) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=self.C, max_iter=self.max_iter)

    def contributions(self, estimator: Any, inputs: Any) -> Any:
        """Coefficient times value."""
        return linear_contributions(estimator, inputs)
