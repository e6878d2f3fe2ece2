"""Cleaning: every dropped row is counted, what is not clear is asked about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.tables.cleaning import clean, duplicated_rows, refuse_marks

Settings = Callable[..., Data]
KEEP = {"duplicates": "keep", "missing": "keep", "out_of_range": "refuse"}


def test_every_dropped_row_is_counted(settings: Settings) -> None:
    table = pd.DataFrame(
        {"size": [1.0, 1.0, None, 99.0, 2.0, 3.0], "y": ["a", "a", "a", "a", None, "b"]},
    )
    data = settings(
        clean={"duplicates": "drop", "missing": "drop", "out_of_range": "drop"},
        columns={"size": {"type": "number", "maximum": 10}},
    )

    kept, counts = clean(table, data)

    assert kept["size"].tolist() == [1.0, 3.0]
    assert counts == {
        "read": 6,
        "without target": 1,
        "duplicates": 1,
        "with missing values": 1,
        "out of range": 1,
        "kept": 2,
    }


def test_rows_are_kept_where_so_configured(settings: Settings) -> None:
    table = pd.DataFrame({"size": [1.0, 1.0, None], "y": ["a", "a", "b"]})

    kept, _ = clean(table, settings(clean=KEEP))

    pd.testing.assert_frame_equal(kept, table)


def test_a_column_that_is_not_used_costs_no_row(settings: Settings) -> None:
    table = pd.DataFrame({"size": [1.0, 2.0, 3.0], "cabin": ["C1", None, None], "y": ["a", "b", "a"]})

    assert len(clean(table, settings(clean=KEEP | {"missing": "drop"}), unused=["cabin"])[0]) == 3


def test_equal_rows_are_asked_about(settings: Settings) -> None:
    table = pd.DataFrame({"size": [1.0, 1.0, 2.0], "y": ["a", "a", "b"]})

    with pytest.raises(ValueError, match=r"1 of 3 rows equal an earlier one .*drop if they are copies, to keep if"):
        clean(table, settings(clean=KEEP | {"duplicates": "ask"}))


def test_duplicated_rows_do_not_count_the_id(settings: Settings) -> None:
    table = pd.DataFrame({"name": [1, 2, 3, 4], "level": [1.0, 2.0, 1.0, np.nan], "y": ["a", "a", "a", "a"]})

    assert duplicated_rows(table, settings(id="name")).tolist() == [False, False, True, False]
    assert not duplicated_rows(table, settings()).any()


@pytest.mark.parametrize(("mark", "limit"), [(-200.0, "minimum"), (9999.0, "maximum")])
def test_a_number_far_from_all_others_that_repeats_is_asked_about(settings: Settings, mark: float, limit: str) -> None:
    table = pd.DataFrame({"size": [*np.linspace(1, 20, 60), mark, mark], "y": ["a", "b"] * 31})

    with pytest.raises(ValueError, match=f"column 'size': {mark:g} occurs 2 times.*list the column with a {limit}"):
        refuse_marks(table, settings())
    refuse_marks(table, settings(columns={"size": {"type": "number", limit: mark}}))


@pytest.mark.parametrize(
    "values",
    [
        np.arange(60.0),
        [*np.linspace(1, 20, 60), 9999.0],
        [*np.arange(11.0, 20), 0, 0],
        [*np.random.default_rng(1).lognormal(0, 2, 500)],
        [0.0] * 30 + [1.0] * 30,
    ],
    ids=["even", "a single outlier", "few values", "a long tail", "two values"],
)
def test_what_is_no_mark(settings: Settings, values: list[float]) -> None:
    refuse_marks(pd.DataFrame({"size": values, "y": ["a"] * len(values)}), settings())
