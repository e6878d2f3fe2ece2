"""Simulate showers in chunks, and write data/raw: events, stations, traces of a sample, and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from ..common.simulation import Simulation
from ..row_groups import appending
from . import array, showers, traces
from .reconstruction import reconstructed

# True quantities of a shower, which no feature may use: eV, degrees, m, g/cm2.
TRUTH = ("energy", "zenith", "azimuth", "core_x", "core_y", "xmax", "lg_muons")


def simulate(numbers: np.ndarray, config: Simulation, seed: int) -> dict[str, pa.Table]:
    """Simulate the showers with these numbers, ascending int64 (showers,).

    Each shower has its own random stream, made from the seed and its number, so it does not depend on the other showers
    or the worker. Primaries alternate, so that the classes have equal sizes.

    Returns:
        truth and events with a row per shower, stations and traces with a row per triggered station, by `shower`.
    """
    streams = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,))) for number in numbers.tolist()]
    primary = numbers % len(config.primaries)
    mass = np.array(list(config.primaries.values()))[primary]
    uniform = np.stack([stream.random(6) for stream in streams])
    normal = np.stack([stream.standard_normal(7) for stream in streams])
    energy = showers.energy(uniform[:, 0], config.spectrum)
    zenith = showers.zenith(uniform[:, 1], config.spectrum)
    azimuth = 2 * np.pi * uniform[:, 2]
    core = array.core(uniform[:, 3:5], config.array)
    model = config.models[config.hadronic]
    parameters = showers.gumbel(energy, mass, model.xmax)
    gamma = np.array([stream.standard_gamma(shape) for stream, shape in zip(streams, parameters.shape, strict=True)])
    xmax = showers.xmax(parameters, gamma)
    factor = model.muons * config.muon_factor
    lg_muons = showers.lg_muons(energy, mass, xmax, parameters, normal[:, 0], uniform[:, 5], config.muons, factor)

    positions = array.stations(config.array)
    distance = array.distance(positions, core, zenith, azimuth)
    muonic, em = array.mean_signals(energy, lg_muons, xmax, zenith, distance, config.array, config.signal)
    em *= showers.em_factor(mass, normal[:, 6], config.signal.em_spread)[:, None]
    shower, station = np.nonzero(muonic + em > config.station.candidate)
    behind = array.slant(zenith, config.array) - xmax
    row, recorded, saturated = traces.record(
        streams,
        np.bincount(shower, minlength=len(numbers)),
        muonic[shower, station],
        em[shower, station],
        *traces.medians(distance[shower, station], behind[shower], config.arrival),
        config.arrival.width,
        config.station,
    )
    shower, station = shower[row], station[row]
    seen = traces.observables(recorded, config.station)
    triggered = seen["signal"] > config.station.trigger
    multiplicity = np.bincount(shower[triggered], minlength=len(numbers))
    found = reconstructed(energy, zenith, azimuth, core, normal[:, 1:6], config.resolution)

    names = pa.array(np.array(list(config.primaries))[primary])
    true = (energy, np.degrees(zenith), np.degrees(azimuth), *core.T, xmax, lg_muons)
    events = pa.table({"shower": numbers, **found, "multiplicity": multiplicity, "primary": names})
    shower, station, recorded = shower[triggered], station[triggered], recorded[triggered]
    where = {"shower": numbers[shower], "station": station, "x": positions[station, 0], "y": positions[station, 1]}
    stations = {**where, **{name: values[triggered] for name, values in seen.items()}}
    sampled = numbers[shower] < config.traces
    trace = pa.FixedSizeListArray.from_arrays(recorded[sampled].ravel(), config.station.bins)
    return {
        "truth": pa.table({"shower": numbers, "primary": names, **dict(zip(TRUTH, true, strict=True))}),
        "events": events.filter(pa.array(multiplicity > 0)),
        "stations": pa.table({**stations, "saturated": saturated[triggered]}),
        "traces": pa.table({"shower": numbers[shower[sampled]], "station": station[sampled], "trace": trace}),
    }


def chunks(numbers: np.ndarray, config: Simulation, seed: int, workers: int) -> Iterator[dict[str, pa.Table]]:
    """The showers with these numbers, ascending int64 (showers,), in chunks, by several workers."""
    parts = [numbers[first : first + config.chunk] for first in range(0, len(numbers), config.chunk)]
    work = joblib.Parallel(n_jobs=min(workers, len(parts)), return_as="generator", pre_dispatch="1.5*n_jobs")
    yield from work(joblib.delayed(simulate)(part, config, seed) for part in parts)


def write(folder: Path, config: Simulation, seed: int, workers: int) -> dict[str, int]:
    """Write the tables as Parquet into a new folder, in row groups of a fixed number of showers.

    Only a few chunks are in memory at a time. The bytes depend on the seed, not on chunk or workers.

    Returns:
        The number of rows of each table.

    Raises:
        ValueError: no station has triggered.
    """
    folder.mkdir(parents=True)
    waiting: dict[str, list[pa.Table]] = {}
    rows: dict[str, int] = {}
    with appending() as append, tqdm(total=config.showers, unit="shower", desc="simulating") as bar:

        def flush(until: int) -> None:
            for name, tables in waiting.items():
                table = pa.concat_tables(tables).combine_chunks()
                cut = int(np.searchsorted(table["shower"].to_numpy(), until))
                append(folder / f"{name}.parquet", table.slice(0, cut))
                rows[name] = rows.get(name, 0) + cut
                waiting[name] = [table.slice(cut)]

        done = flushed = 0
        for chunk in chunks(np.arange(config.showers), config, seed, workers):
            for name, table in chunk.items():
                waiting.setdefault(name, []).append(table)
            done += len(chunk["truth"])
            bar.update(len(chunk["truth"]))
            while flushed + config.row_group <= done:
                flushed += config.row_group
                flush(flushed)
        if flushed < done:
            flush(done)
    if rows["stations"] == 0:
        raise ValueError(
            f"no station has triggered in {config.showers} showers: raise spectrum.lowest or lower station.trigger"
        )
    return rows
