"""Where showers and images lie on their way, beside the paths of every project in paths.py."""

from __future__ import annotations

from .paths import INTERIM, RAW

# Folders: a simulation leaves several tables, the telescope's file is one.
RAW_TABLES = RAW / "tables"
TABLES = INTERIM / "tables"
IMAGES = "data.csv"
