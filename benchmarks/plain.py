"""The pipeline's work as one plain script: python plain.py CSV FOLDER TREES. Runs in the environment of a made project.

It reads the same table, makes the same split, model, intervals and figures, and writes one page, without layers. Its
metrics equal the pipeline's; `pipeline.py` checks that.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve
from xgboost import XGBClassifier

SEED, THREADS, RESAMPLES, CONFIDENCE = 42, 2, 50, 0.95
TARGET, CLASSES = "class", ["no", "yes"]
METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": lambda actual, given: float(np.mean(actual == given.argmax(axis=1))),
    "balanced_accuracy": lambda actual, given: (
        np.bincount(actual[actual == given.argmax(axis=1)], minlength=2) / np.bincount(actual, minlength=2)
    ).mean(),
    "roc_auc": lambda actual, given: metrics.roc_auc_score(actual, given[:, 1]),
    "log_loss": lambda actual, given: metrics.log_loss(actual, given, labels=[0, 1]),
    "brier": lambda actual, given: ((given - np.eye(2)[actual]) ** 2).sum(axis=1).mean() / 2,
}


def read(path: str) -> pd.DataFrame:
    """The table without duplicates and without rows whose class is missing."""
    table = pd.read_csv(path, engine="pyarrow", dtype={TARGET: "str"})
    table = table[table[TARGET].notna()]
    candidates = pd.util.hash_pandas_object(table, index=False).duplicated(keep=False)
    repeated = table[candidates.to_numpy()].duplicated()
    return table.drop(index=repeated.index[repeated]).reset_index(drop=True)


def with_intervals(actual: np.ndarray, given: np.ndarray) -> dict[str, dict[str, float]]:
    """Each metric with its interval: Wilson's for the accuracy, else from a bootstrap over rows."""
    resampled: dict[str, list[float]] = {name: [] for name in METRICS if name != "accuracy"}
    for number in range(RESAMPLES):
        rows = np.random.default_rng((SEED, number)).integers(len(actual), size=len(actual))
        drawn = actual[rows], given[rows]
        for name, values in resampled.items():
            values.append(METRICS[name](*drawn))
    result = {}
    for name, metric in METRICS.items():
        value = metric(actual, given)
        if name == "accuracy":
            test = binomtest(round(value * len(actual)), len(actual))
            low, high = test.proportion_ci(CONFIDENCE, method="wilson")
        else:
            low, high = np.percentile(resampled[name], [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
        result[name] = {"value": float(value), "low": float(low), "high": float(high)}
    return result


def draw(actual: np.ndarray, given: np.ndarray, report: dict[str, dict[str, dict[str, float]]]) -> list[Figure]:
    """Confusion, calibration, ROC, and the metrics beside the baseline's."""
    figures = [Figure(figsize=(5, 4), layout="constrained") for _ in range(3)]
    confusion, calibration, roc = (figure.subplots() for figure in figures)
    counts = metrics.confusion_matrix(actual, given.argmax(axis=1))
    image = confusion.imshow(counts / counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        confusion.text(column, row, count, ha="center", va="center")
    figures[0].colorbar(image)
    observed, expected = calibration_curve(actual, given[:, 1], n_bins=10)
    calibration.plot(expected, observed, marker="o")
    false, true, _ = metrics.roc_curve(actual, given[:, 1])
    roc.plot(false, true)
    panels = Figure(figsize=(2.2 * len(METRICS), 2.6), layout="constrained")
    for axes, name in zip(panels.subplots(1, len(METRICS)), METRICS, strict=True):
        for place, values in enumerate(report.values()):
            metric = values[name]
            reach = [[metric["value"] - metric["low"]], [metric["high"] - metric["value"]]]
            axes.errorbar([place], [metric["value"]], yerr=np.maximum(reach, 0), fmt="o", capsize=4)
        axes.set_title(name)
    return [*figures, panels]


def main(path: str, folder: Path, trees: int) -> None:
    """Write metrics.json and report.html into a folder."""
    table = read(path)
    actual: np.ndarray = pd.Categorical(table.pop(TARGET), categories=CLASSES).codes.astype(np.int64)
    features = table.to_numpy()
    rows = pd.Series(actual)
    test = rows.groupby(rows).sample(frac=0.2, random_state=SEED).index
    rest = rows.drop(test)
    validation = rest.groupby(rest).sample(frac=0.15 / 0.8, random_state=SEED).index
    # Ascending, as the pipeline's files hold the rows: xgboost's sums depend on their order.
    train, validation, test = rest.drop(validation).index.to_numpy(), np.sort(validation), np.sort(test)
    model = XGBClassifier(
        n_estimators=trees,
        early_stopping_rounds=trees,
        learning_rate=0.1,
        max_depth=6,
        subsample=0.9,
        colsample_bytree=0.9,
        random_state=SEED,
        n_jobs=THREADS,
    )
    held_out = [(features[validation], actual[validation])]
    model.fit(features[train], actual[train], eval_set=held_out, verbose=False)
    model.save_model(folder / "model.ubj")
    scored = model.predict_proba(features[validation])
    print({name: float(metric(actual[validation], scored)) for name, metric in METRICS.items()})
    given = model.predict_proba(features[test]).astype(np.float64)
    given /= given.sum(axis=1, keepdims=True)
    prior = np.tile(np.bincount(actual[train]) / len(train), (len(test), 1))
    report = {"metrics": with_intervals(actual[test], given), "baseline": with_intervals(actual[test], prior)}
    images = []
    for figure in draw(actual[test], given, report):
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=110)
        images.append(f'<img src="data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}">')
    text = json.dumps(report, indent=2)
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(f"<pre>{text}</pre>{''.join(images)}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
