"""The types of configs/: what may stand there, and what the stages read.

Hydra composes the files, `load` checks the result. A key or value that does not belong stops the run at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from pydantic import (
    Field,
    PositiveInt,
    SerializeAsAny,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from .modeling.estimators import ModelSettings
from .strict import Strict, Task, nearest

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = str(ROOT / "configs")

Share = Annotated[float, Field(gt=0, lt=1)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]

# The types that a column may have, and how the prepared table holds them.
DTYPES = {"number": "float64", "integer": "int64", "category": "str", "date": "datetime64[us]"}


class SklearnSource(Strict):
    """A data set that comes inside scikit-learn."""

    kind: Literal["sklearn"]
    loader: Literal["breast_cancer", "diabetes"]


class FileSource(Strict):
    """A file, tried at each address in turn and checked against its hash."""

    kind: Literal["file"]
    url: str | None
    mirrors: list[str]
    path: str | None
    sha256: Sha256 | None


class Reading(Strict):
    """How a text file is read into a table."""

    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"
    names: list[str] | None = None
    missing: list[str] = Field(default_factory=list)
    date_format: str | None = None


class Cleaning(Strict):
    """What happens to rows that are not fit for use."""

    duplicates: Literal["keep", "drop"]
    missing: Literal["keep", "drop"]
    out_of_range: Literal["refuse", "drop"]


class Column(Strict):
    """What a column must be."""

    type: Literal["number", "integer", "category", "date"]
    minimum: float | None = None
    maximum: float | None = None
    values: list[str] | None = None
    nullable: bool = True

    @model_validator(mode="after")
    def _fit_limits_to_the_type(self) -> Column:
        if self.type in ("category", "date") and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum are for numbers, not for the type {self.type}")
        if self.type != "category" and self.values is not None:
            raise ValueError(f"values are for categories, not for the type {self.type}")
        return self


class Data(Strict):
    """configs/data/: where the table comes from and what its columns are."""

    source: Annotated[SklearnSource | FileSource, Field(discriminator="kind")]
    read: Reading = Reading()
    task: Task
    target: str
    id: str | None
    group: str | None
    time: str | None
    clean: Cleaning
    columns: dict[str, Column]

    @model_validator(mode="after")
    def _fit_the_target_to_the_task(self) -> Data:
        listed = self.columns[self.target].type if self.target in self.columns else None
        if self.task == "classification" and listed not in (None, "category"):
            raise ValueError(f"columns.{self.target}: a class to learn has the type category, numbered or not")
        if self.task == "regression" and listed in ("category", "date"):
            raise ValueError(f"columns.{self.target}: a number to learn has the type number or integer")
        return self

    @property
    def roles(self) -> list[str]:
        """Names of the columns that are never features."""
        return [self.target, *(name for name in (self.id, self.group, self.time) if name)]


class Features(Strict):
    """configs/features/: how the prepared table becomes features."""

    drop: list[str]
    date_parts: list[Literal["year", "month", "day", "dayofweek", "dayofyear", "hour"]]


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
    """Check what Hydra composed.

    Raises:
        ValueError: a key or value does not belong; the message names where and, for a key, the nearest valid one.
    """
    values: Any = OmegaConf.to_container(composed, resolve=True)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("sklearn", "file")) or "config.yaml"
        reason = first["msg"].removeprefix("Value error, ")
        found = "" if isinstance(first["input"], Mapping) else f", found {first['input']!r}"
        raise ValueError(f"configs: {place}: {reason}{found}") from None


def outputs() -> Path:
    """Folder below which a stage writes: the project for the pipeline, Hydra's own for a run with overrides."""
    hydra = HydraConfig.get()
    return Path(hydra.runtime.output_dir) if hydra.overrides.task else ROOT
