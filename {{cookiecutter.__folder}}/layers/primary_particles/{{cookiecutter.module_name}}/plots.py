"""The figures of this project's report."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from . import charts, shower_charts
from .common.config import Config
from .common.data_paths import RAW_TABLES
from .common.paths import PROCESSED, ROOT
from .common.rows import Showers

# Other pages, by what they show, from the report's folder.
PAGES = {"proof, after make prove": "proof.html", "model card": "../docs/model_card.md"}


def figures(predictions: pd.DataFrame, config: Config) -> dict[str, Figure]:
    """The figures by file name. `predictions` is reports/predictions.parquet."""
    usual = {"confusion": charts.confusion(predictions), "calibration": charts.calibration(predictions)}
    data = config.data
    if not isinstance(data, Showers):
        return usual | {"roc": shower_charts.roc(predictions, "h", "g")}
    # The first row group is enough to show what showers look like.
    truth, events, stations, traces = (
        pq.ParquetFile(ROOT / RAW_TABLES / f"{name}.parquet").read_row_group(0)
        for name in ("truth", "events", "stations", "traces")
    )
    lg_energy = pd.read_parquet(ROOT / PROCESSED / "test.parquet", columns=["lg_energy"])["lg_energy"]
    light, *_, heavy = sorted(data.primaries, key=data.primaries.__getitem__)
    drawn = {
        "shower": shower_charts.shower(events.to_pandas(), stations.to_pandas()),
        "plane": shower_charts.plane(truth.to_pandas(), data.hadronic),
        "roc": shower_charts.roc(predictions, light, heavy),
        "mass": shower_charts.mass(predictions, lg_energy, data.primaries),
        "energies": shower_charts.confusion_by_energy(predictions, lg_energy, list(data.primaries)),
    }
    if len(traces):
        drawn["traces"] = shower_charts.traces(stations.to_pandas(), traces, data.station)
    return drawn | usual
