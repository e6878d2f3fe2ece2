"""A folder that is a link: one line says what DVC takes and what to do; a cache on another disk works."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(blank: Project, tmp_path: Path) -> Project:
    return blank.copy(tmp_path / "project")


def link(project: Project, folder: str, target: Path) -> None:
    """Move a folder of the project elsewhere, and put a link in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(project.path / folder, target)
    (project.path / folder).symlink_to(target)


@pytest.mark.parametrize(("folder", "stage"), [("data", "acquire"), ("data/raw", "acquire"), ("reports", "evaluate")])
def test_a_link_out_of_the_project_is_named_before_the_stage_runs(
    project: Project, folder: str, stage: str, tmp_path: Path
) -> None:
    link(project, folder, tmp_path / "disk" / "elsewhere")
    done = project.run("dvc", "repro", "--single-item", "--force", stage, check=False)
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert (
        f": {folder} leads out of the project, which DVC refuses. Make it a folder; for a big disk: dvc config" in line
    )
    # By hand a stage writes below .runs/, which is inside.
    assert project.stage("report").returncode == 0


def test_a_link_inside_the_project_is_a_folder(project: Project) -> None:
    link(project, "reports", project.path / "elsewhere" / "reports")
    assert project.repro("--single-item", "--force", "report") == ["report"]
    assert (project.path / "elsewhere" / "reports" / "report.html").is_file()


def test_a_cache_on_another_disk_holds_the_data_and_the_project_links(project: Project, tmp_path: Path) -> None:
    """What the message above advises."""
    before = project.lock()
    project.run("dvc", "config", "--local", "cache.dir", str(tmp_path / "disk"))
    project.run("dvc", "config", "--local", "cache.type", "symlink")
    assert project.repro("--force", "prepare") == ["acquire", "prepare"]
    raw = project.path / "data" / "raw" / "data.npz"
    assert raw.is_symlink() and raw.resolve().is_relative_to(tmp_path / "disk")
    assert project.lock() == before
