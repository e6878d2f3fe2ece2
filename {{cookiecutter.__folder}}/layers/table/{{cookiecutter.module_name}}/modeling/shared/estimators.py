"""Base class of the models, and lookup of the configured one."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...common.config import Config
from ...common.paths import CONFIGS
from ...common.problem import Problem, Task
from ...common.strict import Strict, checked, nearest

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Rows:
    """What a model is fitted on: (rows, inputs), (rows,), and how much each row counts, (rows,), None for all alike."""

    features: Any
    target: np.ndarray
    weights: np.ndarray | None = None


class ModelSettings(Strict):
    """configs/model/: a model's settings, and how it is built, fitted and stored. Subclasses override what differs.

    Models import heavy libraries only where they use them, so that a mistake in the settings is reported at once.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    # Whether numbers are imputed and standardised first; trees need neither.
    scaled: ClassVar[bool] = True
    # Whether rows may count differently.
    weighted: ClassVar[bool] = True
    name: str

    def estimator(self, problem: Problem) -> Any:
        """Return a new estimator with scikit-learn's fit and predict."""
        raise NotImplementedError(f"the model {self.name} does not say how it is built")

    def fit(self, estimator: Any, train: Rows, validation: Rows) -> None:
        """Fit on the training rows; validation rows may only decide when to stop.

        Raises:
            ValueError: rows count differently, and the model does not know how.
        """
        if train.weights is None:
            estimator.fit(train.features, train.target)
            return
        from sklearn.utils.validation import has_fit_parameter

        if not (self.weighted and has_fit_parameter(estimator, "sample_weight")):
            raise ValueError(
                f"the model {self.name} cannot weigh rows: set class_weights: none and data.weight: null, or choose "
                "another model"
            )
        estimator.fit(train.features, train.target, sample_weight=train.weights)

    def save(self, estimator: Any, folder: Path) -> None:
        """Write the fitted estimator into a folder, the same bytes for the same estimator."""
        import joblib

        joblib.dump(estimator, folder / "model.joblib")

    def restore(self, problem: Problem, inputs: int, folder: Path) -> Any:
        """Read back what `save` wrote; `inputs` is the number of columns after preprocessing."""
        import joblib

        return joblib.load(folder / "model.joblib")

    def contributions(self, estimator: Any, inputs: Any) -> np.ndarray | None:
        """What each input adds to the score of a row, float64 (rows, scores, inputs + 1), the last one without inputs.

        A score is the log-odds of the second of two classes, one for each of more classes, or the predicted number.
        None for models that do not say, which are explained by what they predict.
        """
        return None


def linear_contributions(estimator: Any, inputs: Any) -> np.ndarray:
    """`ModelSettings.contributions` of an estimator with coefficients."""
    import numpy as np

    coefficients = np.atleast_2d(estimator.coef_)
    each = np.asarray(inputs, dtype=np.float64)[:, None, :] * coefficients
    start = np.broadcast_to(np.reshape(estimator.intercept_, (1, -1, 1)), (*each.shape[:2], 1))
    return np.concatenate([each, start], axis=2)


def mixed() -> bool:
    """Whether configs/config.yaml chooses an experiment."""
    text = Path(CONFIGS, "config.yaml").read_text(encoding="utf-8")
    return re.search(r"(?m)^ *- *experiment: *(?!none\b)\w", text) is not None


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
    try:
        settings = checked(model, kind, at="model")
    except ValueError as error:
        # The settings of one model over those of another do not fit together.
        hint = "; the chosen experiment may be of another model: experiment=none goes without" if mixed() else ""
        raise ValueError(f"{error}{hint}") from None
    if task not in settings.tasks:
        raise ValueError(f"configs: the model {name} does {settings.tasks[0]}, the data ask for {task}")
    return settings
