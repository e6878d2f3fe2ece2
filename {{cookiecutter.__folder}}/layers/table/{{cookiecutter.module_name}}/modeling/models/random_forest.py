"""Random forest."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings, Rows


class Model(ModelSettings):
    """scikit-learn's RandomForestClassifier or RandomForestRegressor."""

    scaled: ClassVar[bool] = False
    n_estimators: PositiveInt
    min_samples_leaf: PositiveInt
    max_depth: PositiveInt | None

    def estimator(self, problem: Problem) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        forest = RandomForestClassifier if problem.classes else RandomForestRegressor
        return forest(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_depth=self.max_depth,
            random_state=problem.seed,
            n_jobs=problem.threads,
        )

    def fit(self, estimator: Any, train: Rows, validation: Rows) -> None:
        """Fit in parallel, but predict with one job: threads add up votes in any order, so predictions would vary."""
        super().fit(estimator, train, validation)
        estimator.set_params(n_jobs=1)
