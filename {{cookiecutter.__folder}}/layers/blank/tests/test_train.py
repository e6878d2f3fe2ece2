"""The model learns what the baseline cannot."""

from __future__ import annotations

import numpy as np

from {{ cookiecutter.module_name }}.common.config import Model
from {{ cookiecutter.module_name }}.modeling.train import fit


def test_the_model_learns_and_the_baseline_says_the_commonest() -> None:
    target = np.array([0, 1, 1] * 20)
    features = np.column_stack([target - 0.5, np.zeros(60)])

    fitted = fit(features, target, Model(name="logistic", C=1.0))

    assert fitted["model"].predict(features).tolist() == target.tolist()
    assert fitted["baseline"].predict(features).tolist() == [1] * 60
