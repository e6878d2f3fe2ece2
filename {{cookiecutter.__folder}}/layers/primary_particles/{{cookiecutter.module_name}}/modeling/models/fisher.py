"""Fisher's linear discriminant."""

from __future__ import annotations

from typing import Any

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """scikit-learn's LinearDiscriminantAnalysis (R. A. Fisher, Ann. Eugen. 7 (1936) 179)."""

    tasks = ("classification",)

    def estimator(self, problem: Problem) -> Any:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        return LinearDiscriminantAnalysis()
