"""Metrics of the field: how well light and heavy nuclei, and gammas and hadrons, are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from ...common.likelihood import likelihood_ratio
from ...common.rows import Data, Showers
from .metrics import Metric, of_rows

# Shares of the hadrons that are taken for gammas (R. K. Bock et al., Nucl. Instrum. Methods A 516 (2004) 511).
BACKGROUND = (0.01, 0.02, 0.05, 0.1, 0.2)


def domain_metrics(data: Data, classes: tuple[str, ...]) -> dict[str, Metric]:
    """Further metrics by name: those of the mass for showers, gamma efficiencies for the telescope's images."""
    if isinstance(data, Showers):
        return mass_metrics(classes, data.primaries)
    return {f"gamma_efficiency_at_{share:g}": gamma_efficiency(classes.index("g"), share) for share in BACKGROUND}


def mass_metrics(classes: tuple[str, ...], primaries: dict[str, float]) -> dict[str, Metric]:
    """Metrics of the mass.

    The area under the ROC curve and the merit factor (m2 - m1) / sqrt(s1^2 + s2^2) tell how well the logarithm of the
    likelihood ratio separates the heaviest from the lightest primary. Bias and resolution of each primary are mean and
    standard deviation of its showers' estimated minus true ln A, where the estimate is the mean over the probabilities.
    """
    ln_mass = np.log([primaries[name] for name in classes])
    light, heavy = int(ln_mass.argmin()), int(ln_mass.argmax())

    def extremes(actual: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ratio = likelihood_ratio(predicted, light, heavy)
        return ratio[actual == light], ratio[actual == heavy]

    def error(name: str, of: Callable[[np.ndarray], Any], **known: Any) -> Metric:
        code = classes.index(name)
        return of_rows(lambda actual, given: float(of(given[actual == code] @ ln_mass - ln_mass[code])), **known)

    def auc(actual: np.ndarray, predicted: np.ndarray) -> float:
        low, high = extremes(actual, predicted)
        return float(roc_auc_score(np.repeat([0, 1], [len(low), len(high)]), np.concatenate([low, high])))

    def merit(actual: np.ndarray, predicted: np.ndarray) -> float:
        low, high = extremes(actual, predicted)
        return float((high.mean() - low.mean()) / np.sqrt(low.var() + high.var()))

    pair = f"{classes[light]}_{classes[heavy]}"
    biases = {f"ln_mass_bias_{name}": error(name, np.mean) for name in primaries}
    resolutions = {f"ln_mass_resolution_{name}": error(name, np.std, loss=True) for name in primaries}
    return {f"{pair}_auc": of_rows(auc), f"{pair}_merit_factor": of_rows(merit), **biases, **resolutions}


def gamma_efficiency(signal: int, share: float) -> Metric:
    """The efficiency of the class `signal` at which a given share of all others is taken for it."""

    def efficiency(actual: np.ndarray, predicted: np.ndarray) -> float:
        background, found, _ = roc_curve(actual == signal, predicted[:, signal])
        return float(np.interp(share, background, found))

    return of_rows(efficiency)
