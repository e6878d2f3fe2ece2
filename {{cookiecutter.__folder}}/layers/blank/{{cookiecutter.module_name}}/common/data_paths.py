"""Where the pictures lie on their way, beside the paths of every project in paths.py.

Yours: the names of your files.
"""

from __future__ import annotations

from .paths import INTERIM, RAW

PICTURES = RAW / "data.npz"
USABLE = INTERIM / "data.npz"
