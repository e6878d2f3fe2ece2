"""A fresh project: its lint and its tests pass, and the blank starter's pipeline reproduces."""

from __future__ import annotations

import fcntl
import re
from pathlib import Path

import pytest

from tests.project import STAGES, TEMPLATE, Project, bake_project
from tests.template.conftest import Make

pytestmark = pytest.mark.slow

# The tests of the starter tabular pass in test_own.py, with a feature, a model and a metric of its user.
STARTERS = ["primary_particles", "blank"]
# Each starter once, with and without deep learning: the types of a file do not depend on other choices.
PAIRS = [("tabular", "no"), ("primary_particles", "torch"), ("blank", "no")]


def self_contained(project: Project) -> bool:
    """Whether the report needs no other file and no network; links lead to pages of the project only."""
    page = (project.path / "reports" / "report.html").read_text(encoding="utf-8")
    sources, links = (re.findall(rf"{attribute}=\"([^\"]*)", page) for attribute in ("src", "href"))
    shown = bool(sources) and all(source.startswith("data:image/png;base64,") for source in sources)
    return shown and not any("//" in link for link in links)


@pytest.fixture(scope="module", params=STARTERS)
def fresh(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Project:
    """A fresh project of each starter, in a folder with spaces and accents, without deep learning."""
    folder = tmp_path_factory.mktemp("Año nuevo")
    return bake_project(folder, environment, starter=request.param, project_name="Señal débil")


def test_its_tests_pass(fresh: Project, old_make: Make) -> None:
    done = old_make(fresh, "test")
    assert " passed" in done.stdout and "failed" not in done.stdout


@pytest.mark.parametrize(("starter", "deep_learning"), PAIRS)
def test_its_lint_passes(
    tmp_path: Path, environment: dict[str, str], old_make: Make, starter: str, deep_learning: str
) -> None:
    project = bake_project(tmp_path / "new", environment, starter=starter, deep_learning=deep_learning)
    # The projects share mypy's cache, in which modules of one name must not meet.
    with (TEMPLATE / "build" / "lint.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        old_make(project, "lint")


def test_the_tests_pass_with_deep_learning(tmp_path: Path, environment: dict[str, str]) -> None:
    project = bake_project(tmp_path, environment, deep_learning="torch")
    done = project.run("python", "-m", "pytest", "-v", "-k", "mlp", "tests/test_models.py")
    assert re.search(r"\[mlp.*PASSED", done.stdout) and "SKIPPED" not in done.stdout


def test_the_report_is_one_file_with_its_figures(finished: Project) -> None:
    assert self_contained(finished)
    figures = {path.name for path in (finished.path / "reports" / "figures").iterdir()}
    drawn = {"calibration", "comparison", "confusion", "precision_recall", "roc", "target"}
    assert figures == {f"{name}.png" for name in (*drawn, "importance_features", "importance_together")}


def test_the_blank_pipeline_reproduces(blank: Project, tmp_path: Path) -> None:
    assert self_contained(blank)
    clone = blank.clone(tmp_path / "clone")
    assert clone.repro() == STAGES["blank"]
    assert clone.outputs() == blank.outputs()
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert clone.repro() == []
