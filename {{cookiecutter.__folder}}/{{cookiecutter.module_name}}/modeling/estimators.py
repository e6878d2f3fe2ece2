"""What every model shares: the problem it is fitted to, its settings, its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..strict import Strict, Task

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Problem:
    """What a model is fitted for. `classes` are sorted names, empty for regression."""

    task: Task
    classes: tuple[str, ...]
    seed: int
    threads: int


class ModelSettings(Strict):
    """configs/model/: a model's settings, and how it is built, fitted and stored. Subclasses override what differs.

    Every stage reads the configuration, so this file and the models import heavy libraries only where they are used.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    # Whether numbers are imputed and standardised first; trees want neither.
    scaled: ClassVar[bool] = True
    name: str

    def estimator(self, problem: Problem) -> Any:
        """Return a new estimator with scikit-learn's fit and predict."""
        raise NotImplementedError(f"the model {self.name} does not say how it is built")

    def fit(self, estimator: Any, train: tuple[Any, np.ndarray], validation: tuple[Any, np.ndarray]) -> None:
        """Fit on (features, target) of the training rows; validation rows may only decide when to stop."""
        estimator.fit(*train)

    def save(self, estimator: Any, folder: Path) -> None:
        """Write the fitted estimator into a folder, the same bytes for the same estimator."""
        import joblib

        joblib.dump(estimator, folder / "model.joblib")

    def restore(self, problem: Problem, inputs: int, folder: Path) -> Any:
        """Read back what `save` wrote; `inputs` is the number of columns after preprocessing."""
        import joblib

        return joblib.load(folder / "model.joblib")
