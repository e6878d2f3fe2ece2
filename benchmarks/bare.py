"""The worked example in one process, by the project's own functions: no stages, no cache, no tracking, no records.

Runs in a made project of it.

python bare.py FOLDER     writes the pipeline's outputs below an empty folder; prints accuracy and MiB as JSON
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "2"
os.environ["MPLBACKEND"] = "Agg"
sys.path.insert(0, ".")

import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from hydra import compose, initialize_config_dir  # noqa: E402
from showers import charts, shower_charts  # noqa: E402
from showers.common.config import load  # noqa: E402
from showers.common.files import write_json, write_parquet  # noqa: E402
from showers.common.rows import Showers  # noqa: E402
from showers.dataset.showers import prepare_showers  # noqa: E402
from showers.features import featurize  # noqa: E402
from showers.modeling.evaluate import evaluate  # noqa: E402
from showers.modeling.shared.fitting import fit  # noqa: E402
from showers.modeling.shared.store import save  # noqa: E402
from showers.rendering import png, render  # noqa: E402
from showers.simulation.generate import write  # noqa: E402
from showers.split import PARTS  # noqa: E402

TABLES = ("events", "stations", "truth")


def main(folder: Path) -> float:
    """Run all of it; returns the test accuracy."""
    with initialize_config_dir(str(Path("configs").resolve()), version_base="1.3"):
        config = load(compose("config"))
    assert isinstance(config.data, Showers)
    write(folder / "raw", config.data, config.seed, config.threads)
    counts = prepare_showers(folder / "raw", folder / "interim", config.data)
    featurize(folder / "interim", {name: folder / f"{name}.parquet" for name in PARTS}, config)
    train, validation, test = (pd.read_parquet(folder / f"{name}.parquet") for name in PARTS)
    fitted = fit(train, validation, config)
    save(fitted, folder / "models")
    report, predictions = evaluate(fitted, test, config)
    write_json(folder / "metrics.json", report)
    write_parquet(folder / "predictions.parquet", predictions)
    primaries = config.data.primaries
    events, stations, truth = (pd.read_parquet(folder / "raw" / f"{name}.parquet") for name in TABLES)
    traces = pq.ParquetFile(folder / "raw" / "traces.parquet").read_row_group(0)
    images = {
        name: png(figure)
        for name, figure in {
            "comparison": charts.comparison(report["metrics"], report["baseline"]),
            "confusion": charts.confusion(predictions),
            "calibration": charts.calibration(predictions),
            "shower": shower_charts.shower(events, stations),
            "traces": shower_charts.traces(stations, traces, config.data.station),
            "plane": shower_charts.plane(truth, config.data.hadronic),
            "roc": shower_charts.roc(predictions, "proton", "iron"),
            "mass": shower_charts.mass(predictions, test["lg_energy"], primaries),
            "energies": shower_charts.confusion_by_energy(predictions, test["lg_energy"], list(primaries)),
        }.items()
    }
    for name, image in images.items():
        (folder / f"{name}.png").write_bytes(image)
    facts = {"config": config.model_dump(), "counts": {"raw": {}, "rows": counts}, "report": report, "provenance": {}}
    embedded = {name: base64.b64encode(image).decode() for name, image in images.items()}
    (folder / "report.html").write_text(render("report.html", figures=embedded, **facts), encoding="utf-8")
    return float(report["metrics"]["accuracy"]["value"])


if __name__ == "__main__":
    accuracy = main(Path(sys.argv[1]))
    print(json.dumps({"accuracy": accuracy, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
