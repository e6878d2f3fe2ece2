"""Predict for new samples, given as they come from the source: python -m MODULE.modeling.predict new.csv.

Yours: replace `needed`, the columns of a sample, and `features_of`. `load`, `inputs` and `predict` are the contract
that every use of the model relies on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from ..common.config import Features
from ..common.files import read_json, replacing, sha256
from ..common.paths import MODELS, ROOT
from ..features import build_features


@dataclass(frozen=True)
class Input:
    """A column of new samples: what it must be, and what it was in training."""

    name: str
    type: str
    unit: str | None = None
    required: bool = True
    range: list[float] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    example: float | str = ""


def needed(settings: dict[str, Any]) -> list[Input]:
    """The columns of a sample: its pixels, row by row."""
    names = [f"pixel {number}" for number in range(settings["size"] ** 2)]
    return [Input(name, "number", range=settings["range"], example=settings["range"][0]) for name in names]


def features_of(table: pd.DataFrame, settings: dict[str, Any]) -> np.ndarray:
    """Features of the samples, float64 (samples, n), made as those of the training samples were."""
    size = settings["size"]
    pictures = table.to_numpy(dtype=np.float64).reshape(len(table), size, size)
    return build_features(pictures, Features(border=settings["border"]))


@dataclass(frozen=True)
class Predictor:
    """A trained model that takes samples as they come from the source."""

    settings: dict[str, Any]
    model: Any

    @property
    def inputs(self) -> list[Input]:
        """The columns that a sample needs."""
        return needed(self.settings)

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """`predicted` and `p(CLASS)` of each class, with the table's index.

        Raises:
            ValueError: a column is missing, or a value is no finite number.
        """
        names = [one.name for one in self.inputs]
        if missing := [name for name in names if name not in table.columns]:
            raise ValueError(f"the rows lack {len(missing)} of {len(names)} columns, the first is {missing[0]!r}")
        numbers = table[names].apply(pd.to_numeric, errors="coerce")
        if (bad := ~np.isfinite(numbers.to_numpy()).all(axis=1)).any():
            raise ValueError(f"row {int(bad.argmax()) + 1}: a pixel is no finite number")
        shares = self.model.predict_proba(features_of(numbers, self.settings))
        found = pd.DataFrame({"predicted": self.model.classes_[shares.argmax(axis=1)]}, index=table.index)
        return found.assign(**{f"p({name})": shares[:, code] for code, name in enumerate(self.model.classes_)})


def load(folder: Path = ROOT / MODELS) -> Predictor:
    """The model in a folder, whose files are checked against their hashes. They are pickles: only load your own.

    Raises:
        ValueError: there is no model, or it is not the one that was trained.
    """
    if not (folder / "manifest.json").is_file():
        raise ValueError(f"there is no model in {folder}: make train, or dvc checkout")
    for name, expected in read_json(folder / "manifest.json").items():
        if sha256(folder / name) != expected:
            raise ValueError(f"{folder.name}/{name} is not the file that was trained: its sha256 differs")
    return Predictor(read_json(folder / "inputs.json"), joblib.load(folder / "model.joblib"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Predict for a file; returns the exit status: 0, 2 where it cannot be done."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description="Predict for new samples.")
    parser.add_argument("input", type=Path, help="a CSV file with a row per sample")
    options = parser.parse_args(arguments)
    target = options.input.with_name(f"{options.input.stem}.predictions.csv")
    try:
        predicted = load().predict(pd.read_csv(options.input))
        with replacing(target) as partial:
            predicted.to_csv(partial, index=False, lineterminator="\n")
    except (ValueError, OSError) as error:
        print(f"predict: {error}", file=sys.stderr)
        return 2
    print(f"{len(predicted)} predictions: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
