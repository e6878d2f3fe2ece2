"""Types of configs/: the valid keys and values.

Yours: one class for each folder of configs/, one field for each key.
"""

from __future__ import annotations

from typing import Annotated, Literal

from omegaconf import DictConfig
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from .strict import Share, Strict, checked


class Data(Strict):
    """configs/data/: the data that acquire generates."""

    samples: PositiveInt
    size: PositiveInt
    noise: NonNegativeFloat


class Features(Strict):
    """configs/features/: how the prepared data become features."""

    border: NonNegativeInt


class Split(Strict):
    """configs/split/: which samples train, validate and test."""

    kind: Literal["random"]
    validation: Share
    test: Share


class Model(Strict):
    """configs/model/: the settings of the model."""

    name: Literal["logistic"]
    C: PositiveFloat


class Evaluation(Strict):
    """Settings of the intervals."""

    confidence: Share


class Config(Strict):
    """configs/config.yaml with the chosen file of every group."""

    data: Data
    features: Features
    split: Split
    model: Model
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    threads: PositiveInt
    evaluation: Evaluation

    @model_validator(mode="after")
    def _fit_the_parts_together(self) -> Config:
        if self.split.validation + self.split.test >= 1:
            raise ValueError("split.validation and split.test leave nothing to train on")
        if 2 * self.features.border >= self.data.size:
            raise ValueError(f"features.border {self.features.border} leaves nothing of data.size {self.data.size}")
        return self


def load(composed: DictConfig) -> Config:
    """Check what Hydra composed; raises ValueError as `strict.checked` does."""
    return checked(composed, Config)
