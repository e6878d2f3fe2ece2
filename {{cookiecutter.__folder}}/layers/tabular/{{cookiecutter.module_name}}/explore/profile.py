"""The numbers of a table: for each column its centre, spread and shape, and how the columns go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..common.table import Data

# Bars of a histogram, categories with a bar of their own, classes with a box of their own.
BINS, BARS, CLASSES = 30, 12, 8
# Number columns in the matrix of correlations: the first ones.
CORRELATED = 30
# Spreads between the quartiles beyond which a histogram is cut off, so that one value does not flatten it.
REACH = 5.0
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def profile(table: pd.DataFrame, data: Data, columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe a prepared table, rounded to six digits, to be written as JSON.

    Args:
        table: the prepared table.
        data: what its columns are for.
        columns: what `described` says of them.

    Returns:
        of, the file or the loader; rows; complete, the rows that miss nothing; target, task; columns, each as given and
        with what its type adds; correlations; by_class, for a few classes the quartiles of each number column.
    """
    columns = [dict(column) for column in columns]
    for column in columns:
        column["missing_share"] = share(column["missing"], len(table))
        values = table[column["name"]].dropna()
        if column["type"] == "category":
            column |= _categories(values)
        elif column["type"] == "text":
            column |= _categories(values.str.lower().str.findall(r"\b\w\w+\b").explode().dropna())
        elif column["type"] == "date":
            column |= {"histogram": _of_dates(values)} if len(values) else {}
        elif len(values):
            column |= numbers(values.to_numpy(dtype="float64"))
    return {
        "of": getattr(data.source, "path", None) or getattr(data.source, "url", None) or data.source.kind,
        "rows": len(table),
        "complete": int(table.notna().all(axis="columns").sum()),
        "target": data.target,
        "task": data.task,
        "columns": columns,
        "correlations": correlations(table),
        "by_class": _by_class(table, data),
    }


def numbers(values: np.ndarray) -> dict[str, Any]:
    """Mean, standard deviation, quartiles with the ends of the range, outliers and histogram of values (rows,).

    An outlier is farther from the quartiles than 1.5 times their distance (Tukey, Exploratory Data Analysis, 1977).
    """
    quartiles = np.quantile(values, QUARTERS)
    spread = quartiles[3] - quartiles[1]
    outliers = (values < quartiles[1] - 1.5 * spread) | (values > quartiles[3] + 1.5 * spread)
    return {
        "mean": short(values.mean()),
        "std": short(values.std(ddof=1)) if len(values) > 1 else 0.0,
        "quartiles": [short(value) for value in quartiles],
        "outliers": int(outliers.sum()),
        "histogram": histogram(values, quartiles),
    }


def histogram(values: np.ndarray, quartiles: np.ndarray) -> dict[str, Any]:
    """Counts in bars of equal width from low to high; `beyond` are the values farther out."""
    low, _, _, _, high = quartiles
    spread = quartiles[3] - quartiles[1]
    if spread > 0:
        low, high = max(low, quartiles[1] - REACH * spread), min(high, quartiles[3] + REACH * spread)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        # One value, or values that differ by the rounding of their last digits.
        return {"low": short(low), "high": short(high), "counts": [len(values)], "beyond": 0}
    whole = bool((values == np.floor(values)).all())
    if whole and high - low < BINS:
        # A bar for each whole number.
        low, high = np.floor(low) - 0.5, np.floor(high) + 0.5
        bins = int(high - low)
    else:
        bins = BINS
    counts, edges = np.histogram(values, bins=bins, range=(low, high))
    beyond = len(values) - int(counts.sum())
    return {"low": short(edges[0]), "high": short(edges[-1]), "counts": counts.tolist(), "beyond": beyond}


def correlations(table: pd.DataFrame) -> dict[str, Any]:
    """Pearson's correlation between number columns, over the rows that have both; null where one is constant."""
    names = list(table.select_dtypes("number").columns)
    matrix = table[names[:CORRELATED]].corr(min_periods=3).to_numpy()
    rows = [[None if np.isnan(value) else round(float(value), 4) for value in row] for row in matrix]
    return {"columns": names[:CORRELATED], "of": len(names), "matrix": rows}


def share(count: int, of: int) -> float:
    """A part of a whole, to four digits behind the point."""
    return round(int(count) / max(1, of), 4)


def short(value: float) -> float:
    """A number with six digits, so that a changed last digit is no change of the file."""
    return float(f"{value:.6g}")


def _categories(values: pd.Series) -> dict[str, Any]:
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    bars = [[str(name), int(count), share(count, len(values))] for name, count in counts.iloc[:BARS].items()]
    return {"bars": bars, "others": int(counts.iloc[BARS:].sum())}


def _of_dates(values: pd.Series) -> dict[str, Any]:
    stamps = values.to_numpy(dtype="datetime64[us]")
    low, high = stamps.min(), stamps.max()
    counts, _ = np.histogram(stamps.astype("int64"), bins=BINS if high > low else 1)
    return {"low": str(low)[:16], "high": str(high)[:16], "counts": counts.tolist(), "beyond": 0}


def _by_class(table: pd.DataFrame, data: Data) -> dict[str, dict[str, list[float]]]:
    if data.task != "classification" or table[data.target].nunique() > CLASSES:
        return {}
    names = [name for name in table.select_dtypes("number").columns if name not in data.roles]
    found: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    for label, rows in table[names].groupby(table[data.target]):
        for name in names:
            if len(values := rows[name].dropna()):
                found[name][str(label)] = [short(value) for value in np.quantile(values, QUARTERS)]
    return found
