"""From a text file to a clean table: typed columns, usable rows."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from ..common.strict import nearest
from ..common.table import DTYPES, Column, Data, Reading
from ..schema import out_of_range
from ..split import duplicated_rows


def read_table(path: Path, read: Reading, text: list[str]) -> pd.DataFrame:
    """Read a delimited text file; columns in `text` stay as written, the others become numbers if they are numeric.

    Raises:
        ValueError: the file is empty or does not match `read`; the message says what to configure.
    """
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty")
    try:
        table = _read_text(path, read, text)
    except UnicodeError as error:
        raise ValueError(f"{path.name} is not {read.encoding} ({error}): set read.encoding, perhaps cp1252") from None
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path.name} is not a table separated by {read.separator!r}: {error}") from None
    if not table.columns.is_unique:
        raise ValueError(f"{path.name} has two columns {table.columns[table.columns.duplicated()][0]!r}")
    if read.thousands is not None:
        table = table.apply(lambda values: values if values.name in text else _without_thousands(values, read))
    return table


def _read_text(path: Path, read: Reading, text: list[str]) -> pd.DataFrame:
    reading = pyarrow.csv.ReadOptions(encoding=read.encoding, column_names=read.names)
    parsing = pyarrow.csv.ParseOptions(delimiter=read.separator, newlines_in_values=True)
    if read.thousands is not None:
        # pyarrow has no option for a thousands separator, so everything is read as text first.
        with pyarrow.csv.open_csv(path, reading, parsing) as stream:
            text = stream.schema.names
    converting = pyarrow.csv.ConvertOptions(
        decimal_point=read.decimal,
        null_values=[*pyarrow.csv.ConvertOptions().null_values, *read.missing],
        strings_can_be_null=True,
        # Read as bytes, like other text columns that pyarrow cannot decode. Both are decoded below, one by one.
        column_types=dict.fromkeys(text, pa.binary()),
    )
    table = pyarrow.csv.read_csv(path, reading, parsing, converting)
    for position, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        if pa.types.is_binary(column.type):
            try:
                table = table.set_column(position, name, column.cast(pa.string()))
            except pa.ArrowInvalid:
                raise UnicodeError(f"column {name!r} has bytes that cannot be decoded") from None
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def _without_thousands(values: pd.Series, read: Reading) -> pd.Series:
    """Remove the thousands separator of 1.234,56; text that is not a number, such as 01.02.2020, is unchanged."""
    group, point = re.escape(read.thousands or ""), re.escape(read.decimal)
    number = values.str.fullmatch(rf"\s*[+-]?(\d{{1,3}}({group}\d{{3}})+|\d+)({point}\d*)?([eE][+-]?\d+)?\s*", na=False)
    if not number.any():
        return values
    plain = values.str.replace(read.thousands or "", "", regex=False)
    return _numbers(plain, read) if number[values.notna()].all() else values.where(~number, plain)


def _numbers(values: pd.Series, read: Reading) -> pd.Series:
    """Parse text as numbers with the configured decimal mark only; other text becomes missing."""
    if read.decimal != "." and not pd.api.types.is_numeric_dtype(values):
        values = values.astype("str").str.translate(str.maketrans(f".{read.decimal}", "?."))
    return pd.to_numeric(values, errors="coerce")


def type_columns(table: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Give every column its type: float64, int64, str or datetime64.

    Raises:
        ValueError: a configured column is missing, or holds a value of another type.
    """
    for name in [*data.columns, *data.roles]:
        if name not in table.columns:
            raise ValueError(f"the data have no column {name!r}; {nearest(name, map(str, table.columns))}")
    changed = {}
    for name in table.columns:
        column = data.columns.get(name)
        if column is None and name in written(data):
            column = Column(type="category")
        elif column is None and name == data.target:
            column = Column(type="number")
        typed = _typed(table[name], column, data.read)
        if typed.dtype != table[name].dtype:
            changed[name] = typed
    return table.assign(**changed)


def written(data: Data) -> list[str]:
    """Columns that are read as text: categories, dates, and, unless listed otherwise, id, group and class."""
    names = [data.id, data.group, data.target if data.task == "classification" else None]
    listed = [name for name, column in data.columns.items() if column.type in ("category", "date")]
    return listed + [name for name in names if name and name not in data.columns]


def clean(table: pd.DataFrame, data: Data) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop the unusable rows.

    Returns:
        The rows kept, and how many were read, dropped for each reason, and kept.
    """
    counts = {"read": len(table)}

    def drop(bad: pd.Series, reason: str) -> None:
        nonlocal table
        counts[reason] = int(bad.sum())
        if counts[reason]:
            table = table[~bad]

    drop(table[data.target].isna(), "without target")
    if data.clean.duplicates == "drop":
        drop(duplicated_rows(table, data, keep="first"), "duplicates")
    if data.clean.missing == "drop":
        drop(table.isna().any(axis="columns"), "with missing values")
    if data.clean.out_of_range == "drop":
        drop(out_of_range(table, data), "out of range")
    counts["kept"] = len(table)
    return table.reset_index(drop=True), counts


def _typed(values: pd.Series, column: Column | None, read: Reading) -> pd.Series:
    kind = column.type if column else "number" if pd.api.types.is_numeric_dtype(values) else None
    if kind is None and pd.api.types.is_datetime64_any_dtype(values):
        kind = "date"
    if kind and values.dtype == DTYPES[kind]:
        return values
    if kind in ("number", "integer"):
        numbers = _numbers(values, read)
        _refuse(values, numbers, kind)
        if kind == "number":
            return numbers.astype("float64")
        if numbers.isna().any() or (numbers % 1 != 0).any():
            raise ValueError(f"column {values.name!r}: not every value is a whole number; give it the type number")
        return numbers.astype("int64")
    if kind == "date":
        dates = pd.to_datetime(values, errors="coerce", format=read.date_format or "ISO8601", utc=True)
        _refuse(values, dates, "date")
        # All times in UTC: an offset is subtracted, a time without an offset stays as it is written.
        return dates.dt.tz_localize(None).astype("datetime64[us]")
    if kind is None and values.notna().any() and _numbers(values.dropna(), read).notna().mean() > 0.5:
        # Text that is mostly numbers is more often a mistake than a category, so the user decides.
        _refuse(values, _numbers(values, read), "number", hint="; if it is text, list it under columns")
    return values.astype("str")


def _refuse(values: pd.Series, converted: pd.Series, kind: str, hint: str = "") -> None:
    bad = values[values.notna() & converted.isna()]
    if len(bad):
        raise ValueError(
            f"column {values.name!r}: {len(bad)} of {len(values)} values are not of type {kind}, "
            f"the first is {bad.iloc[0]!r} in data row {bad.index[0] + 1}{hint}"
        )
