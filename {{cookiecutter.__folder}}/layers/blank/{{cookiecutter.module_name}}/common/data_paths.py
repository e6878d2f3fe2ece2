"""Paths of the pictures, in addition to those in paths.py.

Yours: the names of your files.
"""

from __future__ import annotations

from .paths import INTERIM, PROCESSED, RAW

PICTURES = RAW / "data.npz"
USABLE = INTERIM / "data.npz"
# What a model needs to know of new samples: kept beside the model.
INPUTS = PROCESSED / "inputs.json"
