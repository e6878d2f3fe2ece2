"""Paths of showers and images, in addition to those in paths.py."""

from __future__ import annotations

from pathlib import Path

from .paths import INTERIM, RAW

# Folders, because a simulation writes several tables.
RAW_TABLES = RAW / "tables"
TABLES = INTERIM / "tables"
# The model's folder does not say yet what its rows are made from.
INPUTS: Path | None = None
