"""A baked project, and how a user acts on it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[1]
TREE = TEMPLATE / "{{cookiecutter.__folder}}"
STARTERS = ["tabular", "primary_particles", "blank"]
STEPS = {
    "acquire": "dataset.acquire",
    "prepare": "dataset.prepare",
    "featurize": "features",
    "train": "modeling.train",
    "evaluate": "modeling.evaluate",
    "report": "report",
}
# The stages of a starter, in the order in which dvc repro runs them.
STAGES = {starter: list(STEPS) for starter in STARTERS}
STAGES["tabular"].insert(2, "explore")
CHOICES = [(starter, deep_learning) for starter in STARTERS for deep_learning in ("no", "torch")]


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

    def stages(self, first: str, last: str = "report", **variables: str) -> None:
        """Run stages of the pipeline by hand, from one to another, which have to succeed."""
        names = list(STEPS)
        for name in names[names.index(first) : names.index(last) + 1]:
            done = self.stage(STEPS[name], **variables)
            assert done.returncode == 0, done.stderr

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
        person = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
        self.run("git", "add", "--all")
        self.run("git", *person, "commit", "--quiet", "--allow-empty", "-m", "Test")

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

    def within(self, environment: dict[str, str]) -> Project:
        """The same project with another process environment."""
        return Project(self.path, self.module, environment)

    def copy(self, target: Path) -> Project:
        """An independent copy, caches included."""
        shutil.copytree(self.path, target, symlinks=True)
        return Project(target, self.module, self.environment)

    def clone(self, target: Path) -> Project:
        """A fresh clone: what is committed, and nothing else."""
        self.run("git", "clone", "--quiet", str(self.path), str(target))
        return Project(target, self.module, self.environment)


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


def load_hook(name: str) -> ModuleType:
    """A hook of the template as a module, by the name of its file: pre_gen_project or post_gen_project."""
    spec = importlib.util.spec_from_file_location(name, TEMPLATE / "hooks" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean_environment() -> dict[str, str]:
    """The caller's environment without what a test must not inherit: MLflow's server, make's and the stages' variables.

    Bytecode is kept, as it is for a user; make test leaves it out for the template's own code.
    """
    foreign = ("MLFLOW_", "MLOPS_", "DVC_", "DATA_", "PYTHONDONTWRITEBYTECODE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    # What mypy finds in libraries is the same for every project. Threads of OpenMP that wait must not take the
    # processors from the other worker: four such threads on two processors took four times as long.
    return {**kept, "MYPY_CACHE_DIR": str(TEMPLATE / "build" / "mypy"), "OMP_WAIT_POLICY": "PASSIVE"}


def listen_to_interrupts() -> None:
    """Undo what a shell does to its background jobs: they, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_and_committed(folder: Path, environment: dict[str, str], **answers: str) -> Project:
    """A new project, its pipeline run and committed."""
    project = bake_project(folder, environment, **answers)
    # Intervals from fewer resamples take less time.
    config = project.path / "configs" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("resamples: 200", "resamples: 40"), encoding="utf-8")
    project.commit()
    project.repro()
    project.commit()
    return project
