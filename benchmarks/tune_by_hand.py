"""The same search as a notebook does it, every trial a child run of MLflow: python tune_by_hand.py TRIALS FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import mlflow
import optuna
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)

TARGET = "diagnosis"


def main(trials: int, folder: Path) -> None:
    """Search, and train the winner with five seeds."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("by hand")
    train, validation = (pd.read_parquet(f"data/processed/{part}.parquet") for part in ("train", "validation"))
    target, held_out = train.pop(TARGET) == "malignant", validation.pop(TARGET) == "malignant"

    def scores(settings: dict[str, float], seed: int = 42) -> dict[str, float]:
        model = HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=seed, **settings)
        given = model.fit(train, target).predict_proba(validation)[:, 1]
        found = given > 0.5
        return {
            "accuracy": accuracy_score(held_out, found),
            "balanced_accuracy": balanced_accuracy_score(held_out, found),
            "roc_auc": roc_auc_score(held_out, given),
            "log_loss": log_loss(held_out, given),
            "brier": brier_score_loss(held_out, given),
            "f1": f1_score(held_out, found),
            "average_precision": average_precision_score(held_out, given),
        }

    def objective(trial: optuna.Trial) -> float:
        settings = {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "l2_regularization": trial.suggest_float("l2_regularization", 0.001, 10.0, log=True),
        }
        with mlflow.start_run(nested=True, run_name=f"trial {trial.number}"):
            mlflow.log_params(settings)
            found = scores(settings)
            mlflow.log_metrics(found)
        return found["roc_auc"]

    with mlflow.start_run(run_name="tune"):
        study = optuna.create_study(
            study_name="by hand",
            storage=f"sqlite:///{folder}/trials.db",
            sampler=optuna.samplers.TPESampler(seed=42),
            direction="maximize",
        )
        study.optimize(objective, n_trials=trials)
        for seed in range(5):
            mlflow.log_metric("roc_auc", scores(study.best_params, 42 + seed)["roc_auc"], step=seed)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
