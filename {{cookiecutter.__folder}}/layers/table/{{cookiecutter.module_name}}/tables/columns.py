"""From columns of text to typed ones: nothing is guessed in silence, and no value changes."""

from __future__ import annotations

import re

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..common.strict import nearest
from ..common.table import Column, Data
from .notation import (
    CODE,
    advice,
    inexact,
    is_code,
    maybe_grouped,
    mostly_dates,
    shows_fraction,
    to_dates,
    to_numbers,
)
from .text import Text

LARGEST_EXACT, LARGEST = 2**53, 2**63 - 1
# Classes that are numbers, up to which none is taken for a measurement.
FEW = 20
LIST = "list it under columns"


def type_columns(text: Text, data: Data) -> pd.DataFrame:
    """Give every column its type: float64, int64, str or datetime64; remarks go to `text.notes`.

    A column that is not listed is a number, a date or a category, as its values say.

    Raises:
        ValueError: a configured column is missing, or holds a value of another type; or it is not clear what the values
            of a column mean. The message says what to set.
    """
    table = joined(text.table, data.read.join)
    for name in [*data.columns, *data.roles]:
        if name not in table.column_names:
            raise ValueError(f"the data have no column {name!r}; {nearest(name, table.column_names)}")
    if data.task == "classification" and data.target not in data.columns:
        _refuse_measurements(data.target, table[data.target], data)
    known = {name: Column(type="category") for name in categories(data)}
    if data.task == "regression":
        known[data.target] = Column(type="number")
    texts = [values for values in table.columns if pa.types.is_string(values.type)]
    shown = any(shows_fraction(values, data.read) for values in texts)
    typed = {}
    for name, values in zip(table.column_names, table.columns, strict=True):
        column = data.columns.get(name) or known.get(name)
        if column is None and len(values) and values.null_count == len(values) and name not in data.roles:
            text.notes.append(f"skipped column {name!r}, which has no value")
            continue
        if not (pa.types.is_string(values.type) or pa.types.is_null(values.type)):
            typed[name] = _with_type(name, values, column)
        elif column:
            typed[name] = _listed(name, values, column, data)
        else:
            typed[name] = _inferred(name, values, data, text.notes, shown)
    return pd.DataFrame(typed)


def _refuse_measurements(name: str, text: pa.ChunkedArray, data: Data) -> None:
    """Refuse a target of many different numbers as classes."""
    values = pc.unique(text.drop_null().cast(pa.string()))
    numbers = to_numbers(values, data.read)
    if numbers.null_count or len(values) <= FEW:
        return
    whole = pc.all(pc.equal(pc.floor(numbers), numbers)).as_py()
    if not whole or len(values) > len(text) / 10:
        raise ValueError(
            f"the target {name!r} holds {len(values)} different numbers: set task: regression; if they are classes, "
            f"{LIST} as {{type: category}}"
        )


def listed_values(data: Data) -> dict[str, list[str]]:
    """For a category with listed values, those."""
    return {name: column.values for name, column in data.columns.items() if column.values}


def joined(table: pa.Table, join: dict[str, list[str]]) -> pa.Table:
    """The table with columns of read.join, such as a date and an hour, put together, unless they are already.

    Raises:
        ValueError: a column of them is missing.
    """
    for name, parts in join.items():
        if name in table.column_names and not set(parts) & set(table.column_names):
            continue
        for part in parts:
            if part not in table.column_names:
                raise ValueError(f"read.join: the data have no column {part!r}; {nearest(part, table.column_names)}")
        values = pc.binary_join_element_wise(*(table[part] for part in parts), " ")
        table = table.drop_columns(parts).append_column(name, values)
    return table


def categories(data: Data) -> list[str]:
    """Columns without an entry under `columns` that stay as they are written: id, group and class."""
    names = [data.id, data.group, data.target if data.task == "classification" else None]
    return [name for name in names if name and name not in data.columns]


def _inferred(name: str, text: pa.ChunkedArray, data: Data, notes: list[str], shown: bool) -> pd.Series:
    read = data.read
    numbers = to_numbers(text, read)
    if numbers.null_count == text.null_count:
        if is_code(text, numbers):
            notes.append(f"column {name!r} holds codes such as {_code(text)!r}, which stay text")
            return as_written(text)
        if grouped := maybe_grouped(text, read, shown):
            raise ValueError(
                f"column {name!r}: it is not clear whether {grouped!r} is a thousand or a decimal fraction: set "
                f"read.thousands, or {LIST} as {{type: number}}"
            )
        _refuse_inexact(name, text, numbers, f"if it is a code, {LIST} as {{type: category}}", read.thousands)
        return _finite(name, text, numbers)
    dates = _dates(text, data)
    if dates is not None:
        return dates
    if numbers.null_count - text.null_count < (len(text) - text.null_count) / 2:
        # Text that is mostly numbers is more often a mistake than a category, so the user decides.
        _refuse(name, text, numbers.is_null(), "number", _stray(text, numbers))
    if mostly_dates(text, read):
        unread = pa.array(to_dates(as_written(text), read).isna())
        hint = f"; if it means a missing value, add it to read.missing; if it is text, {LIST} as {{type: category}}"
        _refuse(name, text, pa.chunked_array([unread]), "date", hint)
    if said := advice(text, read):
        raise ValueError(f"column {name!r} looks like {said}; if it is text, {LIST} as {{type: category}}")
    return as_written(text)


