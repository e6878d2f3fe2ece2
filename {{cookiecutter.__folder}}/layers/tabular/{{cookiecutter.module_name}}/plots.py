"""The figures of this project's report."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from . import charts
from .common.config import Config
from .common.files import read_parquet
from .common.paths import PROCESSED, ROOT
from .split import PARTS

# Other pages, by what they show, from the report's folder.
PAGES = {
    "proof, after make prove": "proof.html",
    "what the table holds": "explore.html",
    "data dictionary": "../references",
    "model card": "../docs/model_card.md",
}


def figures(predictions: pd.DataFrame, config: Config) -> dict[str, Figure]:
    """The figures for the task, by file name. `predictions` is reports/predictions.parquet."""
    data = config.data
    read = {part: read_parquet(ROOT / PROCESSED / f"{part}.parquet", columns=[data.target]) for part in PARTS}
    drawn = {"target": charts.target({part: table[data.target] for part, table in read.items()})}
    if data.time and data.time in predictions.columns:
        drawn["time"] = charts.over_time(predictions, data.time)
    if data.task == "regression":
        return {
            **drawn,
            "residuals": charts.residuals(predictions),
            "predicted": charts.predicted_against_actual(predictions),
        }
    return {
        **drawn,
        "confusion": charts.confusion(predictions),
        "calibration": charts.calibration(predictions),
        "roc": charts.roc(predictions),
        "precision_recall": charts.precision_recall(predictions),
    }
