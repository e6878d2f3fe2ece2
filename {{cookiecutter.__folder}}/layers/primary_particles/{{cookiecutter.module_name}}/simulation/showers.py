"""Development of a shower in the atmosphere: depth of shower maximum and number of muons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma, psi

from ..common.simulation import Gumbel, Muons, Spectrum

REFERENCE_ENERGY = 1e19


@dataclass(frozen=True)
class GumbelParameters:
    """Location and scale in g/cm2 and shape of Xmax's distribution, each float64 (showers,)."""

    location: np.ndarray
    scale: np.ndarray
    shape: np.ndarray

    def mean(self) -> np.ndarray:
        """Mean of Xmax in g/cm2, from the moments of a log-gamma variable."""
        return np.asarray(self.location - self.scale * (psi(self.shape) - np.log(self.shape)))

    def deviation(self) -> np.ndarray:
        """Standard deviation of Xmax in g/cm2."""
        return np.asarray(self.scale * np.sqrt(polygamma(1, self.shape)))


def energy(uniform: np.ndarray, spectrum: Spectrum) -> np.ndarray:
    """Energies in eV that follow dN/dE ~ E^-index, from uniform numbers in [0, 1)."""
    power = 1 - spectrum.index
    if power == 0:
        return np.asarray(spectrum.lowest * (spectrum.highest / spectrum.lowest) ** uniform)
    low, high = spectrum.lowest**power, spectrum.highest**power
    return np.asarray((low + uniform * (high - low)) ** (1 / power))


def zenith(uniform: np.ndarray, spectrum: Spectrum) -> np.ndarray:
    """Zenith angles in radians that follow dN/dtheta ~ sin(theta) cos(theta): an isotropic flux on a flat array."""
    return np.asarray(np.arcsin(np.sqrt(uniform) * np.sin(np.radians(spectrum.largest_zenith))))


def gumbel(energy: np.ndarray, mass: np.ndarray, xmax: Gumbel) -> GumbelParameters:
    """Parameters of Xmax's generalised Gumbel distribution.

    M. De Domenico et al., JCAP 07 (2013) 050, arXiv:1305.2331: each is a polynomial in lg(E / 10^19 eV) whose
    coefficients are polynomials in ln A.

    Args:
        energy: eV (showers,).
        mass: mass number A (showers,).
        xmax: the coefficients of a hadronic model.
    """
    lg, ln = np.log10(energy / REFERENCE_ENERGY), np.log(mass)

    def evaluate(rows: list[list[float]]) -> np.ndarray:
        total = np.zeros_like(lg)
        for power, (constant, linear, square) in enumerate(rows):
            total += (constant + linear * ln + square * ln**2) * lg**power
        return total

    return GumbelParameters(evaluate(xmax.location), evaluate(xmax.scale), evaluate(xmax.shape))


def xmax(parameters: GumbelParameters, gamma: np.ndarray) -> np.ndarray:
    """Depth of shower maximum in g/cm2, from numbers drawn from Gamma(shape, 1); (showers,)."""
    return np.asarray(parameters.location - parameters.scale * np.log(gamma / parameters.shape))


def lg_muons(
    energy: np.ndarray,
    mass: np.ndarray,
    depth: np.ndarray,
    parameters: GumbelParameters,
    normal: np.ndarray,
    uniform: np.ndarray,
    muons: Muons,
    factor: float,
) -> np.ndarray:
    """Lg of the number of muons at ground in a vertical shower, correlated with its Xmax.

    Some showers have far fewer muons than the others, because much of the energy of the first interaction went into
    neutral pions (L. Cazon, R. Conceicao, F. Riehn, Phys. Lett. B 784 (2018) 68): an exponential deficit in lg.

    Args:
        energy: eV (showers,).
        mass: mass number A (showers,).
        depth: Xmax in g/cm2 (showers,).
        parameters: the distribution that Xmax was drawn from.
        normal: standard normal numbers (showers,).
        uniform: numbers in [0, 1) (showers,), which decide on the deficit.
        muons: the parametrisation; its means include the deficits.
        factor: multiplies the number of muons.
    """
    ln, known = np.log(mass), np.log(muons.mass)
    mean, spread, correlation, deficit = (
        np.interp(ln, known, values) for values in (muons.mean, muons.spread, muons.correlation, muons.deficit)
    )
    score = (depth - parameters.mean()) / parameters.deviation()
    scatter = spread * (correlation * score + np.sqrt(1 - correlation**2) * normal)
    lost = deficit * -np.log(np.clip(uniform / muons.poor, 1e-9, 1))
    central = mean + muons.poor * deficit + muons.slope * np.log10(energy / REFERENCE_ENERGY) + np.log10(factor)
    return np.asarray(central + scatter - lost)


def em_factor(mass: np.ndarray, normal: np.ndarray, spread: list[float]) -> np.ndarray:
    """Fluctuations of electrons and photons at ground beyond those of Xmax: log-normal factors of mean 1, (showers,).

    Args:
        mass: mass number A (showers,).
        normal: standard normal numbers (showers,).
        spread: the relative spread of protons and of iron, interpolated linearly in ln A.
    """
    width = np.interp(np.log(mass), np.log([1.0, 56.0]), spread)
    return np.asarray(np.exp(width * normal - width**2 / 2))
