"""The exploratory report: what a table holds, and what a new version changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.explore.changes import changes
from {{ cookiecutter.module_name }}.explore.profile import histogram, numbers
from {{ cookiecutter.module_name }}.explore.profile import profile as profile_of
from {{ cookiecutter.module_name }}.rendering import render
from {{ cookiecutter.module_name }}.tables.overview import described

QUARTERS = [0, 0.25, 0.5, 0.75, 1]


def profile(table: pd.DataFrame, data: Data) -> dict[str, Any]:
    """The profile of a table, as the stages make it."""
    return profile_of(table, data, described(table, data))


def test_centre_spread_and_quartiles_are_those_of_pandas() -> None:
    values = pd.Series(np.random.default_rng(1).gamma(2, size=500))

    found = numbers(values.to_numpy())

    said = values.describe()
    assert [found["mean"], found["std"]] == pytest.approx([said["mean"], said["std"]], rel=1e-5)
    assert found["quartiles"] == pytest.approx(said[["min", "25%", "50%", "75%", "max"]].tolist(), rel=1e-5)


def test_outliers_are_those_of_tukey() -> None:
    # Quartiles 2, 3 and 4: the fences are at -1 and 7.
    assert numbers(np.array([1.0, 2, 2, 3, 4, 4, 7]))["outliers"] == 0
    assert numbers(np.array([1.0, 2, 2, 3, 4, 4, 7.1]))["outliers"] == 1


def test_a_histogram_has_a_bar_for_each_whole_number() -> None:
    values = np.array([0.0, 0, 1, 3])

    found = histogram(values, np.quantile(values, QUARTERS))

    assert found == {"low": -0.5, "high": 3.5, "counts": [2, 1, 0, 1], "beyond": 0}


def test_one_far_value_does_not_flatten_a_histogram() -> None:
    values = np.append(np.linspace(0, 1, 101), 1e9)

    found = histogram(values, np.quantile(values, QUARTERS))

    assert found["beyond"] == 1 and sum(found["counts"]) == 101 and found["high"] < 10


def test_a_profile(settings: Callable[..., Data], table: pd.DataFrame) -> None:
    found = profile(table, settings())

    assert (found["rows"], found["complete"]) == (300, 270)
    color = next(column for column in found["columns"] if column["name"] == "color")
    assert [bar[:2] for bar in color["bars"]] == [list(pair) for pair in table["color"].value_counts().items()]
    assert sum(share for _, _, share in color["bars"]) == pytest.approx(1)
    names, matrix = found["correlations"]["columns"], found["correlations"]["matrix"]
    expected = table[names].corr().round(4).to_numpy()
    np.testing.assert_array_equal(np.array(matrix, dtype=float), expected)
    by_class = table.groupby("y")["level"].quantile(0.5)
    assert {name: quartiles[2] for name, quartiles in found["by_class"]["level"].items()} == pytest.approx(
        dict(by_class), rel=1e-5
    )


def test_what_a_new_version_changed(settings: Callable[..., Data], table: pd.DataFrame) -> None:
    before = profile(table, settings())
    later = table.drop(columns="level").assign(added=1.0, color=["green", *table["color"][1:]])
    later["width"] += table["width"].std()

    found = {(change["column"], change["what"]): change for change in changes(before, profile(later, settings()))}

    assert found["added", "is new"]["now"] == "number" and ("level", "is gone") in found
    assert found["width", "mean"]["now"].endswith("(+1 standard deviations)")
    assert found["color", "distinct values"]["now"] == str(table["color"].nunique() + 1)
    assert found["color", "share of 'green'"]["before"] == "rare or none"
    assert changes(before, before) == []


def test_a_name_in_the_page_is_text(settings: Callable[..., Data], table: pd.DataFrame) -> None:
    written = profile(table.rename(columns={"width": "<b>width</b>"}), settings())

    page = render("explore.html", table=written, changed=None, note=None)

    assert "&lt;b&gt;width&lt;/b&gt;" in page and "<b>width" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_tables_that_have_little(settings: Callable[..., Data], table: pd.DataFrame) -> None:
    single = table[["y"]].iloc[:1].assign(only=[1.5], when=pd.to_datetime(["2024-01-01"]), empty=[np.nan])

    found = profile(single, settings())

    assert render("explore.html", table=found, changed=changes(found, found), note="A note.")


@pytest.mark.parametrize("values", [[1e19] * 5, [0.3, 0.1 + 0.2, 0.3], [7.0]], ids=["large", "rounding", "single"])
def test_a_column_of_one_value_has_one_bar(values: list[float]) -> None:
    found = numbers(np.array(values))["histogram"]

    assert found["counts"] == [len(values)] and found["beyond"] == 0
