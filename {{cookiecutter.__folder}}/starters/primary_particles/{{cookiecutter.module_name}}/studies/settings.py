"""The types of configs/studies.yaml, and what the studies share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import hydra
import numpy as np
import pandas as pd
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ..config import Config, Share, load
from ..dataset.prepare import usable
from ..features import of_showers
from ..problem import Showers
from ..strict import Strict

STUDIES = Path("reports/studies")
# Keywords of a class that refuses those it does not know.
Keywords = dict[str, Any]


class Trees(Strict):
    """Keywords of XGBClassifier, which itself takes a mistyped one without a word that stops it."""

    n_estimators: PositiveInt
    max_depth: PositiveInt
    learning_rate: PositiveFloat
    subsample: Share
    colsample_bytree: PositiveFloat = 1.0
    min_child_weight: NonNegativeFloat = 1.0
    gamma: NonNegativeFloat = 0.0


class Leakage(Strict):
    """Test rows chosen row by row, and shower by shower."""

    seeds: Annotated[list[int], Field(min_length=1)]
    test: Share
    xgboost: Trees


class Comparison(Strict):
    """Pairs of a level and a model, and changes of the simulation that they are tested on too."""

    models: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    systematics: dict[str, Keywords]


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

    leakage: Leakage
    comparison: Comparison
    telescope: Telescope


def configured(data: str, features: str, split: str = "grouped", model: str = "xgboost") -> Config:
    """The project's configuration with these files, whatever it chooses itself; called inside a program of Hydra."""
    return load(hydra.compose("config", [f"data={data}", f"features={features}", f"split={split}", f"model={model}"]))


def rows(config: Config, numbers: np.ndarray | None = None) -> pd.DataFrame:
    """Features, `shower` and `primary` of simulated showers, all of the configured ones or those with these numbers."""
    from ..simulation.generate import chunks

    assert isinstance(config.data, Showers)
    wanted = np.arange(config.data.showers) if numbers is None else numbers
    tables = []
    for simulated in chunks(wanted, config.data, config.seed, config.threads):
        kept, _ = usable(simulated, config.data.fewest_stations)
        tables.append(of_showers(kept, config.data, config.features))
    return pd.concat(tables, ignore_index=True)
