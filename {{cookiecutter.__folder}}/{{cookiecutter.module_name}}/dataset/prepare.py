"""Make data/interim from data/raw: typed columns, rows fit for use, the schema enforced, every lost row counted."""

from __future__ import annotations

from pathlib import Path

import hydra
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from omegaconf import DictConfig

from ..config import CONFIGS, ROOT, Column, Data, Reading, load, outputs
from ..files import sha256, write_json, write_parquet
from ..paths import COUNTS, RAW, TABLE
from ..schema import enforce, out_of_range
from ..split import duplicated_rows
from ..strict import nearest


def read_table(path: Path, read: Reading, text: list[str]) -> pd.DataFrame:
    """Read a delimited text file; columns named in `text` stay as written, the others become numbers where they are.

    Raises:
        ValueError: the file is empty or cannot be read so; the message says what to configure.
    """
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty")
    try:
        table = _read_fast(path, read, text) if read.thousands is None else _read_thousands(path, read, text)
    except UnicodeError as error:
        raise ValueError(f"{path.name} is not {read.encoding} ({error}): set read.encoding, perhaps cp1252") from None
    except (pa.ArrowInvalid, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name} is no table separated by {read.separator!r}: {error}") from None
    if not table.columns.is_unique:
        raise ValueError(f"{path.name} has two columns {table.columns[table.columns.duplicated()][0]!r}")
    return table


def _read_fast(path: Path, read: Reading, text: list[str]) -> pd.DataFrame:
    table = pyarrow.csv.read_csv(
        path,
        pyarrow.csv.ReadOptions(encoding=read.encoding, column_names=read.names),
        pyarrow.csv.ParseOptions(delimiter=read.separator, newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            decimal_point=read.decimal,
            null_values=[*pyarrow.csv.ConvertOptions().null_values, *read.missing],
            strings_can_be_null=True,
            # As bytes, which is also what undecodable text of other columns comes as: decoded below, one by one.
            column_types=dict.fromkeys(text, pa.binary()),
        ),
    )
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_binary(column.type):
            try:
                decoded = column.cast(pa.string())
            except pa.ArrowInvalid:
                raise UnicodeError(f"column {name!r} has bytes that cannot be decoded") from None
            table = table.set_column(table.column_names.index(name), name, decoded)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_thousands(path: Path, read: Reading, text: list[str]) -> pd.DataFrame:
    # pyarrow knows no thousands separator.
    return pd.read_csv(
        path,
        sep=read.separator,
        decimal=read.decimal,
        thousands=read.thousands,
        encoding=read.encoding,
        names=read.names,
        header=0 if read.names is None else None,
        na_values=read.missing,
        dtype=dict.fromkeys(text, "str"),
        float_precision="round_trip",
    )


def type_columns(table: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Give every column its type: float64, int64, str or datetime64.

    Raises:
        ValueError: a configured column is missing, or holds a value that is not of its type.
    """
    for name in [*data.columns, *data.roles]:
        if name not in table.columns:
            raise ValueError(f"the data have no column {name!r}; {nearest(name, map(str, table.columns))}")
    typed = {}
    for name in table.columns:
        column = data.columns.get(name)
        if column is None and name == data.target:
            column = Column(type="category" if data.task == "classification" else "number")
        typed[name] = _typed(table[name], column, data.read.date_format)
    return pd.DataFrame(typed)


def clean(table: pd.DataFrame, data: Data) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop the rows that are not fit for use.

    Returns:
        The rows kept, and how many were read, dropped for each reason, and kept.
    """
    counts = {"read": len(table)}

    def drop(bad: pd.Series, reason: str) -> None:
        nonlocal table
        counts[reason] = int(bad.sum())
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


def _typed(values: pd.Series, column: Column | None, date_format: str | None) -> pd.Series:
    kind = column.type if column else "number" if pd.api.types.is_numeric_dtype(values) else None
    if kind is None and pd.api.types.is_datetime64_any_dtype(values):
        kind = "date"
    if kind in ("number", "integer"):
        numbers = pd.to_numeric(values, errors="coerce")
        _refuse(values, numbers, kind)
        if kind == "number":
            return numbers.astype("float64")
        if numbers.isna().any() or (numbers % 1 != 0).any():
            raise ValueError(f"column {values.name!r}: not every value is a whole number; give it the type number")
        return numbers.astype("int64")
    if kind == "date":
        dates = pd.to_datetime(values, errors="coerce", format=date_format or "ISO8601")
        _refuse(values, dates, "date")
        return dates.astype("datetime64[us]")
    if kind is None and values.notna().any() and pd.to_numeric(values.dropna(), errors="coerce").notna().mean() > 0.5:
        # Text that is mostly numbers is a mistake more often than a category: ask.
        _refuse(values, pd.to_numeric(values, errors="coerce"), "number", hint="; if it is text, list it under columns")
    return values.astype("str")


def _refuse(values: pd.Series, converted: pd.Series, kind: str, hint: str = "") -> None:
    bad = values[values.notna() & converted.isna()]
    if len(bad):
        raise ValueError(
            f"column {values.name!r}: {len(bad)} of {len(values)} values are no {kind}, "
            f"the first is {bad.iloc[0]!r} in data row {bad.index[0] + 1}{hint}"
        )


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim/table.parquet and reports/data_counts.json."""
    data = load(cfg).data
    text = [name for name, column in data.columns.items() if column.type in ("category", "date")]
    table = type_columns(read_table(ROOT / RAW, data.read, text), data)
    table, counts = clean(table, data)
    table = enforce(table, data)
    write_parquet(outputs() / TABLE, table)
    write_json(outputs() / COUNTS, {"raw": {"file": RAW.as_posix(), "sha256": sha256(ROOT / RAW)}, "rows": counts})
    print(", ".join(f"{count} {reason}" for reason, count in counts.items()))


if __name__ == "__main__":
    main()
