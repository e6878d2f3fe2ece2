"""Types of configs/: the valid keys and values.

Hydra composes the files, `load` checks the result. An invalid key or value stops the run at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

from omegaconf import DictConfig
from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from .rows import Data, Features
from .strict import Share, Strict, checked
from .table import Text


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


class Given(Strict):
    """configs/split/given.yaml: the values of a column that mark the test rows."""

    kind: Literal["given"]
    column: Text
    test: list[Text]
    validation: Share


class Model(Strict):
    """configs/model/: the name of the model, and settings that only modeling/models/<name>.py knows.

    `chosen` in modeling/shared/estimators.py checks the settings where they are used, so that the other stages depend
    on no model.
    """

    model_config = ConfigDict(extra="allow")
    name: str


class Encoding(Strict):
    """How categories and words become numbers, fitted on training rows."""

    categories: PositiveInt = 50
    beyond: Literal["frequent", "target"] = "frequent"
    words: PositiveInt = 1000


class Evaluation(Strict):
    """Settings of the intervals and of cross-validation."""

    confidence: Share
    # 0 gives no intervals.
    resamples: NonNegativeInt
    # 0 gives no cross-validation.
    folds: NonNegativeInt = 0

    @model_validator(mode="after")
    def _leave_rows_to_fit_on(self) -> Evaluation:
        if self.folds == 1:
            raise ValueError("folds: cross-validation needs at least 2, 0 switches it off")
        return self


class Config(Strict):
    """configs/config.yaml with the chosen file of every group."""

    data: Data
    # The file that DVC watches; a starter whose own pipeline brings its data has none.
    file: str | None = None
    features: Features
    split: Annotated[Split | Given, Field(discriminator="kind")]
    model: Model
    class_weights: Literal["none", "balanced"] = "none"
    encoding: Encoding = Encoding()
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    threads: PositiveInt
    evaluation: Evaluation

    @model_validator(mode="after")
    def _fit_the_parts_together(self) -> Config:
        path = getattr(getattr(self.data, "source", None), "path", None)
        if self.file and path and self.file != path:
            raise ValueError(f"file: the chosen data read {path}, DVC watches {self.file}: write file: {path}")
        if self.split.kind == "grouped" and not self.data.group:
            raise ValueError("split=grouped needs the name of a group column: set data.group")
        if self.split.kind == "time" and not self.data.time:
            raise ValueError("split=time needs the name of a time column: set data.time")
        return self


def load(composed: DictConfig) -> Config:
    """Check what Hydra composed; raises ValueError as `strict.checked` does."""
    return checked(composed, Config)
