"""A linear support vector machine on an approximate kernel."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import PositiveFloat, PositiveInt

from ...common.problem import Problem
from ..shared.estimators import ModelSettings


class Model(ModelSettings):
    """Nystroem's features (C. Williams, M. Seeger, NeurIPS 2000) and LinearSVC with calibrated probabilities."""

    tasks = ("classification",)
    # The calibration would pass no weights on, and only warn.
    weighted: ClassVar[bool] = False
    components: PositiveInt
    gamma: PositiveFloat
    C: PositiveFloat

    def estimator(self, problem: Problem) -> Any:
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.kernel_approximation import Nystroem
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        kernel = Nystroem(gamma=self.gamma, n_components=self.components, random_state=problem.seed)
        machine = LinearSVC(C=self.C, dual=False, random_state=problem.seed)
        # A sigmoid of the score (J. Platt, 1999), fitted on folds of the training rows.
        return CalibratedClassifierCV(make_pipeline(kernel, machine), cv=3, ensemble=False)
