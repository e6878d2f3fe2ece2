"""Make data/interim from data/raw: type the columns, drop and count unusable rows, enforce the schema."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import RAW_TABLE, TABLE
from ..common.files import sha256, write_json, write_parquet
from ..common.paths import CONFIGS, COUNTS, ROOT, outputs
from ..schema import enforce
from .tables import clean, read_table, type_columns, written


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim/table.parquet and reports/data_counts.json."""
    data = load(cfg).data
    table = type_columns(read_table(ROOT / RAW_TABLE, data.read, written(data)), data)
    table, counts = clean(table, data)
    table = enforce(table, data)
    write_parquet(outputs() / TABLE, table)
    write_json(outputs() / COUNTS, {"raw": {RAW_TABLE.as_posix(): sha256(ROOT / RAW_TABLE)}, "rows": counts})
    print(", ".join(f"{count} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    main()
