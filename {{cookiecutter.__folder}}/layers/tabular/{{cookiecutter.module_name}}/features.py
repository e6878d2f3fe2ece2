"""Make data/processed from data/interim: features, one file each for training, validation and test."""

from __future__ import annotations

import hydra
import pandas as pd
from omegaconf import DictConfig

from .common.config import Given, Split, load
from .common.data_paths import INPUTS, TABLE
from .common.files import write_json, write_parquet
from .common.paths import CONFIGS, PROCESSED, ROOT, outputs
from .common.rows import Features
from .common.strict import nearest
from .common.table import Data
from .split import PARTS, split_rows
from .tables.inputs import contract


def build_features(table: pd.DataFrame, data: Data, features: Features) -> pd.DataFrame:
    """Features of each row: every column without a role, dates as numbers, earlier values, with the table's index.

    Statistics of the rows (means, scales, categories) belong in modeling/shared/preprocess.py, which is fitted on
    training rows only.

    Raises:
        ValueError: a column to drop is missing, or no feature is left.
    """
    for name in features.drop:
        if name not in table.columns:
            raise ValueError(f"features.drop: the data have no column {name!r}; {nearest(name, table.columns)}")
    columns = {}
    for name in table.columns:
        timed = pd.api.types.is_datetime64_any_dtype(table[name])
        if timed and name not in features.drop:
            for part in features.time_parts if name == data.time else features.date_parts:
                columns[f"{name} {part}"] = getattr(table[name].dt, part).astype("float64")
        if not (timed or name in data.roles or name in features.drop):
            columns[name] = table[name]
    columns |= lagged(table, data, features)
    if not columns:
        hint = "; set features.time_parts, such as [month, dayofweek], or features.lags" if data.time else ""
        raise ValueError(f"no feature is left{hint}")
    return pd.DataFrame(columns, index=table.index)


def without_marks(features: Features, split: Split | Given, table: pd.DataFrame, data: Data) -> Features:
    """The settings of features without the column that marks the test rows, which says nothing of a new one."""
    if not isinstance(split, Given) or split.column not in table.columns or split.column in data.roles:
        return features
    return features.model_copy(update={"drop": [*features.drop, split.column]})


def needed(table: pd.DataFrame, data: Data, features: Features) -> list[str]:
    """The columns that features are made from."""
    found = [name for name in table.columns if name not in data.roles and name not in features.drop]
    found += [name for name in (data.time, data.group) if name and (features.time_parts or features.lags)]
    return [*found, *(name for name in features.lags if name not in found)]


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

    Test rows also have their id, group and time.
    """
    config = load(cfg)
    data = config.data
    table = pd.read_parquet(ROOT / TABLE)
    settings = without_marks(config.features, config.split, table, data)
    features = build_features(table, data, settings)
    parts = split_rows(table, data, config.split, config.seed)
    for part in PARTS:
        # Neither is a feature, but evaluation draws whole groups, or blocks of time, and names the rows.
        roles = [data.id, data.group, data.time] if part == "test" else []
        more = [*(name for name in roles if name), data.target]
        write_parquet(outputs() / PROCESSED / f"{part}.parquet", features.join(table[more])[parts == part])
    used = needed(table, data, settings)
    write_json(outputs() / INPUTS, contract(table[parts == "train"], used, data, settings))
    print(f"{features.shape[1]} features; " + ", ".join(f"{(parts == part).sum()} rows {part}" for part in PARTS))


if __name__ == "__main__":
    main()
