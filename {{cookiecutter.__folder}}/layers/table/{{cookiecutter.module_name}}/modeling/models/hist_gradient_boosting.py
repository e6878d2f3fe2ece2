"""Gradient-boosted trees on binned values."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """scikit-learn's HistGradientBoostingClassifier or HistGradientBoostingRegressor."""

    scaled: ClassVar[bool] = False
    max_iter: PositiveInt
    learning_rate: PositiveFloat
    max_leaf_nodes: PositiveInt
    min_samples_leaf: PositiveInt
    l2_regularization: NonNegativeFloat

    def estimator(self, problem: Problem) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        boosted = HistGradientBoostingClassifier if problem.classes else HistGradientBoostingRegressor
        # Without early stopping, which would hold back training rows of its own.
        settings = self.model_dump(exclude={"name"})
        return boosted(**settings, early_stopping=False, random_state=problem.seed)
