"""A claim: one sentence that a project stands for, with the number that backs it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Setting(BaseModel):
    """A value in a YAML or JSON file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    key: list[str | int] = Field(min_length=1)
    value: str | int | float | bool


class Claim(BaseModel):
    """A sentence, where its number is (an output and a key in it), what it should be and how far off it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    id: str
    text: str
    output: str
    key: list[str | int] = Field(min_length=1)
    value: float
    tolerance: float = Field(ge=0)
    # Files that quote the number.
    quoted: list[str] = []
    # The setting for which the sentence is made, such as the data of a template. It says nothing under another.
    where: Setting | None = None
