"""Metrics of the field: how well light and heavy nuclei, and gammas and hadrons, are told apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...common.likelihood import likelihood_ratio
from ...common.rows import Data, Showers
from .metrics import Counted, Metric, area_under_roc, passed

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

    def auc(actual: np.ndarray, predicted: np.ndarray) -> Counted:
        rows = np.flatnonzero((actual == light) | (actual == heavy))
        area = area_under_roc(actual[rows] == heavy, likelihood_ratio(predicted[rows], light, heavy))
        return lambda counts: area(counts[rows])

    def merit(actual: np.ndarray, predicted: np.ndarray) -> Counted:
        ratio = likelihood_ratio(predicted, light, heavy)
        of_both = [(rows, ratio[rows]) for rows in (np.flatnonzero(actual == code) for code in (light, heavy))]

        def value(counts: np.ndarray) -> float:
            low, high = (mean(ratios, counts[rows]) for rows, ratios in of_both)
            return (high - low) / math.hypot(*(deviation(ratios, counts[rows]) for rows, ratios in of_both))

        return value

    def error(name: str, of: Callable[[np.ndarray, np.ndarray], float], loss: bool) -> Metric:
        code = classes.index(name)

        def prepare(actual: np.ndarray, predicted: np.ndarray) -> Counted:
            rows = np.flatnonzero(actual == code)
            errors = predicted[rows] @ ln_mass - ln_mass[code]
            return lambda counts: of(errors, counts[rows])

        return Metric(prepare, loss=loss)

    pair = f"{classes[light]}_{classes[heavy]}"
    biases = {f"ln_mass_bias_{name}": error(name, mean, loss=False) for name in primaries}
    resolutions = {f"ln_mass_resolution_{name}": error(name, deviation, loss=True) for name in primaries}
    area = Metric(auc, limits=(0.0, 1.0))
    return {f"{pair}_auc": area, f"{pair}_merit_factor": Metric(merit), **biases, **resolutions}


def mean(values: np.ndarray, counts: np.ndarray) -> float:
    """The mean of values (rows,) that count so often, (rows,)."""
    return float((counts * values).sum() / counts.sum())


def deviation(values: np.ndarray, counts: np.ndarray) -> float:
    """The standard deviation of values (rows,) that count so often, (rows,)."""
    return math.sqrt(mean((values - mean(values, counts)) ** 2, counts))


def gamma_efficiency(signal: int, share: float) -> Metric:
    """The efficiency of the class `signal` at which a given share of all others is taken for it."""

    def prepare(actual: np.ndarray, predicted: np.ndarray) -> Counted:
        at_thresholds = passed(actual == signal, predicted[:, signal])

        def value(counts: np.ndarray) -> float:
            found, others = at_thresholds(counts)
            return float(np.interp(share, np.append(0, others / others[-1]), np.append(0, found / found[-1])))

        return value

    return Metric(prepare, limits=(0.0, 1.0))
