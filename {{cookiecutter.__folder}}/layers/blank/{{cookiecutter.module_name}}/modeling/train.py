"""Fit the model and the baseline on the training samples.

Yours: replace `fit` with your model, and joblib with the model's own format.
"""

from __future__ import annotations

import shutil
from typing import Any

import hydra
import joblib
import numpy as np
from omegaconf import DictConfig

from ..common.config import Model, load
from ..common.data_paths import INPUTS
from ..common.files import replacing, sha256, write_json
from ..common.paths import CONFIGS, MODELS, PROCESSED, ROOT, outputs
from ..common.runs import described


def fit(features: np.ndarray, target: np.ndarray, model: Model) -> dict[str, Any]:
    """Fit on features (samples, n) and classes (samples,); returns the estimators "model" and "baseline"."""
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression

    return {
        "model": LogisticRegression(C=model.C).fit(features, target),
        "baseline": DummyClassifier(strategy="most_frequent").fit(features, target),
    }


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write models/ and track the run in MLflow."""
    config = load(cfg)
    import mlflow

    train, validation = (np.load(ROOT / PROCESSED / f"{part}.npz") for part in ("train", "validation"))
    with mlflow.start_run(**described()):
        mlflow.log_params({"seed": config.seed, "model.C": config.model.C})
        fitted = fit(train["features"], train["target"], config.model)
        accuracy = fitted["model"].score(validation["features"], validation["target"])
        # Save the model first, because a server may refuse the metric.
        with replacing(outputs() / MODELS) as partial:
            partial.mkdir()
            for name, estimator in fitted.items():
                joblib.dump(estimator, partial / f"{name}.joblib")
            shutil.copyfile(ROOT / INPUTS, partial / INPUTS.name)
            write_json(partial / "manifest.json", {path.name: sha256(path) for path in sorted(partial.iterdir())})
        mlflow.log_metric("validation.accuracy", accuracy)
    print(f"{config.model.name}: validation accuracy {accuracy:.4g}")


if __name__ == "__main__":
    main()
