"""What a model is fitted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Problem:
    """The task, with all that a model has to know of it. `classes` are sorted names, empty for regression."""

    task: Task
    classes: tuple[str, ...]
    seed: int
    threads: int
