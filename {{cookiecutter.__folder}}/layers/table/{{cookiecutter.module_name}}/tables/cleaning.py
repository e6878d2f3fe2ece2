"""Rows that cannot be used, and values that most likely mean something else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..common.table import Data
from .schema import out_of_range

# Distinct values from which a column's spread can be judged: codes and counts have fewer.
ENOUGH = 11


def clean(table: pd.DataFrame, data: Data, unused: list[str] | None = None) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop the unusable rows.

    Args:
        table: the typed table.
        data: what to do with which rows.
        unused: columns that become no features; what they lack costs no row.

    Returns:
        The rows kept, and how many were read, dropped for each reason, and kept.

    Raises:
        ValueError: rows equal others, and data.clean.duplicates asks what they are.
    """
    counts = {"read": len(table)}

    def drop(bad: pd.Series, reason: str) -> None:
        nonlocal table
        counts[reason] = int(bad.sum())
        if counts[reason]:
            table = table[~bad]

    drop(table[data.target].isna(), "without target")
    if data.clean.duplicates != "keep":
        repeated = duplicated_rows(table, data)
        if data.clean.duplicates == "ask" and repeated.any():
            raise ValueError(
                f"{int(repeated.sum())} of {len(table)} rows equal an earlier one in every column: set "
                "clean.duplicates to drop if they are copies, to keep if each is an observation of its own"
            )
        drop(repeated, "duplicates")
    if data.clean.missing == "drop":
        drop(table.drop(columns=unused or []).isna().any(axis="columns"), "with missing values")
    if data.clean.out_of_range == "drop":
        drop(out_of_range(table, data), "out of range")
    counts["kept"] = len(table)
    return table.reset_index(drop=True), counts


def refuse_marks(table: pd.DataFrame, data: Data) -> None:
    """Ask about a number that is likely to mean a missing value, such as -200 or 9999.

    It is repeated, ends its column's range, and is farther from the next number than all others are from one another.

    Raises:
        ValueError: there is one within no limits under `columns`.
    """
    for name in table.columns:
        if not pd.api.types.is_float_dtype(table[name]) or name in (data.id, data.group, data.time):
            continue
        column = data.columns.get(name)
        if (mark := likely_mark(table[name].to_numpy())) is None:
            continue
        value, count = mark
        limit = "minimum" if value < table[name].median() else "maximum"
        if column is None or getattr(column, limit) is None:
            raise ValueError(
                f"column {name!r}: {said(value)} occurs {count} times, far from all other values: if it means a "
                f"missing value, add {said(value)!r} to read.missing; if not, list the column with a {limit}"
            )


def said(number: float) -> str:
    """A number as people write it: -9999999, not -1e+07."""
    return str(int(number)) if number.is_integer() else repr(number)


def likely_mark(values: np.ndarray) -> tuple[float, int] | None:
    """The value of a column (rows,) that is likely to mean a missing one, and how often it occurs; else None."""
    values = values[~np.isnan(values)]
    for sign in (1, -1):
        signed = sign * values
        mark = signed.min(initial=np.inf)
        others = signed[signed > mark]
        count = len(signed) - len(others)
        if count < max(2, 0.001 * len(signed)) or len(others) == 0:
            continue
        nearest = others.min()
        if nearest - mark > others.max() - nearest and len(np.unique(others)) >= ENOUGH:
            return float(sign * mark), count
    return None


def duplicated_rows(table: pd.DataFrame, data: Data) -> pd.Series:
    """Whether an earlier row equals a row in every column but its id and its file; bool (rows,)."""
    compared = table.drop(columns=[name for name in (data.id, data.read.file_column) if name])
    # DataFrame.duplicated takes 8 s on 1,000,000 rows of 30 numbers, but 0.5 s on only the rows that share a hash.
    same_hash = pd.util.hash_pandas_object(compared, index=False).duplicated(keep=False)
    duplicated = pd.Series(False, index=table.index)
    duplicated[same_hash] = compared[same_hash].duplicated().to_numpy()
    return duplicated
