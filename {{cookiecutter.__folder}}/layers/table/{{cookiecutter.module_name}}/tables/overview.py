"""What the columns of a table hold, as prepare prints it and the report shows it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from ..common.table import DTYPES, Data

NAMES = {dtype: name for name, dtype in DTYPES.items() if name != "text"}
# Characters of an example, and of a cell that is printed.
EXAMPLE, WIDE = 40, 24
# Units in names such as "length (cm)". Not every word in brackets is one: CO(GT) is the true concentration.
BASE = r"[kKMGTcdmµunp]?(m|g|s|A|K|W|V|Hz|J|N|Pa|eV|l|L|mol|bar|B|h|Wh|C)[23²³]?"
WORDS = r"%|‰|°[CF]?|º[CF]|min|days?|years?|hours?|años|días|horas|meses|[€$£]|EUR|USD|mmHg|ppm|ppb|dB|px"
UNIT = re.compile(rf"[(\[]\s*(({BASE}|{WORDS})([/·]({BASE}|{WORDS}))?)\s*[)\]]\s*$")


def described(table: pd.DataFrame, data: Data) -> list[dict[str, Any]]:
    """For each column: name, type, unit, role, count of missing and of distinct values, range, an example."""
    roles = {name: role for role in ("target", "id", "group", "time", "weight") if (name := getattr(data, role))}
    found = []
    for name in table.columns:
        values = table[name].dropna()
        ordered = len(values) > 0 and not pd.api.types.is_string_dtype(table[name])
        found.append(
            {
                "name": name,
                "type": "text" if name in data.texts else NAMES[str(table[name].dtype)],
                "unit": unit_of(name, data),
                "role": roles.get(name, ""),
                "missing": len(table) - len(values),
                # Sorting numbers takes a quarter of the time of pandas' hashes.
                "distinct": len(np.unique(values.to_numpy())) if ordered else values.nunique(),
                "range": [_plain(values.min()), _plain(values.max())] if ordered else [],
                "example": _plain(values.iloc[0]) if len(values) else "",
            }
        )
    return found


def unit_of(name: str, data: Data) -> str | None:
    """The unit of a column, as configured or as its name says."""
    if (column := data.columns.get(name)) and column.unit:
        return column.unit
    found = UNIT.search(name)
    return found[1] if found else None


def overview(columns: list[dict[str, Any]]) -> str:
    """A table of text with a line for each column."""
    lines: list[tuple[str, ...]] = [("column", "type", "role", "missing", "distinct", "range", "example")]
    for column in columns:
        limits = " to ".join(map(_said, column["range"]))
        kind = f"{column['type']} ({column['unit']})" if column["unit"] else column["type"]
        cells = (column["name"], kind, column["role"], column["missing"], column["distinct"], limits)
        lines.append((*map(str, cells), _said(column["example"])))
    widths = [min(WIDE, max(len(line[position]) for line in lines)) for position in range(len(lines[0]))]
    return "\n".join(
        "  ".join(_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _plain(value: Any) -> float | int | str:
    if pd.api.types.is_number(value):
        number = float(str(value))
        return int(number) if number.is_integer() else number
    return str(value).removesuffix(" 00:00:00")[:EXAMPLE]


def _said(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
