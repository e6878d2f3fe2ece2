"""Compare two contents of one output: the same bytes, or as close as the output's entry in dvc.yaml allows.

outs:
- reports/predictions.parquet:
meta:
compare: content                     # the same values, whatever the bytes (json, csv, notebook, pixels, …)
compare: {rtol: 1.0e-6, columns: {score: {atol: 0.01}}}
compare: interval                    # each metric within its committed low and high
compare: {by: reports/sample.csv}    # as this other output comes out, which is made from it
elsewhere: {rtol: 1.0e-6}            # the same, on another kind of processor or number of threads alone
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy as np

    Leaves = dict[str, "np.ndarray[Any, Any]"]

# What changes with every run of a notebook and says nothing about its results.
OF_A_RUN = ("id", "execution_count", "metadata")


class Tolerance(BaseModel):
    """How far a number may be off: atol + rtol × |committed|, as numpy.isclose has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rtol: float = Field(0.0, ge=0)
    atol: float = Field(0.0, ge=0)


class Rule(Tolerance):
    """How an output is compared; see above."""

    form: Literal["bytes", "content", "interval"] = "bytes"
    columns: dict[str, Tolerance] = {}
    by: str | None = None

    def __str__(self) -> str:
        if self.by:
            return f"by {self.by}"
        off = [f"{name} {value:g}" for name, value in (("rtol", self.rtol), ("atol", self.atol)) if value]
        off += [f"{name}: rtol {of.rtol:g}, atol {of.atol:g}" for name, of in self.columns.items()]
        return ", ".join(off) or self.form


class Comparison(NamedTuple):
    """Whether two contents agree under a rule, and what was found."""

    agree: bool
    detail: str


def rule(declared: Any) -> Rule:
    """The rule that a declaration means.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return Rule.model_validate({"form": declared} if isinstance(declared, str) else declared)


def compare(committed: Path, found: Path, by: Rule) -> Comparison:
    """Compare two contents, files or folders, whose bytes differ."""
    if by.form == "bytes" and not (by.rtol or by.atol or by.columns):
        return Comparison(False, "other bytes")
    try:
        here, there = leaves(committed), leaves(found)
    except (ValueError, OSError) as error:
        return Comparison(False, f"could not be compared by {by}: {error}")
    if by.form == "interval":
        return within_intervals(here, there)
    if missing := sorted(here.keys() ^ there.keys()):
        return Comparison(False, f"{missing[0]} is in one of the two only")
    largest = 0.0
    for name, values in here.items():
        off = distance(values, there[name])
        if off is None:
            return Comparison(False, f"{name} holds other values")
        limit = by.columns.get(name.rpartition(":")[2], by)
        if not close(values, there[name], limit):
            return Comparison(False, f"{name} is off by up to {off:.2g}, more than {by}")
        largest = max(largest, off)
    return Comparison(True, f"off by {largest:.2g} at most" if largest else "the same values in other bytes")


def within_intervals(committed: Leaves, found: Leaves) -> Comparison:
    """Whether each metric (an object with value, low and high) is in its committed interval, and all else the same."""
    metrics = {name.removesuffix("value") for name in committed if name.endswith("value")}
    metrics = {name for name in metrics if name + "low" in committed and name + "high" in committed}
    for name in metrics:
        value = found.get(name + "value")
        low, high = float(committed[name + "low"]), float(committed[name + "high"])
        if value is None or not low <= float(value) <= high:
            return Comparison(False, f"{name}value is {value}, not between {low:g} and {high:g}")
    for name in sorted(committed.keys() | found.keys()):
        inside = name.removesuffix("value").removesuffix("low").removesuffix("high") in metrics
        if not inside and (name not in committed or name not in found or distance(committed[name], found[name]) != 0):
            return Comparison(False, f"{name} differs, and is no metric with an interval")
    return Comparison(True, f"{len(metrics)} metrics within their intervals")


def distance(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float | None:
    """The largest difference of two arrays; None where they cannot be told apart by a number (text, shape, gaps)."""
    import numpy as np

    if one.shape != other.shape:
        return None
    if not (numeric(one) and numeric(other)):
        return 0.0 if bool(np.all((one == other) | ((one != one) & (other != other)))) else None
    one, other = one.astype(complex), other.astype(complex)
    if bool(np.any(np.isnan(one) != np.isnan(other))):
        return None
    off = np.abs(one - other)[(one != other) & ~np.isnan(one)]
    return float(off.max()) if off.size else 0.0


def close(committed: np.ndarray[Any, Any], found: np.ndarray[Any, Any], limit: Tolerance) -> bool:
    """Whether every number is within the tolerance; what is not a number must be equal."""
    import numpy as np

    if not (numeric(committed) and numeric(found)):
        return distance(committed, found) == 0
    return bool(np.all(np.isclose(found, committed, rtol=limit.rtol, atol=limit.atol, equal_nan=True)))


def numeric(values: np.ndarray[Any, Any]) -> bool:
    """Whether an array holds numbers or truths."""
    return values.dtype.kind in "biufc"


def leaves(path: Path) -> Leaves:
    """The values in a file or a folder of files, by name: columns of a table, keys of JSON, arrays, pixels.

    Raises:
        ValueError: no values can be read from such a file; nothing is ever unpickled.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return {
            f"{file.relative_to(path).as_posix()}:{name}": values
            for file in files
            for name, values in leaves(file).items()
        }
    import numpy as np

    kind = path.suffix.lower()
    if kind in (".json", ".ipynb"):
        return dict(json_leaves(json.loads(path.read_text(encoding="utf-8")), "", kind == ".ipynb"))
    if kind in (".csv", ".tsv", ".parquet", ".feather"):
        import pandas as pd

        read: Any = {".parquet": pd.read_parquet, ".feather": pd.read_feather}.get(kind)
        separator = "\t" if kind == ".tsv" else ","
        table = read(path) if read else pd.read_csv(path, sep=separator, float_precision="round_trip")
        return {"columns": np.array(table.columns, object), **{str(name): table[name].to_numpy() for name in table}}
    if kind in (".npy", ".npz"):
        found = np.load(path, allow_pickle=False)
        return dict(found) if kind == ".npz" else {"array": found}
    if kind in (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"):
        from PIL import Image

        with Image.open(path) as image:
            return {"pixels": np.asarray(image.convert("RGBA"))}
    raise ValueError(f"no values can be read from a file {path.name}")


def json_leaves(value: Any, name: str, notebook: bool) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield the values of JSON, a list of plain values as one array."""
    import numpy as np

    if isinstance(value, dict):
        for key, inner in value.items():
            if not (notebook and key in OF_A_RUN):
                yield from json_leaves(inner, f"{name}.{key}" if name else key, notebook)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value):
            yield from json_leaves(inner, f"{name}[{number}]", notebook)
    elif isinstance(value, list) and not all(type(inner) in (int, float) for inner in value):
        yield name, np.array([*value, None], object)[:-1]
    else:
        yield name, np.asarray(value, object if value is None else None)
