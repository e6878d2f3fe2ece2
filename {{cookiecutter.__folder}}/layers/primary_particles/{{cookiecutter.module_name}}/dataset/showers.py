"""Keep the simulated showers that can be reconstructed: check every value, count the dropped showers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..common.rows import Showers
from ..row_groups import appending
from ..simulation.array import border

TABLES = ("events", "stations", "traces")
# Limits of a reconstructed event and a recorded station.
LIMITS = {
    "events": {"energy": (1.0, 1e22), "zenith": (0.0, 90.0), "azimuth": (0.0, 360.0), "multiplicity": (1, 1e4)},
    "stations": {
        "signal": (1e-3, 1e7),
        "length": (0.0, 1e6),
        "risetime": (0.0, 1e5),
        "falltime": (0.0, 1e5),
        "area_over_peak": (0.0, 1e4),
        "saturated": (0, 1),
    },
    "traces": {},
}


def row_groups(folder: Path) -> Iterator[dict[str, pa.Table]]:
    """The tables of a simulation, a row group of showers at a time.

    Raises:
        ValueError: a file cannot be read, or the files belong to different simulations.
    """
    try:
        files = {name: pq.ParquetFile(folder / f"{name}.parquet") for name in TABLES}
        counts = {name: file.num_row_groups for name, file in files.items()}
        if len(set(counts.values())) != 1:
            raise ValueError(f"the tables in {folder.name} differ in their row groups ({counts}): run acquire again")
        for number in range(counts["events"]):
            yield {name: file.read_row_group(number) for name, file in files.items()}
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"data/raw: a table cannot be read ({error}): run acquire again") from None


def check(name: str, table: pa.Table) -> None:
    """Refuse missing and unphysical values.

    Raises:
        ValueError: a value is missing or outside its limits; the message names the table, column and shower.
    """
    for column in table.column_names:
        values = table[column].combine_chunks()
        if pa.types.is_fixed_size_list(values.type):
            flat = values.flatten().to_numpy(zero_copy_only=False).reshape(-1, values.type.list_size)
            bad = ~np.isfinite(flat).all(axis=1)
        elif pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
            numbers = values.to_numpy(zero_copy_only=False)
            low, high = LIMITS[name].get(column, (-np.inf, np.inf))
            bad = ~(np.isfinite(numbers) & (numbers >= low) & (numbers <= high))
        else:
            bad = pc.is_null(values).to_numpy(zero_copy_only=False)
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(
                f"{name}: {column!r} of shower {table['shower'][row]} is missing or outside its limits, "
                f"found {str(values[row].as_py())[:60]}"
            )


def agree(group: dict[str, pa.Table]) -> None:
    """Refuse tables that do not hold the same showers and stations in the same order.

    Raises:
        ValueError: rows are missing, duplicated or out of order.
    """
    events, stations, traces = (group[name] for name in TABLES)
    shower, of_station, of_trace = (table["shower"].to_numpy() for table in (events, stations, traces))
    numbers, counts = np.unique(of_station, return_counts=True)
    ascending = (np.diff(shower) > 0).all() and (np.diff(of_station) >= 0).all()
    multiplicity = events["multiplicity"].to_numpy()
    if not (ascending and np.array_equal(numbers, shower) and np.array_equal(counts, multiplicity)):
        raise ValueError("data/raw: the events and their stations are not of the same showers: run acquire again")
    recorded = np.isin(of_station, of_trace)
    station, of_this = stations["station"].to_numpy()[recorded], traces["station"].to_numpy()
    if not (np.array_equal(of_station[recorded], of_trace) and np.array_equal(station, of_this)):
        raise ValueError("data/raw: the traces are not of the same stations: run acquire again")


def usable(group: dict[str, pa.Table], data: Showers) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """Showers that can be reconstructed, with their stations and traces; and how many cannot, by the reason.

    They have enough stations, and none at the border of the array, beyond which a shower may go on.
    """
    events, stations = group["events"], group["stations"]
    few = pc.less(events["multiplicity"], data.fewest_stations)
    outermost = pc.is_in(stations["station"], value_set=pa.array(border(data.array)))
    beyond = pc.is_in(events["shower"], value_set=stations.filter(outermost)["shower"].combine_chunks())
    kept = events.filter(pc.invert(pc.or_(few, beyond)))
    result = {"events": kept}
    for name in ("stations", "traces"):
        result[name] = group[name].filter(pc.is_in(group[name]["shower"], value_set=kept["shower"].combine_chunks()))
    lost = {f"with fewer than {data.fewest_stations} stations": pc.sum(few).as_py() or 0}
    return result, lost | {"not contained in the array": pc.sum(pc.and_not(beyond, few)).as_py() or 0}


def prepare_showers(source: Path, target: Path, data: Showers) -> dict[str, int]:
    """Write the tables of a simulation, checked and cut, into a new folder; returns the counts of showers.

    Raises:
        ValueError: a value is invalid, tables disagree, no shower is left, or a primary is missing.
    """
    target.mkdir()
    read, left, found = 0, 0, set()
    dropped: dict[str, int] = {}
    with appending() as append:
        for group in row_groups(source):
            for name, table in group.items():
                check(name, table)
            agree(group)
            kept, lost = usable(group, data)
            read, left = read + len(group["events"]), left + len(kept["events"])
            dropped = {reason: dropped.get(reason, 0) + count for reason, count in lost.items()}
            found |= set(kept["events"]["primary"].unique().to_pylist())
            for name, table in kept.items():
                append(target / f"{name}.parquet", table)
    if left == 0:
        raise ValueError(
            f"none of {read} showers has {data.fewest_stations} stations and none at the border of the array: "
            "change spectrum.lowest or array.rings"
        )
    if unknown := found - set(data.primaries):
        raise ValueError(f"unknown primary {min(unknown)!r}; configured are {', '.join(data.primaries)}")
    if missing := [name for name in data.primaries if name not in found]:
        raise ValueError(f"no shower of {missing[0]!r} is left, though data.primaries names it: simulate more showers")
    return {"read": read, **dropped, "kept": left}
