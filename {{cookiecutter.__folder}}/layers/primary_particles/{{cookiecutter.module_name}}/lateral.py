"""The lateral distribution of a shower: its signal at 1000 m and its slope, from the signals of the stations."""

from __future__ import annotations

import numpy as np


def weights(distance: np.ndarray, saturated: np.ndarray) -> np.ndarray:
    """Weights of stations, float64: 1 from 600 to 2000 m to the core, else 1e-6, as for one that is saturated.

    Near the core its error spoils quantities that are scaled with the distance; far away the shapes differ. (With equal
    weights iron and protons were hardly told apart.) The signal of a saturated station is a lower limit.
    """
    return np.where((distance > 600) & (distance < 2000) & ~saturated, 1.0, 1e-6)


def lg_reach(distance: np.ndarray) -> np.ndarray:
    """What the slope multiplies in lg of the signal at a distance in m: 0 at 1000 m."""
    return np.asarray(np.log10(distance / 1000) + np.log10((distance + 700) / 1700))


def fit(
    signal: np.ndarray, distance: np.ndarray, saturated: np.ndarray, first: np.ndarray, slope: float, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lg of the signal at 1000 m in VEM, and the slope, each float64 (showers,).

    The lateral distribution is S(1000) (r / 1000 m)^slope ((r + 700 m) / 1700 m)^slope, Auger's with its second
    exponent equal to the first (Nucl. Instrum. Methods A 798 (2015) 172). In lg it is a straight line, fitted by
    weighted least squares with a Gaussian prior on the slope, which decides where there are few stations.

    Args:
        signal: VEM (stations,).
        distance: m (stations,).
        saturated: bool (stations,).
        first: the first station of each shower, int (showers,).
        slope: the expected slope.
        spread: the standard deviation of the prior.
    """
    reach = lg_reach(distance)
    found = np.log10(signal)
    # The Poisson error of lg signal, and 0.1 for the shape.
    weight = weights(distance, saturated) / (0.1**2 + 1 / (np.log(10) ** 2 * np.maximum(signal, 1)))

    def total(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(weight * values, first)

    # Of the differences to the expected slope, so that where nothing is known it is zero.
    left = found - slope * reach
    one, x, xx, y, xy = (total(values) for values in (np.ones_like(reach), reach, reach**2, left, reach * left))
    xx = xx + spread**-2
    changed = (one * xy - x * y) / (one * xx - x**2)
    return np.asarray((y - changed * x) / one), np.asarray(slope + changed)
