"""The simulation against published properties of air showers, and the same bytes however it is run."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from {{ cookiecutter.module_name }}.common.config import load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.common.rows import Showers
from {{ cookiecutter.module_name }}.dataset.showers import usable
from {{ cookiecutter.module_name }}.simulation import array, generate, showers, traces
from {{ cookiecutter.module_name }}.studies import validation


@functools.cache
def configured(*overrides: str) -> Showers:
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        choices = ["data=showers", "features=event", "split=grouped", "model=fisher", "experiment=none"]
        data: Any = load(compose("config", [*choices, *overrides])).data
    return data


def refusal(*overrides: str) -> str:
    with pytest.raises(ValueError, match=r"^configs: ") as caught:
        configured(*overrides)
    return str(caught.value)


@pytest.mark.parametrize("kind", [validation.depths, validation.muons, validation.at_1000_m, validation.times])
def test_the_simulation_has_published_properties(kind: Callable[[Showers], Iterator[validation.Moment]]) -> None:
    found = list(kind(configured()))
    assert len(found) > 2 and [one for one in found if not one.holds] == []


@pytest.mark.parametrize(("mass", "correlation"), [(1.0, -0.01), (4.0, 0.32), (56.0, 0.62)])
def test_muons_go_with_the_depth(mass: float, correlation: float) -> None:
    _, depth, lg = validation.drawn(configured(), "QGSJetII-04", 19, mass, 50_000, poor=False)
    assert np.corrcoef(depth, lg)[0, 1] == pytest.approx(correlation, abs=0.02)


def test_fluctuations_of_muons_have_a_tail_of_poor_showers() -> None:
    lg = validation.drawn(configured(), "EPOS-LHC", 19, 1.0, 50_000)[2]
    assert np.median(lg) - np.quantile(lg, 0.01) > 1.5 * (np.quantile(lg, 0.99) - np.median(lg))


@pytest.mark.parametrize("model", validation.XMAX)
@pytest.mark.parametrize("mass", [1.0, 4.0, 16.0, 56.0])
@pytest.mark.parametrize("lg_energy", validation.LG_ENERGIES)
def test_the_lateral_distribution_has_a_physical_slope(model: str, mass: float, lg_energy: float) -> None:
    """Auger's at 1000 m: beta (1 + 1000 / 1700) with beta about -2.2 gives -3.5; Greisen's muons alone -2.6."""
    inner, outer = (
        validation.signals(configured(), model, mass, lg_energy, far).sum(axis=0).mean() for far in (950, 1050)
    )
    assert -3.7 < np.log(outer / inner) / np.log(1050 / 950) < -2.7


def test_muons_spread_as_greisen_has_them() -> None:
    """The slope of r^-0.75 (1 + r / 320 m)^-2.5 at 1000 m is -0.75 - 2.5 (1000 / 1320)."""
    inner, outer = array.muon_shape(np.array([999.0, 1001.0]), configured().signal)
    assert np.log(outer / inner) / np.log(1001 / 999) == pytest.approx(-0.75 - 2.5 * 1000 / 1320, abs=0.001)


def test_what_arrives_follows_the_spectrum() -> None:
    spectrum, uniform = configured().spectrum, (np.arange(10_000) + 0.5) / 10_000
    # Through a flat array sin^2 of the zenith angle is uniform.
    squares = np.sin(showers.zenith(uniform, spectrum)) ** 2 / np.sin(np.radians(spectrum.largest_zenith)) ** 2
    np.testing.assert_allclose(np.quantile(squares, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.001)
    # Half of E^-2 between a and b lies below 2 a b / (a + b).
    half = 2 * spectrum.lowest * spectrum.highest / (spectrum.lowest + spectrum.highest)
    assert np.median(showers.energy(uniform, spectrum)) == pytest.approx(half, rel=0.001)


def test_risetimes_grow_with_the_distance_and_are_shorter_for_iron() -> None:
    near, middle, far = (validation.risetimes(configured(), 1.0, distance, 38.0) for distance in (600, 1000, 1400))
    assert near.mean() < middle.mean() < far.mean()
    iron = validation.risetimes(configured(), 56.0, 1000, 38.0)
    assert 0.5 < (middle.mean() - iron.mean()) / np.hypot(middle.std(), iron.std()) < 1


@pytest.mark.parametrize(("lowest", "highest"), [(1e18, 4e18), (3e18, 1e19), (1e19, 5e19), (5e19, 1e20)])
def test_nearly_all_showers_are_contained(lowest: float, highest: float) -> None:
    config = configured(f"data.spectrum.lowest={lowest}", f"data.spectrum.highest={highest}")
    tables = generate.simulate(np.arange(400), config, seed=8)
    _, lost = usable(tables, config)
    assert lost["not contained in the array"] <= 0.1 * 400


def test_the_reconstruction_is_as_good_as_configured() -> None:
    config = configured()
    tables = generate.simulate(np.arange(600), config, seed=3)
    truth, events = tables["truth"].to_pandas(), tables["events"].to_pandas()
    truth = truth.set_index("shower").loc[events["shower"]].reset_index()
    errors = {
        "energy": np.log(events["energy"] / truth["energy"]),
        "zenith": events["zenith"] - truth["zenith"],
        "core_x": events["core_x"] - truth["core_x"],
        "core_y": events["core_y"] - truth["core_y"],
    }
    found = {name: float(error.std()) for name, error in errors.items()}
    assert found["energy"] == pytest.approx(config.resolution.energy, rel=0.12)
    assert found["zenith"] == pytest.approx(config.resolution.angle, rel=0.12)
    assert found["core_x"] == pytest.approx(config.resolution.core, rel=0.12)
    assert found["core_y"] == pytest.approx(config.resolution.core, rel=0.12)


def test_more_muons_make_larger_signals() -> None:
    config = configured()
    usual, more = (
        generate.simulate(np.arange(200), config.model_copy(update={"muon_factor": factor}), seed=4)
        for factor in (1.0, 1.3)
    )
    shift = more["truth"].to_pandas()["lg_muons"] - usual["truth"].to_pandas()["lg_muons"]
    np.testing.assert_allclose(shift, np.log10(1.3))
    assert more["stations"].to_pandas()["signal"].sum() > 1.05 * usual["stations"].to_pandas()["signal"].sum()


def test_risetimes_fall_as_the_share_of_muons_grows() -> None:
    config = configured()
    times = []
    for share in (0.0, 0.5, 1.0):
        n = 400
        _, recorded, _ = traces.record(
            [np.random.default_rng(3)],
            np.array([n]),
            np.full(n, 40.0 * share),
            np.full(n, 40.0 * (1 - share)),
            *traces.medians(np.full(n, 1000.0), np.full(n, 340.0), config.arrival),
            config.arrival.width,
            config.station,
        )
        times.append(traces.observables(recorded, config.station)["risetime"].mean())
    assert times[0] > times[1] > times[2]


def test_a_trace_holds_the_signal_and_saturates() -> None:
    config = configured()
    median = np.array([300.0, 300.0])
    arguments = np.array([2]), np.array([0.0, 0.0]), np.array([100.0, 1e5]), median, median, 0.7, config.station
    _, recorded, saturated = traces.record([np.random.default_rng(4)], *arguments)
    assert recorded.shape == (2, config.station.bins)
    assert recorded[0].sum() * config.station.count == pytest.approx(100, rel=0.3)
    assert saturated.tolist() == [False, True]
    assert recorded[1].max() * config.station.count == pytest.approx(config.station.saturation, abs=0.1)


def test_leaving_out_hopeless_stations_loses_no_trigger() -> None:
    station, n = configured().station, 20_000
    median = np.full(n, 300.0)
    triggered = []
    for threshold in (1e-6, station.trigger):
        arguments = np.full(n, 1.2), np.full(n, 0.8), median, median, 0.7
        asked = station.model_copy(update={"trigger": threshold})
        row, recorded, _ = traces.record([np.random.default_rng(5)], np.array([n]), *arguments, asked)
        triggered.append((traces.observables(recorded, station)["signal"] > station.trigger).sum())
        assert np.all(np.diff(row) > 0)
    assert len(row) < 0.5 * n
    # Two draws of about 0.13 n: four standard deviations.
    assert abs(triggered[0] - triggered[1]) < 4 * np.sqrt(2 * triggered[0])


def test_stations_form_triangles_of_the_given_spacing() -> None:
    positions = array.stations(configured().array)
    assert len(positions) == 169
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(apart.min(axis=1), 1500)
    assert (np.isclose(apart, 1500).sum(axis=1).max()) == 6
    # The border is where a station has fewer neighbours.
    assert np.array_equal(np.flatnonzero(np.isclose(apart, 1500).sum(axis=1) < 6), array.border(configured().array))


def test_distances_are_those_to_the_axis() -> None:
    positions = np.array([[1000.0, 0.0], [0.0, 1000.0]])
    core, azimuth = np.zeros((2, 2)), np.zeros(2)
    found = array.distance(positions, core, np.radians([0.0, 60.0]), azimuth)
    np.testing.assert_allclose(found, [[1000, 1000], [500, 1000]])


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize(("chunk", "workers"), [(1, 1), (7, 1), (13, 2), (60, 2)])
def test_the_bytes_depend_on_the_seed_alone(tmp_path: Path, chunk: int, workers: int) -> None:
    small = "data.showers=60", "data.row_group=20", "data.traces=30"
    generate.write(tmp_path / "one", configured(*small, "data.chunk=60"), seed=5, workers=1)
    generate.write(tmp_path / "other", configured(*small, f"data.chunk={chunk}"), seed=5, workers=workers)
    assert digest(tmp_path / "one") == digest(tmp_path / "other")
    generate.write(tmp_path / "seed", configured(*small, "data.chunk=60"), seed=6, workers=1)
    assert digest(tmp_path / "one") != digest(tmp_path / "seed")


def test_every_value_is_a_number_and_traces_are_those_of_the_first_showers() -> None:
    tables = generate.simulate(np.arange(100, 160), configured("data.traces=130"), seed=7)
    for name in ("truth", "events", "stations"):
        frame = tables[name].to_pandas()
        assert np.isfinite(frame.select_dtypes("number")).all(axis=None)
        assert frame["shower"].is_monotonic_increasing
    assert tables["truth"]["shower"].to_pylist() == list(range(100, 160))
    assert set(tables["traces"]["shower"].to_pylist()) <= set(range(100, 130))
    assert set(tables["events"].column_names).isdisjoint({"xmax", "lg_muons"})


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.hadronic=EPOS-LCH", "there is no hadronic model 'EPOS-LCH'; did you mean 'EPOS-LHC'?"),
        ("+data.primaries.uranium=238", "primaries.uranium: the parametrisation holds for mass numbers 1 to 56"),
        ("data.spectrum.highest=1e21", "energies must ascend within 1e18 to 1e20 eV"),
        ("data.spectrum.lowest=1e17", "energies must ascend within 1e18 to 1e20 eV"),
        ("data.spectrum.largest_zenith=75.0", "data.spectrum.largest_zenith"),
        ("+data.station.triger=3.0", "there is no key 'triger'; did you mean 'trigger'?"),
    ],
)
def test_what_the_parametrisation_does_not_hold_for_is_refused(override: str, said: str) -> None:
    assert said in refusal(override)


def test_showers_that_trigger_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no station has triggered in 8 showers"):
        generate.write(tmp_path / "none", configured("data.showers=8", "data.station.trigger=1e9"), seed=1, workers=1)
