"""The base of every part of the configuration, and where a stage reads and writes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = str(ROOT / "configs")

Task = Literal["classification", "regression"]


def nearest(name: str, valid: Iterable[str]) -> str:
    """The end of a message about a name that is not known: the closest valid one, else all of them."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are: {', '.join(names)}"


class Strict(BaseModel):
    """A part of the configuration: typed, unchangeable, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(f"there is no key {key!r}; {nearest(str(key), cls.model_fields)}")
        return values


Checked = TypeVar("Checked", bound=Strict)


def checked(composed: DictConfig, kind: type[Checked]) -> Checked:
    """Check what Hydra composed against the type of the whole configuration.

    Raises:
        ValueError: a key or value does not belong; the message names where and, for a key, the nearest valid one.
    """
    values: Any = OmegaConf.to_container(composed, resolve=True)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place, inside = [], values
        for number, part in enumerate(first["loc"], 1):
            there = part in inside if isinstance(inside, Mapping) else isinstance(part, int)
            inside = inside[part] if there else inside
            # Between them stand names of alternatives, which are in no file; the last one may be what is missing.
            if there or number == len(first["loc"]):
                place.append(str(part))
        reason = first["msg"].removeprefix("Value error, ")
        found = "" if isinstance(first["input"], Mapping) else f", found {first['input']!r}"
        raise ValueError(f"configs: {'.'.join(place) or 'config.yaml'}: {reason}{found}") from None


def outputs() -> Path:
    """Folder below which a stage writes: the project for the pipeline, Hydra's own for a run with overrides."""
    hydra = HydraConfig.get()
    return Path(hydra.runtime.output_dir) if hydra.overrides.task else ROOT
