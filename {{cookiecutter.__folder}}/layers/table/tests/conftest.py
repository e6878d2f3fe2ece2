"""Shared fixtures: the settings and tables of a small problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.modeling.shared.explain import explained
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted


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


@pytest.fixture
def adds_up() -> Callable[[Fitted, pd.DataFrame], None]:
    """Check that the contributions of some rows add up to what is predicted for them."""

    def adds_up(trained: Fitted, rows: pd.DataFrame) -> None:
        told, predicted = explained(trained, rows), trained.predict(rows)
        total = told.base + told.contributions.sum(axis=1)
        best = predicted.max(axis=1) if trained.problem.classes else predicted
        if told.of[0].startswith("log-odds"):
            best = np.log(best / (1 - best))
        if not told.of[0].startswith("score"):
            np.testing.assert_allclose(total, best, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(explained(trained, rows).contributions, told.contributions)

    return adds_up
