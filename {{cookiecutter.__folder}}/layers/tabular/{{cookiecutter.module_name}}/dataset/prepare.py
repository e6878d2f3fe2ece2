"""Make data/interim from data/raw: type the columns, drop and count unusable rows, enforce the schema."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import RAW_TABLE, TABLE
from ..common.files import files_in, sha256, write_json, write_parquet
from ..common.paths import CONFIGS, COUNTS, ROOT, outputs
from ..tables.cleaning import clean, refuse_marks
from ..tables.columns import listed_values, type_columns
from ..tables.overview import described, overview
from ..tables.reading import read_text
from ..tables.schema import enforce


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim/table.parquet and reports/data_counts.json."""
    config = load(cfg)
    data = config.data
    text = read_text(ROOT / RAW_TABLE, data.read, listed_values(data))
    table = type_columns(text, data)
    refuse_marks(table, data)
    table, counts = clean(table, data, config.features.drop)
    table = enforce(table, data)
    write_parquet(outputs() / TABLE, table)
    columns = described(table, data)
    raw = {file.relative_to(ROOT).as_posix(): sha256(file) for file in files_in(ROOT / RAW_TABLE)}
    write_json(outputs() / COUNTS, {"raw": raw, "rows": counts, "notes": text.notes, "columns": columns})
    print(*text.notes, overview(columns), sep="\n")
    print(", ".join(f"{count} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    main()
