"""Paths of the table, in addition to those in paths.py."""

from __future__ import annotations

from .paths import INTERIM, RAW

RAW_TABLE = RAW / "data.csv"
TABLE = INTERIM / "table.parquet"
