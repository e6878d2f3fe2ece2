"""Gamma or hadron: simulated images of MAGIC, each predicted by models that were trained on the other folds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.config import Config, Evaluation
from ..common.files import read_parquet, write_json
from ..common.paths import CONFIGS, outputs
from ..common.strict import checked
from ..common.table import Data
from ..dataset.prepare import prepare_table
from ..dataset.sources import bring
from ..features import hillas_features
from ..modeling.shared.domain import domain_metrics
from ..modeling.shared.intervals import with_intervals
from ..modeling.shared.metrics import metrics_for
from ..modeling.shared.preprocess import encode_target
from .settings import STUDIES, Studies, Telescope, configured


def images(config: Config) -> tuple[pd.DataFrame, pd.Series]:
    """Features and classes of the telescope's images, duplicates removed."""
    assert isinstance(config.data, Data)
    with tempfile.TemporaryDirectory() as scratch:
        bring(config.data.source, Path(scratch) / "raw")
        prepare_table(Path(scratch) / "raw", Path(scratch) / "interim", config.data)
        table = read_parquet(Path(scratch) / "interim" / "events.parquet")
    return hillas_features(table), table[config.data.target]


def estimators(settings: Telescope, seed: int, threads: int) -> dict[str, list[Callable[[], Any]]]:
    """Functions that make the unfitted models, by name; those of one name are averaged."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from xgboost import XGBClassifier

    def network(number: int) -> Callable[[], Any]:
        return lambda: make_pipeline(StandardScaler(), MLPClassifier(**settings.network, random_state=seed + number))

    return {
        "XGBoost": [lambda: XGBClassifier(**settings.xgboost.model_dump(), n_jobs=threads, random_state=seed)],
        f"{settings.networks} networks": [network(number) for number in range(settings.networks)],
        "random forest": [lambda: RandomForestClassifier(**settings.random_forest, n_jobs=threads, random_state=seed)],
    }


def out_of_fold(features: pd.DataFrame, actual: np.ndarray, make: Callable[[], Any], folds: int) -> np.ndarray:
    """Probabilities of each row, (rows, classes), by models that were trained on the other folds."""
    from sklearn.model_selection import StratifiedKFold

    predicted = np.empty((len(actual), actual.max() + 1))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(features, actual):
        model = make().fit(features.iloc[train], actual[train])
        if hasattr(model, "n_jobs"):
            # With several jobs, the order of a forest's sums varies.
            model.set_params(n_jobs=1)
        predicted[test] = model.predict_proba(features.iloc[test])
    return predicted


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/telescope.json."""
    studies = checked(cfg, Studies)
    settings = studies.telescope
    config = configured("magic", "hillas", split="stratified")
    features, target = images(config)
    classes = tuple(sorted(target.unique()))
    actual = encode_target(target, classes)
    predicted: dict[str, np.ndarray] = {}
    for name, models in estimators(settings, config.seed, config.threads).items():
        predicted[name] = np.mean([out_of_fold(features, actual, make, settings.folds) for make in models], axis=0)
    trees, networks, forest = predicted
    predicted["mean of XGBoost and networks"] = (predicted[trees] + predicted[networks]) / 2
    predicted["attempt: a random forest joins the mean"] = (
        predicted[trees] + predicted[networks] + predicted[forest]
    ) / 3
    # The usual cut, which needs no fit: a gamma points to its source.
    pointing = 1 - features["fAlpha"].to_numpy() / 90
    predicted["cut on fAlpha"] = np.stack([pointing, 1 - pointing], axis=1)
    known = metrics_for(classes) | domain_metrics(config.data, classes)
    named = {name: known[name] for name in settings.reference}
    evaluation = Evaluation(confidence=config.evaluation.confidence, resamples=studies.resamples)
    result: dict[str, Any] = {
        "rows": len(actual),
        "confidence": evaluation.confidence,
        "reference": settings.reference,
        "models": {
            name: with_intervals(named, actual, given, evaluation, config.seed, config.threads)
            for name, given in predicted.items()
        },
    }
    write_json(outputs() / STUDIES / "telescope.json", result)
    for name, metrics in result["models"].items():
        print(name, {metric: round(value["value"], 3) for metric, value in metrics.items()})


if __name__ == "__main__":
    main()
