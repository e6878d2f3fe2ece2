"""Shared fixtures: the settings and tables of a small problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data


@pytest.fixture
def settings() -> Callable[..., Data]:
    """Make the settings of configs/data/ for a target called y; keywords replace the defaults."""

    def make(**changes: object) -> Data:
        values = {
            "source": {"kind": "file", "url": None, "mirrors": [], "path": "x.csv", "sha256": None},
            "task": "classification",
            "target": "y",
            "id": None,
            "group": None,
            "time": None,
            "clean": {"duplicates": "drop", "missing": "keep", "out_of_range": "refuse"},
            "columns": {},
        }
        return Data.model_validate(values | changes)

    return make


@pytest.fixture
def table() -> pd.DataFrame:
    """300 rows: two numbers, one with gaps, a category, and a class y correlated with them; a third is "yes"."""
    rng = np.random.default_rng(1)
    yes = np.arange(300) % 3 == 0
    level = rng.normal(size=300) + yes
    width = rng.normal(size=300)
    width[::10] = np.nan
    color = pd.Series(np.where(rng.random(300) < 0.2 + 0.5 * yes, "red", "blue"), dtype="str")
    return pd.DataFrame({"level": level, "width": width, "color": color, "y": np.where(yes, "yes", "no")})


@pytest.fixture
def number_table(table: pd.DataFrame) -> pd.DataFrame:
    """The same features with a number y to predict."""
    noise = np.random.default_rng(2).normal(size=len(table))
    return table.assign(y=10 + 3 * table["level"] + 0.1 * noise)
