"""Make data/processed from data/interim: features, one file each for training, validation and test."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from .common.config import Given, Split, load
from .common.data_paths import INPUTS, TABLE
from .common.files import read_parquet, write_json, write_parquet
from .common.paths import CONFIGS, PROCESSED, ROOT, outputs
from .common.rows import Features
from .common.strict import nearest
from .common.table import Data
from .own_features import own_features
from .split import PARTS, split_rows
from .tables.inputs import contract

# Rows on which a feature by hand is tried without a column.
TRIED = 100


def build_features(table: pd.DataFrame, data: Data, features: Features) -> pd.DataFrame:
    """Features of each row: every column without a role, dates as numbers, earlier values, own ones, with its index.

    Add your own in own_features.py. Statistics of the rows (means, scales, categories) belong in
    modeling/shared/preprocess.py, which is fitted on training rows only.

    Raises:
        ValueError: a column to drop is missing, an own feature cannot be made, or no feature is left.
    """
    for name in features.drop:
        if name not in table.columns:
            raise ValueError(f"features.drop: the data have no column {name!r}; {nearest(name, table.columns)}")
    columns = {}
    for column, values in table.items():
        name = str(column)
        timed = pd.api.types.is_datetime64_any_dtype(values.dtype)
        if timed and name not in features.drop:
            for part in features.time_parts if name == data.time else features.date_parts:
                columns[f"{name} {part}"] = getattr(values.dt, part).astype("float64")
        if not (timed or name in data.roles or name in features.drop):
            # A text that is missing has no words.
            columns[name] = values.fillna("") if name in data.texts else values
    columns |= lagged(table, data, features)
    own = made_by_hand(table, data)
    if taken := sorted({*columns, *data.roles} & own.keys()):
        raise ValueError(f"own_features: there is a column {taken[0]!r} already: give yours another name")
    columns |= own
    if not columns:
        hint = "; set features.time_parts, such as [month, dayofweek], or features.lags" if data.time else ""
        raise ValueError(f"no feature is left{hint}")
    # Arrays need no comparison of their indexes, which takes longer than all the rest for a single row.
    arrays = {name: _array(values, table.index) for name, values in columns.items()}
    return pd.DataFrame(arrays, index=table.index)


def _array(values: Any, index: pd.Index) -> Any:
    return values.array if isinstance(values, pd.Series) and values.index.equals(index) else values


def without_marks(features: Features, split: Split | Given, table: pd.DataFrame, data: Data) -> Features:
    """The settings of features without the column that marks the test rows, which says nothing of a new one."""
    if not isinstance(split, Given) or split.column not in table.columns or split.column in data.roles:
        return features
    return features.model_copy(update={"drop": [*features.drop, split.column]})


def needed(table: pd.DataFrame, data: Data, features: Features) -> list[str]:
    """The columns that features are made from."""
    found = [name for name in table.columns if name not in data.roles and name not in features.drop]
    found += [name for name in (data.time, data.group) if name and (features.time_parts or features.lags)]
    others = [name for name in table.columns if name not in found]
    # A feature by hand may be made from a column that is none itself.
    return [*found, *(name for name in others if name in features.lags or _is_read(name, table, data))]


def made_by_hand(table: pd.DataFrame, data: Data) -> dict[str, pd.Series]:
    """The features of own_features.py, numbers as float64, infinite ones missing.

    Raises:
        ValueError: a column that they need is missing, or what they give is no column of these rows.
    """
    # Without the target, which no feature may see.
    rows = table.drop(columns=data.target, errors="ignore")
    try:
        made = own_features(rows)
    except KeyError as missing:
        name = missing.args[0]
        hint = "it is the target" if name == data.target else nearest(str(name), rows.columns)
        raise ValueError(f"own_features: there is no column {name!r} to make features from; {hint}") from None
    for name, values in made.items():
        # Somebody's code may give anything.
        if not table.index.equals(getattr(values, "index", None)):
            raise ValueError(f"own_features: {name!r} must be a column made from the rows, with their index")
        if pd.api.types.is_numeric_dtype(values):
            made[name] = values.astype("float64").replace([np.inf, -np.inf], np.nan)
        elif not pd.api.types.is_string_dtype(values):
            raise ValueError(f"own_features: {name!r} holds {values.dtype}: make numbers or texts of it")
    return made


def _is_read(name: str, table: pd.DataFrame, data: Data) -> bool:
    """Whether a feature by hand is made from a column: it cannot be made without."""
    if name == data.target:
        return False
    try:
        made_by_hand(table.head(TRIED).drop(columns=name), data)
    except Exception:  # noqa: BLE001 - whatever somebody's code raises
        return True
    return False


def lagged(table: pd.DataFrame, data: Data, features: Features) -> dict[str, pd.Series]:
    """Values of earlier rows in the order of time, of the same group where there is one; missing in the first rows.

    Raises:
        ValueError: the data have no time column, or not this number.
    """
    columns = {}
    for name, steps in features.lags.items():
        if not data.time:
            raise ValueError("features.lags: earlier rows need an order: set data.time")
        if name not in table.columns or not pd.api.types.is_numeric_dtype(table[name]):
            raise ValueError(f"features.lags: the data have no number {name!r}; {nearest(name, table.columns)}")
        ordered = table.sort_values(data.time, kind="stable")
        values = ordered.groupby(data.group)[name] if data.group else ordered[name]
        for step in steps:
            columns[f"{name} {step} before"] = values.shift(step).astype("float64").reindex(table.index)
    return columns


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the parts in data/processed, features and target, and what a model of them needs to know of its inputs.

    The rows also have their id, group, time and weight, none of which is a feature.
    """
    config = load(cfg)
    data = config.data
    table = read_parquet(ROOT / TABLE)
    settings = without_marks(config.features, config.split, table, data)
    features = build_features(table, data, settings)
    parts = split_rows(table, data, config.split, config.seed)
    # Evaluation draws whole groups, or blocks of time, and names the rows.
    more = [name for name in (data.id, data.group, data.time, data.weight, data.target) if name]
    for part in PARTS:
        write_parquet(outputs() / PROCESSED / f"{part}.parquet", features.join(table[more])[parts == part])
    used = needed(table, data, settings)
    write_json(outputs() / INPUTS, contract(table[parts == "train"], used, data, settings))
    print(f"{features.shape[1]} features; " + ", ".join(f"{(parts == part).sum()} rows {part}" for part in PARTS))


if __name__ == "__main__":
    main()
