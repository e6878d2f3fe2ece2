"""The features of own_features.py, on the rows that make data prepared."""

from __future__ import annotations

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import load
from {{ cookiecutter.module_name }}.common.data_paths import TABLE
from {{ cookiecutter.module_name }}.common.files import read_parquet
from {{ cookiecutter.module_name }}.common.paths import CONFIGS, ROOT
from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.features import made_by_hand

ROWS = 5000


@pytest.fixture
def data() -> Data:
    """The settings of the chosen table."""
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        return load(compose("config")).data


@pytest.fixture
def prepared() -> pd.DataFrame:
    """The first rows of the prepared table."""
    if not (ROOT / TABLE).is_file():
        pytest.skip("there is no prepared table: make data first")
    return read_parquet(ROOT / TABLE).head(ROWS)


def test_they_see_one_row_at_a_time(prepared: pd.DataFrame, data: Data) -> None:
    """A statistic of all rows would tell training rows about test rows, and could not be made of one new row."""
    made = made_by_hand(prepared, data)

    every_third = made_by_hand(prepared.iloc[1::3], data)

    assert list(every_third) == list(made)
    for name, values in made.items():
        pd.testing.assert_series_equal(every_third[name], values.iloc[1::3], check_names=False)


def test_they_say_something(prepared: pd.DataFrame, data: Data) -> None:
    for name, values in made_by_hand(prepared, data).items():
        assert values.nunique() > 1, f"{name} has one value in all rows"
