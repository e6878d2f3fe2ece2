"""Evaluate the trained model on the test rows, which training does not read."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.config import Config, load
from ..common.files import read_parquet, write_json, write_parquet
from ..common.paths import CONFIGS, DETAILS, METRICS, MODELS, PREDICTIONS, PROCESSED, ROOT, outputs
from ..common.runs import described
from .shared.details import confusions, importances, per_class
from .shared.estimators import chosen
from .shared.fitting import metrics_of, weights_of
from .shared.folds import cross_validated
from .shared.intervals import blocks, with_intervals
from .shared.preprocess import encode_target
from .shared.store import Fitted, restore


def evaluate(fitted: Fitted, test: pd.DataFrame, config: Config) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """Metrics with intervals of the model and of the baseline, details of it, and the prediction of each test row."""
    classes = fitted.problem.classes
    actual = encode_target(test[config.data.target], classes)
    predicted = fitted.predict(test)
    metrics = metrics_of(config.data, classes)
    groups, weights = drawn_together(test, config), weights_of(test, config.data)

    def judged(given: np.ndarray) -> dict[str, dict[str, float]]:
        return with_intervals(metrics, actual, given, config.evaluation, config.seed, config.threads, groups, weights)

    report = {
        "model": config.model.name,
        "task": config.data.task,
        "rows": len(test),
        "confidence": config.evaluation.confidence,
        "metrics": judged(predicted),
        "baseline": judged(fitted.predict_baseline(test)),
    }
    details: dict[str, Any] = {"importances": importances(fitted, test, actual, config.seed)}
    data = config.data
    names = [name for name in (data.id, data.group, data.time) if name in test.columns and name != "actual"]
    table = test[names].assign(actual=test[data.target])
    if classes:
        details["classes"] = per_class(actual, predicted, classes)
        details["confusions"] = confusions(actual, predicted, classes)
        table["predicted"] = np.array(classes)[predicted.argmax(axis=1)]
        for code, name in enumerate(classes):
            table[f"p({name})"] = predicted[:, code]
    else:
        table["predicted"] = predicted
    return report, details, table


def drawn_together(test: pd.DataFrame, config: Config) -> np.ndarray | None:
    """What the bootstrap draws as a whole, (rows,): groups, or blocks of time; None for single rows."""
    if config.data.group:
        return test[config.data.group].to_numpy()
    return blocks(test[config.data.time].to_numpy()) if config.split.kind == "time" else None


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write metrics, details and predictions into reports/, and add the metrics to the model's MLflow run."""
    config = load(cfg)
    fitted = restore(chosen(config), config.seed, config.threads, ROOT / MODELS)
    test = read_parquet(ROOT / PROCESSED / "test.parquet")
    report, details, predictions = evaluate(fitted, test, config)
    if config.evaluation.folds:
        train, validation = (read_parquet(ROOT / PROCESSED / f"{part}.parquet") for part in ("train", "validation"))
        report["cross_validation"] = cross_validated(train, validation, config)
    write_parquet(outputs() / PREDICTIONS, predictions)
    write_json(outputs() / DETAILS, details)
    write_json(outputs() / METRICS, report)
    import mlflow

    with mlflow.start_run(**described(target=config.data.target)):
        mlflow.log_metrics({f"test.{name}": metric["value"] for name, metric in report["metrics"].items()})
    for name, metric in report["metrics"].items():
        baseline = report["baseline"][name]["value"]
        print(f"{said(name, metric)}, baseline {baseline:.4g}")
    if crossed := report.get("cross_validation"):
        print(f"{len(crossed['folds'])} folds of {crossed['rows']} training rows, mean:")
        print(*(said(name, metric) for name, metric in crossed["metrics"].items()), sep="\n")


def said(name: str, metric: dict[str, float]) -> str:
    """A metric as it is printed."""
    return f"{name} {metric['value']:.4g} [{metric['low']:.4g}, {metric['high']:.4g}]"


if __name__ == "__main__":
    main()
