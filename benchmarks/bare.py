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
from typing import Any

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
from showers.modeling.shared.fitting import fit, scored  # noqa: E402
from showers.modeling.shared.store import save  # noqa: E402
from showers.rendering import png, render  # noqa: E402
from showers.report import SHUFFLED, WHY  # noqa: E402
from showers.simulation.array import stations as positions  # noqa: E402
from showers.simulation.generate import write  # noqa: E402
from showers.split import PARTS  # noqa: E402


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
    scores = {"train": scored(fitted, train, config), "validation": scored(fitted, validation, config)}
    save(fitted, folder / "models", scores=scores)
    report, details, predictions = evaluate(fitted, test, config)
    write_json(folder / "metrics.json", report)
    write_parquet(folder / "predictions.parquet", predictions)
    images = {name: png(figure) for name, figure in figures(folder, config, report, details, predictions, test).items()}
    for name, image in images.items():
        (folder / f"{name}.png").write_bytes(image)
    facts = {
        "config": config.model_dump() | {"model": fitted.settings.model_dump()},
        "table": "showers",
        "features": fitted.features,
        "scores": scores,
        "counts": {"raw": {}, "rows": counts},
        "report": report,
        "details": details,
        "provenance": {},
        "why_split": WHY[config.split.kind],
    }
    embedded = {name: base64.b64encode(image).decode() for name, image in images.items()}
    (folder / "report.html").write_text(render("report.html", figures=embedded, pages={}, **facts), encoding="utf-8")
    (folder / "model_card.md").write_text(render("model_card.md", **facts), encoding="utf-8")
    return float(report["metrics"]["accuracy"]["value"])


def figures(
    folder: Path, config: Any, report: dict[str, Any], details: dict[str, Any], predictions: pd.DataFrame, test: Any
) -> dict[str, Any]:
    """The figures of the report, as plots.py and report.py of the project have them."""
    primaries, data = config.data.primaries, config.data
    names = sorted(primaries, key=primaries.__getitem__)
    others = [name for name in predictions.columns if not name.startswith("p(")]
    predictions = predictions[[*others, *(f"p({name})" for name in names)]]
    truth, events, stations, traces = (
        pq.ParquetFile(folder / "raw" / f"{name}.parquet").read_row_group(0)
        for name in ("truth", "events", "stations", "traces")
    )
    seen, recorded = events.to_pandas(), stations.to_pandas()
    drawn = {
        "comparison": charts.comparison(report["metrics"], report["baseline"]),
        "confusion": charts.confusion(predictions),
        "calibration": charts.calibration(predictions),
        "shower": shower_charts.shower(seen, recorded, positions(data.array)),
        "lateral": shower_charts.lateral(seen, recorded),
        "multiplicity": shower_charts.multiplicity(truth.to_pandas(), seen, data.fewest_stations),
        "traces": shower_charts.traces(recorded, traces, data.station),
        "plane": shower_charts.plane(truth.to_pandas(), data.hadronic),
        "roc": shower_charts.roc(predictions, names[0], names[-1], config.seed),
        "mass": shower_charts.mass(predictions, test["lg_energy"], primaries),
        "energies": shower_charts.confusion_by_energy(predictions, test["lg_energy"], list(primaries)),
    }
    shuffled = {kind: found for kind in SHUFFLED if (found := details["importances"][kind])}
    return drawn | {f"importance_{kind}": charts.importances(of, SHUFFLED[kind]) for kind, of in shuffled.items()}


if __name__ == "__main__":
    accuracy = main(Path(sys.argv[1]))
    print(json.dumps({"accuracy": accuracy, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
