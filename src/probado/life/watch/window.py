"""The rows that are looked at: those of served requests, or those of a file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from probado.errors import Refused
from probado.files import read_frame
from probado.life.version import Version, run
from probado.life.watch.profile import Profile, profile_of
from probado.life.watch.requests import served

if TYPE_CHECKING:
    import pandas as pd


def of_requests(root: Path, version: str, days: float, before: Profile, labels: Path | None) -> tuple[Profile, str]:
    """The profile of the rows that a version was asked about in the last days, and a sentence on where they are from.

    Args:
        root: the project's folder.
        version: its number.
        days: back from now.
        before: of the columns that are looked at.
        labels: a CSV file of `id` of a request, `row` in it (1 without the column) and `actual`.

    Raises:
        Refused: the labels cannot be used.
    """
    import pandas as pd

    found = served(root, version, days)
    rows, predicted = pd.DataFrame(found.rows), pd.DataFrame(found.predictions)
    inputs: list[dict[str, Any]] = [
        {"name": name, "type": "category" if column.numbers is None else "number", "values": ["any"]}
        for name, column in before.inputs.items()
    ]
    for one in inputs:
        if one["type"] == "number" and one["name"] in rows:
            rows[one["name"]] = pd.to_numeric(rows[one["name"]], errors="coerce")
    period = "day" if days == 1 else f"{days:g} days"
    said = f"{len(rows)} rows of {found.requests} requests in the last {period}"
    said += f", of which {found.refused} could not be used" if found.refused else ""
    if labels is None or predicted.empty:
        return profile_of(rows, predicted, inputs), said
    names = pd.MultiIndex.from_tuples(found.names, names=["id", "row"])
    actual = _labels(labels).reindex(names).reset_index(drop=True)
    return _labelled(rows, predicted, inputs, actual, said)


def of_file(folder: Path, version: Version, source: Path, threads: int, labels: Path | None) -> tuple[Profile, str]:
    """The same of a file, which the version reads and predicts; `labels` has `row`, its number there, and `actual`.

    Raises:
        Refused: the version cannot read the file, or the labels cannot be used.
    """
    if not source.is_file():
        raise Refused(f"there is no file {source}")
    with tempfile.TemporaryDirectory() as aside:
        try:
            run(folder, threads, "probado.life.watch.reader", version.module, source.resolve(), aside)
        except Refused as error:
            raise Refused(f"{source}: {error}") from None
        rows, predicted = (read_frame(Path(aside, f"{name}.parquet")) for name in ("rows", "predicted"))
        inputs, reasons = (json.loads(Path(aside, f"{name}.json").read_text()) for name in ("inputs", "reasons"))
    said = f"{len(rows)} rows of {source.name}"
    said += f", {len(reasons)} more could not be used ({reasons[0]})" if reasons else ""
    if labels is None or predicted.empty:
        return profile_of(rows, predicted, inputs), said
    given = _labels(labels)
    given = given.set_axis(given.index.get_level_values("row"))
    actual = given.reindex(predicted.index + 1).reset_index(drop=True)
    return _labelled(rows, predicted.reset_index(drop=True), inputs, actual, said)


def _labels(path: Path) -> pd.Series:
    """What came true, by request and row."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"id": str})
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if "actual" not in table or not {"id", "row"} & set(table):
        raise Refused(f"{path} needs the columns id, or row, and actual; it has {', '.join(map(str, table.columns))}")
    table = table.assign(id=table.get("id", ""), row=table.get("row", 1)).drop_duplicates(["id", "row"], keep="last")
    return table.set_index(["id", "row"])["actual"]


def _labelled(
    rows: pd.DataFrame, predicted: pd.DataFrame, inputs: list[dict[str, Any]], actual: pd.Series, said: str
) -> tuple[Profile, str]:
    known = actual.notna().to_numpy()
    profile = profile_of(rows, predicted, inputs)
    with_labels = profile_of(rows[:0], predicted[known], [], actual[known]) if np.any(known) else None
    errors = with_labels.errors if with_labels else None
    return profile.model_copy(update={"errors": errors}), f"{said}, {int(known.sum())} with labels"
