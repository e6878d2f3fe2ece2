"""Types of this project's configs/data/ and configs/features/."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt

from .strict import Strict
from .table import Data

__all__ = ["Data", "Features"]


Part = Literal["year", "month", "day", "dayofweek", "dayofyear", "hour"]


class Features(Strict):
    """configs/features/: how the prepared table becomes features."""

    drop: list[str]
    date_parts: list[Part]
    # Of the time column, which else only orders the rows.
    time_parts: list[Part] = Field(default_factory=list)
    # Rows back in time, at least one, for each number.
    lags: dict[str, list[PositiveInt]] = Field(default_factory=dict)
