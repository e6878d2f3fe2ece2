"""What is tuned: the training and validation rows of a project, and its functions that fit and score a model."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probado.errors import Refused
from probado.files import read_frame
from probado.tune.settings import Settings

PARTS = ("train", "validation")
# Training rows from which a trial begins with a quarter of them, to be given up if it is worse than most.
ENOUGH, BEGINNING = 4000, 4


@dataclass(frozen=True)
class Problem:
    """The rows, loaded once for all workers, and what fits and scores.

    `fitting` is the project's own module: fit(train, validation, config) and scored(fitted, rows, config).
    """

    settings: Settings
    fitting: Any
    config: Any
    train: Any
    validation: Any

    @property
    def metric(self) -> str:
        """The name of the metric that decides."""
        return str(self.settings.metric)

    def score(self, values: dict[str, Any], rows: Any = None, seed: int = 0) -> dict[str, float]:
        """The metrics of the validation rows of a model with these settings, fitted on `rows` or all training rows."""
        model = type(self.config.model).model_validate({**self.config.model.model_dump(), **values})
        changes = {"model": model, "threads": self.settings.threads, "seed": self.config.seed + seed}
        config = self.config.model_copy(update=changes)
        fitted = self.fitting.fit(self.train if rows is None else rows, self.validation, config)
        scores: dict[str, float] = self.fitting.scored(fitted, self.validation, config)
        return scores

    def beginning(self) -> Any:
        """A quarter of the training rows, of each class; None where they are few."""
        if len(self.train) < ENOUGH:
            return None
        target = self.train[self.config.data.target]
        if self.config.data.task == "classification":
            drawn = self.train.groupby(target, sort=True).sample(frac=1 / BEGINNING, random_state=self.config.seed)
            return drawn if drawn[self.config.data.target].nunique() == target.nunique() else None
        return self.train.sample(frac=1 / BEGINNING, random_state=self.config.seed)

    def digest(self) -> str:
        """Of all that a score depends on but the code: trials of one digest can be compared."""
        known = hashlib.sha256()
        for part in PARTS:
            known.update(_file(part).read_bytes())
        config = self.config.model_dump(mode="json", exclude={"evaluation"})
        what = self.settings.model_dump(mode="json", include={"metric", "direction", "space", "pruning", "threads"})
        known.update(json.dumps([config, what], sort_keys=True, default=str).encode())
        return known.hexdigest()[:10]


def load(module: str, model: str, settings: Settings) -> Problem:
    """The problem of the project here.

    Raises:
        Refused: there are no features yet, the project has no such functions, or no such model, setting or metric.
    """
    for part in PARTS:
        if not _file(part).is_file():
            raise Refused(f"there is no {_file(part)}: make data first")
    sys.path.insert(0, str(Path.cwd()))
    try:
        fitting = importlib.import_module(f"{module}.modeling.shared.fitting")
        loader = importlib.import_module(f"{module}.common.config")
    except ModuleNotFoundError as missing:
        raise Refused(f"this project cannot be tuned: there is no {missing.name}") from None
    from hydra import compose, initialize_config_dir

    try:
        with initialize_config_dir(str(Path("configs").absolute()), version_base="1.3"):
            config = loader.load(compose("config", [f"model={model}", "experiment=none"]))
        fitting.chosen(config)
    except Exception as error:  # noqa: BLE001 - whatever the project finds wrong is said
        raise Refused(" ".join(str(error).split())) from None
    rows = [read_frame(_file(part)) for part in PARTS]
    metrics = fitting.metrics_of(config.data, fitting.classes_of(rows[0], config.data))
    metric = settings.metric or ("roc_auc" if config.data.task == "classification" else "rmse")
    if metric not in metrics:
        raise Refused(f"configs/tune: there is no metric {metric!r}; there are {', '.join(metrics)}")
    direction = settings.direction or ("minimize" if metrics[metric].loss else "maximize")
    settings = settings.model_copy(update={"metric": metric, "direction": direction})
    if unknown := sorted(settings.space.keys() - config.model.model_dump().keys()):
        raise Refused(f"configs/tune: space: the model {model} has no setting {unknown[0]!r}")
    return Problem(settings, fitting, config, *rows)


def _file(part: str) -> Path:
    return Path(f"data/processed/{part}.parquet")
