"""The types of configs/studies.yaml, and what the studies share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import hydra
import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ..config import Config, Share, load
from ..dataset.prepare import usable
from ..features import of_showers
from ..modeling.models.xgboost import Fraction
from ..strict import Strict

STUDIES = Path("reports/studies")
# Keywords of a class that refuses those it does not know.
Keywords = dict[str, Any]


class Trees(Strict):
    """Keywords of XGBClassifier, which itself only warns of a mistyped one."""

    n_estimators: PositiveInt
    max_depth: PositiveInt
    learning_rate: PositiveFloat
    subsample: Fraction
    colsample_bytree: Fraction = 1.0
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

    resamples: PositiveInt
    leakage: Leakage
    comparison: Comparison
    telescope: Telescope


def configured(
    data: str, features: str, split: str = "grouped", model: str = "xgboost", more: Sequence[str] = ()
) -> Config:
    """The project's configuration with these files, whatever it chooses itself; called inside a program of Hydra."""
    files = [f"data={data}", f"features={features}", f"split={split}", f"model={model}"]
    return load(hydra.compose("config", [*files, *more]))


def rows(config: Config, numbers: np.ndarray | None = None) -> pd.DataFrame:
    """Features, `shower` and `primary` of simulated showers, all of the configured ones or those with these numbers.

    Raises:
        ValueError: the level asks for traces where none were kept.
    """
    data: Any = config.data
    tables = []
    for simulated in simulated_showers(config, numbers):
        kept, _ = usable(simulated, data.fewest_stations)
        # Traces may be kept of the first showers only.
        if config.features.level != "traces" or len(kept["traces"]):
            tables.append(of_showers(kept, data, config.features))
    if not tables:
        raise ValueError("features=traces needs traces: set data.traces to the number of showers")
    return pd.concat(tables, ignore_index=True)


def simulated_showers(config: Config, numbers: np.ndarray | None = None) -> Iterator[dict[str, pa.Table]]:
    """The tables of the configured showers, or of those with these numbers, some at a time."""
    from ..simulation.generate import chunks

    data: Any = config.data
    yield from chunks(np.arange(data.showers) if numbers is None else numbers, data, config.seed, config.threads)
