"""A profile of rows: of each column what it was, without the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from probado.errors import Refused
from probado.text import first_mistake

if TYPE_CHECKING:
    import pandas as pd

# Numbers of a column that are kept, in order and evenly spaced among all, and values of a category.
KEPT, VALUES = 2000, 200


class Strict(BaseModel):
    """A part of the file. It has no other keys."""

    model_config = ConfigDict(extra="forbid")


class Column(Strict):
    """Of a column of numbers some of them in order, of a category how often each value came; and the missing ones."""

    rows: NonNegativeInt
    missing: NonNegativeInt
    numbers: list[float] | None = None
    counts: dict[str, int] | None = None


class Profile(Strict):
    """What rows were, what was predicted for them, and how far that was off.

    `errors` is `right`, how often a class was right or not, or the absolute errors of a number; None without labels.
    """

    rows: NonNegativeInt
    inputs: dict[str, Column]
    predictions: dict[str, Column]
    errors: Column | None = None


def profile_of(
    rows: pd.DataFrame, predicted: pd.DataFrame, inputs: Sequence[Any], actual: pd.Series | None = None
) -> Profile:
    """The profile of rows and their predictions.

    Args:
        rows: typed columns as the model's inputs name them.
        predicted: as `Predictor.predict` returns it.
        inputs: of the model; those that are no numbers and have no listed values say nothing by their values.
        actual: the targets of the predictions in their order, where they are known.
    """
    columns = {}
    for one in inputs:
        if one["name"] in rows and (one["type"] in ("number", "integer") or one["values"]):
            columns[one["name"]] = column_of(rows[one["name"]], one["type"] in ("number", "integer"))
    # The probability of the first class is what the others leave.
    told = [name for name in predicted if str(name).startswith("p(")][1:] or ["predicted"]
    found = {str(name): column_of(predicted[name], _is_number(predicted[name])) for name in told if name in predicted}
    errors = None if actual is None else column_of(*_errors(predicted["predicted"], actual))
    return Profile(rows=len(rows), inputs=columns, predictions=found, errors=errors)


def _is_number(values: pd.Series) -> bool:
    return bool(np.issubdtype(values.dtype, np.number)) if isinstance(values.dtype, np.dtype) else False


def _errors(predicted: pd.Series, actual: pd.Series) -> tuple[pd.Series, bool]:
    import pandas as pd

    if _is_number(predicted):
        return pd.Series(np.abs(predicted.to_numpy(float) - actual.to_numpy(float))), True
    right = predicted.astype(str).to_numpy() == actual.astype(str).to_numpy()
    return pd.Series(np.where(right, "right", "wrong")), False


def column_of(values: pd.Series, number: bool) -> Column:
    """The profile of a column."""
    given = values.dropna()
    missing = len(values) - len(given)
    if number:
        ordered = np.sort(given.to_numpy(dtype=float))
        if len(ordered) > KEPT:
            ordered = ordered[np.linspace(0, len(ordered) - 1, KEPT).round().astype(int)]
        return Column(rows=len(values), missing=missing, numbers=ordered.tolist())
    counts = given.astype(str).value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")[:VALUES]
    return Column(rows=len(values), missing=missing, counts={str(value): int(count) for value, count in counts.items()})


def read_profile(path: Path) -> Profile:
    """A profile from its file.

    Raises:
        Refused: there is none, or it is not understood.
    """
    try:
        return Profile.model_validate_json(path.read_bytes())
    except OSError:
        raise Refused(f"there is no profile {path}: make promote writes it for each version") from None
    except ValidationError as error:
        raise Refused(f"{path} is not understood ({first_mistake(error)})") from None
