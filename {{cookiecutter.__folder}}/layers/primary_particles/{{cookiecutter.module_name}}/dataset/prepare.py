"""Make data/interim from data/raw: check every value of showers or images, count the dropped ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import RAW_TABLES, TABLES
from ..common.files import replacing, sha256, write_json, write_parquet
from ..common.paths import CONFIGS, COUNTS, ROOT, outputs
from ..common.rows import Showers
from ..common.table import Data
from .showers import prepare_showers


def prepare_table(source: Path, target: Path, data: Data) -> dict[str, int]:
    """Write the telescope's table, typed, cleaned and checked, into a new folder; returns the counts of rows."""
    from ..tables.cleaning import clean, refuse_marks
    from ..tables.columns import listed_values, type_columns
    from ..tables.reading import read_text
    from ..tables.schema import enforce

    table = type_columns(read_text(source, data.read, listed_values(data)), data)
    refuse_marks(table, data)
    table, counts = clean(table, data)
    target.mkdir()
    write_parquet(target / "events.parquet", enforce(table, data))
    return counts


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim and reports/data_counts.json."""
    data: Any = load(cfg).data
    simulated = isinstance(data, Showers)
    with replacing(outputs() / TABLES) as partial:
        counts = (prepare_showers if simulated else prepare_table)(ROOT / RAW_TABLES, partial, data)
    hashes = {path.relative_to(ROOT).as_posix(): sha256(path) for path in sorted((ROOT / RAW_TABLES).iterdir())}
    write_json(outputs() / COUNTS, {"raw": hashes, "rows": counts})
    print(", ".join(f"{count} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    main()
