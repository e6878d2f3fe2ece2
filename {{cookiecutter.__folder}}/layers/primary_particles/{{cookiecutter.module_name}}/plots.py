"""The figures of this project's report."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from . import charts, shower_charts
from .common.config import Config
from .common.data_paths import RAW_TABLES
from .common.files import read_parquet
from .common.paths import PROCESSED, ROOT
from .common.rows import Showers
from .simulation.array import stations as positions

# Other pages, by what they show, from the report's folder.
PAGES = {"proof, after make prove": "proof.html", "model card": "../docs/model_card.md"}


def figures(predictions: pd.DataFrame, config: Config) -> dict[str, Figure]:
    """The figures by file name. `predictions` is reports/predictions.parquet."""
    data = config.data
    if not isinstance(data, Showers):
        usual = {"confusion": charts.confusion(predictions), "calibration": charts.calibration(predictions)}
        curves = {"efficiencies": shower_charts.efficiencies(predictions, "h", "g")}
        return usual | curves | {"roc": shower_charts.roc(predictions, "h", "g", config.seed)}
    # Classes in the order of their mass.
    names = sorted(data.primaries, key=data.primaries.__getitem__)
    others = [name for name in predictions.columns if not name.startswith("p(")]
    predictions = predictions[[*others, *(f"p({name})" for name in names)]]
    # The first row group is enough to show what showers look like.
    truth, events, stations, traces = (
        pq.ParquetFile(ROOT / RAW_TABLES / f"{name}.parquet").read_row_group(0)
        for name in ("truth", "events", "stations", "traces")
    )
    lg_energy = read_parquet(ROOT / PROCESSED / "test.parquet", columns=["lg_energy"])["lg_energy"]
    light, *_, heavy = names
    seen, recorded = events.to_pandas(), stations.to_pandas()
    drawn = {
        "confusion": charts.confusion(predictions),
        "calibration": charts.calibration(predictions),
        "shower": shower_charts.shower(seen, recorded, positions(data.array)),
        "lateral": shower_charts.lateral(seen, recorded),
        "multiplicity": shower_charts.multiplicity(truth.to_pandas(), seen, data.fewest_stations),
        "plane": shower_charts.plane(truth.to_pandas(), data.hadronic),
        "roc": shower_charts.roc(predictions, light, heavy, config.seed),
        "mass": shower_charts.mass(predictions, lg_energy, data.primaries),
        "energies": shower_charts.confusion_by_energy(predictions, lg_energy, list(data.primaries)),
    }
    if len(traces):
        drawn["traces"] = shower_charts.traces(recorded, traces, data.station)
    return drawn
