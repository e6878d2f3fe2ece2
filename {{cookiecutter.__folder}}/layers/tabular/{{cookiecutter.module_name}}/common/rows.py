"""Types of this project's configs/data/ and configs/features/."""

from __future__ import annotations

from typing import Literal

from .strict import Strict
from .table import Data

__all__ = ["Data", "Features"]


class Features(Strict):
    """configs/features/: how the prepared table becomes features."""

    drop: list[str]
    date_parts: list[Literal["year", "month", "day", "dayofweek", "dayofyear", "hour"]]
