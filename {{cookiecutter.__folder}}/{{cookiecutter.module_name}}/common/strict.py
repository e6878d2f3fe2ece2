"""Base class of the configuration's types, and validation of the whole."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

# A fraction of a whole.
Share = Annotated[float, Field(gt=0, lt=1)]


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint for an unknown name: the closest valid name, or all valid names if none is close."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are: {', '.join(names)}"


class Strict(BaseModel):
    """A part of the configuration: typed, immutable, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and cls.model_config["extra"] == "forbid":
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(f"there is no key {key!r}; {nearest(str(key), cls.model_fields)}")
        return values


Checked = TypeVar("Checked", bound=Strict)


def checked(composed: DictConfig | Mapping[str, Any], kind: type[Checked], at: str = "") -> Checked:
    """Validate a configuration, or its part at the key `at`, against its type.

    Raises:
        ValueError: a key or value is invalid. The message gives its path and, for a key, the nearest valid one.
    """
    values: Any = OmegaConf.to_container(composed, resolve=True) if isinstance(composed, DictConfig) else composed
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place, inside = [at] if at else [], values
        for number, part in enumerate(first["loc"], 1):
            there = part in inside if isinstance(inside, Mapping) else isinstance(part, int)
            inside = inside[part] if there else inside
            # pydantic inserts the names of union members, which no file contains. A missing key comes last.
            if there or (first["type"] == "missing" and number == len(first["loc"])):
                place.append(str(part))
        reason = first["msg"].removeprefix("Value error, ")
        found = "" if isinstance(first["input"], Mapping) else f", found {first['input']!r}"
        raise ValueError(f"configs: {'.'.join(place) or 'config.yaml'}: {reason}{found}") from None
