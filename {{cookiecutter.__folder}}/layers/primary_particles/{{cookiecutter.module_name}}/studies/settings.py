"""Types of configs/studies.yaml, and the project's configuration for a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import hydra
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ..common.config import Config, load
from ..common.strict import Share, Strict

STUDIES = Path("reports/studies")
# Keyword arguments of a class that refuses unknown ones.
Keywords = dict[str, Any]
PartOrWhole = Annotated[float, Field(gt=0, le=1)]


class Trees(Strict):
    """Keyword arguments of XGBClassifier, which itself only warns about a mistyped one."""

    n_estimators: PositiveInt
    max_depth: PositiveInt
    learning_rate: PositiveFloat
    subsample: PartOrWhole
    colsample_bytree: PartOrWhole = 1.0
    min_child_weight: NonNegativeFloat = 1.0
    gamma: NonNegativeFloat = 0.0


class Leakage(Strict):
    """Test rows chosen row by row, and shower by shower."""

    seeds: Annotated[list[int], Field(min_length=1)]
    test: Share
    xgboost: Trees


class Comparison(Strict):
    """Pairs of a level and a model, and changed simulations to test them on."""

    models: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    systematics: dict[str, Keywords]


class Composition(Strict):
    """Samples of mixed showers whose fractions are fitted, and the showers that make the templates."""

    model: str
    templates: PositiveInt
    pool: PositiveInt
    bins: Annotated[int, Field(ge=4)]
    samples: PositiveInt
    showers: PositiveInt
    resamples: PositiveInt


class Contestant(Strict):
    """A model at a level, and the settings of configs/model/ that are searched, each a list or a range."""

    features: str
    model: str
    space: dict[str, Any]


class Verdict(Strict):
    """Models that are tuned alike and compared at a number of training showers, for one seed."""

    train: PositiveInt
    seed: NonNegativeInt
    test: PositiveInt
    test_seed: NonNegativeInt
    tuned_at: PositiveInt
    tuning_seed: NonNegativeInt
    trials: PositiveInt
    models: dict[str, Contestant]


class Telescope(Strict):
    """Out-of-fold predictions of the telescope's images."""

    folds: Annotated[int, Field(ge=2)]
    xgboost: Trees
    network: Keywords
    networks: PositiveInt
    random_forest: Keywords
    reference: dict[str, float]


class Studies(Strict):
    """configs/studies.yaml."""

    resamples: PositiveInt
    leakage: Leakage
    comparison: Comparison
    composition: Composition
    telescope: Telescope
    verdict: Verdict


def configured(
    data: str, features: str, split: str = "grouped", model: str = "xgboost", more: Sequence[str] = ()
) -> Config:
    """The project's configuration with these files instead of its own choices; call it inside a program of Hydra."""
    files = [f"data={data}", f"features={features}", f"split={split}", f"model={model}", "experiment=none"]
    return load(hydra.compose("config", [*files, "class_weights=none", "evaluation.folds=0", *more]))
