"""Where the table lies on its way, beside the paths of every project in paths.py."""

from __future__ import annotations

from .paths import INTERIM, RAW

RAW_TABLE = RAW / "data.csv"
TABLE = INTERIM / "table.parquet"
