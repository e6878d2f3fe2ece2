"""The figures of this project's report."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from . import charts
from .common.config import Config


def figures(predictions: pd.DataFrame, config: Config) -> dict[str, Figure]:
    """The figures for the task, by file name. `predictions` is reports/predictions.parquet."""
    if config.data.task == "regression":
        return {
            "residuals": charts.residuals(predictions),
            "predicted": charts.predicted_against_actual(predictions),
        }
    return {
        "confusion": charts.confusion(predictions),
        "calibration": charts.calibration(predictions),
        "roc": charts.roc(predictions),
    }