def _with_type(name: str, values: pa.ChunkedArray, column: Column | None) -> pd.Series:
    """A column of a file that has types, as what is asked for."""
    timed = pa.types.is_timestamp(values.type)
    kind = column.type if column else "date" if timed else "number"
    if kind in ("category", "text"):
        return as_written(values)
    if timed != (kind == "date"):
        raise ValueError(f"column {name!r}: the file holds {values.type}, configured is the type {kind}")
    if kind == "date":
        return pd.Series(values.to_numpy(), dtype="datetime64[us]")
    if kind == "integer":
        return _whole(name, values, values.cast(pa.float64(), safe=False))
    numbers = values.cast(pa.float64(), safe=False)
    if pa.types.is_integer(values.type):
        _refuse_inexact(name, values.cast(pa.string()), numbers, f"if it is a code, {LIST} as {{type: category}}")
    return _finite(name, values, numbers)


def _listed(name: str, text: pa.ChunkedArray, column: Column, data: Data) -> pd.Series:
    if column.type in ("category", "text"):
        return as_written(text)
    if column.type == "date":
        dates = to_dates(as_written(text), data.read)
        _refuse(name, text, pa.array(dates.isna()), "date", _hint(text, data))
        return dates
    numbers = to_numbers(text, data.read, column.unit)
    hint = _hint(text, data) if numbers.null_count > text.null_count else ""
    if name == data.target and not hint and numbers.null_count - text.null_count > len(text) / 2:
        hint = "; if it is a class, set task: classification"
    _refuse(name, text, numbers.is_null(), column.type, hint)
    if column.type == "number":
        _refuse_inexact(name, text, numbers, "give it the type category, or integer", data.read.thousands)
        return _finite(name, text, numbers)
    return _whole(name, text, numbers, data.read.thousands)


def _whole(name: str, text: pa.ChunkedArray, numbers: pa.ChunkedArray, thousands: str | None = None) -> pd.Series:
    if numbers.null_count or not pc.all(pc.equal(pc.floor(numbers), numbers)).as_py():
        raise ValueError(f"column {name!r}: not every value is a whole number; give it the type number")
    try:
        return pd.Series(text.cast(pa.int64()).to_numpy(), dtype="int64")
    except pa.ArrowInvalid:  # a thousands mark, 1e3 or 1.0; or beyond 64 bits
        hint = f"the largest of an integer is {LARGEST}: give it the type category"
        _refuse_inexact(name, text, numbers, hint, thousands)
        return pd.Series(numbers.cast(pa.int64()).to_numpy(), dtype="int64")


def _dates(text: pa.ChunkedArray, data: Data) -> pd.Series | None:
    first = text.drop_null()[0].as_py() if text.null_count < len(text) else ""
    if data.read.date_format is None and not re.match(r"\d{4}-\d{2}-\d{2}", first):
        return None
    dates = to_dates(as_written(text), data.read)
    return dates if (dates.isna().to_numpy() == text.is_null().to_numpy()).all() else None


def as_written(values: pa.ChunkedArray) -> pd.Series:
    """A column as text."""
    text: pd.Series = values.cast(pa.string()).to_pandas()
    return text.astype("str")


def _finite(name: str, text: pa.ChunkedArray, numbers: pa.ChunkedArray) -> pd.Series:
    infinite = pc.fill_null(pc.is_inf(numbers), False)
    if pc.any(infinite).as_py():
        row = pc.index(infinite, True).as_py()
        raise ValueError(
            f"column {name!r}: {text[row].as_py()!r} in data row {row + 1} is no finite number; if it means a missing "
            "value, add it to read.missing"
        )
    return pd.Series(numbers.to_numpy(), dtype="float64")


def _refuse(name: str, text: pa.ChunkedArray, unread: pa.ChunkedArray, kind: str, hint: str) -> None:
    bad = pc.and_(unread, text.is_valid())
    if count := pc.sum(bad).as_py():
        row = pc.index(bad, True).as_py()
        raise ValueError(
            f"column {name!r}: {count} of {len(text)} values are not of type {kind}, the first is "
            f"{text[row].as_py()!r} in data row {row + 1}{hint}"
        )


def _refuse_inexact(
    name: str, text: pa.ChunkedArray, numbers: pa.ChunkedArray, hint: str, thousands: str | None = None
) -> None:
    if found := inexact(text, numbers, thousands):
        row, written = found
        raise ValueError(
            f"column {name!r}: {written} in data row {row + 1} is beyond {LARGEST_EXACT}, up to which all whole "
            f"numbers are exact; {hint}"
        )


def _stray(text: pa.ChunkedArray, numbers: pa.ChunkedArray) -> str:
    """What to do about a few texts among numbers."""
    stray = pc.unique(pc.filter(text, pc.and_(numbers.is_null(), text.is_valid())))
    mark = f"; if {stray[0].as_py()!r} means a missing value, add it to read.missing" if len(stray) == 1 else ""
    return f"{mark}; if it is text, {LIST}"


def _hint(text: pa.ChunkedArray, data: Data) -> str:
    said = advice(text, data.read)
    return f"; it looks like {said}" if said else ""


def _code(values: pa.ChunkedArray) -> str:
    codes = pc.filter(values, pc.fill_null(pc.match_substring_regex(values, CODE), False))
    return str(codes[0].as_py())
