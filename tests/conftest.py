"""Baked projects, and the environment that most of them share."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.budget import (
    pytest_collection_finish,
    pytest_runtest_logreport,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.project import TEMPLATE, TREE, Project, bake_project, clean_environment, locks, run_and_committed
from tests.warm import warm

# Hooks of pytest and a fixture, which are found by their names.
__all__ = [
    "pytest_collection_finish",
    "pytest_runtest_logreport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "warm",
]
SHARED = TEMPLATE / "build" / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests, so that no worker waits for another in the end."""
    items.sort(key=lambda item: "test_demo" not in item.nodeid)


Once = Callable[[str, Callable[[Path], Project]], Project]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Process environment with the programs of a project first on PATH: every locked group, built once and kept.

    It is what `make env DEEP=cpu WITH="tune notebook life"` makes in a project of its own, made anew when a lock or the
    way it is made changes.
    """
    made_of = [*locks(), TREE / "mlops" / "environment.py", Path(__file__)]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()
    (TEMPLATE / "build").mkdir(exist_ok=True)
    variables = clean_environment()
    with FileLock(TEMPLATE / "build" / "shared.lock"):
        ready = SHARED / "ready"
        if not ready.is_file() or ready.read_text() != stamp:
            shutil.rmtree(SHARED, ignore_errors=True)
            project = bake_project(SHARED, variables, project_name="Shared", deep_learning="torch")
            project.run("make", "env", "DEEP=cpu", "WITH=tune notebook life")
            ready.write_text(stamp)
    venv = SHARED / "shared" / ".venv"
    path = f"{venv / 'bin'}{os.pathsep}{variables['PATH']}"
    # The Makefile of a project takes its programs from there.
    return {**variables, "PATH": path, "UV_PROJECT_ENVIRONMENT": str(venv)}


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Once:
    """Make a folder once for all workers: the first one that needs it makes it, the others wait."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def once(name: str, make: Callable[[Path], Project]) -> Project:
        folder = root / "once" / name
        folder.mkdir(parents=True, exist_ok=True)
        record = folder / "made.json"
        with FileLock(root / "once" / f"{name}.lock"):
            if not record.is_file():
                project = make(folder / "project")
                record.write_text(json.dumps([str(project.path), project.module]))
        path, module = json.loads(record.read_text())
        return Project(Path(path), module, environment)

    return once


@pytest.fixture(scope="session")
def bake(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Bake a project that is only looked at, never run."""

    def bake(**answers: str) -> Project:
        return bake_project(tmp_path_factory.mktemp("bake"), clean_environment(), **answers)

    return bake


@pytest.fixture(scope="session")
def choice(bake: Callable[..., Project]) -> Callable[[str, str], Project]:
    """A project of a starter and of deep learning or none, baked once; only to be looked at."""

    @functools.cache
    def choice(starter: str, deep_learning: str) -> Project:
        return bake(starter=starter, deep_learning=deep_learning)

    return choice


@pytest.fixture(scope="session")
def finished(once: Once, environment: dict[str, str]) -> Project:
    """A project of the default answers, its pipeline run and committed. Only to be copied or looked at."""
    answers = {"project_name": "Finished", "deep_learning": "torch"}
    return once("finished", lambda folder: run_and_committed(folder, environment, **answers))


@pytest.fixture(scope="session")
def blank(once: Once, environment: dict[str, str]) -> Project:
    """A project of the blank starter, its pipeline run and committed. Only to be copied or looked at."""
    answers = {"project_name": "Blank", "starter": "blank"}
    return once("blank", lambda folder: run_and_committed(folder, environment, **answers))


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project for one test to act on."""
    return finished.copy(tmp_path / "project")


@pytest.fixture
def runs() -> Callable[[Project], list[dict[str, Any]]]:
    """MLflow's runs of a project, the newest first: id, status, tags, metrics, artifacts as text."""
    code = """
import json, mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
client = mlflow.MlflowClient()
found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
def texts(run, folder=None):
    for item in client.list_artifacts(run, folder):
        if item.is_dir:
            yield from texts(run, item.path)
        else:
            yield item.path, open(client.download_artifacts(run, item.path)).read()
print(json.dumps([
    {"id": run.info.run_id, "status": run.info.status, "name": run.info.run_name, "tags": run.data.tags,
     "metrics": run.data.metrics, "params": run.data.params, "artifacts": dict(texts(run.info.run_id))}
    for run in found
]))
"""

    def runs(project: Project) -> list[dict[str, Any]]:
        return list(json.loads(project.run("python", "-c", code).stdout.splitlines()[-1]))

    return runs
