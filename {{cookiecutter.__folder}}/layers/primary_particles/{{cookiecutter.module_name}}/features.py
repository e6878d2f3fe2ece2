"""Make data/processed from data/interim: features, one file each for training, validation and test.

Features are made of measured quantities. No function here reads the truth of the simulation
(data/raw/tables/truth.parquet).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from omegaconf import DictConfig

from . import lateral
from .common.config import Config, load
from .common.data_paths import INPUTS, TABLES
from .common.files import read_parquet, replacing, write_json
from .common.paths import CONFIGS, PROCESSED, ROOT, outputs
from .common.rows import Features, OfEvents, OfShowers, OfStations, OfTraces, Showers
from .row_groups import appending
from .shower_inputs import shower_contract
from .simulation.array import distance
from .split import PARTS, split_rows
from .tables.inputs import contract


def station_features(events: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """Features of a station and its reconstructed shower; one row per station, in the order of `stations`.

    Args:
        events: reconstructed showers (eV, degrees, m), ordered by `shower`.
        stations: their stations (m, VEM, ns), ordered by `shower`.
    """
    rows = np.searchsorted(events["shower"], stations["shower"])
    energy, zenith, azimuth = (events[name].to_numpy()[rows] for name in ("energy", "zenith", "azimuth"))
    core = events[["core_x", "core_y"]].to_numpy()[rows]
    positions = stations[["x", "y"]].to_numpy()[:, None, :]
    columns = {
        "lg_energy": np.log10(energy),
        "zenith": zenith,
        "azimuth": azimuth,
        "core_distance": distance(positions, core, np.radians(zenith), np.radians(azimuth))[:, 0],
        "lg_signal": np.log10(stations["signal"].to_numpy()),
        **{name: stations[name].to_numpy() for name in ("length", "risetime", "falltime", "area_over_peak")},
    }
    return pd.DataFrame(columns, index=stations.index).astype("float32")


def event_features(
    events: pd.DataFrame, stations: pd.DataFrame, each: pd.DataFrame, features: OfShowers
) -> pd.DataFrame:
    """Features of all stations of a shower together; one row per shower, in the order of `events`.

    Times grow with the distance from the core. They are scaled to 1000 m and averaged over the stations where that
    holds, with the square roots of the signals as weights. The tables are those of `station_features`, and `each` is
    its result.
    """
    signal, far = stations["signal"].to_numpy(dtype=np.float64), each["core_distance"].to_numpy(dtype=np.float64)
    saturated = stations["saturated"].to_numpy(dtype=bool)
    first = np.searchsorted(stations["shower"], events["shower"])

    def total(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, first)

    # A few stations near the core have nearly all of the signal: the square root gives the others weight.
    weight = lateral.weights(far, saturated) * np.sqrt(signal)
    lg_energy = np.log10(events["energy"].to_numpy())
    lg_s1000, slope = lateral.fit(signal, far, saturated, first, features.ldf_slope, features.ldf_slope_spread)
    columns = {
        "lg_energy": lg_energy,
        "zenith": events["zenith"].to_numpy(),
        "multiplicity": events["multiplicity"].to_numpy(),
        "lg_s1000": lg_s1000,
        "lg_s1000_per_energy": lg_s1000 - lg_energy,
        "ldf_slope": slope,
        "saturated": np.add.reduceat(saturated.astype(np.int64), first),
        "lg_total_signal": np.log10(total(signal)),
        "nearest": np.minimum.reduceat(far, first),
        "farthest": np.maximum.reduceat(far, first),
    }
    # The nearest station is the most informative on the arrival of muons, but its distance differs between showers.
    nearest = np.lexsort((far, np.repeat(first, np.diff(first, append=len(far)))))[first]
    for name in ("length", "risetime", "falltime", "area_over_peak"):
        values = each[name].to_numpy(dtype=np.float64)
        columns[f"{name}_1000"] = total(weight * values * 1000 / far) / total(weight)
        columns[f"{name}_nearest"] = values[nearest]
    return pd.DataFrame(columns, index=events.index).astype("float32")


def trace_features(
    events: pd.DataFrame,
    stations: pd.DataFrame,
    each: pd.DataFrame,
    traces: np.ndarray,
    features: OfTraces,
    count: float,
) -> pd.DataFrame:
    """The features of an event, then core distance, lg signal and trace of each of its strongest stations.

    A trace is ln(1 + VEM in a bin / 0.1), which shows single muons beside the rise of a strong signal. If a shower has
    too few stations, values are missing.

    Args:
        events: as in `station_features`.
        stations: as in `station_features`.
        each: the result of `station_features`.
        traces: ADC counts (stations, bins), a row for each of `stations`.
        features: number of stations and bins.
        count: VEM per count.

    Raises:
        ValueError: more bins are asked for than were recorded.
    """
    if features.bins * features.merged > traces.shape[1]:
        raise ValueError(
            f"features: {features.bins} times {features.merged} bins are more than the {traces.shape[1]} recorded ones"
        )
    row = np.searchsorted(events["shower"], stations["shower"])
    # Equal signals by their place, so that the order of the rows does not matter.
    strongest = np.lexsort((stations["y"].to_numpy(), stations["x"].to_numpy(), -stations["signal"].to_numpy(), row))
    place = np.arange(len(row)) - np.searchsorted(row, row)
    taken = place < features.stations
    chosen, row, place = strongest[taken], row[taken], place[taken]
    cut = traces[chosen, : features.bins * features.merged].astype(np.float32) * np.float32(count)
    merged = np.maximum(cut.reshape(len(chosen), features.bins, features.merged).sum(axis=2), 0)
    values = np.full((len(events), features.stations, 2 + features.bins), np.nan, dtype=np.float32)
    values[row, place, :2] = each[["core_distance", "lg_signal"]].to_numpy()[chosen]
    values[row, place, 2:] = np.log1p(merged / np.float32(0.1))
    each_station = ["core_distance", "lg_signal", *(f"bin {number}" for number in range(features.bins))]
    names = [f"station {number} {name}" for number in range(features.stations) for name in each_station]
    of_stations = pd.DataFrame(values.reshape(len(events), -1), columns=names, index=events.index)
    return pd.concat([event_features(events, stations, each, features), of_stations], axis=1)


def hillas_features(table: pd.DataFrame) -> pd.DataFrame:
    """The ten parameters of an image of the MAGIC telescope, and seven derived from them; one row per image.

    R. K. Bock et al., Nucl. Instrum. Methods A 516 (2004) 511. Lengths in mm, fAlpha in degrees, fSize in lg photons.
    """
    with np.errstate(divide="ignore"):
        return table.drop(columns="class", errors="ignore").assign(
            miss=table["fDist"] * np.sin(np.radians(table["fAlpha"])),
            length_by_size=np.log(table["fLength"]) - table["fSize"],
            width_by_size=np.log(table["fWidth"].clip(lower=0.1)) - table["fSize"],
            # The share of the brightest pixel in the two brightest.
            peak_share=table["fConc1"] / table["fConc"],
            roundness=table["fWidth"] / table["fLength"],
            asymmetry=table["fAsym"].abs(),
            third_moment=table["fM3Long"].abs(),
        )


def of_showers(tables: dict[str, pa.Table], count: float, features: Features) -> pd.DataFrame:
    """Features of showers at the configured level, then `shower` and `primary`; one row per shower or station.

    Args:
        tables: events, stations and, for the level `traces`, traces, as in data/interim.
        count: VEM per count of a trace.
        features: the level and its settings.

    Raises:
        ValueError: the level is not one of showers.
    """
    events, stations = tables["events"].to_pandas(), tables["stations"].to_pandas()
    if isinstance(features, OfTraces):
        # A shower without traces has no features here.
        events, stations = (
            table[table["shower"].isin(tables["traces"]["shower"].to_numpy())].reset_index(drop=True)
            for table in (events, stations)
        )
    each = station_features(events, stations)
    if isinstance(features, OfTraces):
        recorded = tables["traces"]["trace"].combine_chunks()
        counts = recorded.flatten().to_numpy().reshape(-1, recorded.type.list_size)
        built = trace_features(events, stations, each, counts, features, count)
    elif isinstance(features, OfEvents):
        built = event_features(events, stations, each, features)
    elif isinstance(features, OfStations):
        rows = np.searchsorted(events["shower"], stations["shower"])
        built, events = each, events.iloc[rows].reset_index(drop=True)
    else:
        raise ValueError(f"features={features.level} is not made of showers: set features=event")
    return built.join(events[["shower", "primary"]])


def rows(folder: Path, config: Config) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
    """Features of the prepared rows, group and target last, and the part of each row; a row group at a time.

    Raises:
        ValueError: the level does not fit these data, or needs traces but none were kept.
    """
    data, features = config.data, config.features
    if isinstance(data, Showers) and features.level == "traces" and data.traces == 0:
        raise ValueError("features=traces needs traces: set data.traces to the number of showers")
    events = read_parquet(folder / "events.parquet")
    parts = split_rows(events, data, config.split, config.seed)
    if not isinstance(data, Showers):
        if features.level != "hillas":
            raise ValueError(f"features={features.level} is made of showers, not of images: set features=hillas")
        yield hillas_features(events).join(events[data.target]), parts
        return
    of_shower = parts.set_axis(events["shower"])
    names = ["events", "stations", *(["traces"] if features.level == "traces" else [])]
    with ExitStack() as stack:
        files = {name: stack.enter_context(pq.ParquetFile(folder / f"{name}.parquet")) for name in names}
        for number in range(files["events"].num_row_groups):
            tables = {name: file.read_row_group(number) for name, file in files.items()}
            # A simulation may keep traces of its first showers only.
            if all(len(table) for table in tables.values()):
                built = of_showers(tables, data.station.count, features)
                yield built, of_shower[built["shower"]]


def featurize(source: Path, targets: dict[str, Path], config: Config) -> dict[str, int]:
    """Write the features of the prepared tables in a folder, a file each for train, validation and test.

    Returns:
        The number of rows of each part.
    """
    counts = dict.fromkeys(targets, 0)
    with appending() as append:
        for built, parts in rows(source, config):
            for name, path in targets.items():
                table = pa.Table.from_pandas(built[parts.to_numpy() == name], preserve_index=False)
                append(path, table)
                counts[name] += len(table)
    return counts


def contract_of(folder: Path, config: Config) -> dict[str, Any]:
    """What the model's rows are made from, to be written as JSON; `folder` holds the prepared tables."""
    data = config.data
    events = read_parquet(folder / "events.parquet")
    train = events[split_rows(events, data, config.split, config.seed) == "train"]
    if isinstance(data, Showers):
        return shower_contract(folder, train["shower"], data, config.features)
    return contract(train, [name for name in train.columns if name not in data.roles], data, config.features)


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write the parts in data/processed: features, then the target, and the group, which is no feature.

    Also what a model of them needs to know of its inputs.
    """
    config = load(cfg)
    with ExitStack() as stack:
        targets = {name: stack.enter_context(replacing(outputs() / PROCESSED / f"{name}.parquet")) for name in PARTS}
        counts = featurize(ROOT / TABLES, targets, config)
    write_json(outputs() / INPUTS, contract_of(ROOT / TABLES, config))
    print(f"{config.features.level}: " + ", ".join(f"{count} rows {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
