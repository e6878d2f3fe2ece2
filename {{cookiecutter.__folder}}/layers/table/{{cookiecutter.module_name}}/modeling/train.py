"""Fit the configured model and the baseline on the training rows."""

from __future__ import annotations

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import INPUTS
from ..common.files import read_parquet, replacing
from ..common.paths import CONFIGS, MODELS, PROCESSED, ROOT, outputs
from ..common.runs import described
from .shared.estimators import chosen
from .shared.fitting import fit, scored
from .shared.registered import log_reference
from .shared.store import save

# Training rows that are scored: as many as tell whether the model fits them better than others.
SCORED = 100_000


def spread(rows: pd.DataFrame, classes: pd.Series | None) -> pd.DataFrame:
    """About 100,000 of the rows where there are more: every so many, of each class the first among them."""
    step = -(-len(rows) // SCORED)
    if step == 1:
        return rows
    place = np.arange(len(rows)) if classes is None else classes.groupby(classes, sort=False).cumcount()
    return rows[place % step == 0]


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write models/ and track the run in MLflow."""
    config = load(cfg)
    settings = chosen(config)
    import mlflow

    train, validation = (read_parquet(ROOT / PROCESSED / f"{part}.parquet") for part in ("train", "validation"))
    with mlflow.start_run(**described(target=config.data.target)):
        mlflow.log_params(
            {"seed": config.seed, **{f"model.{key}": value for key, value in settings.model_dump().items()}}
        )
        fitted = fit(train, validation, config)
        classes = train[config.data.target] if config.data.task == "classification" else None
        rows = {"train": spread(train, classes), "validation": validation}
        scores = {part: scored(fitted, of, config) for part, of in rows.items()}
        # Save the model first, because a server may refuse the metrics.
        with replacing(outputs() / MODELS) as partial:
            save(fitted, partial, ROOT / INPUTS, scores)
        log_reference(config.model.name, outputs() / MODELS, config.data.task)
        mlflow.log_metrics({f"{part}.{name}": value for part, of in scores.items() for name, value in of.items()})
    said = ", ".join(f"{name} {value:.4g}" for name, value in scores["validation"].items())
    print(f"{config.model.name}: validation {said}")


if __name__ == "__main__":
    main()
