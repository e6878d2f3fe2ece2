"""The simulation beside published properties of air showers: what the models learn from is no better than this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import hydra
import numpy as np
from omegaconf import DictConfig

from ..common.files import write_json
from ..common.paths import CONFIGS, outputs
from ..common.simulation import Simulation
from ..simulation import array, showers, traces
from .settings import STUDIES, configured

LG_ENERGIES = (18.0, 18.5, 19.0, 19.5, 20.0)
# Moments of Xmax, JCAP 02 (2013) 026, arXiv:1301.6637: X0, D, xi, delta; p0, p1, p2; a0, a1, b.
XMAX = {
    "EPOS-LHC": ((806.1, 55.6, 0.15, 0.83), (3284, -260, 132), (-0.462, -0.0008, 0.059)),
    "QGSJetII-04": ((790.4, 54.4, -0.31, 0.24), (3738, -375, -21), (-0.397, 0.0008, 0.046)),
}
XMAX_SOURCE = "JCAP 02 (2013) 026"
FITS = "fits to CORSIKA showers, unpublished"


@dataclass(frozen=True)
class Moment:
    """A property of the simulation, and what it should be within a tolerance; `recalled` values are from memory."""

    what: str
    of: str
    found: float
    published: float
    tolerance: float
    unit: str
    source: str
    recalled: bool = False

    @property
    def holds(self) -> bool:
        """Whether the simulation has it."""
        return abs(self.found - self.published) <= self.tolerance


def drawn(
    config: Simulation, model: str, lg_energy: float, mass: float, n: int, poor: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energy in eV, Xmax in g/cm2 and lg of the muons of n showers of one kind; if not `poor`, all have usual muons."""
    rng = np.random.default_rng(2)
    energies, masses = np.full(n, 10.0**lg_energy), np.full(n, mass)
    parameters = showers.gumbel(energies, masses, config.models[model].xmax)
    depth = showers.xmax(parameters, rng.standard_gamma(parameters.shape))
    normal, uniform = rng.standard_normal(n), rng.random(n) if poor else np.ones(n)
    factor = config.models[model].muons
    return energies, depth, showers.lg_muons(energies, masses, depth, parameters, normal, uniform, config.muons, factor)


def signals(
    config: Simulation, model: str, mass: float, lg_energy: float, distance: float, zenith: float = 38.0
) -> np.ndarray:
    """Mean signals in VEM of 2,000 showers of one kind at a distance in m: muons and the others, (2, showers)."""
    n = 2000
    energies, depth, lg = drawn(config, model, lg_energy, mass, n)
    angles, far = np.radians(np.full(n, zenith)), np.full((n, 1), distance)
    muonic, em = array.mean_signals(energies, lg, depth, angles, far, config.array, config.signal)
    normal = np.random.default_rng(3).standard_normal(n)
    em *= showers.em_factor(np.full(n, mass), normal, config.signal.em_spread)[:, None]
    return np.stack([muonic[:, 0], em[:, 0]])


def risetimes(config: Simulation, mass: float, distance: float, zenith: float) -> np.ndarray:
    """Risetimes in ns of stations at a distance in m, in showers of 10^19 eV."""
    model, n = "EPOS-LHC", 400
    muonic, em = signals(config, model, mass, 19, distance, zenith)[:, :n]
    ground = array.slant(np.radians(np.full(n, zenith)), config.array)
    behind = ground - drawn(config, model, 19, mass, 2000)[1][:n]
    medians = traces.medians(np.full(n, distance), behind, config.arrival)
    streams, ones = [np.random.default_rng(number) for number in range(n)], np.ones(n, dtype=np.int64)
    _, recorded, _ = traces.record(streams, ones, muonic, em, *medians, config.arrival.width, config.station)
    return traces.observables(recorded, config.station)["risetime"]


def depths(config: Simulation) -> Iterator[Moment]:
    """Mean and standard deviation of Xmax of each primary at five energies."""
    for model, ((x0, d, xi, delta), (p0, p1, p2), (a0, a1, b)) in XMAX.items():
        for name, mass in config.primaries.items():
            for lg_energy in LG_ENERGIES:
                e, ln = lg_energy - 19, np.log(mass)
                mean = x0 + d * e + (xi - d / np.log(10) + delta * e) * ln
                spread = np.sqrt((p0 + p1 * e + p2 * e**2) * (1 + (a0 + a1 * e) * ln + b * ln**2))
                depth = drawn(config, model, lg_energy, mass, 50_000)[1]
                of = f"{name}, {model}, lg E {lg_energy}"
                yield Moment("mean Xmax", of, float(depth.mean()), float(mean), 6.0, "g/cm²", XMAX_SOURCE)
                yield Moment("spread of Xmax", of, float(depth.std()), float(spread), 4.0, "g/cm²", XMAX_SOURCE)


