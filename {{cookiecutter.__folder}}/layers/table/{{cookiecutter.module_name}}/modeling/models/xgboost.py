"""Gradient-boosted trees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings, Rows

Fraction = Annotated[float, Field(gt=0, le=1)]


class Model(ModelSettings):
    """XGBClassifier or XGBRegressor, stopped early by the validation rows."""

    scaled: ClassVar[bool] = False
    n_estimators: PositiveInt
    early_stopping_rounds: PositiveInt
    learning_rate: PositiveFloat
    max_depth: PositiveInt
    subsample: Fraction
    colsample_bytree: Fraction

    def estimator(self, problem: Problem) -> Any:
        from xgboost import XGBClassifier, XGBRegressor

        boosted = XGBClassifier if problem.classes else XGBRegressor
        return boosted(**self.model_dump(exclude={"name"}), random_state=problem.seed, n_jobs=problem.threads)

    def fit(self, estimator: Any, train: Rows, validation: Rows) -> None:
        """Stop adding trees once the validation loss no longer falls."""
        estimator.fit(
            train.features,
            train.target,
            sample_weight=train.weights,
            eval_set=[(validation.features, validation.target)],
            sample_weight_eval_set=None if validation.weights is None else [validation.weights],
            verbose=False,
        )

    def contributions(self, estimator: Any, inputs: Any) -> Any:
        """XGBoost's own, of the trees up to the best one."""
        from xgboost import DMatrix

        rows, trees = DMatrix(inputs, nthread=estimator.n_jobs), (0, estimator.best_iteration + 1)
        return estimator.get_booster().predict(rows, pred_contribs=True, iteration_range=trees, strict_shape=True)

    def save(self, estimator: Any, folder: Path) -> None:
        """XGBoost's own binary format, which later versions read too."""
        estimator.save_model(folder / "model.ubj")

    def restore(self, problem: Problem, inputs: int, folder: Path) -> Any:
        estimator = self.estimator(problem)
        estimator.load_model(folder / "model.ubj")
        return estimator
