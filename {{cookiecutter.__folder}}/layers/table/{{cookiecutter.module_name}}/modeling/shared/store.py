"""A fitted model as a folder: preprocessing, estimator, baseline, and a manifest with their hashes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from ...common.files import read_json, sha256, write_json
from ...common.problem import Problem
from .estimators import ModelSettings

INPUTS_NAME = "inputs.json"


@dataclass(frozen=True)
class Fitted:
    """A fitted model, which predicts from a table of features."""

    settings: ModelSettings
    problem: Problem
    features: list[str]
    preprocess: Any
    estimator: Any
    baseline: Any
    # The median or the most frequent value of each feature in training.
    typical: dict[str, float | str | None]

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        """Class probabilities, float64 (rows, classes), or predicted numbers, float64 (rows,)."""
        inputs = self.preprocess.transform(table[self.features])
        return _predict(self.estimator, inputs, self.problem)

    def predict_baseline(self, table: pd.DataFrame) -> np.ndarray:
        """The baseline's predictions, shaped like those of `predict`."""
        return _predict(self.baseline, table[self.features], self.problem)


def save(
    fitted: Fitted, folder: Path, inputs: Path | None = None, scores: dict[str, dict[str, float]] | None = None
) -> None:
    """Write a fitted model into a new folder, with the file that says what its rows are made from, and its scores."""
    folder.mkdir()
    if inputs:
        shutil.copyfile(inputs, folder / INPUTS_NAME)
    joblib.dump(fitted.preprocess, folder / "preprocess.joblib")
    joblib.dump(fitted.baseline, folder / "baseline.joblib")
    fitted.settings.save(fitted.estimator, folder)
    write_json(
        folder / "manifest.json",
        {
            "model": fitted.settings.model_dump(),
            "task": fitted.problem.task,
            "classes": list(fitted.problem.classes),
            "features": fitted.features,
            "typical": fitted.typical,
            "inputs": len(fitted.preprocess.get_feature_names_out()),
            "scores": scores or {},
            "files": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        },
    )


def restore(settings: ModelSettings, seed: int, threads: int, folder: Path) -> Fitted:
    """Read back what `save` wrote.

    Some files are pickles: only load a folder that this project made.

    Raises:
        ValueError: a file does not match the manifest, or the configured model is not the trained one.
    """
    manifest = checked_manifest(folder)
    if manifest["model"] != settings.model_dump():
        raise ValueError(f"{folder.name} holds {manifest['model']}, configured is {settings.model_dump()}: train first")
    problem = Problem(manifest["task"], tuple(manifest["classes"]), seed, threads)
    return Fitted(
        settings=settings,
        problem=problem,
        features=manifest["features"],
        preprocess=joblib.load(folder / "preprocess.joblib"),
        estimator=settings.restore(problem, manifest["inputs"], folder),
        baseline=joblib.load(folder / "baseline.joblib"),
        typical=manifest["typical"],
    )


def checked_manifest(folder: Path) -> dict[str, Any]:
    """What a model's folder says of itself.

    Raises:
        ValueError: there is no model, or a file does not match the manifest.
    """
    if not (folder / "manifest.json").is_file():
        raise ValueError(f"there is no model in {folder}: make train, or dvc checkout")
    manifest: dict[str, Any] = read_json(folder / "manifest.json")
    for name, expected in manifest["files"].items():
        if sha256(folder / name) != expected:
            raise ValueError(
                f"{folder.name}/{name} is not the file that was trained: its sha256 differs from the manifest"
            )
    return manifest


def _predict(estimator: Any, inputs: Any, problem: Problem) -> np.ndarray:
    if problem.classes:
        probabilities = np.asarray(estimator.predict_proba(inputs), dtype=np.float64)
        # Probabilities in single precision add up to one only approximately.
        shares: np.ndarray = probabilities / probabilities.sum(axis=1, keepdims=True)
        return shares
    return np.asarray(estimator.predict(inputs), dtype=np.float64).ravel()
