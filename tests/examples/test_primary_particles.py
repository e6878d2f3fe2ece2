"""The worked example, from showers to the network on their traces, and the telescope's images."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.examples.conftest import MAGIC
from tests.project import STAGES, STEPS, Project

pytestmark = pytest.mark.slow


def metrics(project: Project) -> dict[str, dict[str, float]]:
    """The metrics of the last run, each as value, low and high."""
    found: dict[str, dict[str, float]] = json.loads((project.path / "reports" / "metrics.json").read_text())["metrics"]
    return found


def test_a_clone_reproduces_the_network_on_traces(example: Project, tmp_path: Path) -> None:
    clone = example.clone(tmp_path / "clone")
    before = (clone.path / "dvc.lock").read_bytes()
    assert clone.repro() == STAGES["primary_particles"]
    assert (clone.path / "dvc.lock").read_bytes() == before
    assert clone.outputs() == example.outputs()


def test_the_report_shows_showers(example: Project) -> None:
    figures = {path.stem for path in (example.path / "reports" / "figures").iterdir()}
    assert figures == set(
        "calibration comparison confusion energies lateral mass multiplicity plane roc shower traces".split()
    )
    of_the_field = {"proton_iron_auc", "proton_iron_merit_factor", "ln_mass_bias_iron", "ln_mass_resolution_proton"}
    assert of_the_field <= set(metrics(example))


@pytest.fixture
def project(example: Project, tmp_path: Path, warm: dict[str, str]) -> Project:
    """A copy of the example for one test to act on."""
    return example.copy(tmp_path / "project").within(warm)


def test_levels_and_models(project: Project) -> None:
    project.select(features="event", model="fisher")
    project.stages("featurize")
    assert 0.3 < metrics(project)["proton_iron_merit_factor"]["value"] < 1.6
    project.select(features="station", model="random_forest")
    project.stages("featurize")
    assert metrics(project)["proton_iron_auc"]["value"] > 0.5


def test_the_telescope(project: Project) -> None:
    if not MAGIC.is_file():
        pytest.skip("shared/data/magic04.data does not lie beside the template's folder")
    project.select(data="magic", features="hillas", split="stratified", model="xgboost")
    project.stages("acquire", DATA_FILE=str(MAGIC))
    found = metrics(project)
    assert found["roc_auc"]["value"] > 0.93
    efficiencies = [found[f"gamma_efficiency_at_{share}"]["value"] for share in ("0.01", "0.02", "0.05", "0.1", "0.2")]
    assert efficiencies == sorted(efficiencies) and efficiencies[0] > 0.2
    assert json.loads((project.path / "reports" / "data_counts.json").read_text())["rows"]["duplicates"] == 115


def test_the_readme_quotes_the_claims(example: Project) -> None:
    claims = yaml.safe_load((example.path / "claims.yaml").read_text(encoding="utf-8"))["claims"]
    value = {claim["id"]: claim["value"] for claim in claims}
    readme = " ".join((example.path / "README.md").read_text(encoding="utf-8").split())
    found = readme.partition("The studies found this")[2].partition("## Start")[0]
    shares = [f"{100 * value[name]:.0f} %" for name in ("leak", "no_leak", "magic_gammas", "muon_puzzle")]
    factors = [f"{value[name]:.2f}" for name in ("cut", "trees", "discriminant")]
    for quoted in (*shares, *factors):
        assert quoted in found, quoted
    # A sentence quotes its own value.
    for claim in claims:
        for number in re.findall(r"\b\d\.\d+", claim["text"]):
            assert f"{claim['value']:.{len(number) - 2}f}" == number, claim["id"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.hadronic=EPOS-LCH", "there is no hadronic model 'EPOS-LCH'; did you mean 'EPOS-LHC'?"),
        ("data.spectrum.highest=1e21", "energies must ascend within 1e18 to 1e20 eV"),
        ("data.station.trigger=1e9", "no station has triggered in 1600 showers"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_one_line(project: Project, override: str, said: str) -> None:
    before = project.outputs()
    done = project.stage("dataset.acquire", override)
    assert done.returncode != 0
    assert len([line for line in done.stderr.splitlines() if line.startswith("stage ") and said in line]) == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert project.outputs() == before


def test_a_network_without_its_traces_is_refused(project: Project) -> None:
    project.select(features="event")
    project.stages("featurize", "featurize")
    done = project.stage(STEPS["train"])
    assert done.returncode != 0
    assert "set features=traces" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
