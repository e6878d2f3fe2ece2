"""New showers: a table with a row per station, which holds the station and its reconstructed shower."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .common.rows import Features, OfStations, OfTraces, Showers
from .common.strict import Strict
from .common.table import Reading
from .dataset.showers import LIMITS
from .tables.files import is_parquet
from .tables.inputs import Input, as_text
from .tables.notation import to_numbers
from .tables.reading import read_text
from .tables.text import Text

# The columns of data/raw/tables/events.parquet and stations.parquet that features are made from, with their units.
EVENT = {"energy": "eV", "zenith": "°", "azimuth": "°", "core_x": "m", "core_y": "m"}
SHAPE = {"length": "ns", "risetime": "ns", "falltime": "ns", "area_over_peak": None}
STATION = {"x": "m", "y": "m", "signal": "VEM", **SHAPE, "saturated": None}
# As data/interim has them: a logarithm of a number in single precision is another one.
STORED = {**dict.fromkeys(("signal", *SHAPE), "float32"), "saturated": "bool"}


class ShowerContract(Strict):
    """How rows of stations become features, and the columns that they need. `count` is in VEM."""

    fewest_stations: int
    count: float
    features: Features
    inputs: list[Input]

    def read(self, path: Path) -> Text:
        """Read new rows from delimited text, a workbook, or Parquet, which alone can hold traces.

        Raises:
            ValueError: the file cannot be read.
        """
        if is_parquet(path):
            return Text(pq.read_table(path))
        return read_text(path, Reading(), {})

    def pieces(self, path: Path) -> Iterator[Text]:
        """As `read`: the stations of a shower may lie anywhere in the file."""
        yield self.read(path)

    def as_read(self, table: pd.DataFrame) -> pa.Table:
        """Rows in memory as `read` has them."""
        found = as_text(table.drop(columns="trace", errors="ignore"), Reading(), {})
        return found.append_column("trace", pa.array(list(table["trace"]))) if "trace" in table else found


def shower_contract(folder: Path, train: pd.Series, data: Showers, features: Features) -> dict[str, Any]:
    """The contract of a model of showers, to be written as JSON.

    Args:
        folder: the prepared tables.
        train: numbers of the showers that the model is trained on, int64 (showers,).
        data: their simulation.
        features: the level and its settings.
    """
    inputs = []
    for name, unit in {**EVENT, **STATION}.items():
        # A column at a time, because there are many stations.
        file = folder / f"{'events' if name in EVENT else 'stations'}.parquet"
        stored = pq.read_table(file, columns=["shower", name])
        values = stored[name].to_numpy()[np.isin(stored["shower"].to_numpy(), train)].astype(float)
        limits = [float(f"{value:.6g}") for value in (values.min(), values.max())]
        inputs.append(_input(name, "number", unit, limits, float(f"{values[0]:.6g}")))
    if not isinstance(features, OfStations):
        inputs.insert(0, _input("shower", "category", None, [], str(int(train.iloc[0]))))
    if isinstance(features, OfTraces):
        inputs.append(_input("trace", "list of ADC counts", None, [], ""))
    count, fewest = data.station.count, data.fewest_stations
    return {"fewest_stations": fewest, "count": count, "features": features.model_dump(), "inputs": inputs}


def _input(name: str, kind: str, unit: str | None, limits: list[float], example: float | str) -> dict[str, Any]:
    described = {"name": name, "type": kind, "unit": unit, "required": True}
    return {**described, "range": limits, "values": [], "example": example}


def typed(table: pa.Table, contract: ShowerContract) -> tuple[pd.DataFrame, pd.Series]:
    """The numbers of new rows with the number of their shower in `shower`, and why a row cannot be used.

    Where a row is a station of its own, each is a shower of one station.

    Raises:
        ValueError: a column is missing.
    """
    if missing := [one.name for one in contract.inputs if one.name not in table.column_names]:
        raise ValueError(f"the rows lack {', '.join(map(repr, missing))}; they have {', '.join(table.column_names)}")
    columns, reasons = {}, pd.Series("", index=range(len(table)))
    for name in (*EVENT, *STATION):
        values = _flags(table[name]) if name == "saturated" else table[name]
        numbers = to_numbers(values, Reading()) if pa.types.is_string(values.type) else values.cast(pa.float64())
        columns[name] = numbers.to_numpy()
        low, high = {**LIMITS["events"], **LIMITS["stations"]}.get(name, (-np.inf, np.inf))
        bad = ~(np.isfinite(columns[name]) & (columns[name] >= low) & (columns[name] <= high))
        reasons[bad & (reasons == "")] = f"{name}: it is missing or outside of {low:g} to {high:g}"
    if isinstance(contract.features, OfTraces):
        lengths = _lengths(table["trace"])
        needed = contract.features.bins * contract.features.merged
        reasons[(lengths < needed) & (reasons == "")] = f"trace: it is no list of at least {needed} counts"
    rows = pd.DataFrame(columns)
    if isinstance(contract.features, OfStations):
        return rows.assign(shower=np.arange(len(rows))), reasons
    rows["shower"] = pd.factorize(table["shower"].cast(pa.string()).to_pandas())[0]
    return rows, reasons.where(reasons != "", _of_shower(rows, reasons, contract.fewest_stations))


def _flags(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """1 and 0 for true and false, in whatever case; other text as it is."""
    if not pa.types.is_string(values.type):
        return values
    for old, new in ((r"(?i)^\s*true\s*$", "1"), (r"(?i)^\s*false\s*$", "0")):
        values = pc.replace_substring_regex(values, old, new)
    return values


def _lengths(traces: pa.ChunkedArray) -> np.ndarray:
    """How many counts each trace has, int64 (rows,); 0 where it is none, or holds a gap."""
    kind = traces.type
    if not (pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind)):
        return np.zeros(len(traces), dtype=np.int64)
    lengths: np.ndarray = pc.fill_null(pc.list_value_length(traces), 0).to_numpy().astype(np.int64)
    return lengths


def _of_shower(rows: pd.DataFrame, reasons: pd.Series, fewest: int) -> pd.Series:
    """Why the shower of a row cannot be used, "" where it can; str (rows,)."""
    grouped = rows.groupby("shower")
    told = pd.Series("", index=rows.index)
    told[grouped["x"].transform("size") < fewest] = f"shower: fewer than {fewest} stations"
    told[(grouped[list(EVENT)].transform("nunique") > 1).any(axis="columns")] = "shower: its rows are not of one event"
    told[(reasons != "").groupby(rows["shower"]).transform("any")] = "shower: another of its rows cannot be used"
    told[rows["shower"] < 0] = "shower: it is missing"
    return told


def tables(rows: pd.DataFrame, table: pa.Table, features: Features) -> dict[str, pa.Table]:
    """Events, stations and, if features need them, traces, of rows that can be used: by shower, as in data/interim."""
    ordered = rows.sort_values("shower", kind="stable")
    events = ordered.drop_duplicates("shower")[["shower", *EVENT]].assign(primary="")
    events["multiplicity"] = ordered.groupby("shower").size().to_numpy()
    found = {"events": pa.Table.from_pandas(events, preserve_index=False)}
    stations = ordered[["shower", *STATION]].astype(STORED)
    found["stations"] = pa.Table.from_pandas(stations, preserve_index=False)
    if isinstance(features, OfTraces):
        width = features.bins * features.merged
        # Further bins are no features.
        traces = pc.list_slice(table["trace"].take(pa.array(ordered.index.to_numpy())), 0, width).combine_chunks()
        fixed = pa.FixedSizeListArray.from_arrays(traces.flatten(), width)
        found["traces"] = pa.table({"shower": ordered["shower"].to_numpy(), "trace": fixed})
    return found
