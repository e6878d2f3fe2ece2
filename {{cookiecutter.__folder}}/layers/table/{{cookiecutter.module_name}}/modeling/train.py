"""Fit the configured model and the baseline on the training rows."""

from __future__ import annotations

import hydra
import pandas as pd
from omegaconf import DictConfig

from ..common.config import Config, load
from ..common.data_paths import INPUTS
from ..common.files import replacing
from ..common.paths import CONFIGS, MODELS, PROCESSED, ROOT, outputs
from ..common.problem import Problem
from ..common.runs import described
from .shared.baseline import baseline
from .shared.domain import domain_metrics
from .shared.estimators import chosen
from .shared.metrics import metrics_for
from .shared.preprocess import encode_target, preprocessing
from .shared.registered import log_reference
from .shared.store import Fitted, save


def fit(train: pd.DataFrame, validation: pd.DataFrame, config: Config) -> Fitted:
    """Fit preprocessing, model and baseline on training rows; validation rows may only decide when to stop."""
    target, settings = config.data.target, chosen(config)
    classes = tuple(sorted(train[target].unique())) if config.data.task == "classification" else ()
    problem = Problem(config.data.task, classes, config.seed, config.threads)
    features = [name for name in train.columns if name != target]
    preprocess = preprocessing(train[features], settings.scaled)
    inputs = preprocess.fit_transform(train[features])
    actual = encode_target(train[target], classes)
    estimator = settings.estimator(problem)
    held_out = preprocess.transform(validation[features])
    settings.fit(estimator, (inputs, actual), (held_out, encode_target(validation[target], classes)))
    simple = baseline(problem, features).fit(train[features], actual)
    return Fitted(settings, problem, features, preprocess, estimator, simple)


def scored(fitted: Fitted, rows: pd.DataFrame, config: Config) -> dict[str, float]:
    """The metrics of a model on some rows, without intervals."""
    classes = fitted.problem.classes
    metrics = metrics_for(classes) | domain_metrics(config.data, classes)
    actual, predicted = encode_target(rows[config.data.target], classes), fitted.predict(rows)
    return {name: metric(actual, predicted) for name, metric in metrics.items()}


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write models/ and track the run in MLflow."""
    config = load(cfg)
    settings = chosen(config)
    import mlflow

    train, validation = (pd.read_parquet(ROOT / PROCESSED / f"{part}.parquet") for part in ("train", "validation"))
    with mlflow.start_run(**described(target=config.data.target)):
        mlflow.log_params(
            {"seed": config.seed, **{f"model.{key}": value for key, value in settings.model_dump().items()}}
        )
        fitted = fit(train, validation, config)
        scores = {"train": scored(fitted, train, config), "validation": scored(fitted, validation, config)}
        # Save the model first, because a server may refuse the metrics.
        with replacing(outputs() / MODELS) as partial:
            save(fitted, partial, ROOT / INPUTS, scores)
        log_reference(config.model.name, outputs() / MODELS, config.data.task)
        mlflow.log_metrics({f"{part}.{name}": value for part, of in scores.items() for name, value in of.items()})
    said = ", ".join(f"{name} {value:.4g}" for name, value in scores["validation"].items())
    print(f"{config.model.name}: validation {said}")


if __name__ == "__main__":
    main()
