"""The base of every part of the configuration."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

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
