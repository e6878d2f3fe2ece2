"""Distances of stations to the axis, and mean signals of muons and of electrons and photons."""

from __future__ import annotations

import numpy as np

from ..common.simulation import Array, Signal

# Distance at which lateral distributions are normalised, in m.
REFERENCE_DISTANCE = 1000.0


def stations(array: Array) -> np.ndarray:
    """Positions of the stations on a triangular grid around the origin, in m; float64 (stations, 2)."""
    first, second = _grid(array)
    return array.spacing * np.stack([first + second / 2, second * np.sqrt(3) / 2], axis=1)


def border(array: Array) -> np.ndarray:
    """Numbers of the stations of the outermost ring, int64."""
    first, second = _grid(array)
    return np.flatnonzero(np.maximum(np.maximum(abs(first), abs(second)), abs(first + second)) == array.rings)


def _grid(array: Array) -> tuple[np.ndarray, np.ndarray]:
    """Steps along two axes at 60 degrees to each station, each int64 (stations,)."""
    steps = np.arange(-array.rings, array.rings + 1)
    first, second = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    inside = np.abs(first + second) <= array.rings
    return first[inside], second[inside]


def core(uniform: np.ndarray, array: Array) -> np.ndarray:
    """Cores spread evenly over one cell of the grid, in m; (showers, 2) from uniform numbers (showers, 2)."""
    first, second = uniform[:, 0] - 0.5, uniform[:, 1] - 0.5
    return array.spacing * np.stack([first + second / 2, second * np.sqrt(3) / 2], axis=1)


def distance(positions: np.ndarray, core: np.ndarray, zenith: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """Distance of stations to the shower's axis, in m.

    Args:
        positions: stations on the ground, m, broadcastable to (showers, stations, 2).
        core: m (showers, 2).
        zenith: radians (showers,).
        azimuth: radians (showers,).

    Returns:
        float64 (showers, stations).
    """
    offset = positions - core[:, None, :]
    along = np.sin(zenith)[:, None] * (
        offset[..., 0] * np.cos(azimuth)[:, None] + offset[..., 1] * np.sin(azimuth)[:, None]
    )
    squared = (offset**2).sum(axis=-1) - along**2
    return np.asarray(np.sqrt(np.maximum(squared, 1.0)))


def slant(zenith: np.ndarray, array: Array) -> np.ndarray:
    """Depth of atmosphere along the axis down to the ground, in g/cm2; (showers,)."""
    return np.asarray(array.depth / np.cos(zenith))


def muon_shape(distance: np.ndarray, signal: Signal) -> np.ndarray:
    """Greisen's lateral distribution of muons (K. Greisen, Annu. Rev. Nucl. Sci. 10 (1960) 63), 1 at 1000 m."""
    inner, outer = signal.muon_exponents

    def density(r: np.ndarray | float) -> np.ndarray:
        return np.asarray(r**inner * (1 + r / signal.muon_scale) ** outer)

    return np.asarray(density(distance) / density(REFERENCE_DISTANCE))


def em_shape(distance: np.ndarray, xmax: np.ndarray, slant: np.ndarray, signal: Signal) -> np.ndarray:
    """The NKG lateral distribution of electrons and photons at the shower's age, 1 at 1000 m.

    K. Greisen, Prog. Cosmic Ray Phys. 3 (1956) 1; age s = 3X / (X + 2 Xmax). `distance` (showers, stations), the
    others (showers,).
    """
    age = (3 * slant / (slant + 2 * xmax))[:, None]
    scaled, reference = distance / signal.moliere, REFERENCE_DISTANCE / signal.moliere
    return np.asarray((scaled / reference) ** (age - 2) * ((1 + scaled) / (1 + reference)) ** (age - 4.5))


def mean_signals(
    energy: np.ndarray,
    lg_muons: np.ndarray,
    xmax: np.ndarray,
    zenith: np.ndarray,
    distance: np.ndarray,
    array: Array,
    signal: Signal,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean signals of muons and of electrons and photons in VEM, each float64 (showers, stations).

    The muonic signal is proportional to the shower's number of muons and falls exponentially with the depth behind
    Xmax. The other signal is proportional to the energy and to a Gaisser-Hillas profile of that depth. At 1000 m the
    maximum of this profile is later than the shower's. Both are normalised for a shower of 10^19 eV at the reference
    angle and Xmax.
    """
    ground = slant(zenith, array)
    behind = ground - xmax
    reference = slant(np.radians([signal.reference_zenith]), array)[0] - signal.reference_xmax
    muons = signal.muonic * 10 ** (lg_muons - signal.reference_lg_muons)
    muons = muons * np.exp((reference - behind) / signal.muon_attenuation)
    em = signal.electromagnetic * energy / 1e19 * _profile(behind, signal) / _profile(np.array([reference]), signal)
    return muons[:, None] * muon_shape(distance, signal), em[:, None] * em_shape(distance, xmax, ground, signal)


def _profile(behind: np.ndarray, signal: Signal) -> np.ndarray:
    """Gaisser-Hillas profile of the depth behind Xmax (T. K. Gaisser, A. M. Hillas, ICRC 1977), 1 at its maximum."""
    grown = np.maximum(behind - signal.em_start, 1.0) / (signal.em_maximum - signal.em_start)
    power = (signal.em_maximum - signal.em_start) / signal.em_attenuation
    return np.asarray(grown**power * np.exp((signal.em_maximum - behind) / signal.em_attenuation))
