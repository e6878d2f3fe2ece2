"""The likelihood ratio of two classes, the observable that metrics and figures of showers use."""

from __future__ import annotations

import numpy as np


def likelihood_ratio(predicted: np.ndarray, light: int, heavy: int) -> np.ndarray:
    """Ln of the ratio of two classes' probabilities, float64 (rows,), from probabilities (rows, classes).

    Where the classes are equally frequent in training, it is the log-likelihood ratio, the best observable to tell the
    two apart. Probabilities are at least 1e-6, so that a sure model has finite moments.
    """
    pair = np.log(np.maximum(predicted[:, [light, heavy]].astype(np.float64), 1e-6))
    return np.asarray(pair[:, 1] - pair[:, 0])
