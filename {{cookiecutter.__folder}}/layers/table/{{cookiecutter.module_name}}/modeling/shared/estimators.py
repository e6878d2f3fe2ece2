"""Base class of the models, and lookup of the configured one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...common.config import Config
from ...common.problem import Problem, Task
from ...common.strict import Strict, checked, nearest

if TYPE_CHECKING:
    import numpy as np


class ModelSettings(Strict):
    """configs/model/: a model's settings, and how it is built, fitted and stored. Subclasses override what differs.

    Models import heavy libraries only where they use them, so that a mistake in the settings is reported at once.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    # Whether numbers are imputed and standardised first; trees need neither.
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


def chosen(config: Config) -> ModelSettings:
    """The settings of the configured model, checked by the file in models/ that has its name.

    Raises:
        ValueError: the model does not exist or does not do the task, or a setting is invalid.
    """
    return settings_of(config.model.model_dump(), config.data.task)


def settings_of(model: dict[str, Any], task: Task) -> ModelSettings:
    """The same of the values of configs/model/."""
    name = model["name"]
    known = [path.stem for path in (Path(__file__).parents[1] / "models").glob("[!_]*.py")]
    if name not in known:
        raise ValueError(f"configs: model: there is no model {name!r}; {nearest(name, known)}")
    kind: type[ModelSettings] = importlib.import_module(f"..models.{name}", __package__).Model
    settings = checked(model, kind, at="model")
    if task not in settings.tasks:
        raise ValueError(f"configs: the model {name} does {settings.tasks[0]}, the data ask for {task}")
    return settings
