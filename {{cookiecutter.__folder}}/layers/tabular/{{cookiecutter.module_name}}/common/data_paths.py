"""Paths of the table, in addition to those in paths.py."""

from __future__ import annotations

from pathlib import Path

from .paths import INTERIM, PROCESSED, RAW

# A folder, in which files keep their own names.
RAW_TABLE = RAW / "table"
TABLE = INTERIM / "table.parquet"
# The numbers of the table, those of an earlier version, {} where none is kept, and the page that shows them.
PROFILE = INTERIM / "profile.json"
PROFILE_BEFORE = Path("references/table_before.json")
EXPLORED = Path("reports/explore.html")
# What a model's rows are made from: kept beside the model.
INPUTS = PROCESSED / "inputs.json"
