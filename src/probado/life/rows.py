"""Rows as JSON has them: typed by the inputs of a model, and its predictions as JSON can have them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NUMBERS, WORDS = ("number", "integer"), ("category", "text", "date")


def as_json(one: Any) -> dict[str, Any]:
    """An input of a model as JSON has it, whatever class the project uses."""
    return dataclasses.asdict(one) if dataclasses.is_dataclass(one) else dict(one.model_dump())  # type: ignore[arg-type]


def table_of(rows: Sequence[Any], inputs: Sequence[Any]) -> pd.DataFrame:
    """A table of the columns that a model needs, its index the number of the row from 1; other columns are left out.

    A column has the same type whatever the rows, so that a row is predicted the same beside any others.

    Args:
        rows: objects of JSON: names and values. A missing value is null; a column may not be missing.
        inputs: of the model, as modeling/predict.py documents them.

    Raises:
        ValueError: a row is no object, lacks a column, or a value has another type.
    """
    import numpy as np
    import pandas as pd

    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise ValueError(f"row {number}: it must be an object of names and values")
        if missing := [one.name for one in inputs if one.required and one.name not in row]:
            raise ValueError(
                f"row {number}: it lacks {', '.join(map(repr, missing[:5]))}: write null where it is unknown"
            )
    columns = {}
    for one in inputs:
        if one.required or any(one.name in row for row in rows):
            values = [_value(number, row.get(one.name), one) for number, row in enumerate(rows, 1)]
            # Arrays need no comparison of their indexes, which takes longer than all the rest for a single row.
            columns[one.name] = (
                np.array(values, dtype=np.float64)
                if one.type in NUMBERS
                else pd.Series(values, dtype="str" if one.type in WORDS else object).array
            )
    return pd.DataFrame(columns, index=range(1, len(rows) + 1))


def _value(number: int, value: Any, one: Any) -> Any:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if one.type in NUMBERS:
        if not is_number:
            raise ValueError(f"row {number}: {one.name!r} must be a number or null, found {_shown(value)}")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise ValueError(f"row {number}: {one.name!r} must be a finite number")
        return found
    if one.type in WORDS:
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str | int):
            raise ValueError(f"row {number}: {one.name!r} must be a text or null, found {_shown(value)}")
        return str(value)
    if not isinstance(value, list):
        raise ValueError(f"row {number}: {one.name!r} must be a list, found {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def records_of(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Predictions as JSON can have them, each with the number of its row first."""
    columns = {"row": [int(number) for number in found.index]} | _plain(found)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def shares_of(prediction: dict[str, Any]) -> dict[str, float]:
    """The probabilities in a record of a prediction by class, the highest first; none of a number."""
    found = {name[2:-1]: value for name, value in prediction.items() if name.startswith("p(")}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def total_of(explanation: dict[str, Any]) -> float:
    """What the base and the contributions of an explanation add up to."""
    return float(explanation["base"] + sum(one["contribution"] for one in explanation["contributions"]))


def explanations_of(told: pd.DataFrame) -> list[dict[str, Any]]:
    """Explanations as JSON can have them: for each row what is explained, where it starts, and the contributions."""
    found = []
    for number in told.index.unique():
        of_row = told.loc[[number]]
        start = _plain(of_row[["of", "base"]].iloc[:1])
        each = _plain(of_row[["feature", "value", "contribution"]])
        contributions = [dict(zip(each, values, strict=True)) for values in zip(*each.values(), strict=True)]
        found.append({"row": int(number), "of": start["of"][0], "base": start["base"][0]})
        found[-1]["contributions"] = contributions
    return found


def _plain(found: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns of values that JSON has."""
    columns = {}
    for name in found.columns:
        values = [value.item() if hasattr(value, "item") else value for value in found[name].tolist()]
        columns[str(name)] = [None if value != value else value for value in values]
    return columns
