"""Showers that a study simulates for itself, and their features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..common.config import Config
from ..dataset.showers import usable
from ..features import of_showers
from ..simulation.generate import chunks


def rows(config: Config, numbers: np.ndarray | None = None) -> pd.DataFrame:
    """Features, `shower` and `primary` of the configured showers, or of those with these numbers.

    Raises:
        ValueError: the level needs traces, but none were kept.
    """
    data: Any = config.data
    tables = []
    for simulated in simulated_showers(config, numbers):
        kept, _ = usable(simulated, data)
        # A simulation may keep traces of its first showers only.
        if config.features.level != "traces" or len(kept["traces"]):
            tables.append(of_showers(kept, data.station.count, config.features))
    if not tables:
        raise ValueError("features=traces needs traces: set data.traces to the number of showers")
    return pd.concat(tables, ignore_index=True)


def simulated_showers(config: Config, numbers: np.ndarray | None = None) -> Iterator[dict[str, pa.Table]]:
    """The tables of the configured showers, or of those with these numbers, in chunks."""
    data: Any = config.data
    yield from chunks(np.arange(data.showers) if numbers is None else numbers, data, config.seed, config.threads)
