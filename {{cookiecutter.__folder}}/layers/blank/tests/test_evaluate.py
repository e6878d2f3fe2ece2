"""The metric: known values and a published interval."""

from __future__ import annotations

import numpy as np
import pytest

from {{ cookiecutter.module_name }}.modeling.evaluate import accuracy


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_accuracy_has_the_published_interval(right: int, rows: int, low: float, high: float) -> None:
    metric = accuracy(np.ones(rows), np.arange(rows) < right, confidence=0.95)

    assert metric == pytest.approx({"value": right / rows, "low": low, "high": high}, abs=5e-5)
