"""Traces of stations in bins of time, and the quantities computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from ..common.simulation import Arrival, Station


def medians(distance: np.ndarray, behind: np.ndarray, arrival: Arrival) -> tuple[np.ndarray, np.ndarray]:
    """Median arrival times of muons and of electrons and photons behind the front, in ns, each float64 (stations,).

    They grow with the distance as in M. Erdmann, J. Glombitza, D. Walz, arXiv:1708.00647. They shrink with the depth
    behind Xmax as the height of the maximum grows: exponentially, since the depth of the air is exponential in height.
    `distance` in m, `behind` the depth behind Xmax in g/cm2.
    """

    def median(offset: float, slope: float, fall: float) -> np.ndarray:
        return offset + slope * (distance / arrival.distance) ** arrival.exponent * np.exp(-behind / fall)

    return median(*arrival.muon), median(*arrival.em)


def record(
    streams: Sequence[np.random.Generator],
    counts: np.ndarray,
    muonic: np.ndarray,
    em: np.ndarray,
    muon_median: np.ndarray,
    em_median: np.ndarray,
    width: float,
    station: Station,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Traces of the stations that may trigger, noise and saturation included.

    Muons are drawn one by one, each with its own time and track; electrons and photons are drawn per bin. Both are
    smeared by the decay of light in the water. All random numbers of a shower come from its own stream, so that neither
    chunks nor workers change a trace.

    Args:
        streams: the random numbers of each shower.
        counts: stations of each shower, int (showers,); their rows are contiguous.
        muonic: mean signal of muons, VEM (stations,).
        em: mean signal of electrons and photons, VEM (stations,).
        muon_median: ns (stations,).
        em_median: ns (stations,).
        width: log-normal width of the arrival times.
        station: the station.

    Returns:
        int64 (recorded,), the rows of the recorded stations; int16 (recorded, bins), ADC counts; bool (recorded,),
        whether any bin saturated.
    """
    stations, bins = len(muonic), station.bins
    ends = np.cumsum(counts)
    muons, times, tracks, gains = _muons(streams, ends - counts, ends, muonic)
    owner = np.repeat(np.arange(stations), muons)
    track = np.maximum(1 + station.muon_spread * tracks, 0.1)
    gain = np.maximum(1 + station.gain * gains, 0.1)
    # Most stations cannot reach the trigger with their muons, even if electrons and photons are five standard
    # deviations above their mean: the traces of these stations are not drawn.
    most = np.bincount(owner, track, stations) + em + 5 * np.sqrt(em * station.em_quantum)
    row = np.flatnonzero(most * gain > station.trigger)

    # Particles after the end of the trace are not recorded.
    edges = np.log(np.arange(1, bins + 1) * station.bin)
    shares = ndtr((edges - np.log(em_median[row])[:, None]) / width)
    expected = np.diff(shares, axis=1, prepend=0.0) * (em[row] / station.em_quantum)[:, None]
    light = np.empty((len(row), bins), dtype=np.float32)
    noise = np.empty((len(row), bins), dtype=np.float32)
    borders = np.searchsorted(row, np.append(0, ends)).tolist()
    for stream, (start, end) in zip(streams, pairwise(borders), strict=True):
        light[start:end] = stream.poisson(expected[start:end])
        stream.standard_normal(dtype=np.float32, out=noise[start:end])
    light *= np.float32(station.em_quantum)
    bin_of = np.floor(muon_median[owner] * np.exp(width * times) / station.bin).astype(np.int64)
    place = np.full(stations, -1)
    place[row] = np.arange(len(row))
    inside = (bin_of < bins) & (place[owner] >= 0)
    flat = place[owner[inside]] * bins + bin_of[inside]
    light += np.bincount(flat, track[inside], light.size).reshape(light.shape).astype(np.float32)
    _decay(light, gain[row], station)
    return row, *_converted(light, noise, station)


def _converted(light: np.ndarray, noise: np.ndarray, station: Station) -> tuple[np.ndarray, np.ndarray]:
    """ADC counts, int16, and whether any bin saturated; light and noise are float32 (recorded, bins)."""
    saturated = np.asarray((light > station.saturation).any(axis=1))
    np.minimum(light, np.float32(station.saturation), out=light)
    light += noise * np.float32(station.noise)
    return np.rint(light / np.float32(station.count)).astype(np.int16), saturated


def _muons(
    streams: Sequence[np.random.Generator], starts: np.ndarray, ends: np.ndarray, muonic: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Muons of each station (stations,), then normal numbers: times and tracks (muons,), gains (stations,)."""
    drawn = []
    for stream, start, end in zip(streams, starts, ends, strict=True):
        muons = stream.poisson(muonic[start:end])
        total = int(muons.sum())
        normal = stream.standard_normal(total), stream.standard_normal(total), stream.standard_normal(end - start)
        drawn.append((muons, *normal))
    return tuple(np.concatenate(part) for part in zip(*drawn, strict=True))


def _decay(light: np.ndarray, gain: np.ndarray, station: Station) -> None:
    """Amplify light, float32 (stations, bins), by the gain (stations,), and spread it over later bins, in place."""
    kept = np.float32(np.exp(-station.bin / station.decay))
    light *= (1 - kept) * gain[:, None].astype(np.float32)
    for number in range(1, light.shape[1]):
        light[:, number] += kept * light[:, number - 1]


def observables(traces: np.ndarray, station: Station) -> dict[str, np.ndarray]:
    """Total signal, trace length, risetime, falltime and area over peak of each trace.

    The risetime is the time between 10 % and 50 % of the signal, the falltime between 50 % and 90 %, the length between
    5 % and 95 %, with linear interpolation within a bin. The area over peak is the signal divided by the highest bin.

    Args:
        traces: int16 (stations, bins), ADC counts.
        station: the station.

    Returns:
        signal (VEM), length, risetime, falltime (ns), area_over_peak (bins), each float32 (stations,).
    """
    # The noise of hundreds of bins would add up to a signal.
    above = np.where(traces > int(3 * station.noise / station.count), traces, 0)
    grown = np.cumsum(above, axis=1, dtype=np.int32)
    signal = grown[:, -1] * station.count
    t5, t10, t50, t90, t95 = (_reached(grown, share) * station.bin for share in (0.05, 0.1, 0.5, 0.9, 0.95))
    columns = {
        "signal": signal,
        "length": t95 - t5,
        "risetime": t50 - t10,
        "falltime": t90 - t50,
        "area_over_peak": signal / (np.maximum(traces.max(axis=1), 1) * station.count),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def _reached(grown: np.ndarray, share: float) -> np.ndarray:
    """The bin at which a running sum, int32 (stations, bins), reaches a share of its end; float64 (stations,)."""
    rows = np.arange(len(grown))
    wanted = share * grown[:, -1]
    place = (grown >= np.ceil(wanted).astype(np.int32)[:, None]).argmax(axis=1)
    before = np.where(place > 0, grown[rows, place - 1], 0)
    inside = grown[rows, place] - before
    return np.asarray(place + (wanted - before) / np.where(inside > 0, inside, 1))
