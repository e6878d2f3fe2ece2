"""Paths of the table, in addition to those in paths.py."""

from __future__ import annotations

from .paths import INTERIM, RAW

# A folder, in which files keep their own names.
RAW_TABLE = RAW / "table"
TABLE = INTERIM / "table.parquet"
