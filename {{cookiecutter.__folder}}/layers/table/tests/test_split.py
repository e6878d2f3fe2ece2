"""The split: configured shares, no overlap, order in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.config import Given, Split
from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.split import split_rows

Settings = Callable[..., Data]


def split(kind: Literal["stratified", "random", "grouped", "time"]) -> Split:
    return Split(kind=kind, validation=0.15, test=0.2)


@pytest.mark.parametrize("kind", ["stratified", "random"])
def test_shares_of_the_rows(kind: Literal["stratified", "random"], table: pd.DataFrame, settings: Settings) -> None:
    parts = split_rows(table, settings(), split(kind), seed=42)

    assert parts.value_counts().to_dict() == {"train": 195, "test": 60, "validation": 45}
    assert parts.index.equals(table.index)


def test_stratified_parts_have_the_same_share_of_each_class(table: pd.DataFrame, settings: Settings) -> None:
    parts = split_rows(table, settings(), split("stratified"), seed=42)

    shares = (table["y"] == "yes").groupby(parts).mean()
    assert shares.to_dict() == pytest.approx({"test": 1 / 3, "train": 1 / 3, "validation": 1 / 3})


def test_stratified_regression_has_high_and_low_values_in_each_part(
    number_table: pd.DataFrame, settings: Settings
) -> None:
    parts = split_rows(number_table, settings(task="regression"), split("stratified"), seed=42)

    above = (number_table["y"] > number_table["y"].median()).groupby(parts).mean()
    assert above.between(0.45, 0.55).all()


def test_the_seed_decides(table: pd.DataFrame, settings: Settings) -> None:
    first, again, other = (split_rows(table, settings(), split("stratified"), seed) for seed in (1, 1, 2))

    assert first.equals(again)
    assert not first.equals(other)


def test_groups_stay_whole(table: pd.DataFrame, settings: Settings) -> None:
    table["patient"] = np.arange(300) % 40

    parts = split_rows(table, settings(group="patient"), split("grouped"), seed=42)

    assert (parts.groupby(table["patient"]).nunique() == 1).all()
    assert table["patient"].groupby(parts).nunique().to_dict() == {"test": 8, "train": 26, "validation": 6}


def test_time_goes_from_training_to_test(table: pd.DataFrame, settings: Settings) -> None:
    # Ten rows per instant, in random order.
    instants = np.random.default_rng(3).permutation(np.arange(300) // 10)
    table["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(instants, unit="D")

    parts = split_rows(table, settings(time="when"), split("time"), seed=42)

    ends = table["when"].groupby(parts).agg(["min", "max"])
    assert ends.loc["train", "max"] < ends.loc["validation", "min"]
    assert ends.loc["validation", "max"] < ends.loc["test", "min"]
    assert parts.value_counts().to_dict() == {"train": 190, "test": 60, "validation": 50}


def test_given_rows_are_the_test(table: pd.DataFrame, settings: Settings) -> None:
    table["from_file"] = np.where(np.arange(300) % 4 == 3, "test.csv", "train.csv")
    given = Given(kind="given", column="from_file", test=["test.csv"], validation=0.2)

    parts = split_rows(table, settings(), given, seed=42)

    assert ((parts == "test") == (table["from_file"] == "test.csv")).all()
    assert parts.value_counts().to_dict() == {"train": 180, "test": 75, "validation": 45}
    with pytest.raises(ValueError, match=r"no row has 'tests.csv' as 'from_file'; did you mean 'test.csv'"):
        split_rows(table, settings(), given.model_copy(update={"test": ["tests.csv"]}), seed=42)
    with pytest.raises(ValueError, match="the data have no column 'file'"):
        split_rows(table, settings(), given.model_copy(update={"column": "file"}), seed=42)


def test_given_folds_and_groups(table: pd.DataFrame, settings: Settings) -> None:
    table["fold"] = (np.arange(300) // 60).astype(float)
    table["patient"] = np.arange(300) // 10

    given = Given(kind="given", column="fold", test=["1"], validation=0.2)
    parts = split_rows(table, settings(group="patient"), given, seed=42)

    assert ((parts == "test") == (table["fold"] == 1)).all()
    assert table["patient"].groupby(parts).nunique().to_dict() == {"test": 6, "train": 19, "validation": 5}


def test_a_group_on_both_sides_is_refused(table: pd.DataFrame, settings: Settings) -> None:
    table["patient"] = np.arange(300)
    train, test = (
        split_rows(table, settings(group="patient"), split("stratified"), seed=42).eq(part).to_numpy().nonzero()[0][0]
        for part in ("train", "test")
    )
    table.loc[test, "patient"] = table.loc[train, "patient"]

    with pytest.raises(ValueError, match=f"1 values of the group 'patient'.*the first is {train}: use split=grouped"):
        split_rows(table, settings(group="patient"), split("stratified"), seed=42)


def test_a_class_missing_from_a_part_is_refused(table: pd.DataFrame, settings: Settings) -> None:
    table["y"] = np.where(np.arange(300) < 2, "rare", "common")

    with pytest.raises(ValueError, match=r"part would have no row of class 'rare': more rows are needed"):
        split_rows(table, settings(), split("random"), seed=42)


def test_too_few_rows_are_refused(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="the validation part would be empty: 4 rows are too few for these shares"):
        split_rows(table.iloc[:4], settings(), split("stratified"), seed=42)
