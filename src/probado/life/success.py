"""success.yaml: what a model must reach on the test rows to become the champion."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat

from probado.life.settings import read_settings

SUCCESS = "success.yaml"
BASELINE: Literal["baseline"] = "baseline"
Operator = Literal[">", ">=", "<", "<="]
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Strict(BaseModel):
    """A part of the file. It has no other keys."""

    model_config = ConfigDict(extra="forbid")


class Criterion(Strict):
    """One condition on a metric of the test rows, or of those with a value in a column."""

    # None takes the usual one of the task: roc_auc or rmse.
    metric: str | None = None
    # None: better than the threshold, as the metric goes.
    operator: Operator | None = None
    threshold: float | Literal["baseline"] = BASELINE
    # Columns and their values, {sex: female}; all rows without.
    slice: dict[str, str | float] = Field(default_factory=dict)


class Lead(Strict):
    """By how much a model has to be better than the champion and the baseline on the same rows."""

    metric: str | None = None
    margin: NonNegativeFloat = 0.0
    # A model that is no better passes in one of so many cases that this leaves out: 0.95 lets one in twenty pass.
    confidence: float = Field(default=0.95, gt=0.5, lt=1)


class Success(Strict):
    """The project's success.yaml."""

    criteria: list[Criterion] = Field(default_factory=lambda: [Criterion()])
    lead: Lead = Lead()


def read_success(root: Path) -> Success:
    """The criteria of a project; the defaults where it has none.

    Raises:
        Refused: a key or value is wrong.
    """
    return read_settings(root / SUCCESS, Success)
