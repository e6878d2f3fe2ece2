"""Baked projects, and the environment that most of them share."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from tests.budget import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary

# Hooks of pytest, which are found by their names.
__all__ = ["pytest_runtest_logreport", "pytest_sessionfinish", "pytest_terminal_summary"]
TEMPLATE = Path(__file__).resolve().parents[1]
TREE = TEMPLATE / "{{cookiecutter.__folder}}"
SHARED = TEMPLATE / "build" / "shared"
STARTERS = ["tabular", "primary_particles", "blank"]
CHOICES = [(starter, deep_learning) for starter in STARTERS for deep_learning in ("no", "torch")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests, so that no worker waits for another in the end."""
    items.sort(key=lambda item: "test_demo" not in item.nodeid)


def locks() -> list[Path]:
    """The locks that projects come with, of every layer."""
    found = [*TREE.glob("requirements/*.lock"), *TREE.glob("layers/*/requirements/*.lock")]
    return sorted(found, key=lambda lock: lock.name)


@dataclass
class Project:
    """A baked project, and how a user acts on it: through command lines and files."""

    path: Path
    module: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder, with these variables set."""
        environment = {**self.environment, **variables}
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True)
        if check:
            assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"
        return done

    def repro(self, *arguments: str, **variables: str) -> list[str]:
        """Run dvc repro; returns the stages that ran."""
        return re.findall(
            r"Running stage '(\w+)'", self.run("dvc", "repro", *arguments, check=True, **variables).stdout
        )

    def stage(self, step: str, *overrides: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one stage by hand, which may fail."""
        return self.run("python", "-m", "mlops.stage", f"{self.module}.{step}", *overrides, check=False, **variables)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file exactly once."""
        path = self.path / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def select(self, **choices: str) -> None:
        """Switch config groups as make train MODEL=... does."""
        for group, name in choices.items():
            self.run("python", "-m", "mlops", "select", f"{group}={name}")

    def commit(self) -> None:
        """Commit everything as it is."""
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "-q", "-m", "Test")

    def lock(self) -> dict[str, Any]:
        """The stages of dvc.lock."""
        return dict(yaml.safe_load((self.path / "dvc.lock").read_text(encoding="utf-8"))["stages"])

    def outputs(self) -> dict[str, str]:
        """SHA-256 of every file that the stages write, by path."""
        pipeline = yaml.safe_load((self.path / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
        hashes = {}
        for stage in pipeline.values():
            for out in [*stage.get("outs", []), *stage.get("metrics", [])]:
                path = self.path / (out if isinstance(out, str) else next(iter(out)))
                for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                    if file.is_file():
                        hashes[str(file.relative_to(self.path))] = hashlib.sha256(file.read_bytes()).hexdigest()
        return hashes

    def table(self, name: str, expression: str) -> str:
        """What an expression says of the Parquet table `t`."""
        # By its name: the interpreter may abort as it ends after pandas has opened the file (apache/arrow#34314).
        code = f"import pyarrow.parquet; t = pyarrow.parquet.read_table({name!r}).to_pandas(); print({expression})"
        return self.run("python", "-c", code).stdout

    def leftovers(self) -> list[Path]:
        """Half-written files."""
        return [path for path in self.path.rglob("*.partial") if ".venv" not in path.parts]

    def copy(self, target: Path) -> Project:
        """An independent copy, caches included."""
        shutil.copytree(self.path, target, symlinks=True)
        if (target / "mlflow.db").is_file():
            # MLflow stores whole paths: without this, runs of the copy would write into the original.
            with contextlib.closing(sqlite3.connect(target / "mlflow.db")) as database, database:
                for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
                    moved = f"update {table} set {column} = replace({column}, ?, ?)"
                    database.execute(moved, (str(self.path), str(target)))
        return Project(target, self.module, self.environment)

    def clone(self, target: Path) -> Project:
        """A fresh clone: what is committed, and nothing else."""
        self.run("git", "clone", "--quiet", str(self.path), str(target))
        return Project(target, self.module, self.environment)


Once = Callable[[str, Callable[[Path], Project]], Project]


def bake_project(folder: Path, environment: dict[str, str], **answers: str) -> Project:
    """Bake into a folder with cookiecutter's command line."""
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(folder)]
    command += [f"{key}={value}" for key, value in answers.items()]
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    (path,) = set(folder.iterdir()) - before
    return Project(path, path.name, environment)


def clean_environment() -> dict[str, str]:
    """The caller's environment without what a test must not inherit: MLflow's server, stage variables, data files.

    Bytecode is kept, as it is for a user; make test leaves it out for the template's own code.
    """
    foreign = ("MLFLOW_", "MLOPS_", "DVC_", "DATA_", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    # What mypy finds in libraries is the same for every project.
    return {**kept, "MYPY_CACHE_DIR": str(TEMPLATE / "build" / "mypy")}


def listen_to_interrupts() -> None:
    """Undo what a shell does to its background jobs: they, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Process environment with the programs of a project first on PATH: every locked group, built once and kept.

    It is what `make env DEEP=cpu` makes in a project of its own, made anew when a lock or the way it is made changes.
    """
    made_of = [*locks(), TREE / "mlops" / "environment.py"]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()
    (TEMPLATE / "build").mkdir(exist_ok=True)
    variables = clean_environment()
    with FileLock(TEMPLATE / "build" / "shared.lock"):
        ready = SHARED / "ready"
        if not ready.is_file() or ready.read_text() != stamp:
            shutil.rmtree(SHARED, ignore_errors=True)
            project = bake_project(SHARED, variables, project_name="Shared", deep_learning="torch")
            project.run("make", "env", "DEEP=cpu")
            ready.write_text(stamp)
    binaries = SHARED / "shared" / ".venv" / "bin"
    return {**variables, "PATH": f"{binaries}{os.pathsep}{variables['PATH']}"}


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


def run_and_committed(folder: Path, environment: dict[str, str], **answers: str) -> Project:
    """A new project, its pipeline run and committed."""
    project = bake_project(folder, environment, **answers)
    project.repro()
    project.commit()
    return project


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
        return list(json.loads(project.run("python", "-W", "ignore", "-c", code).stdout.splitlines()[-1]))

    return runs
