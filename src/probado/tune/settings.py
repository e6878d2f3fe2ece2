"""Types of configs/tune/: what is searched, by which metric, and how much it may cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from probado.errors import Refused
from probado.text import first_mistake


class Range(BaseModel):
    """Numbers from low to high; whole ones if both are."""

    model_config = ConfigDict(extra="forbid")
    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("low must be below high, and above zero if log")
        return self


class Settings(BaseModel):
    """configs/tune/MODEL.yaml."""

    model_config = ConfigDict(extra="forbid")
    # None takes the usual one of the task, and the direction of the metric.
    metric: str | None = None
    direction: Literal["maximize", "minimize"] | None = None
    trials: PositiveInt
    minutes: PositiveFloat | None = None
    workers: PositiveInt = 1
    threads: PositiveInt = 1
    pruning: bool = True
    seeds: PositiveInt = 5
    # Values to choose from, or a range.
    space: dict[str, Range | Annotated[list[Any], Field(min_length=1)]] = Field(min_length=1)


def read(path: Path, **instead: Any) -> Settings:
    """The settings in a file; what is not None in `instead` takes their place.

    Raises:
        Refused: there is no such file, or a setting is invalid.
    """
    if not path.is_file():
        there = sorted(other.stem for other in path.parent.glob("*.yaml"))
        raise Refused(f"there is no {path}, which says what to search; there are {', '.join(there) or 'none'}")
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(written, dict):
            raise Refused(f"{path} must hold names and values, found {type(written).__name__}")
        return Settings.model_validate(
            {**written, **{key: value for key, value in instead.items() if value is not None}}
        )
    except ValidationError as error:
        raise Refused(f"{path}: {first_mistake(error)}") from None
    except yaml.YAMLError as error:
        raise Refused(f"{path} is no YAML: {' '.join(str(error).split())}") from None


def suggest(trial: Any, space: dict[str, Range | list[Any]]) -> dict[str, Any]:
    """The values of one trial of optuna, by name."""
    values = {}
    for name, of in space.items():
        if isinstance(of, list):
            # Lists, such as the widths of layers, are no choices of optuna: their numbers are.
            values[name] = of[trial.suggest_categorical(name, list(range(len(of))))]
        elif isinstance(of.low, int) and isinstance(of.high, int):
            values[name] = trial.suggest_int(name, of.low, of.high, log=of.log)
        else:
            values[name] = trial.suggest_float(name, of.low, of.high, log=of.log)
    return values


def values_of(params: dict[str, Any], space: dict[str, Range | list[Any]]) -> dict[str, Any]:
    """The values behind what optuna keeps of a trial."""
    return {
        name: of[value] if isinstance(of := space[name], list) else value
        for name, value in params.items()
        if name in space
    }
