"""Linear regression with an L2 penalty."""

from __future__ import annotations

from typing import Any

from pydantic import NonNegativeFloat

from ...common.problem import Problem
from ..shared.estimators import ModelSettings, linear_contributions


class Model(ModelSettings):
    """scikit-learn's Ridge."""

    tasks = ("regression",)
    alpha: NonNegativeFloat

    def estimator(self, problem: Problem) -> Any:
        from sklearn.linear_model import Ridge

        return Ridge(alpha=self.alpha)

    def contributions(self, estimator: Any, inputs: Any) -> Any:
        """Coefficient times value."""
        return linear_contributions(estimator, inputs)
