"""The types of configs/: what may stand there, and what the stages read.

Hydra composes the files, `load` checks the result. A key or value that does not belong stops the run at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from omegaconf import DictConfig
from pydantic import Field, PositiveInt, SerializeAsAny, ValidatorFunctionWrapHandler, field_validator, model_validator

from .modeling.estimators import ModelSettings
from .problem import Data, Features
from .strict import Strict, checked, nearest

Share = Annotated[float, Field(gt=0, lt=1)]


class Split(Strict):
    """configs/split/: which rows train, validate and test."""

    kind: Literal["stratified", "random", "grouped", "time"]
    validation: Share
    test: Share

    @model_validator(mode="after")
    def _leave_rows_to_train_on(self) -> Split:
        if self.validation + self.test >= 1:
            raise ValueError(f"validation {self.validation} and test {self.test} leave nothing to train on")
        return self


class Evaluation(Strict):
    """How sure the reported figures are."""

    confidence: Share
    resamples: PositiveInt


class Config(Strict):
    """configs/config.yaml with the chosen file of every group."""

    data: Data
    features: Features
    split: Split
    model: SerializeAsAny[ModelSettings]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    threads: PositiveInt
    evaluation: Evaluation

    @field_validator("model", mode="wrap")
    @classmethod
    def _check_by_the_model(cls, value: Any, _: ValidatorFunctionWrapHandler) -> Any:
        name = value.get("name") if isinstance(value, Mapping) else None
        models = [path.stem for path in (Path(__file__).parent / "modeling" / "models").glob("[!_]*.py")]
        if name not in models:
            raise ValueError(f"there is no model {name!r}; {nearest(str(name), models)}")
        module = importlib.import_module(f".modeling.models.{name}", __package__)
        return module.Model.model_validate(value)

    @model_validator(mode="after")
    def _fit_the_parts_together(self) -> Config:
        if self.data.task not in self.model.tasks:
            raise ValueError(
                f"the model {self.model.name} does {self.model.tasks[0]}, the data ask for {self.data.task}"
            )
        if self.split.kind == "grouped" and not self.data.group:
            raise ValueError("split=grouped needs the name of a group column: set data.group")
        if self.split.kind == "time" and not self.data.time:
            raise ValueError("split=time needs the name of a time column: set data.time")
        return self


def load(composed: DictConfig) -> Config:
    """Check what Hydra composed; raises ValueError as `strict.checked` does."""
    return checked(composed, Config)
