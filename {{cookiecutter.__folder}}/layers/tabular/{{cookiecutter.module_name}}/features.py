"""Make data/processed from data/interim: features, one file each for training, validation and test."""

from __future__ import annotations

import hydra
import pandas as pd
from omegaconf import DictConfig

from .common.config import load
from .common.data_paths import TABLE
from .common.files import write_parquet
from .common.paths import CONFIGS, PROCESSED, ROOT, outputs
from .common.rows import Features
from .common.strict import nearest
from .common.table import Data
from .split import PARTS, split_rows


def build_features(table: pd.DataFrame, data: Data, features: Features) -> pd.DataFrame:
    """Features of each row: every column without a role, dates as numbers, with the table's index.

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
        if name in data.roles or name in features.drop:
            continue
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            for part in features.date_parts:
                columns[f"{name} {part}"] = getattr(table[name].dt, part).astype("float64")
        else:
            columns[name] = table[name]
    if not columns:
        raise ValueError("no feature is left")
    return pd.DataFrame(columns, index=table.index)


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the parts in data/processed: features, then the target; test rows also have their group."""
    config = load(cfg)
    data = config.data
    table = pd.read_parquet(ROOT / TABLE)
    features = build_features(table, data, config.features)
    parts = split_rows(table, data, config.split, config.seed)
    for part in PARTS:
        # The group is not a feature, but evaluation draws whole groups.
        more = [data.group, data.target] if data.group and part == "test" else [data.target]
        write_parquet(outputs() / PROCESSED / f"{part}.parquet", features.join(table[more])[parts == part])
    print(f"{features.shape[1]} features; " + ", ".join(f"{(parts == part).sum()} rows {part}" for part in PARTS))


if __name__ == "__main__":
    main()
