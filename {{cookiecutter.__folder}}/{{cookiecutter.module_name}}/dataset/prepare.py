"""Make data/interim from data/raw: typed columns, rows fit for use, the schema enforced, every lost row counted."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..config import load
from ..files import sha256, write_json, write_parquet
from ..paths import COUNTS, RAW, TABLE
from ..schema import enforce
from ..strict import CONFIGS, ROOT, outputs
from .tables import clean, read_table, type_columns, written


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim/table.parquet and reports/data_counts.json."""
    data = load(cfg).data
    table = type_columns(read_table(ROOT / RAW, data.read, written(data)), data)
    table, counts = clean(table, data)
    table = enforce(table, data)
    write_parquet(outputs() / TABLE, table)
    write_json(outputs() / COUNTS, {"raw": {RAW.as_posix(): sha256(ROOT / RAW)}, "rows": counts})
    print(", ".join(f"{count} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    main()
