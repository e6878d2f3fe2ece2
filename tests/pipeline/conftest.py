"""Projects that read the user's own table, and a warm interpreter that runs their stages."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from tests.conftest import Project, bake_project

GOOD = "x,y,label\n" + "".join(f"{i}.5,{i * 7 % 11},{'ab'[i % 2]}\n" for i in range(60))
ACQUIRE, PREPARE, FEATURES, TRAIN = "dataset.acquire", "dataset.prepare", "features", "modeling.train"
# Loads the libraries once; each stage runs in a fork of it. test_dvc.py tests how a stage starts by itself.
WARM = """
import json, os, sys
import hydra, mlflow, omegaconf, pandas, pandera.pandas, pyarrow.csv, pyarrow.parquet, pydantic, sklearn.datasets
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for name, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.clear()
        os.environ.update(asked["variables"])
        os.chdir(asked["folder"])
        sys.path[0] = asked["folder"]
        from mlops import stage
        try:
            run = stage.RUNS / f"{asked['module']}-{os.getpid()}"
            os.environ.update(stage.fixed_environment(stage.threads(asked["overrides"]), asked["module"], run))
            run.mkdir(parents=True)
            status = stage.run(asked["module"], asked["overrides"])
        except Exception as error:
            status = stage.complain(asked["module"], error)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class WarmProject(Project):
    """A project whose stages run in forks of a warm interpreter."""

    interpreter: subprocess.Popen[str]
    runs = 0

    def stage(self, step: str, *overrides: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one stage by hand, which may fail."""
        asked: IO[str] | None = self.interpreter.stdin
        answers: IO[str] | None = self.interpreter.stdout
        assert asked is not None and answers is not None
        self.runs += 1
        said = {name: str(self.path.parent / f"{name}.{self.runs}") for name in ("stdout", "stderr")}
        request = {
            **said,
            "folder": str(self.path),
            "module": f"{self.module}.{step}",
            "overrides": overrides,
            "variables": {**self.environment, **variables},
        }
        print(json.dumps(request), file=asked, flush=True)
        status = int(answers.readline())
        texts = (Path(name).read_text(encoding="utf-8") for name in said.values())
        return subprocess.CompletedProcess([step, *overrides], status, *texts)


@pytest.fixture(scope="session")
def interpreter(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The warm interpreter."""
    command = ["python", "-u", "-c", WARM]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def fresh(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], interpreter: subprocess.Popen[str]
) -> WarmProject:
    """A project that has never run. Only copy it."""
    baked = bake_project(tmp_path_factory.mktemp("fresh"), environment, project_name="Own data")
    project = WarmProject(baked.path, baked.module, environment)
    project.interpreter = interpreter
    # A failure is recorded in the database. It is made once here, because that takes seconds.
    project.run("python", "-c", "import mlflow; mlflow.MlflowClient('sqlite:///mlflow.db').search_experiments()")
    return project


def copied(fresh: WarmProject, target: Path) -> WarmProject:
    """A copy of a project for one test."""
    copy = fresh.copy(target)
    project = WarmProject(copy.path, copy.module, copy.environment)
    project.interpreter = fresh.interpreter
    return project


@pytest.fixture
def own(fresh: WarmProject, tmp_path: Path) -> Callable[..., Project]:
    """Make a project that reads the user's own table."""

    def own(content: str | bytes, **changes: Any) -> Project:
        project = copied(fresh, tmp_path / "own")
        raw = content.encode() if isinstance(content, str) else content
        (project.path / "data/external/own.csv").write_bytes(raw)
        path = project.path / "configs/data/csv.yaml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        data |= {"target": "label", "columns": {}}
        data["source"] |= {"path": "data/external/own.csv", "sha256": hashlib.sha256(raw).hexdigest()}
        for key in ("source", "read", "clean"):
            data[key] |= changes.pop(key, {})
        path.write_text(yaml.safe_dump(data | changes, allow_unicode=True), encoding="utf-8")
        project.select(data="csv", model="logistic" if data.get("task") == "classification" else "ridge")
        return project

    return own


def refused(project: Project, *steps: str) -> str:
    """Run steps whose last one is refused; returns its one line of output."""
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
