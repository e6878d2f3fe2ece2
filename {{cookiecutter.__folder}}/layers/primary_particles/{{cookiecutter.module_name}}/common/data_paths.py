"""Paths of showers and images, in addition to those in paths.py."""

from __future__ import annotations

from .paths import INTERIM, PROCESSED, RAW

# Folders, because a simulation writes several tables.
RAW_TABLES = RAW / "tables"
TABLES = INTERIM / "tables"
# What a model's rows are made from: kept beside the model.
INPUTS = PROCESSED / "inputs.json"
