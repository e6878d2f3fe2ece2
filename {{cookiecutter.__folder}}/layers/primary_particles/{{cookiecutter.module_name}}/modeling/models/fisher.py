"""Fisher's discriminant of the features, their squares and products."""

from __future__ import annotations

from typing import Any, Literal

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """scikit-learn's LinearDiscriminantAnalysis of polynomials (R. A. Fisher, Ann. Eugen. 7 (1936) 179)."""

    tasks = ("classification",)
    degree: Literal[1, 2]

    def estimator(self, problem: Problem) -> Any:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures

        return make_pipeline(PolynomialFeatures(self.degree, include_bias=False), LinearDiscriminantAnalysis())
