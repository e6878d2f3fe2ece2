"""Projects that read a table of one's own, and those whose model is in use."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Once
from tests.project import STEPS, Project, bake_project

GOOD = "x,y,label\n" + "".join(f"{i}.5,{i * 7 % 11},{'ab'[i % 2]}\n" for i in range(60))
# MLflow's runs of a project, the newest first.
Runs = Callable[[Project], list[dict[str, Any]]]
ACQUIRE, PREPARE, FEATURES, TRAIN = (STEPS[name] for name in ("acquire", "prepare", "featurize", "train"))


@pytest.fixture
def project(project: Project, warm: dict[str, str]) -> Project:
    """A copy of the finished project for one test to act on. The finished project itself was run without `warm`."""
    return project.within(warm)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, warm: dict[str, str]) -> Project:
    """A project that has never run. Only to be copied."""
    project = bake_project(tmp_path_factory.mktemp("fresh"), warm, project_name="Own data")
    # A failure is recorded: the database is made once, which takes seconds.
    project.run("python", "-c", "import mlflow; mlflow.MlflowClient('sqlite:///mlflow.db').search_experiments()")
    return project


@pytest.fixture
def own(fresh: Project, tmp_path: Path) -> Callable[..., Project]:
    """Make a project that reads a table of one's own."""

    def own(content: str | bytes, **changes: Any) -> Project:
        project = fresh.copy(tmp_path / "own")
        raw = content.encode() if isinstance(content, str) else content
        (project.path / "data/external/own.csv").write_bytes(raw)
        path = project.path / "configs/data/csv.yaml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        data |= {"target": "label", "columns": {}}
        data["source"] |= {"path": "data/external/own.csv", "sha256": hashlib.sha256(raw).hexdigest()}
        for key in ("source", "read", "clean"):
            data[key] |= changes.pop(key, {})
        path.write_text(yaml.safe_dump(data | changes, allow_unicode=True), encoding="utf-8")
        project.edit("configs/config.yaml", "file: data/external/iris.csv", "file: data/external/own.csv")
        project.select(data="csv", model="logistic" if (data | changes)["task"] == "classification" else "ridge")
        return project

    return own


def refused(project: Project, *steps: str) -> str:
    """Run steps of which the last one is refused; returns the one line that it says."""
    for step in steps[:-1]:
        done = project.stage(step)
        assert done.returncode == 0, done.stderr
    before = project.outputs()
    done = project.stage(steps[-1])
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert project.outputs() == before
    assert project.leftovers() == []
    return line


def promote(project: Project, **variables: str) -> subprocess.CompletedProcess[str]:
    return project.run("probado", "promote", "--module", project.module, "--unproven", check=False, **variables)


def trained(project: Project, model: str) -> None:
    project.select(model=model)
    project.repro("evaluate")
    project.commit()


@pytest.fixture(scope="session")
def promoted(once: Once, finished: Project) -> Project:
    """A project whose model is the champion, version 1. Only to be copied or looked at."""

    def made(folder: Path) -> Project:
        folder.parent.mkdir(exist_ok=True)
        project = finished.copy(folder)
        done = promote(project)
        assert done.returncode == 0, done.stdout + done.stderr
        return project

    return once("promoted", made)


@pytest.fixture(scope="session")
def worse(once: Once, promoted: Project) -> Project:
    """The same with a worse model that is trained and not promoted. Only to be copied."""

    def made(folder: Path) -> Project:
        project = promoted.copy(folder)
        trained(project, "dummy")
        return project

    return once("worse", made)
