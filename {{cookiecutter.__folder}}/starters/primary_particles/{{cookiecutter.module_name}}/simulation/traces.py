"""What stations record: traces in bins of time, and the quantities that an analysis takes from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr

from .settings import Arrival, Station


def medians(distance: np.ndarray, behind: np.ndarray, arrival: Arrival) -> tuple[np.ndarray, np.ndarray]:
    """Median arrival times of muons and of electrons and photons behind the front, in ns, each float64 (stations,).

    M. Erdmann, J. Glombitza, D. Walz, arXiv:1708.00647. `distance` in m, `behind` the depth behind Xmax in g/cm2.
    """

    def median(offset: float, slope: float, fall: float) -> np.ndarray:
        reach = (distance / arrival.distance) ** arrival.exponent
        return offset + slope * reach * np.maximum(1 - fall * behind / 1000, 0.1)

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
) -> tuple[np.ndarray, np.ndarray]:
    """Traces of stations, noise and saturation included.

    Muons come one by one, each with its own time and track; electrons and photons are many and small. Both pass the
    light's decay in the water. The random numbers of a shower are its stream's alone, so that neither the number of
    showers at a time nor that of workers changes a trace.

    Args:
        streams: the random numbers of each shower.
        counts: stations of each shower, int (showers,); their rows follow one another.
        muonic: mean signal of muons, VEM (stations,).
        em: mean signal of electrons and photons, VEM (stations,).
        muon_median: ns (stations,).
        em_median: ns (stations,).
        width: log-normal width of the arrival times.
        station: the station.

    Returns:
        int16 (stations, bins), counts of the converter, and bool (stations,): whether any bin saturated.
    """
    rows = len(muonic)
    edges = np.arange(1, station.bins + 1) * station.bin
    # What comes later than the trace ends is not recorded.
    shares = np.diff(ndtr(np.log(edges / em_median[:, None]) / width), axis=1, prepend=0.0)
    expected = em[:, None] / station.em_quantum * shares
    small = np.empty((rows, station.bins), dtype=np.float32)
    noise = np.empty((rows, station.bins), dtype=np.float32)
    gain = np.empty(rows)
    of_row, times, tracks = [], [], []
    start = 0
    for stream, count in zip(streams, counts, strict=True):
        here = slice(start, start + count)
        muons = stream.poisson(muonic[here])
        total = int(muons.sum())
        of_row.append(np.repeat(np.arange(start, start + count), muons))
        times.append(stream.standard_normal(total))
        tracks.append(stream.standard_normal(total))
        small[here] = stream.poisson(expected[here])
        noise[here] = stream.standard_normal((count, station.bins), dtype=np.float32)
        gain[here] = stream.standard_normal(count)
        start += count
    light = small * np.float32(station.em_quantum)
    owner = np.concatenate(of_row) if of_row else np.empty(0, dtype=np.int64)
    if len(owner):
        time = muon_median[owner] * np.exp(width * np.concatenate(times))
        track = np.maximum(1 + station.muon_spread * np.concatenate(tracks), 0.1)
        place = np.floor(time / station.bin).astype(np.int64)
        inside = place < station.bins
        flat = owner[inside] * station.bins + place[inside]
        light += np.bincount(flat, track[inside], rows * station.bins).reshape(light.shape).astype(np.float32)
    kept = np.float32(np.exp(-station.bin / station.decay))
    traces = lfilter(np.array([1 - kept]), np.array([1, -kept]), light, axis=1).astype(np.float32)
    traces *= np.maximum(1 + station.gain * gain, 0.1).astype(np.float32)[:, None]
    saturated = (traces > station.saturation).any(axis=1)
    np.minimum(traces, np.float32(station.saturation), out=traces)
    traces += noise * np.float32(station.noise)
    return np.rint(traces / np.float32(station.count)).astype(np.int16), saturated


def observables(traces: np.ndarray, station: Station) -> dict[str, np.ndarray]:
    """Total signal, trace length, risetime, falltime and area over peak of each trace.

    The risetime lies between 10 % and 50 % of the signal, the falltime between 50 % and 90 %, the length between 5 %
    and 95 %, within a bin by linear interpolation; the area over peak is the signal by the highest bin.

    Args:
        traces: int16 (stations, bins), counts of the converter.
        station: the station.

    Returns:
        signal (VEM), length, risetime, falltime (ns), area_over_peak (bins), each float32 (stations,).
    """
    # Hundreds of bins of noise alone would add up to a signal.
    above = np.where(traces * station.count > 3 * station.noise, traces, 0)
    grown = np.cumsum(above, axis=1, dtype=np.int64) * station.count
    signal = grown[:, -1]
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
    """Where, in bins, a running sum (stations, bins) reaches a share of its end; float64 (stations,)."""
    rows = np.arange(len(grown))
    wanted = share * grown[:, -1]
    place = (grown >= wanted[:, None]).argmax(axis=1)
    before = np.where(place > 0, grown[rows, place - 1], 0.0)
    inside = grown[rows, place] - before
    return np.asarray(place + (wanted - before) / np.where(inside > 0, inside, 1.0))
