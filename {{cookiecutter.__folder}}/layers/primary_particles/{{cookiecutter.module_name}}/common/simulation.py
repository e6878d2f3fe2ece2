"""The types of configs/data/showers.yaml: every constant of the simulation, by name."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from .strict import Share, Strict, nearest

Two = Annotated[list[float], Field(min_length=2, max_length=2)]
Three = Annotated[list[float], Field(min_length=3, max_length=3)]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
Angle = Annotated[float, Field(gt=0, le=60)]


class Gumbel(Strict):
    """Generalised-Gumbel parameters of Xmax: rows are powers of lg(E / 10^19 eV), columns powers of ln A."""

    location: list[Three]
    scale: list[Three]
    shape: list[Three]


class Hadronic(Strict):
    """A model of hadronic interactions."""

    xmax: Gumbel
    muons: PositiveFloat


class Muons(Strict):
    """lg of the number of muons at 10^19 eV, by ascending mass number, interpolated in ln A."""

    mass: list[PositiveFloat]
    mean: list[float]
    slope: PositiveFloat
    spread: list[PositiveFloat]
    correlation: list[Correlation]
    poor: Share
    deficit: list[NonNegativeFloat]

    @model_validator(mode="after")
    def _ascend(self) -> Muons:
        lengths = {len(values) for values in (self.mass, self.mean, self.spread, self.correlation, self.deficit)}
        if len(lengths) != 1 or not all(first < second for first, second in pairwise(self.mass)):
            raise ValueError(f"mass numbers must ascend, each with a value in every list, found {self.mass}")
        return self


class Spectrum(Strict):
    """The primaries: E^-index between two energies (eV), uniform in the flux through a horizontal plane (degrees)."""

    lowest: PositiveFloat
    highest: PositiveFloat
    index: PositiveFloat
    largest_zenith: Angle

    @model_validator(mode="after")
    def _stay_where_the_parametrisation_holds(self) -> Spectrum:
        if not 1e18 <= self.lowest < self.highest <= 1e20:
            raise ValueError(
                f"energies must ascend within 1e18 to 1e20 eV, where the parametrisation holds, "
                f"found {self.lowest:g} to {self.highest:g}"
            )
        return self


class Array(Strict):
    """Stations and ground: lengths in m, depth in g/cm2."""

    spacing: PositiveFloat
    rings: PositiveInt
    depth: PositiveFloat


class Signal(Strict):
    """The mean signal of a station, in VEM, and how it changes with distance and depth."""

    muonic: PositiveFloat
    electromagnetic: PositiveFloat
    reference_lg_muons: float
    reference_zenith: Angle
    reference_xmax: PositiveFloat
    muon_exponents: Two
    muon_scale: PositiveFloat
    moliere: PositiveFloat
    muon_attenuation: PositiveFloat
    em_maximum: float
    em_start: float
    em_attenuation: PositiveFloat
    em_spread: Two


class Arrival(Strict):
    """Arrival times: medians (ns) at a distance (m) and a depth behind Xmax (g/cm2), and the log-normal width."""

    width: PositiveFloat
    distance: PositiveFloat
    exponent: PositiveFloat
    muon: Three
    em: Three


class Station(Strict):
    """Response of a water-Cherenkov station: times in ns, signals in VEM."""

    bin: PositiveFloat
    bins: PositiveInt
    decay: PositiveFloat
    muon_spread: NonNegativeFloat
    em_quantum: PositiveFloat
    gain: NonNegativeFloat
    noise: NonNegativeFloat
    count: PositiveFloat
    saturation: PositiveFloat
    trigger: PositiveFloat
    candidate: PositiveFloat

    @model_validator(mode="after")
    def _fit_into_a_count(self) -> Station:
        if self.saturation / self.count > 32000:
            raise ValueError(f"saturation {self.saturation:g} is more than 32000 counts of {self.count:g} VEM")
        return self


class Resolution(Strict):
    """Resolution of the reconstruction: relative energy, angles in degrees, core in m per axis."""

    energy: NonNegativeFloat
    angle: NonNegativeFloat
    core: NonNegativeFloat


class Simulation(Strict):
    """A set of showers and all constants of their simulation."""

    showers: PositiveInt
    primaries: Annotated[dict[str, PositiveFloat], Field(min_length=2)]
    hadronic: str
    muon_factor: PositiveFloat
    traces: NonNegativeInt
    chunk: PositiveInt
    row_group: PositiveInt
    spectrum: Spectrum
    models: dict[str, Hadronic]
    muons: Muons
    array: Array
    signal: Signal
    arrival: Arrival
    station: Station
    resolution: Resolution

    @model_validator(mode="after")
    def _know_the_model(self) -> Simulation:
        if self.hadronic not in self.models:
            raise ValueError(f"there is no hadronic model {self.hadronic!r}; {nearest(self.hadronic, self.models)}")
        for name, mass in self.primaries.items():
            if not 1 <= mass <= 56:
                raise ValueError(
                    f"primaries.{name}: the parametrisation holds for mass numbers 1 to 56, found {mass:g}"
                )
        return self