def muons(config: Simulation) -> Iterator[Moment]:
    """Numbers of muons and their fluctuations."""
    prl = "simulations in Phys. Rev. Lett. 126 (2021) 152002"
    for lg_energy in LG_ENERGIES:
        iron, proton = (drawn(config, "QGSJetII-04", lg_energy, mass, 50_000)[2].mean() for mass in (56.0, 1.0))
        yield Moment("muons, iron / proton", f"lg E {lg_energy}", float(10 ** (iron - proton)), 1.35, 0.05, "", FITS)
    for mass, name, spread, relative in ((1.0, "proton", 0.049, 0.16), (56.0, "iron", 0.016, 0.04)):
        lg = drawn(config, "QGSJetII-04", 19, mass, 50_000)[2]
        robust = float(1.4826 * np.median(abs(lg - np.median(lg))))
        yield Moment("robust spread of lg muons", name, robust, spread, 0.2 * spread, "", FITS)
        fluctuation = float((10**lg).std() / (10**lg).mean())
        yield Moment("relative fluctuation of muons", name, fluctuation, relative, 0.02, "", prl, recalled=True)
        slope = (drawn(config, "QGSJetII-04", 20, mass, 50_000)[2].mean() - lg.mean()).item()
        yield Moment("growth of lg muons with lg E", name, slope, 0.94, 0.01, "", FITS)


def at_1000_m(config: Simulation) -> Iterator[Moment]:
    """The signal at 1000 m: its size, growth with the energy, fluctuation and attenuation."""
    calibration, cut = "Auger: E = 0.19 EeV S38^1.02", "Auger's constant intensity cut, arXiv:1307.5059"

    def mean(model: str, mass: float, lg_energy: float, zenith: float = 38.0) -> float:
        return float(signals(config, model, mass, lg_energy, 1000, zenith).sum(axis=0).mean())

    for model in XMAX:
        for name, mass in config.primaries.items():
            of, sizes = f"{name}, {model}", [mean(model, mass, lg_energy) for lg_energy in LG_ENERGIES]
            yield Moment("S(1000) at 38°, lg E 19", of, sizes[2], 50.0, 10.0, "VEM", calibration, recalled=True)
            growth = float(np.log10(sizes[-1] / sizes[0]) / (LG_ENERGIES[-1] - LG_ENERGIES[0]))
            yield Moment("growth of lg S(1000) with lg E", of, growth, 1 / 1.02, 0.06, "", calibration, recalled=True)
        reference = np.mean([mean(model, mass, 19) for mass in config.primaries.values()])
        for zenith in (0, 15, 25, 45, 52, 60):
            x = np.cos(np.radians(zenith)) ** 2 - np.cos(np.radians(38)) ** 2
            found = np.mean([mean(model, mass, 19, zenith) for mass in config.primaries.values()]) / reference
            curve = 1 + 0.980 * x - 1.68 * x**2 - 1.30 * x**3
            of = f"all primaries, {model}, {zenith}°"
            yield Moment("S(1000) relative to 38°", of, float(found), float(curve), 0.07, "", cut, recalled=True)
    for mass, name, relative in ((1.0, "proton", 0.13), (56.0, "iron", 0.045)):
        sample = signals(config, "EPOS-LHC", mass, 19, 1000).sum(axis=0)
        fluctuation, usual = float(sample.std() / sample.mean()), "the field's experience"
        yield Moment("relative fluctuation of S(1000)", name, fluctuation, relative, 0.02, "", usual, recalled=True)


def times(config: Simulation) -> Iterator[Moment]:
    """Risetimes at 1000 m, the mean over the primaries."""
    source = "about as in Phys. Rev. D 96 (2017) 122003"
    for zenith, expected in ((0, 270.0), (45, 195.0), (60, 110.0)):
        of_each = [risetimes(config, mass, 1000.0, zenith) for mass in config.primaries.values()]
        found = float(np.concatenate(of_each).mean())
        of = f"lg E 19, {zenith}°"
        yield Moment("risetime at 1000 m", of, found, expected, 0.15 * expected, "ns", source, recalled=True)


def moments(config: Simulation) -> list[Moment]:
    """All of them."""
    return [*depths(config), *muons(config), *at_1000_m(config), *times(config)]


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/validation.json."""
    data: Any = configured("showers", "event").data
    found = moments(data)
    write_json(outputs() / STUDIES / "validation.json", [{**asdict(one), "holds": one.holds} for one in found])
    print(f"{sum(one.holds for one in found)} of {len(found)} published values hold")


if __name__ == "__main__":
    main()
