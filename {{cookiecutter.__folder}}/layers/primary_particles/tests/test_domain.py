"""The metrics of the field, on predictions made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from {{ cookiecutter.module_name }}.common.likelihood import likelihood_ratio
from {{ cookiecutter.module_name }}.modeling.shared.domain import gamma_efficiency, mass_metrics


def test_metrics_of_the_mass() -> None:
    classes = ("iron", "proton")
    # Two protons, two irons; the estimate is the share of iron times its ln A.
    share = np.array([0.1, 0.6, 0.5, 0.9])
    ratio = np.log(share / (1 - share))
    actual, predicted = np.array([1, 1, 0, 0]), np.column_stack([share, 1 - share])
    found = {
        name: metric(actual, predicted) for name, metric in mass_metrics(classes, {"proton": 1.0, "iron": 56.0}).items()
    }
    assert found == {
        # One of four pairs is the wrong way round.
        "proton_iron_auc": 0.75,
        "proton_iron_merit_factor": pytest.approx(
            (ratio[2:].mean() - ratio[:2].mean()) / np.hypot(ratio[:2].std(), ratio[2:].std())
        ),
        # Off by .1 and .6, by -.5 and -.1.
        "ln_mass_bias_proton": pytest.approx(0.35 * np.log(56)),
        "ln_mass_bias_iron": pytest.approx(-0.3 * np.log(56)),
        "ln_mass_resolution_proton": pytest.approx(0.25 * np.log(56)),
        "ln_mass_resolution_iron": pytest.approx(0.2 * np.log(56)),
    }


def test_a_sure_model_has_a_finite_merit() -> None:
    ratio = likelihood_ratio(np.array([[1.0, 0.0], [0.0, 1.0]]), light=0, heavy=1)
    np.testing.assert_allclose(ratio, [-6 * np.log(10), 6 * np.log(10)])


@pytest.mark.parametrize(("share", "kept"), [(0.01, 0.3), (0.02, 0.7), (0.1, 0.7), (0.2, 0.9)])
def test_gammas_kept_at_a_share_of_the_hadrons(share: float, kept: float) -> None:
    hadrons = np.arange(1000) / 1000
    # Above none of the hadrons, above all but 14, above all but 149, above a half.
    gammas = np.repeat([0.9995, 0.9855, 0.8505, 0.5005], [3, 4, 2, 1])
    predicted = np.concatenate([hadrons, gammas])
    actual = np.repeat([1, 0], [len(hadrons), len(gammas)])
    found = gamma_efficiency(0, share)(actual, np.column_stack([predicted, 1 - predicted]))
    assert found == pytest.approx(kept)
