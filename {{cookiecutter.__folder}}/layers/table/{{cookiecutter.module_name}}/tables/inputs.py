"""What a model's rows are made from: written when it is trained, checked when it predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import TypeAdapter

from ..common.rows import Features
from ..common.strict import Strict
from ..common.table import Column, Data, Reading
from .columns import as_written, joined, listed_values
from .notation import to_dates, to_numbers
from .pieces import read_pieces
from .reading import cleaned, read_text, says_utf8
from .text import Text

# Values of a category that are listed, the most frequent first.
LISTED = 50
# Columns that a message names.
SHOWN = 10
# What the source of the training data was says nothing about new rows.
NOWHERE: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": None, "sha256": None}


class Input(Strict):
    """One column of new rows: what it must be, and what it was in training."""

    name: str
    type: str
    unit: str | None
    required: bool
    # Of the training rows: the smallest and the largest number or time, and the most frequent values of a category.
    range: list[float | int | str]
    values: list[str]
    example: float | int | str


class Contract(Strict):
    """The settings under which rows are read and become features, and the columns that they need."""

    data: Data
    features: Features
    inputs: list[Input]

    @property
    def needed(self) -> list[str]:
        """The columns without which no row can be used."""
        return [one.name for one in self.inputs if one.required]

    @property
    def join(self) -> dict[str, list[str]]:
        """The columns that are put together, as far as the model needs them."""
        names = {one.name for one in self.inputs}
        return {name: parts for name, parts in self.data.read.join.items() if name in names}

    def read(self, path: Path) -> Text:
        """Read new rows from a file: as the training rows were read, else by its own header.

        It may have a header, no lines above it, or one sheet, where the training file had none, some or several.

        Raises:
            ValueError: as `read_text` does.
        """
        return next(self._read(path, lambda *given: iter([read_text(*given)])))

    def pieces(self, path: Path) -> Iterator[Text]:
        """As `read`, piece by piece, as `read_pieces` yields them."""
        return self._read(path, read_pieces)

    def _read(
        self, path: Path, pieces: Callable[[Path, Reading, dict[str, list[str]]], Iterator[Text]]
    ) -> Iterator[Text]:
        read, listed = self.data.read, listed_values(self.data)
        if read.encoding != "utf-8" and says_utf8(path):
            read = read.model_copy(update={"encoding": "utf-8"})
        ways = [read, read.model_copy(update={"skip": None}), read.model_copy(update={"skip": None, "names": None})]
        if read.sheet:
            ways += [way.model_copy(update={"sheet": None}) for way in ways]
        problem: ValueError | None = None
        for way in ways:
            try:
                found = pieces(path, way, listed)
                first = next(found)
                given = joined(first.table, self.join)
            except ValueError as error:
                problem = problem or error
                continue
            if set(self.needed) <= set(given.column_names) and not self._header_is_a_row(given, read):
                return chain([first], found)
        if problem:
            raise problem
        return pieces(path, read, listed)

    def _header_is_a_row(self, table: pa.Table, read: Reading) -> bool:
        """Whether the first row holds the names that were given to columns because the training file had none."""
        given = read.names or []
        first = [str(table[name][0]) for name in given if name in table.column_names and len(table)]
        return bool(first) and set(first) <= {*given}

    def as_read(self, table: pd.DataFrame) -> pa.Table:
        """Rows in memory as `read` has them; raises ValueError if two columns have one name."""
        return as_text(table, self.data.read, listed_values(self.data))


@dataclass(frozen=True)
class Made:
    """What new rows became: their features, and columns that name them, both by the number of the row from 0.

    `reasons` says of each row why it cannot be used, "" where it can, str (rows,).
    """

    features: pd.DataFrame
    names: pd.DataFrame
    reasons: pd.Series


def contract(train: pd.DataFrame, used: list[str], data: Data, features: Features) -> dict[str, Any]:
    """The contract of a model, to be written as JSON.

    Args:
        train: the prepared rows that it is trained on.
        used: the columns that features are made from.
        data: how the rows were read.
        features: how features are made.
    """
    from .overview import described

    inputs, columns = [], {}
    for column in described(train[used], data):
        name = column["name"]
        listed = data.columns.get(name, Column(type=column["type"]))
        columns[name] = listed
        common = train[name].value_counts().index[:LISTED].tolist() if column["type"] == "category" else []
        inputs.append(
            {
                "name": name,
                "type": column["type"],
                "unit": column["unit"],
                "required": True,
                "range": column["range"],
                "values": common,
                "example": column["example"],
            }
        )
    if data.id and data.id not in used:
        inputs.insert(0, {**_named(data.id, train), "required": False})
        columns[data.id] = data.columns.get(data.id, Column(type="category"))
    settings = data.model_dump(exclude={"source", "note", "card"})
    settings["columns"] = {name: column.model_dump() for name, column in columns.items()}
    return {"data": settings, "features": features.model_dump(), "inputs": inputs}


def _named(name: str, train: pd.DataFrame) -> dict[str, Any]:
    example = str(train[name].iloc[0])
    return {"name": name, "type": "category", "unit": None, "range": [], "values": [], "example": example}


def read_contract(written: dict[str, Any]) -> Contract:
    """A contract as it was written."""
    data = Data.model_validate({**written["data"], "columns": {}, "source": NOWHERE})
    columns = {name: Column.model_validate(column) for name, column in written["data"]["columns"].items()}
    # Without the check that a target is listed as its task asks: new rows have none.
    data = data.model_copy(update={"columns": columns})
    features = TypeAdapter(Features).validate_python(written["features"])
    return Contract(data=data, features=features, inputs=[Input.model_validate(one) for one in written["inputs"]])


def type_rows(table: pa.Table, contract: Contract) -> tuple[pd.DataFrame, pd.Series]:
    """Type new rows as the training rows were.

    Args:
        table: columns of text, or typed ones; further columns and any order are fine.
        contract: of the model.

    Returns:
        The columns that are needed, and for each row why it cannot be used, "" where it can; str (rows,).

    Raises:
        ValueError: a column is missing.
    """
    table = joined(table, contract.join)
    if missing := [name for name in contract.needed if name not in table.column_names]:
        raise ValueError(f"the rows lack {_some(missing)}; they have {_some(table.column_names)}")
    reasons = np.full(len(table), "", dtype=object)
    typed = {}
    for one in (one for one in contract.inputs if one.name in table.column_names):
        column = contract.data.columns[one.name]
        values = _typed(table[one.name], column, contract.data)
        if (spelled := spelling(one)) and isinstance(values, pd.Series):
            values = values.map(lambda value, spelled=spelled: spelled.get(value.lower(), value), na_action="ignore")
        typed[one.name] = values
        given = ~table[one.name].is_null(nan_is_null=True).to_numpy()
        for bad, reason in _reasons(values, given, column):
            if bad.any():
                reasons[bad & (reasons == "")] = f"{one.name}: {reason}"
    return pd.DataFrame(typed, index=range(len(table))), pd.Series(reasons, dtype="str")


def _some(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def spelling(one: Input) -> dict[str, str]:
    """The truth values of a category as training had them: programs write True, TRUE or true; none of another one."""
    found = {str(value).lower(): str(value) for value in one.values or []} if one.type == "category" else {}
    return found if found.keys() <= {"true", "false"} else {}


def _typed(values: pa.ChunkedArray, column: Column, data: Data) -> pd.Series | np.ndarray:
    """The values of a column; numbers as an array, of which a table is made in less time."""
    if column.type in ("category", "text"):
        return as_written(values)
    if column.type == "date":
        if pa.types.is_timestamp(values.type):
            return pd.Series(values.to_numpy(), dtype="datetime64[us]")
        return to_dates(as_written(values), data.read)
    if pa.types.is_string(values.type):
        values = to_numbers(values, data.read, column.unit)
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        return np.full(len(values), np.nan)
    numbers: np.ndarray = values.cast(pa.float64(), safe=False).to_numpy()
    return numbers


def _reasons(values: pd.Series | np.ndarray, given: np.ndarray, column: Column) -> list[tuple[np.ndarray, str]]:
    """Of each reason why a value cannot be used the rows that it speaks against, bool (rows,)."""
    found = [(given & np.asarray(pd.isna(values)), f"it is no {column.type}")]
    if column.type in ("number", "integer"):
        numbers = np.asarray(values, dtype=np.float64)
        found.append((np.isinf(numbers), "it is infinite"))
        if column.minimum is not None:
            found.append((numbers < column.minimum, f"it is below {column.minimum:g}"))
        if column.maximum is not None:
            found.append((numbers > column.maximum, f"it is above {column.maximum:g}"))
    if not column.nullable:
        found.append((~given, "it is missing"))
    return found


def as_text(table: pd.DataFrame, read: Reading, listed: dict[str, list[str]]) -> pa.Table:
    """Rows in memory as columns for `type_rows`: names and texts as they are read from a file.

    Raises:
        ValueError: two columns have one name.
    """
    columns = []
    for _, values in table.items():
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
            columns.append(pa.array(values.to_numpy(), from_pandas=True))
            continue
        if pd.api.types.is_bool_dtype(values):
            values = values.astype("str").str.lower()
        texts = values.dtype == object and values.map(lambda value: isinstance(value, str)).any()
        if pd.api.types.is_string_dtype(values) or texts:
            columns.append(pa.array([None if pd.isna(value) else str(value) for value in values], pa.string()))
        else:
            columns.append(pa.Array.from_pandas(values))
    written = pa.table([pa.chunked_array([column]) for column in columns], names=[str(name) for name in table.columns])
    return cleaned("the table", written, read, listed, Text(written))
