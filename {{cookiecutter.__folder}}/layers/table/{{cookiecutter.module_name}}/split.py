"""Split the rows into training, validation and test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .common.config import Given, Split
from .common.rows import Data
from .common.strict import nearest

PARTS = ("train", "validation", "test")


def split_rows(table: pd.DataFrame, data: Data, split: Split | Given, seed: int) -> pd.Series:
    """The part of each row: "train", "validation" or "test", with the table's index.

    Raises:
        ValueError: a part would be empty or miss a class, or a group would be in two parts, or no row is marked.
    """
    if isinstance(split, Given):
        parts = _given(table, data, split, seed)
    elif split.kind == "grouped":
        parts = _by_group(table[data.group], split, seed)
    elif split.kind == "time":
        parts = _by_time(table[data.time], split)
    else:
        parts = _by_row(table, data, split, seed)
    _refuse_overlap(table, parts, data)
    return parts


def _by_row(table: pd.DataFrame, data: Data, split: Split, seed: int) -> pd.Series:
    # Not scikit-learn's splitters: loading them takes longer than splitting a million rows here. They also draw other
    # rows, which would change every committed result.
    rows = pd.Series(_strata(table[data.target], data.task) if split.kind == "stratified" else np.zeros(len(table)))
    test = rows.groupby(rows).sample(frac=split.test, random_state=seed).index
    rest = rows.drop(test)
    validation = rest.groupby(rest).sample(frac=split.validation / (1 - split.test), random_state=seed).index
    parts = np.full(len(table), "train", dtype=object)
    parts[validation], parts[test] = "validation", "test"
    return pd.Series(parts, index=table.index, dtype="str")


def _given(table: pd.DataFrame, data: Data, split: Given, seed: int) -> pd.Series:
    if split.column not in table.columns:
        hint = nearest(split.column, table.columns)
        raise ValueError(f"split=given: the data have no column {split.column!r}; {hint}")
    marks = table[split.column]
    if pd.api.types.is_numeric_dtype(marks):
        marks = marks.map("{:g}".format, na_action="ignore")
    marks = marks.astype("str")
    for value in split.test:
        if not (marks == value).any():
            hint = nearest(value, marks.dropna().unique())
            raise ValueError(f"split=given: no row has {value!r} as {split.column!r}; {hint}")
    parts = pd.Series("train", index=table.index, dtype="str")
    parts[marks.isin(split.test)] = "test"
    rest = table[parts == "train"]
    if data.group:
        names = np.sort(rest[data.group].dropna().unique())
        drawn = np.random.default_rng(seed).permutation(names)[: max(1, round(len(names) * split.validation))]
        parts[rest.index[rest[data.group].isin(drawn)]] = "validation"
        return parts
    strata = pd.Series(_strata(rest[data.target], data.task), index=rest.index)
    parts[strata.groupby(strata).sample(frac=split.validation, random_state=seed).index] = "validation"
    return parts


def _strata(target: pd.Series, task: str) -> np.ndarray:
    if task == "classification":
        # Integer codes in the order of the names, because sorting a million strings takes seconds.
        return pd.factorize(target, sort=True)[0]
    return pd.qcut(target, q=min(10, max(2, len(target) // 20)), labels=False, duplicates="drop").to_numpy()


def _by_group(groups: pd.Series, split: Split, seed: int) -> pd.Series:
    if groups.isna().any():
        raise ValueError(f"split=grouped: {int(groups.isna().sum())} rows have no {groups.name!r}")
    names = np.sort(groups.unique())
    order = np.random.default_rng(seed).permutation(names)
    n_test, n_validation = round(len(names) * split.test), round(len(names) * split.validation)
    part_of = dict.fromkeys(order, "train")
    part_of |= dict.fromkeys(order[:n_test], "test")
    part_of |= dict.fromkeys(order[n_test : n_test + n_validation], "validation")
    return groups.map(part_of).astype("str")


def _by_time(times: pd.Series, split: Split) -> pd.Series:
    if not (pd.api.types.is_datetime64_any_dtype(times) or pd.api.types.is_numeric_dtype(times)):
        raise ValueError(
            f"split=time: the column {times.name!r} is text, which has no order in time: "
            "list it under columns as {type: date}, and set read.date_format"
        )
    if times.isna().any():
        raise ValueError(f"split=time: {int(times.isna().sum())} rows have no {times.name!r}")
    ordered = np.sort(times.to_numpy())
    n = len(ordered)
    validation_from = ordered[min(round(n * (1 - split.test - split.validation)), n - 1)]
    test_from = ordered[min(round(n * (1 - split.test)), n - 1)]
    parts = np.where(times >= test_from, "test", np.where(times >= validation_from, "validation", "train"))
    return pd.Series(parts, index=times.index, dtype="str")


def _refuse_overlap(table: pd.DataFrame, parts: pd.Series, data: Data) -> None:
    for name in PARTS:
        if not (parts == name).any():
            raise ValueError(f"the {name} part would be empty: {len(table)} rows are too few for these shares")
    if data.task == "classification":
        for name in PARTS:
            missing = sorted(set(table[data.target].unique()) - set(table.loc[parts == name, data.target].unique()))
            if missing:
                raise ValueError(
                    f"the {name} part would have no row of class {missing[0]!r}: more rows are needed, or another split"
                )
    if data.group:
        spread = parts.groupby(table[data.group].to_numpy()).nunique()
        if (spread > 1).any():
            raise ValueError(
                f"{int((spread > 1).sum())} values of the group {data.group!r} would stand in more than one part, "
                f"the first is {spread.index[spread > 1].tolist()[0]!r}: use split=grouped"
            )
