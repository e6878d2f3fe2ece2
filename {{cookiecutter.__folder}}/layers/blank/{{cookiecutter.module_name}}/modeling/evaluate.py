"""Evaluate the trained model on the test samples, which training does not read.

Yours: replace `accuracy` with the metric of your problem, always with an interval.
"""

from __future__ import annotations

import hydra
import joblib
import numpy as np
import pandas as pd
from omegaconf import DictConfig
from scipy.stats import binomtest

from ..common.config import load
from ..common.files import write_json, write_parquet
from ..common.paths import CONFIGS, METRICS, MODELS, PREDICTIONS, PROCESSED, ROOT, outputs
from ..common.runs import described


def accuracy(actual: np.ndarray, predicted: np.ndarray, confidence: float) -> dict[str, float]:
    """Accuracy of classes (samples,), with Wilson's interval (J. Am. Stat. Assoc. 22 (1927) 209)."""
    right = int((actual == predicted).sum())
    low, high = binomtest(right, len(actual)).proportion_ci(confidence, method="wilson")
    return {"value": right / len(actual), "low": float(low), "high": float(high)}


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write reports/metrics.json and reports/predictions.parquet, and add the metric to the model's MLflow run."""
    config = load(cfg)
    test = np.load(ROOT / PROCESSED / "test.npz")
    actual, confidence = test["target"], config.evaluation.confidence
    predicted, baseline = (
        joblib.load(ROOT / MODELS / f"{name}.joblib").predict(test["features"]) for name in ("model", "baseline")
    )
    judged = accuracy(actual, predicted, confidence)
    report = {
        "model": config.model.name,
        "task": "classification",
        "rows": len(actual),
        "confidence": confidence,
        "metrics": {"accuracy": judged},
        "baseline": {"accuracy": accuracy(actual, baseline, confidence)},
    }
    write_parquet(outputs() / PREDICTIONS, pd.DataFrame({"actual": actual, "predicted": predicted}))
    write_json(outputs() / METRICS, report)
    import mlflow

    with mlflow.start_run(**described()):
        mlflow.log_metric("test.accuracy", judged["value"])
    print("accuracy {value:.4g} [{low:.4g}, {high:.4g}]".format(**judged))


if __name__ == "__main__":
    main()
