"""Compare two contents of one output: the same bytes, or as close as the output's entry in dvc.yaml allows.

Ways to compare, as dvc.yaml declares them::

    outs:
      - models/model.joblib:
          meta: {compare: {by: reports/predictions.parquet}}  # as this other output, which is made from it
      - reports/predictions.parquet:
          meta: {compare: {rtol: 1.0e-6, columns: {score: {atol: 0.01}}}}
      - reports/table.csv:
          meta: {compare: content}           # the same values, whatever the bytes (json, notebook, pixels, …)
      - reports/metrics.json:
          meta: {compare: interval}          # each metric within its committed low and high
      - reports/other.json:
          meta: {elsewhere: {rtol: 1.0e-6}}  # on another kind of processor or number of threads alone
"""

from __future__ import annotations

import json
import re
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

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
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
    """Compare two contents, files or folders, whose bytes differ, by more than their bytes."""
    import numpy as np

    try:
        # Without a tolerance a table of text is text: 001 is not 1.
        here, there = (leaves(path, text=not (by.rtol or by.atol or by.columns)) for path in (committed, found))
    except Unreadable as error:
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
        allowed: Any = {"rtol": limit.rtol, "atol": limit.atol, "equal_nan": True}
        # Without a tolerance the distance decides: isclose rounds large whole numbers.
        if off and not ((limit.rtol or limit.atol) and np.all(np.isclose(there[name], values, **allowed))):
            return Comparison(False, f"{name} is off by up to {off:.2g}, more than {by}")
        largest = max(largest, off)
    return Comparison(True, f"off by {largest:.2g} at most" if largest else "the same values in other bytes")


def within_intervals(committed: Leaves, found: Leaves) -> Comparison:
    """Whether each metric (an object with value, low and high) is in its committed interval, and all else the same."""
    import numpy as np

    metrics = {name.removesuffix("value") for name in committed if name.endswith("value")}
    metrics = {name for name in metrics if name + "low" in committed and name + "high" in committed}
    for name in metrics:
        low, high = committed[name + "low"], committed[name + "high"]
        value, *ends = (found.get(name + key, np.array("nothing")) for key in ("value", "low", "high"))
        if not all(numeric(number) and number.ndim == 0 for number in (low, high, value, *ends)):
            return Comparison(False, f"{name}value, low and high are not all numbers")
        if not low <= value <= high:
            return Comparison(False, f"{name}value is {value}, not between {low:g} and {high:g}")
        # An interval that grew without measure holds anything.
        if not ends[0] <= value <= ends[1] or ends[1] - ends[0] > 2 * (high - low):
            return Comparison(False, f"{name}low and high are {ends[0]} and {ends[1]}, committed {low:g} and {high:g}")
    for name in sorted(committed.keys() | found.keys()):
        inside = name.removesuffix("value").removesuffix("low").removesuffix("high") in metrics
        if not inside and (name not in committed or name not in found or distance(committed[name], found[name]) != 0):
            return Comparison(False, f"{name} differs, and is no metric with an interval")
    return Comparison(True, f"{len(metrics)} metrics within their intervals")


def distance(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float | None:
    """The largest difference of two arrays; None where they cannot be told apart by a number (text, shape, gaps)."""
    import numpy as np

    if one.shape != other.shape or (one.dtype.kind == "b") != (other.dtype.kind == "b"):
        return None
    if not (numeric(one) and numeric(other)):
        return 0.0 if bool(np.all((one == other) | ((one != one) & (other != other)))) else None
    if "f" not in one.dtype.kind + other.dtype.kind and "c" not in one.dtype.kind + other.dtype.kind:
        # Whole numbers beyond 2^53, such as ids, are none of floating point.
        differing = one != other
        off = np.abs(one[differing].astype(object) - other[differing].astype(object))
        return float(off.max()) if off.size else 0.0
    one, other = one.astype(complex), other.astype(complex)
    if bool(np.any(np.isnan(one) != np.isnan(other))):
        return None
    off = np.abs(one - other)[(one != other) & ~np.isnan(one)]
    return float(off.max()) if off.size else 0.0


def numeric(values: np.ndarray[Any, Any]) -> bool:
    """Whether an array holds numbers or truths."""
    return values.dtype.kind in "biufc"


class Unreadable(ValueError):
    """No values can be read from a file."""


def leaves(path: Path, text: bool = False) -> Leaves:
    """The values in a file or a folder of files, by name: columns of a table, keys of JSON, arrays, pixels.

    The columns of a table of text are taken as text where `text` is true.

    Raises:
        Unreadable: no values can be read from such a file; nothing is ever unpickled.
    """
    try:
        return read(path, text)
    except Unreadable:
        raise
    # Whatever a broken file makes a library raise; of memory and of people's interrupts it says nothing.
    except Exception as error:
        raise Unreadable(f"{path.name}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def read(path: Path, text: bool) -> Leaves:
    """The values as `leaves` gives them; any error is its library's."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return {
            f"{file.relative_to(path).as_posix()}:{name}": values
            for file in files
            for name, values in leaves(file, text).items()
        }
    import numpy as np

    kind = path.suffix.lower()
    if kind in (".json", ".ipynb"):
        return dict(json_leaves(json.loads(path.read_text(encoding="utf-8")), "", kind == ".ipynb"))
    if kind in (".csv", ".tsv", ".parquet", ".feather"):
        import pandas as pd
        from pyarrow import feather, parquet

        # By path: the threads of a reader that was given Python's own file, as pandas does, may want the interpreter
        # when it is gone, and abort it (https://github.com/apache/arrow/issues/34314).
        binary: Any = {".parquet": parquet.read_table, ".feather": feather.read_table}.get(kind)
        separator = "\t" if kind == ".tsv" else ","
        plain: Any = {"dtype": str, "keep_default_na": False} if text else {"float_precision": "round_trip"}
        table = binary(path).to_pandas() if binary else pd.read_csv(path, sep=separator, **plain)
        return {
            "columns": np.array([*table.columns, None], object)[:-1],
            "index": table.index.to_numpy(),
            "types": np.array([str(table[name].dtype) for name in table] if text else []),
            **{str(name): table[name].to_numpy() for name in table},
        }
    if kind in (".npy", ".npz"):
        found = np.load(path, allow_pickle=False)
        return dict(found) if kind == ".npz" else {"array": found}
    if kind in (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"):
        from PIL import Image

        with Image.open(path) as image:
            frames = {}
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                # A palette names its colours in any order.
                frames[f"pixels of frame {number}"] = np.asarray(image.convert("RGBA") if image.mode == "P" else image)
            return frames
    raise Unreadable(f"no values can be read from a file {path.name}")


def json_leaves(value: Any, name: str, notebook: bool) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield the values of JSON, a list of plain values as one array."""
    import numpy as np

    if isinstance(value, dict) and value:
        # Of a notebook itself, and of its cells.
        top = notebook and (not name or re.fullmatch(r"cells\[\d+\](\.outputs\[\d+\])?", name))
        for key, inner in value.items():
            if not (top and key in OF_A_RUN):
                # A key that holds a dot is not two.
                inner_name = key if key.isidentifier() else json.dumps(key)
                yield from json_leaves(inner, f"{name}.{inner_name}" if name else inner_name, notebook)
    elif isinstance(value, dict):
        yield name, np.array("{}")
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value):
            yield from json_leaves(inner, f"{name}[{number}]", notebook)
    elif isinstance(value, list) and not all(type(inner) in (int, float) for inner in value):
        yield name, np.array([*value, None], object)[:-1]
    else:
        yield name, np.asarray(value, object if value is None else None)
