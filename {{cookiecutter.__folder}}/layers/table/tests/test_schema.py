"""The schema: each kind of invalid data, and its message."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.tables.schema import enforce, out_of_range

Settings = Callable[..., Data]


def test_fit_data_pass_unchanged(table: pd.DataFrame, settings: Settings) -> None:
    columns = {"level": {"type": "number", "nullable": False}, "color": {"type": "category", "values": ["blue", "red"]}}

    pd.testing.assert_frame_equal(enforce(table, settings(columns=columns)), table)


def test_a_missing_column(table: pd.DataFrame, settings: Settings) -> None:
    data = settings(columns={"height": {"type": "number"}})

    with pytest.raises(ValueError, match="column 'height' is missing, there are 'level', 'width', 'color', 'y'"):
        enforce(table, data)


def test_a_wrong_type(table: pd.DataFrame, settings: Settings) -> None:
    data = settings(columns={"color": {"type": "number"}})

    with pytest.raises(ValueError, match=r"column 'color': dtype\('float64'\), found 'red'"):
        enforce(table, data)


def test_a_gap_where_none_may_be(table: pd.DataFrame, settings: Settings) -> None:
    data = settings(columns={"width": {"type": "number", "nullable": False}})

    with pytest.raises(ValueError, match="column 'width': not_nullable, found nan"):
        enforce(table, data)


def test_a_column_without_any_value(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="column 'width': it has no value at all"):
        enforce(table.assign(width=float("nan")), settings())


def test_a_single_class(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="only one class in 'y'"):
        enforce(table[table["y"] == "no"], settings())


def test_a_constant_target(number_table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="only one value in 'y': there is nothing to predict"):
        enforce(number_table.assign(y=5.0), settings(task="regression"))


def test_no_row(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="no row is left"):
        enforce(table.iloc[:0], settings())


def test_limits_and_values_name_the_first_case(table: pd.DataFrame, settings: Settings) -> None:
    data = settings(
        columns={
            "level": {"type": "number", "minimum": -10, "maximum": 10},
            "color": {"type": "category", "values": ["blue", "red"]},
        }
    )
    table.loc[7, "level"] = 11.5
    table.loc[8, "level"] = -10.5
    table.loc[9, "color"] = "green"

    with pytest.raises(ValueError, match="do not fit the schema") as refusal:
        enforce(table, data)

    for reason in ("'level': less_than_or_equal_to(10.0), found 11.5", "found -10.5", "found 'green'"):
        assert reason in str(refusal.value)


def test_rows_outside_the_limits(settings: Settings) -> None:
    data = settings(
        columns={
            "level": {"type": "number", "minimum": 0, "maximum": 10},
            "color": {"type": "category", "values": ["red"]},
        }
    )
    table = pd.DataFrame({"level": [0.0, 10.0, -1.0, 11.0, None, 5.0], "color": ["red"] * 5 + ["green"]})

    assert out_of_range(table, data).tolist() == [False, False, True, True, False, True]
