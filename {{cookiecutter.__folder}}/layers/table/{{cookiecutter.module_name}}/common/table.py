"""Types of configs/data/: the source of a table, how it is read, and its columns."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, StringConstraints, model_validator

from .problem import Task
from .strict import Strict

TAB = "\t"


def text(value: Any) -> Any:
    """A text of YAML that looks like a number, such as a year, as it is written there.

    Raises:
        ValueError: YAML read a word as true or false.
    """
    if isinstance(value, bool):
        words = "YES, ON, TRUE or Y" if value else "NO, OFF, FALSE or N"
        raise ValueError(f"YAML reads {words} as {str(value).lower()}: write it in quotes")
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(text)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]

# The types of columns, and their dtypes in the prepared table. A text holds words, a category is one of a few.
DTYPES = {"number": "float64", "integer": "int64", "category": "str", "text": "str", "date": "datetime64[us]"}
# Types without limits or units.
WORDS = ("category", "text", "date")


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

    separator: Annotated[str, BeforeValidator(lambda text: TAB if text == r"\t" else text)] = ","
    decimal: str = "."
    thousands: str | None = None
    encoding: str = "utf-8"
    # Lines before the header; null skips empty ones, comments that begin with # and Excel's "sep=;".
    skip: NonNegativeInt | None = None
    names: list[Text] | None = None
    # Of a workbook; null takes the first one.
    sheet: str | None = None
    # A column with the name of the file that a row comes from.
    file_column: str | None = None
    quote: str | None = '"'
    missing: list[Text] = Field(default_factory=list)
    date_format: str | None = None
    # New columns from several, their texts joined by a space.
    join: dict[str, list[str]] = Field(default_factory=dict)


class Cleaning(Strict):
    """What happens to unusable rows."""

    duplicates: Literal["ask", "keep", "drop"]
    missing: Literal["keep", "drop"]
    out_of_range: Literal["refuse", "drop"]


class Column(Strict):
    """Requirements on a column."""

    type: Literal["number", "integer", "category", "text", "date"]
    minimum: float | None = None
    maximum: float | None = None
    values: list[Text] | None = None
    nullable: bool = True
    # Written beside each number, such as %.
    unit: str | None = None

    @model_validator(mode="after")
    def _fit_limits_to_the_type(self) -> Column:
        if self.type in WORDS and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum are for numbers, not for the type {self.type}")
        if self.type != "category" and self.values is not None:
            raise ValueError(f"values are for categories, not for the type {self.type}")
        if self.type in WORDS and self.unit is not None:
            raise ValueError(f"a unit is for numbers, not for the type {self.type}")
        return self


class Card(Strict):
    """What only a person can say on the model card."""

    intended_use: str | None = None
    limits: str | None = None
    split: str | None = None


class Data(Strict):
    """configs/data/: the source of the table and its columns."""

    source: Annotated[SklearnSource | FileSource, Field(discriminator="kind")]
    read: Reading = Reading()
    task: Task
    target: str
    id: str | None
    group: str | None
    time: str | None
    # How much each row counts.
    weight: str | None = None
    clean: Cleaning
    columns: dict[str, Column]
    # A note on these data, shown in the report.
    note: str | None = None
    card: Card = Card()

    @model_validator(mode="after")
    def _fit_the_target_to_the_task(self) -> Data:
        if twice := [name for name, count in Counter(self.roles).items() if count > 1]:
            raise ValueError(f"the column {twice[0]!r} has two roles among target, id, group, time and weight")
        listed = self.columns[self.target].type if self.target in self.columns else None
        if self.task == "classification" and listed not in (None, "category"):
            raise ValueError(f"columns.{self.target}: the target of a classification must have the type category")
        if self.task == "regression" and listed in WORDS:
            raise ValueError(f"columns.{self.target}: the target of a regression must have the type number or integer")
        return self

    @property
    def roles(self) -> list[str]:
        """Names of the columns that are never features."""
        roles = (self.target, self.id, self.group, self.time, self.weight, self.read.file_column)
        return [name for name in roles if name]

    @property
    def texts(self) -> list[str]:
        """Names of the columns of words."""
        return [name for name, column in self.columns.items() if column.type == "text"]
