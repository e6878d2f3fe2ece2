"""Paths of the pictures, in addition to those in paths.py.

Yours: the names of your files.
"""

from __future__ import annotations

from .paths import INTERIM, RAW

PICTURES = RAW / "data.npz"
USABLE = INTERIM / "data.npz"
