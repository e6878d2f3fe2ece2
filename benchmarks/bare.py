"""The worked example's science as one bare script: no stages, no cache, no tracking. Runs in a made project of it.

python bare.py FOLDER     what the pipeline writes, below an empty folder; prints accuracy and MiB as JSON
"""

from __future__ import annotations

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
from hydra import compose, initialize_config_dir  # noqa: E402
from showers import charts, shower_charts  # noqa: E402
from showers.config import load  # noqa: E402
from showers.dataset.prepare import prepare_showers  # noqa: E402
from showers.features import featurize  # noqa: E402
from showers.files import write_json, write_parquet  # noqa: E402
from showers.modeling.evaluate import evaluate  # noqa: E402
from showers.modeling.store import save  # noqa: E402
from showers.modeling.train import fit  # noqa: E402
from showers.problem import Showers  # noqa: E402
from showers.report import png  # noqa: E402
from showers.simulation.generate import write  # noqa: E402
from showers.split import PARTS  # noqa: E402


def main(folder: Path) -> float:
    """Run all of it; returns the test accuracy."""
    with initialize_config_dir(str(Path("configs").resolve()), version_base="1.3"):
        config = load(compose("config"))
    assert isinstance(config.data, Showers)
    write(folder / "raw", config.data, config.seed, config.threads)
    prepare_showers(folder / "raw", folder / "interim", config.data)
    featurize(folder / "interim", {name: folder / f"{name}.parquet" for name in PARTS}, config)
    train, validation, test = (pd.read_parquet(folder / f"{name}.parquet") for name in PARTS)
    fitted = fit(train, validation, config)
    save(fitted, folder / "models")
    report, predictions = evaluate(fitted, test, config)
    write_json(folder / "metrics.json", report)
    write_parquet(folder / "predictions.parquet", predictions)
    primaries = config.data.primaries
    for number, figure in enumerate(
        (
            charts.comparison(report["metrics"], report["baseline"]),
            charts.confusion(predictions),
            charts.calibration(predictions),
            shower_charts.roc(predictions, "proton", "iron"),
            shower_charts.mass(predictions, test["lg_energy"], primaries),
            shower_charts.confusion_by_energy(predictions, test["lg_energy"], list(primaries)),
        )
    ):
        (folder / f"{number}.png").write_bytes(png(figure))
    return float(report["metrics"]["accuracy"]["value"])


if __name__ == "__main__":
    accuracy = main(Path(sys.argv[1]))
    print(json.dumps({"accuracy": accuracy, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
