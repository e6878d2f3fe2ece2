"""The metrics of the field, on predictions made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

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


def test_metrics_of_rows_that_count_several_times_are_those_of_the_rows_repeated() -> None:
    rng = np.random.default_rng(0)
    classes, primaries = ("helium", "iron", "proton"), {"proton": 1.0, "helium": 4.0, "iron": 56.0}
    actual, shares, counts = rng.integers(3, size=300), rng.random((300, 3)).round(1) + 0.05, rng.integers(3, size=300)
    predicted = shares / shares.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(300), counts)
    named = mass_metrics(classes, primaries) | {"gammas": gamma_efficiency(1, 0.1)}
    for name, metric in named.items():
        counted = metric.prepare(actual, predicted)(counts.astype(float))
        assert counted == pytest.approx(metric(actual[rows], predicted[rows]), rel=1e-12), name
    drawn = actual[rows]
    ratio = likelihood_ratio(predicted[rows], light=2, heavy=1)
    of_two = drawn != 0
    expected = roc_auc_score(drawn[of_two] == 1, ratio[of_two])
    assert named["proton_iron_auc"](drawn, predicted[rows]) == pytest.approx(expected, abs=1e-12)
    others, gammas, _ = roc_curve(drawn == 1, predicted[rows, 1])
    expected = np.interp(0.1, others, gammas)
    assert named["gammas"](drawn, predicted[rows]) == pytest.approx(expected, abs=1e-12)


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
