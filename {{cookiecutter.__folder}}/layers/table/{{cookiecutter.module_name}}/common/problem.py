"""The learning task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Problem:
    """The task and its settings for a model. `classes` are sorted names, empty for regression."""

    task: Task
    classes: tuple[str, ...]
    seed: int
    threads: int
